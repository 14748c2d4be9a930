"""What a list of objects would change: compared with the register, row by row.

An object is found by its id, by the bureau's own number and its type, by its credit code and
type, and else, unless it is a home, by its name, type and township. So the same file again
changes nothing.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any, Final, Literal

import msgspec
from msgspec import Struct

from backend.imports.cells import Fault
from backend.imports.object_rows import Wish
from backend.imports.steps import REASON, Change, Plan, Step, may_end, ordered
from events.facts import SealedPart
from events.register import ObjectClosed, ObjectListed, ObjectRevised
from events.writer import Said
from projections import objects as register
from projections.objects import Listed, Standing
from projections.spans import OPEN, after
from projections.views import Query, ViewReader

CARD: Final = "card"
_NUMBER: Final = "number"
_LEVEL: Final = "level"
_PLAIN: Final = ("object_type", "domain", "township", "village", "uscc", "lon", "lat")

Cards = Callable[[str], dict[str, Any] | None]
"""Returns what the card of an object says, for the program itself; None where it stays shut."""


class Held(Struct, frozen=True):
    """An object as the register has it."""

    object: str
    about: Standing

    @property
    def listing(self) -> Listed:
        """The newest listing."""
        return self.about.listings[-1]

    @property
    def ended_on(self) -> date | None:
        """The last day of an object that is closed, or will be."""
        end = self.about.active[-1].end if self.about.active else date.min
        return None if end == OPEN else end


def plan(
    wishes: Sequence[Wish],
    faults: Iterable[Fault],
    held: Sequence[Held],
    cards: Cards,
    today: date,
    sees: Callable[[str, str], bool] = lambda _domain, _township: True,
) -> Plan:
    """Compare what rows wish with the register; `sees` tells a reader's scope."""
    finding = _Finding(held)
    found: list[Step] = []
    wrong = list(faults)
    taken: set[object] = set()
    for wish in wishes:
        outcome = _step(wish, finding, cards, today, sees)
        if isinstance(outcome, Fault):
            wrong.append(outcome)
            continue
        who: object = outcome.key or _same(wish)
        if who in taken:
            wrong.append(Fault(wish.row, "object", "twice"))
            continue
        taken.add(who)
        found.append(outcome)
    return Plan(tuple(found), ordered(wrong))


def _same(wish: Wish) -> object:
    """Return what makes two new rows the same object."""
    if wish.number:
        return wish.object_type, "number", wish.number
    if wish.uscc:
        return wish.object_type, "uscc", wish.uscc
    return wish.object_type, "name", wish.name, wish.township


def _step(  # noqa: PLR0911  one return for each thing that can be wrong
    wish: Wish,
    finding: "_Finding",
    cards: Cards,
    today: date,
    sees: Callable[[str, str], bool],
) -> Step | Fault:
    if not sees(wish.domain, wish.township):
        return Fault(wish.row, "township", "scope")
    known = finding.of(wish)
    if isinstance(known, str):
        return Fault(wish.row, "object", known)
    if known is None:
        return _new(wish)
    listing = known.listing
    if not sees(listing.domain, listing.township):
        return Fault(wish.row, "township", "scope")
    if wish.is_home != bool(listing.person):
        return Fault(wish.row, "object_type", "becomes-home")
    changed = _changed(wish, listing, cards(known.object) if wish.is_home else None)
    if changed is None:
        return Fault(wish.row, "name", "shut")
    first = wish.valid_from or today
    if changed and first < listing.valid_from:
        return Fault(wish.row, "valid_from", "before", first.isoformat())
    return _standing(wish, known, changed, today)


def _standing(wish: Wish, known: Held, changed: tuple[str, ...], today: date) -> Step | Fault:
    """Return what becomes of an object that is known, once it is told what changes of it."""
    last = wish.ended_on or known.ended_on or today
    if wish.standing == "ended" and known.ended_on != last:
        if not may_end(known.about.active, known.listing.valid_from, last):
            return Fault(wish.row, "ended_on", "before", last.isoformat())
        if known.ended_on is not None and known.ended_on < last:
            return Fault(wish.row, "ended_on", "ended-already", known.ended_on.isoformat())
        return Step(wish.row, "closed", wish, known.object, (*changed, "ended_on"), known)
    if wish.standing == "listed" and known.ended_on is not None:
        return Step(wish.row, "reopened", wish, known.object, (*changed, "standing"), known)
    change: Change = "revised" if changed else "unchanged"
    return Step(wish.row, change, wish, known.object, changed, known)


def _new(wish: Wish) -> Step | Fault:
    if wish.object:
        return Fault(wish.row, "object", "no-such-object", wish.object)
    if not wish.name:
        return Fault(wish.row, "name", "missing")
    if wish.standing == "ended":
        return Fault(wish.row, "standing", "new-and-ended")
    return Step(wish.row, "new", wish, None)


