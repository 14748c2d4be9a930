"""Pictures on the tablet: sealed until the office has them, and open only while they are needed.

    waiting/   sealed, for the office; under the SHA-256 of their bytes
    sent/      sealed, and durable at the office since the file's time: kept `KEPT_DAYS` more,
               for the office may lose its newest days and ask again
    open/      as taken, with a suffix, to be looked at while their inspection is open

A picture is renamed from one to the next, never copied: at each moment it is in one of them.
"""

import os
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Final

from events import pictures
from events.clock import Entropy
from events.pictures import Picture
from mobile import durable
from mobile.durable import on_disk

KEPT_DAYS: Final = 30
_DAY: Final = 86_400
_SUFFIXES: Final = {"image/jpeg": ".jpg", "image/png": ".png"}  # by which a screen knows them
_MICROSECONDS: Final = 1_000_000


class PictureFolder:
    """The pictures of one tablet."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def keep(self, content: bytes, entropy: Entropy, *, looked_at: bool = True) -> Picture:
        """Seal a picture and keep it, durably. `looked_at`: there is a screen to show it."""
        picture = pictures.seal(content, entropy)
        self._put("waiting", picture.name, picture.stored)
        if looked_at:
            self._put("open", picture.name + _SUFFIXES[picture.media_type], content)
        return picture

    def look(self, name: str) -> Path:
        """Return where a picture lies as it was taken, while its inspection is open."""
        return next((self._path / "open").glob(f"{name}.*"), self._path / "open" / f"{name}.jpg")

    def close(self, open_ones: Collection[str]) -> None:
        """Destroy what was kept to be looked at, but for these."""
        with on_disk(self._path):
            for name in self._names("open"):
                if name.partition(".")[0] not in open_ones:
                    (self._path / "open" / name).unlink(missing_ok=True)

    # ── for the office ─────────────────────────────────────────────────────────────

    def waiting(self) -> list[str]:
        """Return those that the office does not have, by what we know; the oldest first.

        Another thread may be sending them: one that goes meanwhile is left out.
        """
        times: dict[str, int] = {}
        with on_disk(self._path):
            for name in self._names("waiting"):
                with suppress(FileNotFoundError):
                    times[name] = (self._path / "waiting" / name).stat().st_mtime_ns
        return sorted(times, key=lambda name: (times[name], name))

    def read(self, name: str) -> bytes:
        """Return a picture as it is sent."""
        with on_disk(self._path):
            return (self._path / "waiting" / name).read_bytes()

    def sent(self, name: str, at: int) -> None:
        """Say that the office has it durably, since `at` (µs)."""
        with on_disk(self._path):
            file = self._path / "waiting" / name
            os.utime(file, (at / _MICROSECONDS, at / _MICROSECONDS))
            self._made("sent")
            file.rename(self._path / "sent" / name)

    def send_again(self) -> int:
        """Have all that is still here sent again: the office lost records. Return how many."""
        with on_disk(self._path):
            found = self._names("sent")
            for name in found:
                self._made("waiting")
                (self._path / "sent" / name).rename(self._path / "waiting" / name)
        return len(found)

    def forget_old(self, now: int) -> int:
        """Destroy what the office has had for `KEPT_DAYS`. Return how many. `now` in µs."""
        before = now / _MICROSECONDS - KEPT_DAYS * _DAY
        gone = 0
        with on_disk(self._path):
            for name in self._names("sent"):
                file = self._path / "sent" / name
                if file.stat().st_mtime < before:
                    file.unlink()
                    gone += 1
        return gone

    def _put(self, folder: str, name: str, content: bytes) -> None:
        with on_disk(self._path):
            self._made(folder)
        durable.write(self._path / folder / name, content)

    def _made(self, folder: str) -> None:
        (self._path / folder).mkdir(mode=0o700, parents=True, exist_ok=True)

    def _names(self, folder: str) -> list[str]:
        path = self._path / folder
        if not path.is_dir():
            return []
        return [one.name for one in path.iterdir() if not one.name.startswith(".")]
