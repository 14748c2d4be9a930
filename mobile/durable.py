"""Files of the tablet: whole or not there, and what the disk refuses said as a refusal."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from events.errors import StorageError
from mobile import device_key


@contextmanager
def on_disk(path: Path) -> Iterator[None]:
    """Say what the disk refuses as a refusal: `StorageError`."""
    try:
        yield
    except OSError as failed:
        raise StorageError(f"{path}: {failed.strerror or failed}") from failed


def write(file: Path, content: bytes) -> None:
    """Replace a file as a whole, durably, for this user alone."""
    with on_disk(file):
        _replace(file, content)


def _replace(file: Path, content: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    device_key.settle(file.parent)
