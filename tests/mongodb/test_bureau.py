"""A database is found and opened, or refused with a reason before anything is written."""

from collections.abc import Generator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from pymongo import MongoClient

from backend.mongodb.bureau import BureauDatabase, missing_rights, name_for
from backend.mongodb.refusals import DatabaseError
from events.errors import UnreachableError
from tests.mongodb.standin import StandIn, database

BUREAU, OTHER = b"b" * 32, b"c" * 32


def contents(uri: str, name: str) -> dict[str, Any]:
    with closing(MongoClient[dict[str, Any]](uri)) as client:
        held = client[name]
        return {one: list(held[one].find()) for one in sorted(held.list_collection_names())}


@contextmanager
def refused(uri: str, name: str, why: str) -> Generator[None]:
    """Refused, with this reason, and nothing is written."""
    before = contents(uri, name)
    with pytest.raises(DatabaseError, match=why):
        yield
    assert contents(uri, name) == before


def test_a_database_is_found_once_and_opened_by_its_bureau(mongodb: str) -> None:
    with database(mongodb) as name:
        ours = BureauDatabase(mongodb, name, BUREAU)

        ours.found()
        ours.found(again=True)
        with refused(mongodb, name, "holds something else"):
            ours.found()

        ours.require(writing=True)
        with closing(ours.history()) as history:
            assert history.size() == 0


def test_the_database_is_that_of_the_uri_or_named_after_the_bureau() -> None:
    assert name_for("mongodb://h/district", BUREAU) == "district"
    assert name_for("mongodb://h/?tls=true", BUREAU) == "xunji_" + "62" * 8


def test_a_database_of_somebody_else_is_refused(mongodb: str) -> None:
    with database(mongodb) as name:
        with closing(MongoClient[dict[str, Any]](mongodb)) as client:
            client[name].orders.insert_one({"_id": 1})
        ours = BureauDatabase(mongodb, name, BUREAU)

        with refused(mongodb, name, "holds something else"):
            ours.found()
        with refused(mongodb, name, "holds no bureau"):
            ours.require(writing=True)


def test_a_database_of_another_bureau_is_refused(mongodb: str) -> None:
    with database(mongodb) as name:
        BureauDatabase(mongodb, name, OTHER).found()
        ours = BureauDatabase(mongodb, name, BUREAU)

        with refused(mongodb, name, "another bureau"):
            ours.found(again=True)
        with refused(mongodb, name, "holds something else"):
            ours.found()
        with refused(mongodb, name, "another bureau"):
            ours.require(writing=False)


@pytest.mark.parametrize("layout", [0, 2, None])
def test_another_layout_is_refused(mongodb: str, layout: int | None) -> None:
    with database(mongodb) as name:
        ours = BureauDatabase(mongodb, name, BUREAU)
        ours.found()
        with closing(MongoClient[dict[str, Any]](mongodb)) as client:
            client[name].xunji.update_one({}, {"$set": {"layout": layout}})

        with refused(mongodb, name, f"layout {layout}; this program knows layout 1"):
            ours.require(writing=False)
        with refused(mongodb, name, "layout"):
            ours.found(again=True)


def test_a_history_without_its_indexes_is_refused(mongodb: str) -> None:
    with database(mongodb) as name:
        ours = BureauDatabase(mongodb, name, BUREAU)
        ours.found()
        with closing(MongoClient[dict[str, Any]](mongodb)) as client:
            client[name].history.drop_index("version")

        with refused(mongodb, name, "lacks the indexes"):
            ours.require(writing=True)


@pytest.mark.parametrize(
    "uri", ["history.sqlite", "mongodb://", "mongodb://h:port/", "mongodb://h/?tls=perhaps"]
)
def test_a_wrong_uri_is_refused(uri: str) -> None:
    with pytest.raises(DatabaseError, match="no URI of a MongoDB"):
        name_for(uri, BUREAU)
    with pytest.raises(DatabaseError, match="no URI of a MongoDB"):
        BureauDatabase(uri, "x", BUREAU).found()


def test_a_refusal_does_not_tell_the_password() -> None:
    with pytest.raises(DatabaseError) as refusal:
        name_for("mongodb://me:hunter2@h:port/", BUREAU)

    assert "hunter2" not in str(refusal.value)


