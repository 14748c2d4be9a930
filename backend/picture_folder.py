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
from threading import Lock
from typing import Final

from msgspec import Struct

from backend import durable
from backend.problems import ProblemError
from backend.words import _
from events.errors import StorageError, TooLargeError
from events.pictures import MOST_BYTES

RESERVE: Final = 1024**3
"""Bytes that pictures leave free on the disk: the history has to go on."""
FORGOTTEN_DAYS: Final = 60
_ARRIVING: Final = "arriving"
_DIGITS: Final = 64
_DAY: Final = 86_400


class Progress(Struct, frozen=True):
    """How much of a picture is here: `offset` of `length` bytes. All of them: it is durable."""

    offset: int
    length: int

    @property
    def is_whole(self) -> bool:
        return self.offset == self.length


class Copied(Struct, frozen=True):
    """What was copied of a folder: how many, and the names of those that are damaged."""

    count: int
    damaged: tuple[str, ...] = ()


class PictureFolder:
    """The pictures of a bureau; one process writes here, in several threads."""

    def __init__(self, path: Path, reserve: int = RESERVE) -> None:
        self.path = path
        self._reserve = reserve
        self._busy: set[str] = set()
        self._lock = Lock()

    # ── what is whole ──────────────────────────────────────────────────────────────

    def file(self, name: str) -> Path:
        """Return where a picture is, once it is whole. `name`: 64 hexadecimal digits."""
        return self.path / name[:2] / name

    def holds(self, name: str) -> bool:
        return self.size(name) is not None

    def size(self, name: str) -> int | None:
        """Return how many bytes a picture has, None where it is not here or not whole."""
        try:
            return self.file(name).stat().st_size
        except OSError:
            return None

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
        """Tell whether a picture that is here is not what its name says, or cannot be read."""
        try:
            return _digest(self.file(name)) != name
        except OSError:
            return True

    def copy_to(self, other: "PictureFolder") -> Copied:
        """Copy what another folder lacks, each durably; what is damaged stays behind.

        `StorageError` where its disk would not have `RESERVE` left, or refuses.
        """
        count, damaged = 0, list[str]()
        with _durably(other.path):
            for name in self.names():
                if other.holds(name):
                    continue
                if self.is_damaged(name):
                    damaged.append(name)
                    continue
                content = self.file(name).read_bytes()
                other.require_room(len(content))
                _made(other.path, other.file(name).parent)
                durable.write(other.file(name), content, 0o600)
                count += 1
        return Copied(count, tuple(damaged))

    def require_room(self, size: int) -> None:
        """Raise `StorageError` where the disk would not have `RESERVE` left."""
        _made(self.path)
        if shutil.disk_usage(self.path).free - size < self._reserve:
            said = _("pictures leave {bytes} bytes free on the disk; less would be left")
            raise StorageError(said.format(bytes=self._reserve))

    # ── what arrives ───────────────────────────────────────────────────────────────

    def progress(self, name: str) -> Progress | None:
        """Return how much of a picture is here, None where nobody began to send it.

        One whose bytes all came before the server ended is looked at now.
        """
        known = self._known(name)
        if known is None or not known.is_whole or self.holds(name):
            return known
        with self._alone(name):
            return self._settled(name)

    def begin(self, name: str, length: int) -> Progress:
        """Make room for a picture; what came of it before stays, if its length is the same.

        `TooLargeError` where it is larger than a picture may be, `StorageError` where the disk
        would not have `RESERVE` left, `ProblemError` where somebody is sending it just now.
        """
        if length > MOST_BYTES:
            msg = f"a picture has at most {MOST_BYTES} bytes"
            raise TooLargeError(msg)
        with self._alone(name), _durably(self.path):
            known = self._settled(name)
            if known is not None and (known.length == length or self.holds(name)):
                return known
            self.require_room(length)
            folder = self.path / _ARRIVING
            _made(folder)
            for partial in folder.glob(f"{name}.*"):
                partial.unlink()
            (folder / f"{name}.{length}").touch(mode=0o600)
            return Progress(0, length)

    def resume(self, name: str, offset: int) -> "Arriving":
        """Open a picture that is not whole, to take in more from `offset` on; close it again.

        `ProblemError` where nobody began it, it continues elsewhere, or somebody else is
        sending it just now.
        """
        self._take(name)
        try:
            return self._opened(name, offset)
        except BaseException:
            self.leave(name)
            raise

    def leave(self, name: str) -> None:
        """Nobody is sending this picture any more."""
        with self._lock:
            self._busy.discard(name)

    def keep(self, name: str, partial: Path) -> None:
        """Give what arrived its name, durably; `ProblemError` where it is another: it goes."""
        if _digest(partial) != name:
            partial.unlink()
            raise ProblemError("picture-damaged")
        file = self.file(name)
        _made(file.parent)
        partial.rename(file)
        for folder in (file.parent, self.path, self.path.parent):
            durable.flush_folder(folder)

    def forget_old(self, now: float) -> int:
        """Delete what began to arrive and was not continued for `FORGOTTEN_DAYS`. `now` in s."""
        gone = 0
        with _durably(self.path):
            for partial in (self.path / _ARRIVING).glob("*.*"):
                if partial.stat().st_mtime < now - FORGOTTEN_DAYS * _DAY:
                    partial.unlink()
                    gone += 1
        return gone

    def _opened(self, name: str, offset: int) -> "Arriving":
        known, partial = self._settled(name), self._partial(name)
        if known is None:
            raise ProblemError("not-found")
        if offset != known.offset or partial is None:
            raise ProblemError("upload-offset", offset=known.offset)
        self.require_room(known.length - offset)
        with _durably(partial):
            return Arriving(self, name, partial, known)

    def _settled(self, name: str) -> Progress | None:
        """Return how much is here; keep what is all there, and forget it where it is another."""
        known, partial = self._known(name), self._partial(name)
        if known is None or partial is None or known.offset < known.length:
            return known
        with _durably(partial):
            with partial.open("rb") as file:
                os.fsync(file.fileno())
            try:
                self.keep(name, partial)
            except ProblemError:
                return None
        return known

    def _known(self, name: str) -> Progress | None:
        for _again in range(2):  # it may be given its name between the two looks
            size = self.size(name)
            if size is not None:
                return Progress(size, size)
            partial = self._partial(name)
            if partial is None:
                continue
            with suppress(FileNotFoundError):
                length = int(partial.suffix[1:])
                return Progress(min(partial.stat().st_size, length), length)
        return None

    def _partial(self, name: str) -> Path | None:
        return next((self.path / _ARRIVING).glob(f"{name}.*"), None)

    def _take(self, name: str) -> None:
        with self._lock:
            if name in self._busy:
                raise ProblemError("upload-busy")
            self._busy.add(name)

    @contextmanager
    def _alone(self, name: str) -> Generator[None]:
        self._take(name)
        try:
            yield
        finally:
            self.leave(name)


class Arriving:
    """A picture being sent. What was written stays, also where the line breaks."""

    def __init__(self, folder: PictureFolder, name: str, partial: Path, known: Progress) -> None:
        self._folder = folder
        self._name = name
        self._partial = partial
        self._length = known.length
        self._offset = known.offset
        self._file = partial.open("r+b", buffering=0)
        self._file.seek(known.offset)

    def write(self, content: bytes) -> None:
        """Take in more bytes; `TooLargeError` where there are more than were announced."""
        if self._offset + len(content) > self._length:
            msg = "more bytes than were announced"
            raise TooLargeError(msg)
        written = 0
        with _durably(self._partial):
            while written < len(content):
                count = self._file.write(content[written:])
                written += count
                self._offset += count

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


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return file_digest(opened, "sha256").hexdigest()


def _made(*folders: Path) -> None:
    """Make folders for their owner's eyes only."""
    for folder in folders:
        folder.parent.mkdir(mode=0o700, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)


@contextmanager
def _durably(path: Path) -> Generator[None]:
    try:
        yield
    except OSError as failure:
        raise StorageError(f"{path}: {failure.strerror}") from failure
