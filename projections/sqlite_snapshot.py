"""The views of a SQLite file as they stood at one moment, on a connection of their own.

One read transaction lasts as long as the snapshot: whoever folds goes on beside it (WAL), and
nothing of that is seen. The file's log cannot shrink meanwhile, so a snapshot is let go of as
soon as its rows are read.
"""

import sqlite3
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from events.errors import StorageError
from projections import sqlite_rows
from projections.view import View
from projections.views import Condition, Found, Query, Saved


class SQLiteSnapshot:
    """Documents and columns at one position: to read."""

    def __init__(
        self, connection: sqlite3.Connection, views: Sequence[View], position: int
    ) -> None:
        self.views = tuple(views)
        self._connection = connection
        self._position = position

    def position(self) -> int:
        return self._position

    def load(self, view: str, keys: Iterable[str]) -> dict[str, bytes]:
        return sqlite_rows.load(self._connection.cursor(), view, keys)

    def select(self, query: Query) -> list[Found]:
        return sqlite_rows.select(self._connection.cursor(), query)

    def last_of(self, query: Query, by: str, values: Iterable[str]) -> list[Found]:
        return sqlite_rows.last_of(self._connection.cursor(), query, by, values)

    def count(self, view: str, where: Sequence[Condition] = ()) -> int:
        return sqlite_rows.count(self._connection.cursor(), view, where)

    def save(self, documents: Mapping[str, Sequence[Saved]], after: int, position: int) -> None:
        """Refuse: a snapshot is only read."""
        del documents, after, position
        raise StorageError("a snapshot is only read")

    def reset(self) -> None:
        """Refuse: a snapshot is only read."""
        raise StorageError("a snapshot is only read")

    def close(self) -> None:
        """Nothing to let go of: whoever made it does."""


@contextmanager
def snapshot(path: Path, views: Sequence[View], tracked: str) -> Generator[SQLiteSnapshot]:
    """Give the views in a file as they stand now; `tracked` names their position in it."""
    try:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro",
            uri=True,
            isolation_level=None,
            check_same_thread=False,
        )
        with closing(connection):
            connection.execute("BEGIN")
            found = connection.execute(
                "SELECT MAX(notification_id) FROM tracking WHERE application_name = ?", (tracked,)
            ).fetchone()
            yield SQLiteSnapshot(connection, views, found[0] or 0)
    except sqlite3.Error as failure:
        raise StorageError(f"{path.name} failed: {failure}") from failure
