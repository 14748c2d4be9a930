"""One client and one database, with the concerns that make the promises hold.

Writes are acknowledged by a majority and its journals; reads see only what a majority holds, on
the primary. Of the options in the URI only those are set here that it leaves open. A client is
safe for threads but not for `fork`: open the datastore in the process that uses it.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, TypeAlias, TypeVar
from weakref import finalize

from bson.binary import UuidRepresentation
from bson.codec_options import CodecOptions
from eventsourcing.persistence import InterfaceError, NotSupportedError
from pymongo import MongoClient, ReadPreference, WriteConcern
from pymongo.client_session import ClientSession
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.uri_parser import parse_uri

from backend.mongodb.persistence.errors import translated

Document: TypeAlias = dict[str, Any]
T = TypeVar("T")

MAJORITY: Final = ReadConcern("majority")
_DEFAULTS: Final[dict[str, Any]] = {
    "appname": "eventsourcing",
    "connect": False,
    "retryWrites": True,
    "serverSelectionTimeoutMS": 10_000,
    "connectTimeoutMS": 10_000,
    "socketTimeoutMS": 60_000,
}
_WTIMEOUT: Final = 30_000  # ms: then we look by id whether a majority has it


class MongoDatastore:
    """A database behind a URI; nothing is asked of the server yet."""

    def __init__(self, uri: str, name: str, **options: Any) -> None:  # noqa: ANN401
        self.write_concern = WriteConcern(w="majority", j=True, wtimeout=_WTIMEOUT)
        with translated():
            given = {key.lower() for key in _parsed(uri)["options"]}
            ours = {key: value for key, value in _DEFAULTS.items() if key.lower() not in given}
            self.client: MongoClient[Document] = MongoClient(uri, **(ours | options))
            self.database: Database[Document] = self.client.get_database(
                name,
                codec_options=CodecOptions[Document](
                    uuid_representation=UuidRepresentation.STANDARD
                ),
                write_concern=self.write_concern,
                read_concern=MAJORITY,
                read_preference=ReadPreference.PRIMARY,
            )
        self._closed = finalize(self, _close, self.client)  # the library forgets some factories

    def collection(self, name: str) -> Collection[Document]:
        """Return a collection by name."""
        with translated():
            return self.database[name]

    def in_transaction(self, work: Callable[[ClientSession], T]) -> T:
        """Do `work` with a session in one transaction, again as long as the server asks for it.

        `work` passes the session to each operation and keeps nothing of an attempt that failed.
        """
        with translated(), self.client.start_session() as session:
            return session.with_transaction(
                work,
                read_concern=ReadConcern("snapshot"),
                write_concern=self.write_concern,
                read_preference=ReadPreference.PRIMARY,
            )

    def require_replica_set(self) -> None:
        """Raise `NotSupportedError` where there is neither a replica set nor a sharded cluster."""
        with translated():
            hello = self.client.admin.command("hello")
        if "setName" not in hello and hello.get("msg") != "isdbgrid":
            msg = (
                "this MongoDB server runs alone: majority reads and transactions need a replica "
                "set (one member is enough) or a sharded cluster"
            )
            raise NotSupportedError(msg)

    def close(self) -> None:
        """Let go of the connections."""
        self._closed()


def _close(client: MongoClient[Document]) -> None:
    with suppress(PyMongoError):
        client.close()


def database_named(uri: str) -> str:
    """Return the database that a URI names, "" where it names none; `InterfaceError` if wrong."""
    with translated():
        return str(_parsed(uri)["database"] or "")


def _parsed(uri: str) -> dict[str, Any]:
    try:
        return dict(parse_uri(uri, warn=False))
    except ValueError as wrong:
        raise InterfaceError(str(wrong)) from wrong
