"""What is refused about a database, said before anything is written; and that it failed."""

from typing import Final

from events.errors import DatabaseFailedError, FolderError

_MOST: Final = 200  # letters: a driver describes the whole cluster


class DatabaseError(FolderError):
    """The database is missing, foreign, of another layout, or lacks what is needed."""

    code = "database"


def failed(failure: Exception) -> DatabaseFailedError:
    """Return what a driver says as our refusal, cut to what a person reads."""
    return DatabaseFailedError(f"the database failed: {failure}"[:_MOST])
