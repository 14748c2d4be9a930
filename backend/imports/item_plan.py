"""What a list of items would change: compared with the register, row by row, by their codes."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from msgspec import Struct, structs

from backend.imports.cells import Fault
from backend.imports.frequencies import same_rule
from backend.imports.item_rows import ItemWish, read_laws, said_laws
from backend.imports.steps import REASON, Change, Plan, Step, may_end, ordered
from events.register import ItemListed, ItemRevised, ItemWithdrawn
from events.writer import Said
from projections.items import ITEMS, Item, item
from projections.spans import OPEN, after
from projections.views import Query, ViewReader

_PLAIN: Final = (
    "name_zh", "name_en", "domain", "kind", "plannable", "object_types", "enterprise_related",
)  # fmt: skip


class HeldItem(Struct, frozen=True):
    """An item as the register has it."""

    about: Item

    @property
    def listing(self) -> ItemListed:
        """The newest listing."""
        return self.about.listings[-1]

    @property
    def ended_on(self) -> date | None:
        """The last day of an item that ended, or will."""
        end = self.about.active[-1].end if self.about.active else date.min
        return None if end == OPEN else end


def items_in(views: ViewReader) -> Mapping[str, HeldItem]:
    """Return the items of the register, by code."""
    rows = views.select(Query("items", document=True))
    found = (item(row.key, ITEMS.decode(row.document)) for row in rows)
    return {one.code: HeldItem(one) for one in found if one.listings}


def item_plan(
    wishes: Sequence[ItemWish],
    faults: Iterable[Fault],
    held: Mapping[str, HeldItem],
    today: date,
    sees: Callable[[str], bool] = lambda _domain: True,
) -> Plan:
    """Compare what rows wish with the register; `sees` tells a reader's scope."""
    found: dict[str, Step] = {}
    wrong = list(faults)
    for wish in wishes:
        outcome = _step(wish, held.get(wish.item), today, sees)
        if isinstance(outcome, Step) and wish.item in found:
            outcome = Fault(wish.row, "item", "twice", wish.item)
        if isinstance(outcome, Fault):
            wrong.append(outcome)
        else:
            found[wish.item] = outcome
    return Plan(tuple(found.values()), ordered(wrong))


def _step(
    wish: ItemWish, known: HeldItem | None, today: date, sees: Callable[[str], bool]
) -> Step | Fault:
    if not sees(wish.domain) or (known is not None and not sees(known.listing.domain)):
        return Fault(wish.row, "domain", "scope")
    if known is None:
        return _new(wish)
    changed = _changed(wish, known.listing)
    first = wish.valid_from or today
    if changed and first < known.listing.valid_from:
        return Fault(wish.row, "valid_from", "before", first.isoformat())
    return _standing(wish, known, changed, today)


def _new(wish: ItemWish) -> Step | Fault:
    if not wish.name_zh:
        return Fault(wish.row, "name_zh", "missing")
    if wish.standing == "ended":
        return Fault(wish.row, "standing", "new-and-ended")
    return Step(wish.row, "new", wish, wish.item)


def _standing(
    wish: ItemWish, known: HeldItem, changed: tuple[str, ...], today: date
) -> Step | Fault:
    """Return what becomes of an item that is known, once it is told what changes of it."""
    last = wish.ended_on or known.ended_on or today
    if wish.standing == "ended" and known.ended_on != last:
        if not may_end(known.about.active, known.listing.valid_from, last):
            return Fault(wish.row, "ended_on", "before", last.isoformat())
        if known.ended_on is not None and known.ended_on < last:
            return Fault(wish.row, "ended_on", "ended-already", known.ended_on.isoformat())
        return Step(wish.row, "closed", wish, wish.item, (*changed, "ended_on"), known)
    taken_back = not known.about.active  # whoever lists it anew means it
    if known.ended_on is not None and (wish.standing == "listed" or taken_back):
        return Step(wish.row, "reopened", wish, wish.item, (*changed, "standing"), known)
    change: Change = "revised" if changed else "unchanged"
    return Step(wish.row, change, wish, wish.item, changed, known)


def _changed(wish: ItemWish, listing: ItemListed) -> tuple[str, ...]:
    """Return the members that a row changes; an empty cell changes none."""
    found = [
        name
        for name in _PLAIN
        if getattr(wish, name) is not None and getattr(wish, name) != getattr(listing, name)
    ]
    if wish.frequency is not None and not same_rule(wish.frequency, listing.frequency):
        found.append("frequency")
    laws, held = wish.legal_basis, listing.legal_basis
    if laws is not None and laws != said_laws(held) and read_laws(laws, held) != held:
        found.append("legal_basis")
    return tuple(found)


# ── as facts ───────────────────────────────────────────────────────────────────────


def item_facts(steps: Iterable[Step], today: date, *, demo: bool) -> list[Said]:
    """Return what is to be recorded, in the order of the rows."""
    found: list[Said] = []
    for step in steps:
        wish: ItemWish = step.wish
        kept: HeldItem | None = step.kept
        first = wish.valid_from or today
        if step.change == "unchanged":
            continue
        if kept is None:
            found.append(Said(_listed(wish, ItemListed, None, first, demo=demo)))
            continue
        kind = ItemRevised
        if step.change == "reopened" and kept.ended_on is not None:
            kind = ItemListed
            first = max(first, after(kept.ended_on), kept.listing.valid_from)
        if set(step.members) != {"ended_on"}:
            found.append(Said(_listed(wish, kind, kept.listing, first, demo=demo)))
        if step.ends:
            last = wish.ended_on or today
            found.append(Said(ItemWithdrawn(item=wish.item, valid_to=last, reason=REASON)))
    return found


def _listed(
    wish: ItemWish, kind: type[ItemListed], old: ItemListed | None, first: date, *, demo: bool
) -> ItemListed:
    """Return the entry: what the row says, and for the rest what the register said."""
    said: dict[str, Any] = {
        name: value for name in _PLAIN if (value := getattr(wish, name)) is not None
    }
    held: Mapping[str, Any] = structs.asdict(old) if old else {}
    if wish.frequency is not None and not (old and same_rule(wish.frequency, old.frequency)):
        said["frequency"] = wish.frequency
    if wish.legal_basis is not None:
        said["legal_basis"] = read_laws(wish.legal_basis, old.legal_basis if old else ())
    usual: dict[str, Any] = {"name_en": wish.name_zh, "plannable": False, "demo": demo}
    changed: dict[str, Any] = {"item": wish.item, "valid_from": first, "sealed": ()}
    return kind(**{**usual, **held, **said, **changed})
