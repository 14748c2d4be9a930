"""Pictures at the office, as their tablets sealed them, under the SHA-256 of their bytes.

    ab/ab…            whole, durable, never written again
    arriving/ab….N    what has come so far of one with N bytes

A name says what its bytes must be: what does not is never given that name.
"""

import os
import shutil
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from hashlib import file_digest
from pathlib import Path
from typing import Final

from msgspec import Struct

from backend import durable
from backend.problems import ProblemError
from backend.words import _
from events.errors import StorageError, TooLargeError
from events.pictures import MOST_BYTES

RESERVE: Final = 1024**3
"""Bytes that pictures leave free on the disk: the history has to go on."""
_ARRIVING: Final = "arriving"
_DIGITS: Final = 64


class Progress(Struct, frozen=True):
    """How much of a picture is here: `offset` of `length` bytes."""

    offset: int
    length: int

    @property
    def is_whole(self) -> bool:
        return self.offset == self.length


class PictureFolder:
    """The pictures of a bureau; one process writes here."""

    def __init__(self, path: Path, reserve: int = RESERVE) -> None:
        self.path = path
        self._reserve = reserve
        self._busy: set[str] = set()

    # ── what is whole ──────────────────────────────────────────────────────────────

    def file(self, name: str) -> Path:
        """Return where a picture is, once it is whole. `name`: 64 hexadecimal digits."""
        return self.path / name[:2] / name

    def holds(self, name: str) -> bool:
        return self.file(name).is_file()

    def read(self, name: str) -> bytes | None:
        """Return a picture, None where it is not here or not whole."""
        try:
            return self.file(name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as failure:
            raise StorageError(f"{self.file(name)}: {failure.strerror}") from failure

    def names(self) -> Iterator[str]:
        """Yield the names of all that are whole, in their order."""
        for folder in sorted(self.path.glob("[0-9a-f][0-9a-f]")):
            yield from sorted(one.name for one in folder.iterdir() if len(one.name) == _DIGITS)

    def is_damaged(self, name: str) -> bool:
        """Tell whether a picture that is here is not what its name says."""
        with self.file(name).open("rb") as opened:
            return file_digest(opened, "sha256").hexdigest() != name

    def copy_to(self, other: "PictureFolder") -> int:
        """Copy what another folder lacks, each durably; what is damaged stays behind.

        Return how many were copied.
        """
        copied = 0
        for name in self.names():
            if not other.holds(name) and not self.is_damaged(name):
                file = other.file(name)
                file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                durable.write(file, self.file(name).read_bytes(), 0o600)
                copied += 1
        return copied

    # ── what arrives ───────────────────────────────────────────────────────────────

    def progress(self, name: str) -> Progress | None:
        """Return how much of a picture is here, None where nobody began to send it."""
        with suppress(FileNotFoundError):
            size = self.file(name).stat().st_size
            return Progress(size, size)
        partial = self._partial(name)
        if partial is None:
            return None
        return Progress(partial.stat().st_size, int(partial.suffix[1:]))

    def begin(self, name: str, length: int) -> Progress:
        """Make room for a picture; what came of it before stays, if its length is the same.

        `TooLargeError` where it is larger than a picture may be, `StorageError` where the disk
        would not have `RESERVE` left.
        """
        if length > MOST_BYTES:
            msg = f"a picture has at most {MOST_BYTES} bytes"
            raise TooLargeError(msg)
        known = self.progress(name)
        if known is not None and known.length == length:
            return known
        self._alone(name)
        self.leave(name)  # nobody sends it just now
        with _durably(self.path):
            folder = self.path / _ARRIVING
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if shutil.disk_usage(folder).free - length < self._reserve:
                said = _("pictures leave {bytes} bytes free on the disk; less would be left")
                raise StorageError(said.format(bytes=self._reserve))
            self._forget(name)
            (folder / f"{name}.{length}").touch(mode=0o600)
        return Progress(0, length)

    def resume(self, name: str, offset: int) -> "Arriving":
        """Open a picture that is not whole, to take in more from `offset` on; close it again.

        `ProblemError` where nobody began it, it continues elsewhere, or somebody else is
        sending it just now.
        """
        known, partial = self.progress(name), self._partial(name)
        if known is None:
            raise ProblemError("not-found")
        if offset != known.offset or partial is None:
            raise ProblemError("upload-offset", offset=known.offset)
        self._alone(name)
        try:
            return Arriving(self, name, partial, known)
        except OSError as failure:
            self.leave(name)
            raise StorageError(f"{partial}: {failure.strerror}") from failure

    def leave(self, name: str) -> None:
        """Nobody is sending this picture any more."""
        self._busy.discard(name)

    def keep(self, name: str, partial: Path) -> None:
        """Give what arrived its name, if it is what it should be."""
        with partial.open("rb") as opened:
            found = file_digest(opened, "sha256").hexdigest()
        if found != name:
            partial.unlink()
            raise ProblemError("picture-damaged")
        file = self.file(name)
        file.parent.mkdir(mode=0o700, exist_ok=True)
        partial.rename(file)
        durable.flush_folder(file.parent)
        durable.flush_folder(self.path)

    def _partial(self, name: str) -> Path | None:
        return next((self.path / _ARRIVING).glob(f"{name}.*"), None)

    def _forget(self, name: str) -> None:
        partial = self._partial(name)
        if partial is not None:
            partial.unlink()

    def _alone(self, name: str) -> None:
        if name in self._busy:
            raise ProblemError("upload-busy")
        self._busy.add(name)


class Arriving:
    """A picture being sent. What was written stays, also where the line breaks."""

    def __init__(self, folder: PictureFolder, name: str, partial: Path, known: Progress) -> None:
        self._folder = folder
        self._name = name
        self._partial = partial
        self._length = known.length
        self._offset = known.offset
        self._file = partial.open("ab", buffering=0)

    def write(self, content: bytes) -> None:
        """Take in more bytes; `TooLargeError` where there are more than were announced."""
        if self._offset + len(content) > self._length:
            msg = "more bytes than were announced"
            raise TooLargeError(msg)
        with _durably(self._partial):
            written = 0
            while written < len(content):
                written += self._file.write(content[written:])
        self._offset += len(content)

    def close(self) -> Progress:
        """Make durable what came, and keep the picture if that is all of it.

        `ProblemError` where the whole is not what its name says: then it begins anew.
        """
        try:
            with _durably(self._partial):
                with self._file:
                    os.fsync(self._file.fileno())
                if self._offset == self._length:
                    self._folder.keep(self._name, self._partial)
        finally:
            self._folder.leave(self._name)
        return Progress(self._offset, self._length)


@contextmanager
def _durably(path: Path) -> Generator[None]:
    try:
        yield
    except OSError as failure:
        raise StorageError(f"{path}: {failure.strerror}") from failure
