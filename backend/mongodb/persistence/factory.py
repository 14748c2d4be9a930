"""The library's factory: recorders from the environment.

MONGODB_URI             where; TLS, users and time-outs belong into it
MONGODB_DBNAME          the database
MONGODB_GROUP_COMMIT    "no" sends each append by itself
CREATE_TABLE            "no" where collections and indexes were made by somebody else

Several applications may share a database: collections begin with the application's name, as the
library's tables in PostgreSQL do (`bankaccounts_events`, `…_snapshots`, `…_tracking`). Ids may be
UUIDs or texts, also side by side.
"""

from typing import Any, Final, TypeVar

from eventsourcing.persistence import (
    AggregateRecorder,
    ApplicationRecorder,
    InfrastructureFactory,
    ProcessRecorder,
)
from eventsourcing.utils import Environment, EnvType, resolve_topic, strtobool

from backend.mongodb.persistence.datastore import MongoDatastore
from backend.mongodb.persistence.recorders import (
    MongoAggregateRecorder,
    MongoApplicationRecorder,
    MongoProcessRecorder,
    MongoRecorder,
    MongoTrackingRecorder,
)

R = TypeVar("R", bound=MongoRecorder)
_YES: Final = "yes"


class MongoFactory(InfrastructureFactory[MongoTrackingRecorder]):
    """Makes recorders that share one client."""

    MONGODB_URI = "MONGODB_URI"
    MONGODB_DBNAME = "MONGODB_DBNAME"
    MONGODB_GROUP_COMMIT = "MONGODB_GROUP_COMMIT"
    CREATE_TABLE = "CREATE_TABLE"

    aggregate_recorder_class = MongoAggregateRecorder
    application_recorder_class = MongoApplicationRecorder
    tracking_recorder_class = MongoTrackingRecorder
    process_recorder_class = MongoProcessRecorder

    def __init__(self, env: Environment | EnvType | None) -> None:
        super().__init__(env)
        self.datastore = MongoDatastore(
            self._required(self.MONGODB_URI), self._required(self.MONGODB_DBNAME)
        )

    def aggregate_recorder(self, purpose: str = "events") -> AggregateRecorder:
        """Return a recorder of events without positions, such as snapshots."""
        return self._made(self.aggregate_recorder_class, events_table_name=self._named(purpose))

    def application_recorder(self) -> ApplicationRecorder:
        """Return a recorder of events with positions."""
        kind = self._chosen(self.APPLICATION_RECORDER_TOPIC, self.application_recorder_class)
        return self._made(
            kind,
            events_table_name=self._named("events"),
            group_commit=self._is_on(self.MONGODB_GROUP_COMMIT),
        )

    def tracking_recorder(
        self, tracking_recorder_class: type[MongoTrackingRecorder] | None = None
    ) -> MongoTrackingRecorder:
        """Return a recorder of how far others were processed."""
        return self._made(
            tracking_recorder_class
            or self._chosen(self.TRACKING_RECORDER_TOPIC, self.tracking_recorder_class),
            tracking_table_name=self._named("tracking"),
        )

    def process_recorder(self) -> ProcessRecorder:
        """Return a recorder of events and tracking together."""
        kind = self._chosen(self.PROCESS_RECORDER_TOPIC, self.process_recorder_class)
        return self._made(
            kind,
            events_table_name=self._named("events"),
            tracking_table_name=self._named("tracking"),
            group_commit=self._is_on(self.MONGODB_GROUP_COMMIT),
        )

    def close(self) -> None:
        """Let go of the connections."""
        self.datastore.close()

    def _named(self, purpose: str) -> str:
        return f"{self.env.name.lower() or 'stored'}_{purpose}"

    def _required(self, key: str) -> str:
        value = self.env.get(key)
        if not value:
            keys = ", ".join(self.env.create_keys(key))
            raise OSError(f"MongoDB setting not found in environment with keys: {keys}")
        return value

    def _is_on(self, key: str) -> bool:
        return bool(strtobool(self.env.get(key, _YES) or _YES))

    def _chosen(self, key: str, default: type[R]) -> type[R]:
        topic = self.env.get(key)
        if not topic:
            return default
        kind = resolve_topic(topic)
        if not (isinstance(kind, type) and issubclass(kind, default)):
            raise TypeError(f"{key} names {kind}, which is no {default.__name__}")
        return kind

    def _made(self, kind: type[R], **options: Any) -> R:  # noqa: ANN401
        recorder = kind(self.datastore, **options)
        if self._is_on(self.CREATE_TABLE):
            recorder.create_table()
        return recorder