def _changed(wish: Wish, listing: Listed, card: dict[str, Any] | None) -> tuple[str, ...] | None:
    """Return the members that a row changes; an empty cell changes none. None: cannot be told."""
    found = [
        name
        for name in _PLAIN
        if getattr(wish, name) is not None and getattr(wish, name) != getattr(listing, name)
    ]
    for name in (_NUMBER, _LEVEL):
        said = getattr(wish, name)
        if said is not None and said != listing.attributes.get(name):
            found.append(name)
    if not wish.is_home:
        if wish.name is not None and wish.name != listing.name:
            found.append("name")
        return tuple(found)
    sealed = {name: getattr(wish, name) for name in ("name", "address")}
    told = {name: value for name, value in sealed.items() if value is not None}
    if told and card is None:
        return None
    found += [name for name, value in told.items() if (card or {}).get(name) != value]
    return tuple(found)


# ── which object a row means ───────────────────────────────────────────────────────


class _Finding:
    """Finds the object that a row means."""

    def __init__(self, held: Sequence[Held]) -> None:
        self._by_id = {one.object: one for one in held}
        self._by: defaultdict[tuple[str, ...], list[Held]] = defaultdict(list)
        for one in held:
            listing = one.listing
            kind = listing.object_type
            number = listing.attributes.get(_NUMBER)
            if number:
                self._by[kind, _NUMBER, str(number)].append(one)
            if listing.uscc:
                self._by[kind, "uscc", listing.uscc].append(one)
            if listing.name:
                self._by[kind, "name", listing.township, listing.name].append(one)

    def of(self, wish: Wish) -> Held | Literal["several", "no-such-object"] | None:
        """Return it, None where it is a new one, or why that cannot be told."""
        if wish.object:
            return self._by_id.get(wish.object) or "no-such-object"
        for key in self._keys(wish):
            found = self._by.get(key, ())
            if len(found) > 1:
                return "several"
            if found:
                return found[0]
        return None

    @staticmethod
    def _keys(wish: Wish) -> Iterable[tuple[str, ...]]:
        if wish.number:
            yield wish.object_type, _NUMBER, wish.number
        if wish.uscc:
            yield wish.object_type, "uscc", wish.uscc
        if wish.name and not (wish.number or wish.uscc or wish.is_home):
            yield wish.object_type, "name", wish.township, wish.name


def held_in(views: ViewReader) -> list[Held]:
    """Return the objects of the register."""
    rows = views.select(Query("objects", where=(("listed_on", "!=", ""),), document=True))
    found: list[Held] = []
    for row in rows:
        about = register.standing(register.decode_register(row.document).register.values())
        if about.listings and about.listings[-1].object_type not in register.PERSONS:
            found.append(Held(row.key, about))
    return found


# ── as facts ───────────────────────────────────────────────────────────────────────


def facts(
    steps: Iterable[Step], cards: Cards, today: date, new_id: Callable[[], str], *, demo: bool
) -> list[Said]:
    """Return what is to be recorded, in the order of the rows."""
    found: list[Said] = []
    for step in steps:
        first = step.wish.valid_from or today
        match step.change:
            case "unchanged":
                continue
            case "new":
                person = new_id() if step.wish.is_home else None
                found.append(_listed(step, ObjectListed, new_id(), person, first, {}, demo=demo))
            case _ if step.kept is not None and step.key is not None:
                if step.change == "reopened" and step.kept.ended_on is not None:
                    first = max(first, after(step.kept.ended_on))  # the end lies before
                card = (cards(step.key) or {}) if step.wish.is_home else {}
                kind = ObjectListed if step.change == "reopened" else ObjectRevised
                if set(step.members) != {"ended_on"}:
                    person = step.kept.listing.person
                    found.append(_listed(step, kind, step.key, person, first, card, demo=demo))
                if step.ends:
                    last = step.wish.ended_on or today  # of one that has ended none is made
                    closed = ObjectClosed(object=step.key, valid_to=last, reason=REASON)
                    found.append(Said(closed))
            case _:
                raise AssertionError(step.change)
    return found


def _listed(
    step: Step,
    kind: type[ObjectListed],
    key: str,
    person: str | None,
    first: date,
    card: dict[str, Any],
    *,
    demo: bool,
) -> Said:
    wish, old = step.wish, step.kept.listing if step.kept else None

    def either(name: str) -> Any:  # noqa: ANN401  as the register has it
        said = getattr(wish, name)
        return said if said is not None or old is None else getattr(old, name)

    attributes = dict(old.attributes) if old else {}
    attributes |= {n: getattr(wish, n) for n in (_NUMBER, _LEVEL) if getattr(wish, n) is not None}
    text = {**card, **{n: v for n in ("name", "address") if (v := getattr(wish, n)) is not None}}
    fact = kind(
        object=key,
        object_type=wish.object_type,
        domain=wish.domain,
        township=wish.township,
        valid_from=first,
        name=None if person else either("name"),
        village=either("village"),
        uscc=either("uscc"),
        person=person,
        attributes=attributes,
        lon=None if person else either("lon"),
        lat=None if person else either("lat"),
        datum=old.datum if old and wish.lon is None else "CGCS2000",  # type: ignore[arg-type]
        demo=old.demo if old else demo,
        sealed=(SealedPart(CARD, person),) if person else (),
    )
    return Said(fact, (msgspec.json.encode(text),) if person else ())
