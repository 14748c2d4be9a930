"""The library's own test cases, each that applies: our recorders are as good as its own."""

import importlib
import inspect
import os
import subprocess
import sys
from collections.abc import Generator, Mapping
from typing import ClassVar, TypeVar
from unittest import TestCase
from uuid import uuid4

import pytest
from eventsourcing.persistence import Tracking
from eventsourcing.tests import application, persistence, projection
from eventsourcing.utils import Environment
from pymongo.client_session import ClientSession

from backend.mongodb.persistence import (
    MongoAggregateRecorder,
    MongoApplicationRecorder,
    MongoDatastore,
    MongoFactory,
    MongoProcessRecorder,
    MongoTrackingRecorder,
)
from tests.mongodb.standin import dropped, new_database

MODULE = "backend.mongodb.persistence"

LIBRARY = (
    "eventsourcing.tests.persistence",
    "eventsourcing.tests.projection",
    "eventsourcing.tests.application",
    "eventsourcing.tests.domain",
    "eventsourcing.dcb.tests",
)

NOT_OURS = {
    "RecorderTestCase": "the base of others: it has no tests",
    "TranscoderTestCase": "of transcoders: a persistence module has none of its own",
    "ApplicationTestCase": "of the application class over the library's memory, whatever we do",
    "TaggedDecisionCountersProjectionTestCase": "DCB: another way to record, by tags; not offered",
    "DCBRecorderTestCase": "DCB: another way to record, by tags; not offered",
}


R = TypeVar("R", MongoAggregateRecorder, MongoTrackingRecorder)


class Ours(TestCase):
    """Gives a test case a database of its own."""

    @pytest.fixture(autouse=True)
    def _database(self, mongodb: str) -> Generator[None]:
        self.uri, self.name = mongodb, new_database()
        self.datastores: list[MongoDatastore] = []
        yield
        for datastore in self.datastores:
            datastore.close()
        dropped(self.uri, self.name)

    def datastore(self) -> MongoDatastore:
        """A test may ask for several: each sees an empty database."""
        dropped(self.uri, self.name)
        self.datastores.append(MongoDatastore(self.uri, self.name))
        return self.datastores[-1]

    def env(self) -> dict[str, str]:
        return {
            "PERSISTENCE_MODULE": MODULE,
            "MONGODB_URI": self.uri,
            "MONGODB_DBNAME": self.name,
        }


class TextIds:
    def new_originator_id(self) -> str:
        return f"test-{uuid4()}"


class TestAggregateRecorder(Ours, persistence.AggregateRecorderTestCase):
    def create_recorder(self) -> MongoAggregateRecorder:
        return made(MongoAggregateRecorder(self.datastore()))


class TestAggregateRecorderWithTextIds(TextIds, TestAggregateRecorder):
    pass


class TestApplicationRecorder(
    Ours, persistence.ApplicationRecorderTestCase[MongoApplicationRecorder]
):
    grouped = True

    def create_recorder(self) -> MongoApplicationRecorder:
        return made(MongoApplicationRecorder(self.datastore(), group_commit=self.grouped))

    def test_insert_subscribe(self) -> None:
        self.optional_test_insert_subscribe()


class TestApplicationRecorderWithTextIds(TextIds, TestApplicationRecorder):
    pass


class TestApplicationRecorderWithoutGroups(TestApplicationRecorder):
    grouped = False


class TestTrackingRecorder(Ours, persistence.TrackingRecorderTestCase):
    def create_recorder(self) -> MongoTrackingRecorder:
        return made(MongoTrackingRecorder(self.datastore()))


class TestProcessRecorder(Ours, persistence.ProcessRecorderTestCase):
    def create_recorder(self) -> MongoProcessRecorder:
        return made(MongoProcessRecorder(self.datastore()))


class TestProcessRecorderWithTextIds(TextIds, TestProcessRecorder):
    pass


class TestNonInterleavingNotificationIDs(Ours, persistence.NonInterleavingNotificationIDsBaseCase):
    def create_recorder(self) -> MongoApplicationRecorder:
        return made(MongoApplicationRecorder(self.datastore(), group_commit=False))


class OtherTracking(MongoTrackingRecorder):
    pass


