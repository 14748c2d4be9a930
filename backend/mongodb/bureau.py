"""The database of one bureau: found, opened, and refused before anything is written.

A bureau has a database of its own. `xunji` in it says whose it is and how it is laid out; the
history and the views stand beside. Keys, the vault and all else stay in the data folder.
"""

from collections.abc import Callable, Generator, Sequence
from contextlib import closing, contextmanager
from typing import Any, Final

from eventsourcing.persistence import (
    InterfaceError,
    NotSupportedError,
    OperationalError,
    PersistenceError,
)
from pymongo.errors import PyMongoError

from backend.mongodb import store as histories
from backend.mongodb.persistence import MongoDatastore
from backend.mongodb.persistence.datastore import Document, database_named
from backend.mongodb.persistence.errors import is_forbidden, translated
from backend.mongodb.refusals import DatabaseError, failed
from backend.mongodb.store import MongoStore, first_epoch
from backend.mongodb.views import Made, MongoViews, Use, drop, sets, size_of
from backend.words import _
from events.errors import UnreachableError
from projections.view import View

LAYOUT: Final = 1
_ABOUT: Final = "xunji"
_DIGITS: Final = 16
_READS: Final = frozenset({"find"})
_WRITES: Final = _READS | {"insert", "update", "remove", "createIndex", "dropCollection"}


def name_for(uri: str, bureau: bytes) -> str:
    """Return the database that the URI names, else one named after the bureau."""
    return database_in(uri) or f"xunji_{bureau.hex()[:_DIGITS]}"


def database_in(uri: str) -> str:
    """Return the database that the URI names, "" where it names none."""
    with _refusing(uri):
        return database_named(uri)


class BureauDatabase:
    """The database `name` of bureau `bureau` behind `uri`. Each thing opened has a client."""

    def __init__(self, uri: str, name: str, bureau: bytes) -> None:
        self.name = name
        self._uri = uri
        self._bureau = bureau.hex()

    def found(self, *, again: bool = False) -> None:
        """Make it, for this bureau; `DatabaseError` if it holds anything.

        With `again` it may be this bureau's already: whoever was interrupted goes on.
        """
        with self._connected() as datastore:
            about = _about(datastore)
            if about is not None and again:
                self._require_ours(about)
            else:
                _require_empty(datastore)
            _require_rights(datastore, _WRITES)
            if about is None:
                new = {"_id": _ABOUT, "layout": LAYOUT, "bureau": self._bureau}
                datastore.collection(_ABOUT).insert_one(new)
            histories.make(datastore)

    def require(self, *, writing: bool) -> None:
        """Raise `DatabaseError` unless it is this bureau's, whole, and may be used so."""
        with self._connected() as datastore:
            about = _about(datastore)
            if about is None:
                said = _("the database {name} holds no bureau of Xunji")
                raise DatabaseError(said.format(name=self.name))
            self._require_ours(about)
            if not histories.is_made(datastore):
                said = _("the database {name} lacks the indexes that keep the history whole")
                raise DatabaseError(said.format(name=self.name))
            _require_rights(datastore, _WRITES if writing else _READS)

    def history(self, epoch: Callable[[], int] = first_epoch) -> MongoStore:
        """Open the history."""
        return MongoStore(self._datastore(), epoch)

    def views(
        self, views: Sequence[View], use: Use = "fold", name: str | None = None
    ) -> MongoViews:
        """Open a set of views."""
        return MongoViews(self._datastore(), views, use, name)

    def sets(self) -> list[Made]:
        """Return what sets of views there are."""
        with closing(self._datastore()) as datastore:
            return sets(datastore)

    def size_of(self, name: str) -> int:
        """Return how many bytes a set of views takes."""
        with closing(self._datastore()) as datastore:
            return size_of(datastore, name)

    def drop(self, name: str) -> None:
        """Delete a set of views."""
        with closing(self._datastore()) as datastore:
            drop(datastore, name)

    def _datastore(self) -> MongoDatastore:
        with _refusing(self._uri):
            return MongoDatastore(self._uri, self.name)

    @contextmanager
    def _connected(self) -> Generator[MongoDatastore]:
        with _refusing(self._uri):
            datastore = MongoDatastore(self._uri, self.name)
            try:
                datastore.require_replica_set()
                yield datastore
            finally:
                datastore.close()

    def _require_ours(self, about: Document) -> None:
        if about.get("layout") != LAYOUT:
            said = _("the database {name} has layout {layout}; this program knows layout {known}")
            raise DatabaseError(
                said.format(name=self.name, layout=about.get("layout"), known=LAYOUT)
            )
        if about.get("bureau") != self._bureau:
            said = _("the database {name} is that of another bureau")
            raise DatabaseError(said.format(name=self.name))


def _about(datastore: MongoDatastore) -> Document | None:
    return datastore.collection(_ABOUT).find_one({"_id": _ABOUT})


def _require_empty(datastore: MongoDatastore) -> None:
    if datastore.database.list_collection_names():
        said = _("the database {name} holds something else; name an empty one")
        raise DatabaseError(said.format(name=datastore.database.name))


def _require_rights(datastore: MongoDatastore, wanted: frozenset[str]) -> None:
    """Raise `DatabaseError` unless whoever signed in may do all of it.

    A server without users allows all; one that does not list what is allowed is asked to change
    what is not there.
    """
    said: dict[str, Any] = datastore.client.admin.command(
        {"connectionStatus": 1, "showPrivileges": True}
    )["authInfo"]
    name = datastore.database.name
    missing = missing_rights(said, name, wanted)
    if missing is None and wanted == _WRITES:
        datastore.collection(_ABOUT).update_one({"_id": "nobody"}, {"$set": {"asked": True}})
    elif missing:
        text = _("the user may not do this in the database {name}: {missing}")
        raise DatabaseError(text.format(name=name, missing=", ".join(missing)))


def missing_rights(said: Document, name: str, wanted: frozenset[str]) -> list[str] | None:
    """Return which rights on a database are lacking, by what the server says of a connection.

    None where there are users but their rights are not listed.
    """
    if not said.get("authenticatedUsers"):
        return []
    privileges: list[Document] = said.get("authenticatedUserPrivileges") or []
    if not privileges:
        return None
    granted = {
        action for one in privileges if _covers(one["resource"], name) for action in one["actions"]
    }
    return [] if "anyAction" in granted else sorted(wanted - granted)


def _covers(resource: dict[str, Any], name: str) -> bool:
    if resource.get("anyResource"):
        return True
    return resource.get("collection") == "" and resource.get("db") in ("", name)


@contextmanager
def _refusing(uri: str) -> Generator[None]:
    """Say in words what is wrong with a database; never with what stands in the URI."""
    try:
        with translated():
            yield
    except InterfaceError as wrong:
        said = _("this is no URI of a MongoDB database: {reason}")
        raise DatabaseError(said.format(reason=_without_secret(str(wrong), uri))) from None
    except NotSupportedError as alone:
        said = _(
            "this MongoDB server runs alone; it has to be a replica set (one member is enough) "
            "or a sharded cluster"
        )
        raise DatabaseError(said) from alone
    except OperationalError as silent:
        said = _("the database does not answer: {reason}")
        raise UnreachableError(said.format(reason=str(silent)[:200])) from silent
    except PersistenceError as failure:
        cause = failure.__cause__
        if isinstance(cause, PyMongoError) and is_forbidden(cause):
            said = _("the database refuses this user: {reason}")
            raise DatabaseError(said.format(reason=str(cause)[:200])) from failure
        raise failed(failure) from failure


def _without_secret(text: str, uri: str) -> str:
    return text.replace(uri, "…")
