"""What the office sent this tablet, as its screens and forms need it.

Read from `reference.sqlite`, never from the network. Members that we do not know are passed
over, so that the office may say more than an old tablet understands.
"""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any, Final, TypeVar

import msgspec
from msgspec import Raw, Struct

from events import checklists
from events.checklists import Checklist
from events.coordinates import Datum, GeoPoint, canonical
from events.errors import UnverifiedError
from mobile.place import Place
from mobile.sqlite_reference import Card as SealedCard
from mobile.sqlite_reference import SQLiteReference

T = TypeVar("T")

Days = tuple[date | None, date | None]
_LONG_AGO: Final = date(1970, 1, 1)


class ObjectTold(Struct, frozen=True):
    """An object of the register in our scope."""

    object: str
    object_type: str
    domain: str
    township: str
    village: str | None = None
    name: str | None = None
    uscc: str | None = None
    person: str | None = None
    attributes: dict[str, Any] = {}
    lon: float | None = None
    lat: float | None = None
    datum: Datum = "CGCS2000"
    active: tuple[Days, ...] = ()
    has_card: bool = False
    last_inspected_on: date | None = None
    open_findings: int = 0

    def active_on(self, day: date) -> bool:
        return any(_holds(span, day) for span in self.active)

    def place(self) -> Place:
        """Return it as the object of an inspection that starts now."""
        return Place(
            object=self.object,
            object_type=self.object_type,
            domain=self.domain,
            township=self.township,
            village=self.village,
            name=self.name or "",
            person=self.person,
            fields={**self.attributes, "uscc": self.uscc},
            at=self._at(),
        )

    def _at(self) -> tuple[float, float] | None:
        if self.lon is None or self.lat is None:
            return None
        when = msgspec.convert("1970-01-01T00:00:00Z", _moment)
        point = GeoPoint(
            lon=self.lon, lat=self.lat, datum=self.datum, accuracy_m=None, fixed_at=when
        )
        return canonical(point)


class CertificateTold(Struct, frozen=True):
    certificate: str
    number: str
    valid: Days


class OfficerTold(Struct, frozen=True):
    """Somebody who may be on the crew."""

    officer: str
    name: str
    role: str = "officer"
    section: str | None = None
    listed: tuple[Days, ...] = ()
    certificates: tuple[CertificateTold, ...] = ()

    def listed_on(self, day: date) -> bool:
        return any(_holds(span, day) for span in self.listed)

    def certificate(self, day: date) -> CertificateTold | None:
        """Return the certificate that is valid on `day`, else the one that ended last."""
        valid = [one for one in self.certificates if _holds(one.valid, day)]
        every = sorted(valid or self.certificates, key=lambda one: one.valid[1] or date.max)
        return every[-1] if every else None


class AssignmentTold(Struct, frozen=True):
    """Work that the office gave this tablet."""

    assignment: str
    object: str
    object_type: str
    kind: str
    domain: str
    township: str
    due_on: date
    officers: tuple[str, ...] = ()
    village: str | None = None
    items: tuple[str, ...] = ()
    plan: str | None = None
    reason: str = "plan"


class AreaTold(Struct, frozen=True):
    area: str
    name_zh: str
    name_en: str
    level: str = ""


class _Version(Struct, frozen=True):
    kind: str
    version: int
    valid_from: date
    content: Raw


class _Versions(Struct, frozen=True):
    checklist: str
    versions: tuple[_Version, ...]


class Card(Struct, frozen=True):
    """What is needed on the doorstep, and no more."""

    name: str = ""
    address: str = ""


_moment = GeoPoint.__annotations__["fixed_at"]


class Register:
    """The office's lists as this tablet has them. `open_card` opens what is sealed for us."""

    def __init__(
        self,
        reference: SQLiteReference,
        open_card: Callable[[SealedCard], bytes] | None = None,
    ) -> None:
        self._reference = reference
        self._open_card = open_card
        self._forms: dict[tuple[str, int], Checklist] = {}
        self._versions: list[_Version] | None = None
        self._manager: OfficerTold | None = None

    def forget(self) -> None:
        """Read anew what was read once: a pull brought something."""
        self._forms.clear()
        self._versions = None
        self._manager = None

    def object(self, key: str) -> ObjectTold | None:
        return self._one("objects", key, ObjectTold)

    def objects(self) -> list[ObjectTold]:
        return self._all("objects", ObjectTold)

    def place(self, key: str) -> Place | None:
        found = self.object(key)
        return found.place() if found else None

    def officer(self, key: str) -> OfficerTold | None:
        return self._one("officers", key, OfficerTold)

    def officers(self) -> list[OfficerTold]:
        return self._all("officers", OfficerTold)

    def assignments(self) -> list[AssignmentTold]:
        return self._all("assignments", AssignmentTold)

    def areas(self) -> Mapping[str, AreaTold]:
        return {one.area: one for one in self._all("areas", AreaTold)}

    def manager(self) -> OfficerTold | None:
        """Return somebody who approves inspections."""
        if self._manager is None:
            self._manager = next((one for one in self.officers() if one.role == "manager"), None)
        return self._manager

    def form(self, kind: str, day: date) -> Checklist:
        """Return the checklist of a kind that is in force on `day`: the office's, else ours."""
        reached = [one for one in self._published() if one.kind == kind and one.valid_from <= day]
        if not reached:
            return checklists.bundled()[kind]
        newest = max(reached, key=lambda one: (one.valid_from, one.version))
        return self._loaded(newest)

    def version(self, kind: str, number: int) -> Checklist:
        """Return the version of a checklist that an inspection was started with."""
        for one in self._published():
            if (one.kind, one.version) == (kind, number):
                return self._loaded(one)
        return checklists.bundled()[kind]

    def _published(self) -> list[_Version]:
        if self._versions is None:
            told = self._all("checklists", _Versions)
            self._versions = [version for one in told for version in one.versions]
        return self._versions

    def _loaded(self, version: _Version) -> Checklist:
        name = (version.kind, version.version)
        if name not in self._forms:
            self._forms[name] = checklists.load(bytes(version.content))
        return self._forms[name]

    def card(self, key: str, now: int) -> Card | None:
        """Open the doorstep card of an object; None where we have none, or its time is over."""
        sealed = self._reference.card(key, now)
        if sealed is None or self._open_card is None:
            return None
        try:
            return msgspec.json.decode(self._open_card(sealed), type=Card)
        except (UnverifiedError, msgspec.MsgspecError):
            return None  # sealed for another key of ours, before we enrolled anew

    def _one(self, view: str, key: str, kind: type[T]) -> T | None:
        raw = self._reference.document(view, key)
        return msgspec.json.decode(raw, type=kind) if raw else None

    def _all(self, view: str, kind: type[T]) -> list[T]:
        decode = msgspec.json.Decoder(kind).decode
        return [decode(raw) for _, raw in self._reference.documents(view)]


def _holds(span: Days, day: date) -> bool:
    start, end = span
    return (start or _LONG_AGO) <= day <= (end or date.max - timedelta(days=1))
