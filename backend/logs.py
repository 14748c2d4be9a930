"""One line of JSON for each thing worth knowing: numbers and names, never bodies or keys."""

import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

LOG: Final = logging.getLogger("xunji")


class JsonLines(logging.Formatter):
    """Writes a record's message and the fields given as `extra={"fields": …}`."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
        }
        line |= getattr(record, "fields", {})
        if record.exc_info and record.exc_info[1]:
            line |= _fault(record.exc_info[1])
        return msgspec.json.encode(line, enc_hook=str).decode()


def _fault(fault: BaseException) -> dict[str, Any]:
    # Without its message: that may quote what was sent.
    frames = traceback.extract_tb(fault.__traceback__)[-12:]
    trace = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    return {"fault": type(fault).__name__, "trace": trace}


def say(event: str, level: int = logging.INFO, **fields: object) -> None:
    """Log one event with its fields."""
    LOG.log(level, event, extra={"fields": fields})


def to_stderr(level: int = logging.INFO) -> None:
    """Send all logs of this process to standard error, as JSON lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    LOG.setLevel(level)