def test_a_database_that_does_not_answer_is_said_to_be_silent() -> None:
    nowhere = "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=50"

    with pytest.raises(UnreachableError, match="does not answer"):
        BureauDatabase(nowhere, "x", BUREAU).require(writing=False)


def test_a_server_that_runs_alone_is_refused() -> None:
    with StandIn("--standalone") as alone, refused(alone.uri, "x", "replica set"):
        BureauDatabase(alone.uri, "x", BUREAU).found()


@pytest.fixture(scope="module")
def guarded() -> Generator[StandIn]:
    """A server with users: one may write, one may only read."""
    with StandIn() as standin:
        with closing(MongoClient[dict[str, Any]](standin.uri)) as client:
            for user, role in (("clerk", "readWrite"), ("auditor", "read"), ("root", "root")):
                granted = {"role": role, "db": "admin" if role == "root" else "bureau"}
                client.admin.command("createUser", user, pwd=f"of {user}", roles=[granted])
        standin.end()
        yield standin.start("--auth")


def signed_in(standin: StandIn, user: str, password: str = "") -> str:
    password = password or f"of%20{user}"
    return f"mongodb://{user}:{password}@127.0.0.1:{standin.port}/?authSource=admin"


def test_whoever_may_not_write_is_refused_before_anything_is_written(guarded: StandIn) -> None:
    root, clerk, auditor = (signed_in(guarded, user) for user in ("root", "clerk", "auditor"))

    with refused(root, "bureau", "refuses this user"):
        BureauDatabase(auditor, "bureau", BUREAU).found()
    BureauDatabase(clerk, "bureau", BUREAU).found()
    with refused(root, "bureau", "refuses this user"):
        BureauDatabase(auditor, "bureau", BUREAU).require(writing=True)

    BureauDatabase(auditor, "bureau", BUREAU).require(writing=False)
    with closing(BureauDatabase(auditor, "bureau", BUREAU).history()) as history:
        assert history.size() == 0


READS = ["find", "listIndexes", "listCollections", "collStats", "killCursors"]
WRITES = [*READS, "insert", "update", "remove", "createIndex", "createCollection", "dropCollection"]


def signed_in_with(**rights: list[dict[str, Any]]) -> dict[str, Any]:
    """What a server says of a connection, as the manual has it."""
    return {"authenticatedUsers": [{"user": "clerk", "db": "admin"}], **rights}


def granting(resource: dict[str, Any], actions: list[str]) -> dict[str, Any]:
    privilege = {"resource": resource, "actions": actions}
    system = {"resource": {"db": "bureau", "collection": "system.js"}, "actions": WRITES}
    return signed_in_with(authenticatedUserPrivileges=[system, privilege])


def test_rights_are_read_from_what_the_server_says_of_the_connection() -> None:
    every = frozenset({"find", "insert", "update", "remove", "createIndex", "dropCollection"})
    ours, all_databases = {"db": "bureau", "collection": ""}, {"db": "", "collection": ""}

    def missing(said: dict[str, Any]) -> list[str] | None:
        return missing_rights(said, "bureau", every)

    assert missing({"authenticatedUsers": []}) == []
    assert missing(signed_in_with(authenticatedUserPrivileges=[])) is None
    assert missing(granting(ours, WRITES)) == []
    assert missing(granting(all_databases, WRITES)) == []
    assert missing(granting({"anyResource": True}, ["anyAction"])) == []
    assert missing(granting(ours, READS)) == [
        "createIndex", "dropCollection", "insert", "remove", "update",
    ]  # fmt: skip
    assert missing(granting({"db": "elsewhere", "collection": ""}, WRITES)) == sorted(every)
    assert missing(granting({"db": "bureau", "collection": "history"}, WRITES)) == sorted(every)


def test_a_wrong_password_is_refused(guarded: StandIn) -> None:
    stranger = signed_in(guarded, "clerk", "guessed")

    with refused(signed_in(guarded, "root"), "bureau", "refuses this user"):
        BureauDatabase(stranger, "bureau", BUREAU).require(writing=False)


def test_rights_on_another_database_are_none_on_this_one(guarded: StandIn) -> None:
    with refused(signed_in(guarded, "root"), "elsewhere", "refuses this user"):
        BureauDatabase(signed_in(guarded, "clerk"), "elsewhere", BUREAU).found()
