"""Stand-ins for the tablet's machine, for tests."""

from events.coordinates import GeoPoint
from mobile.view_state import Reception


class FakeGps:
    """Gives the fix it was told."""

    def __init__(self, point: GeoPoint | None = None, reception: Reception = "good") -> None:
        self.point = point
        self._reception: Reception = reception

    def reception(self) -> Reception:
        return self._reception

    def fix(self) -> GeoPoint | None:
        return self.point


class FakeCamera:
    """Takes the pictures it was told, then none."""

    def __init__(self, *pictures: bytes) -> None:
        self._pictures = list(pictures)

    def take(self) -> bytes | None:
        return self._pictures.pop(0) if self._pictures else None