class TestFactory(Ours, persistence.InfrastructureFactoryTestCase[MongoFactory]):
    env: Environment  # type: ignore[assignment]

    def setUp(self) -> None:
        self.env = Environment("TestCase", Ours.env(self))
        super().setUp()

    def expected_factory_class(self) -> type[MongoFactory]:
        return MongoFactory

    def expected_aggregate_recorder_class(self) -> type[MongoAggregateRecorder]:
        return MongoAggregateRecorder

    def expected_application_recorder_class(self) -> type[MongoApplicationRecorder]:
        return MongoApplicationRecorder

    def expected_tracking_recorder_class(self) -> type[MongoTrackingRecorder]:
        return MongoTrackingRecorder

    def tracking_recorder_subclass(self) -> type[MongoTrackingRecorder]:
        return OtherTracking

    def expected_process_recorder_class(self) -> type[MongoProcessRecorder]:
        return MongoProcessRecorder

    def test_a_setting_that_is_missing_is_named(self) -> None:
        for key in ("MONGODB_URI", "MONGODB_DBNAME"):
            given = {one: value for one, value in Ours.env(self).items() if one != key}
            with pytest.raises(OSError, match=f"TESTCASE_{key}, {key}"):
                MongoFactory(Environment("TestCase", given))

    def test_a_recorder_of_another_kind_is_refused(self) -> None:
        self.env["APPLICATION_RECORDER_TOPIC"] = f"{MODULE}:MongoTrackingRecorder"
        with pytest.raises(TypeError, match="no MongoApplicationRecorder"):
            self.factory.application_recorder()


class EventCounters(MongoTrackingRecorder, projection.EventCountersView):
    """A view as the library would have it: a counter moves together with the position."""

    def __init__(self, datastore: MongoDatastore, **kwargs: str) -> None:
        super().__init__(datastore, **kwargs)
        self.counters = datastore.collection("counters")

    def get_created_event_counter(self) -> int:
        return self._counted("created")

    def get_subsequent_event_counter(self) -> int:
        return self._counted("subsequent")

    def incr_created_event_counter(self, tracking: Tracking) -> None:
        self._count("created", tracking)

    def incr_subsequent_event_counter(self, tracking: Tracking) -> None:
        self._count("subsequent", tracking)

    def _counted(self, name: str) -> int:
        found = self.counters.find_one({"_id": name})
        return found["n"] if found else 0

    def _count(self, name: str, tracking: Tracking) -> None:
        def work(session: ClientSession) -> None:
            self.track(tracking, session)
            self.counters.update_one({"_id": name}, {"$inc": {"n": 1}}, True, session=session)

        self.datastore.in_transaction(work)


class TestEventCountersView(Ours, projection.EventCountersViewTestCase):
    def construct_event_counters_view(self) -> EventCounters:
        return made(EventCounters(self.datastore()))


class InItsEnvironment(Ours):
    env: ClassVar[dict[str, str]] = {}  # type: ignore[assignment]

    def setUp(self) -> None:
        type(self).env = Ours.env(self)
        super().setUp()


class TestAggregateEventCountersProjection(
    InItsEnvironment, projection.AggregateEventCountersProjectionTestCase
):
    view_class = EventCounters


class TestEventSourcedProjection(InItsEnvironment, projection.EventSourcedProjectionTestCase):
    pass


class TestExampleApplication(Ours, application.ExampleApplicationTestCase):
    expected_factory_topic = f"{MongoFactory.__module__}:MongoFactory"

    def setUp(self) -> None:
        os.environ.update(self.env())
        super().setUp()

    def tearDown(self) -> None:
        for key in self.env():
            del os.environ[key]


def made(recorder: R) -> R:
    recorder.create_table()
    return recorder


def cases() -> Mapping[str, type[TestCase]]:
    """Every class of test cases in the library's test modules."""
    return {
        name: found
        for module in LIBRARY
        for name, found in inspect.getmembers(importlib.import_module(module), inspect.isclass)
        if issubclass(found, TestCase) and found.__module__ == module
    }


def test_each_test_case_of_the_library_is_used_or_named_with_a_reason() -> None:
    used = {
        base.__name__
        for mine in globals().values()
        if inspect.isclass(mine) and issubclass(mine, Ours)
        for base in mine.__mro__[1:]
        if base.__module__ in LIBRARY
    }
    assert cases().keys() - used - NOT_OURS.keys() == set()
    assert NOT_OURS.keys() <= cases().keys(), "a reason for what is not there"
    assert (used & NOT_OURS.keys()) - {"RecorderTestCase"} == set()


def test_the_module_is_usable_without_the_rest_of_our_code() -> None:
    program = f"import sys, {MODULE}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    ours = {
        name
        for name in loaded.stdout.decode().split()
        if name.partition(".")[0] in {"backend", "events", "projections", "mobile"}
    }

    assert {one for one in ours if not one.startswith(MODULE)} == {"backend", "backend.mongodb"}
