"""What the tablet's machine can do, behind ports; the clock is `events.clock.Clock`.

A desktop has no receiver and no camera: it says so, and pictures come from files. What a real
tablet brings is an adapter of these, imported only there.
"""

from pathlib import Path
from typing import Final, Protocol, runtime_checkable

from events.coordinates import GeoPoint
from mobile.view_state import Reception

CAMERA: Final = "camera"
"""The folder in a tablet's folder where a desktop's pictures are."""


@runtime_checkable
class Gps(Protocol):
    """Where the tablet is."""

    def reception(self) -> Reception: ...

    def fix(self) -> GeoPoint | None:
        """Return the newest fix, however old: its age is for the reader to judge."""
        ...


@runtime_checkable
class Camera(Protocol):
    """Takes pictures."""

    def take(self) -> bytes | None:
        """Return a picture as JPEG or PNG, None where none was taken."""
        ...


class NoGps:
    """A machine without a receiver."""

    def reception(self) -> Reception:
        return "off"

    def fix(self) -> GeoPoint | None:
        return None


class FilePictures:
    """Pictures from a folder, one after the other: a desktop's camera."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._taken = 0

    def take(self) -> bytes | None:
        kinds = {".jpg", ".jpeg", ".png"}
        found = sorted(
            one for one in self._folder.glob("*") if one.suffix.lower() in kinds and one.is_file()
        )
        if not found:
            return None
        self._taken += 1
        return found[(self._taken - 1) % len(found)].read_bytes()
