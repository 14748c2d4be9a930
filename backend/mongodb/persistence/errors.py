"""What went wrong, in the words of the library: those of Python's database API (PEP 249)."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Final

from bson.errors import BSONError
from eventsourcing.persistence import (
    DatabaseError,
    DataError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    PersistenceError,
)
from pymongo import errors

DUPLICATE_KEY: Final = 11_000
_NOT_ALLOWED: Final = frozenset({13, 18})  # Unauthorized, AuthenticationFailed

UNANSWERED: Final = (
    errors.ConnectionFailure,  # among them: fail-over, no primary, time out of the network
    errors.WriteConcernError,  # among them: no majority in time
    errors.ExecutionTimeout,
)
"""After these nobody knows whether a write was recorded, or will be."""


@contextmanager
def translated() -> Generator[None]:
    """Raise the library's error in place of the driver's."""
    try:
        yield
    except errors.PyMongoError as failure:
        raise translation(failure) from failure
    except (BSONError, OverflowError) as failure:  # too large, or nothing BSON can hold
        raise DataError(str(failure)) from failure


def translation(failure: errors.PyMongoError) -> PersistenceError:
    """Return the library's error for the driver's."""
    kind = PersistenceError
    match failure:
        case errors.DuplicateKeyError():
            kind = IntegrityError
        case errors.BulkWriteError():
            kind = IntegrityError if _is_duplicate(failure) else OperationalError
        case errors.ConfigurationError() | errors.InvalidURI() | errors.InvalidName():
            kind = InterfaceError
        case errors.ConnectionFailure() | errors.ExecutionTimeout() | errors.WriteConcernError():
            kind = OperationalError
        case errors.OperationFailure() if failure.has_error_label("TransientTransactionError"):
            kind = OperationalError
        case errors.OperationFailure():
            kind = DatabaseError
        case _:
            pass
    return kind(str(failure))


def is_unanswered(failure: errors.PyMongoError) -> bool:
    """Tell whether a write that failed so may have been recorded all the same."""
    if isinstance(failure, errors.BulkWriteError):
        return bool(_details(failure).get("writeConcernErrors"))
    return isinstance(failure, UNANSWERED) or failure.has_error_label("RetryableWriteError")


def is_forbidden(failure: errors.PyMongoError) -> bool:
    """Tell whether the user has not the right, or is not who it claims to be."""
    return isinstance(failure, errors.OperationFailure) and failure.code in _NOT_ALLOWED


def write_error(failure: errors.PyMongoError) -> dict[str, Any] | None:
    """Return what is said of the first document that was refused: `index`, `code`, `keyPattern`."""
    if isinstance(failure, errors.BulkWriteError):
        refused: list[dict[str, Any]] = _details(failure).get("writeErrors") or []
        return refused[0] if refused else None
    if isinstance(failure, errors.WriteError):
        return {**_details(failure), "index": 0}
    return None


def _is_duplicate(failure: errors.BulkWriteError) -> bool:
    refused = write_error(failure)
    return refused is not None and refused.get("code") == DUPLICATE_KEY


def _details(failure: errors.OperationFailure) -> dict[str, Any]:
    return dict(failure.details or {})
