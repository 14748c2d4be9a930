"""Taking an import back as a whole: what would stand again, and which rows are left, and why."""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any, Final, Literal, TypeAlias

import msgspec
from msgspec import Struct, structs

from backend.imports import past
from backend.imports.lists import Desk, read_card
from backend.imports.object_plan import CARD
from backend.imports.returning import Act, Turn, returning
from backend.opening import PartRef
from events.facts import Fact, SealedPart
from events.register import (
    ItemListed,
    ItemRevised,
    ItemWithdrawn,
    ObjectClosed,
    ObjectListed,
    ObjectRevised,
)
from events.writer import Said
from projections.filed import FiledDocument
from projections.imports import Import
from projections.items import ITEMS
from projections.objects import OBJECTS, Closed, Exempted, Listed, ObjectDocument, RegisterRow
from projections.spans import after, before
from projections.views import Query

Left: TypeAlias = Literal["", "changed", "visited", "used", "scope", "shut"]
REASON: Final = "import-undone"
_PLACES: Final = frozenset({"position", "at", "offset", "revised", "valid_from", "sealed"})
_ITEM_PLACES: Final = frozenset({"valid_from", "sealed"})


class Back(Struct, frozen=True):
    """A row of an import: what brings it back, or why it is left.

    `now` is how the import had it read, None where it only ended; `texts` are sealed ones.
    """

    key: str
    now: Any
    acts: tuple[Act, ...] = ()
    left: Left = ""
    texts: Mapping[int, bytes] = {}

    @property
    def then(self) -> Any:  # noqa: ANN401  as its list has it
        """How it will read again; None where it leaves the list."""
        return next((act.listing for act in self.acts if act.listing is not None), None)


class UndoPlan(Struct, frozen=True):
    """What undoing an import would do."""

    backs: tuple[Back, ...]
    left: tuple[Back, ...]

    @property
    def may_be_recorded(self) -> bool:
        """True where something would stand again."""
        return bool(self.backs)

    @property
    def digest(self) -> str:
        """Name what it does: what was shown is what is recorded, or nothing is."""
        acts = [(one.key, [(act.what, act.day) for act in one.acts]) for one in self.backs]
        return sha256(msgspec.json.encode((acts, [(o.key, o.left) for o in self.left]))).hexdigest()


def undo_plan(desk: Desk, one: Import) -> UndoPlan:
    """Return what undoing an import would do now."""
    keys: dict[str, set[str]] = {}
    for recorded in past.wrote(desk.office, one):
        key = getattr(recorded.event, "object", "") or getattr(recorded.event, "item", "")
        if key:
            keys.setdefault(key, set()).add(recorded.ref)
    backs = _objects(desk, one, keys) if one.brought.list == "objects" else _items(desk, one, keys)
    found = [back for back in backs if back.acts or back.left]
    return UndoPlan(
        tuple(back for back in found if not back.left), tuple(back for back in found if back.left)
    )


def undo_facts(shown: UndoPlan, one: Import) -> list[Said]:
    """Return what is to be recorded."""
    said = _of_object if one.brought.list == "objects" else _of_item
    return [said(back, act) for back in shown.backs for act in back.acts]


# ── objects ────────────────────────────────────────────────────────────────────────


def _objects(desk: Desk, one: Import, keys: Mapping[str, set[str]]) -> Iterable[Back]:
    held = desk.views.load("objects", keys)
    for key, refs in keys.items():
        if key in held:
            yield _object(desk, one, key, refs, OBJECTS.decode(held[key]))


def _object(desk: Desk, one: Import, key: str, refs: set[str], document: ObjectDocument) -> Back:
    rows = document.register
    wrote = object_turns(row for ref, row in rows.items() if ref in refs)
    earlier = [row for ref, row in rows.items() if ref not in refs]
    now = next((turn.listing for turn in reversed(wrote) if turn.listing), None)
    acts = tuple(returning(object_turns(earlier), wrote, same_object))
    back = Back(key, now, acts)
    left: Left = ""
    if not _sees(desk, [turn.listing for turn in (*wrote, *object_turns(earlier)) if turn.listing]):
        left = "scope"
    elif any(row.position > one.brought.position for row in earlier):
        left = "changed"
    elif any(act.what == "close" for act in acts) and any(
        row.position > one.brought.position for row in document.rows.values()
    ):
        left = "visited"
    if left:
        return structs.replace(back, acts=(), left=left)
    return _with_cards(desk, back)


def object_turns(rows: Iterable[RegisterRow]) -> list[Turn]:
    """Return the entries of an object that say when it is on the list, and how it reads."""
    found: list[Turn] = []
    for row in sorted(rows, key=lambda row: row.position):
        match row:
            case Listed():
                on = None if row.revised else True
                found.append(Turn(row.position, row.valid_from, on, row))
            case Closed():
                found.append(Turn(row.position, after(row.valid_to), on=False))
            case Exempted():
                pass
            case _:
                found.append(Turn(row.position, row.valid_from, on=False))
    return found


