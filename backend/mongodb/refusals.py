"""What is refused about a database, said before anything is written."""

from events.errors import FolderError, StorageError


class DatabaseError(FolderError):
    """The database is missing, foreign, of another layout, or lacks what is needed."""

    code = "database"


class DatabaseFailedError(StorageError):
    """The database failed while it was used: the outcome may be unknown; push again."""

    code = "storage"
