"""Every refusal, and whose turn it then is.

    Refusal
    ├── ConflictError        the writer rewinds to what we hold and goes on
    ├── UnverifiedError      stop, tell a person: the bytes are not what they claim
    │   └── ForkedError      two different entries under one number of a log
    ├── NotEnrolledError     the office does not know this log
    │   └── RevokedError     it trusts this log no further
    ├── ForeignError         of another bureau or another log
    ├── MalformedError       not in the format at all
    ├── TooLargeError        beyond a limit of docs/format.md
    ├── StorageError         not made durable: disk full, read-only, failing
    │   └── DatabaseFailedError  a database did not answer, or refused: ask it again
    ├── ErasedError          the key of a sealed part was destroyed
    ├── FolderError          the data folder is missing, foreign or of another layout
    ├── UnreachableError     the database does not answer
    └── BusyError            another process is writing the same log

No message holds personal data: only numbers, hashes and names of fields.
"""


class Refusal(Exception):  # noqa: N818  it is the field's word, and the root of them
    """Something was refused; nothing of it was stored."""

    code = "refused"


class ConflictError(Refusal):
    """We hold another length of the log than the writer thinks.

    `held` is the last sequence we hold, `held_hash` the 32 bytes of that entry's hash.
    """

    code = "conflict"

    def __init__(self, held: int, held_hash: bytes) -> None:
        super().__init__(f"we hold this log up to {held}")
        self.held = held
        self.held_hash = held_hash


class UnverifiedError(Refusal):
    """An entry does not verify. `sequence` is the first that does not; `reason` says what broke."""

    code = "unverified"

    def __init__(self, sequence: int, reason: str) -> None:
        super().__init__(f"entry {sequence} does not verify: {reason}")
        self.sequence = sequence
        self.reason = reason


class ForkedError(UnverifiedError):
    """The log was written twice from here: a copied or restored tablet."""

    code = "forked"

    def __init__(self, sequence: int) -> None:
        super().__init__(sequence, "another entry is held under this number")


class NotEnrolledError(Refusal):
    """The office does not know this log."""

    code = "not-enrolled"


class RevokedError(NotEnrolledError):
    """The office trusts this log no further than what it holds of it."""

    code = "revoked"


class ForeignError(Refusal):
    """Made for another bureau, or for another log than the one it was sent as."""

    code = "foreign"


class MalformedError(Refusal):
    """The bytes are not in the format. The text says where."""

    code = "malformed"


class TooLargeError(Refusal):
    """Larger than the format allows."""

    code = "too-large"


class ErasedError(Refusal):
    """The key of this sealed part was destroyed: the person's data is erased."""

    code = "erased"


class FolderError(Refusal):
    """The data folder is missing, foreign or of another layout."""

    code = "folder"


class BusyError(Refusal):
    """Another process holds the log that we would write."""

    code = "busy"


class UnreachableError(Refusal):
    """The database with the history does not answer: nothing was asked of it yet."""

    code = "unreachable"


class StorageError(Refusal):
    """It could not be made durable; nothing of it is recorded. Free space, then try again."""

    code = "storage"


class DatabaseFailedError(StorageError):
    """A database failed while it was used: down, without a majority, or a right was withdrawn.

    Whether the last append was recorded is not known. To push again is safe.
    """

    code = "database-failed"