def same_object(one: Listed, other: Listed) -> bool:
    """Tell whether two listings read alike; what is sealed is stated again in any case."""
    return not one.sealed and not other.sealed and _read(one) == _read(other)


def _read(listing: Listed) -> Mapping[str, Any]:
    return {n: getattr(listing, n) for n in listing.__struct_fields__ if n not in _PLACES}


def _sees(desk: Desk, listings: Iterable[Listed]) -> bool:
    return all(desk.reader.sees(domain=one.domain, township=one.township) for one in listings)


def _with_cards(desk: Desk, back: Back) -> Back:
    """Add the sealed texts that are to be sealed again; a home whose card stays shut is left."""
    texts: dict[int, bytes] = {}
    for act in back.acts:
        if act.listing is None or not act.listing.person or act.listing.position in texts:
            continue
        card = _card(desk, act.listing)
        if card is None:
            return structs.replace(back, acts=(), left="shut")
        texts[act.listing.position] = msgspec.json.encode(card)
    return structs.replace(back, texts=texts)


def _card(desk: Desk, listing: Listed) -> dict[str, Any] | None:
    places = [index for index, (name, _) in enumerate(listing.sealed) if name == CARD]
    found = desk.office.store.read(listing.position - 1, 1) if places else ()
    for stored in found:
        entry = stored.record().entry
        if len(entry.header.parts) > places[0]:
            return read_card(desk.office, PartRef(bytes.fromhex(stored.log), entry, places[0]))
    return None


def _of_object(back: Back, act: Act) -> Said:
    if act.what == "close":
        return Said(ObjectClosed(object=back.key, valid_to=before(act.day), reason=REASON))
    listing: Listed = act.listing
    person = listing.person
    kind = ObjectListed if act.what == "list" else ObjectRevised
    fact = kind(
        object=back.key,
        valid_from=act.day,
        sealed=(SealedPart(CARD, person),) if person else (),
        **_read(listing),
    )
    return Said(fact, (back.texts[listing.position],) if person else ())


# ── items ──────────────────────────────────────────────────────────────────────────


def _items(desk: Desk, one: Import, keys: Mapping[str, set[str]]) -> Iterable[Back]:
    held = desk.views.load("items", keys)
    for key, refs in keys.items():
        if key in held:
            yield _item(desk, one, key, refs, ITEMS.decode(held[key]))


def _item(desk: Desk, one: Import, key: str, refs: set[str], document: FiledDocument) -> Back:
    rows = sorted(document.register.items(), key=lambda pair: pair[1].position)
    wrote = item_turns((row.position, row.fact) for ref, row in rows if ref in refs)
    earlier = [(row.position, row.fact) for ref, row in rows if ref not in refs]
    now = next((turn.listing for turn in reversed(wrote) if turn.listing), None)
    acts = tuple(returning(item_turns(earlier), wrote, _same_item))
    closes = [act.day.isoformat() for act in acts if act.what == "close"]
    left: Left = ""
    domains = {turn.listing.domain for turn in (*wrote, *item_turns(earlier)) if turn.listing}
    own = desk.reader.domains
    if own and not domains <= set(own):
        left = "scope"
    elif any(position > one.brought.position for position, _ in earlier):
        left = "changed"
    elif closes and _used(desk, key, min(closes)):
        left = "used"
    return Back(key, now, () if left else acts, left)


def item_turns(rows: Iterable[tuple[int, object]]) -> list[Turn]:
    """Return the same of an item, by position and fact."""
    found: list[Turn] = []
    for position, fact in rows:
        match fact:
            case ItemRevised():
                found.append(Turn(position, fact.valid_from, None, fact))
            case ItemListed():
                found.append(Turn(position, fact.valid_from, on=True, listing=fact))
            case ItemWithdrawn():
                found.append(Turn(position, after(fact.valid_to), on=False))
            case _:  # what cannot be read decides nothing
                pass
    return found


def _same_item(one: ItemListed, other: ItemListed) -> bool:
    return _read_item(one) == _read_item(other)


def _read_item(listing: ItemListed) -> Mapping[str, Any]:
    return {n: getattr(listing, n) for n in listing.__struct_fields__ if n not in _ITEM_PLACES}


def _used(desk: Desk, key: str, since: str) -> bool:
    query = Query("item_uses", where=(("item", "=", key), ("last_on", ">=", since)), limit=1)
    return bool(desk.views.select(query))


def _of_item(back: Back, act: Act) -> Said:
    if act.what == "close":
        return Said(ItemWithdrawn(item=back.key, valid_to=before(act.day), reason=REASON))
    kind = ItemListed if act.what == "list" else ItemRevised
    fact: Fact = kind(valid_from=act.day, **_read_item(act.listing))
    return Said(fact)


def changes(back: Back) -> Sequence[tuple[str, Any, Any]]:
    """Return what a row reads now and will read again, by member; not what is sealed."""
    now, then = back.now, back.then
    if now is None or then is None:
        return ()
    one, other = (
        _read(listing) if isinstance(listing, Listed) else _read_item(listing)
        for listing in (now, then)
    )
    return [(name, one[name], other[name]) for name in other if one[name] != other[name]]
