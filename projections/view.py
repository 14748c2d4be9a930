"""What a view is: which facts it reads, under which keys, and what it keeps of them.

`View` is what the fold, the stores and replay know. `of_facts` makes nearly all of them: a
view that keeps trimmed facts (`projections.documents`) and thereby obeys the law; it only
says, for each type of fact, what to keep (`Keep`), and names every other type as ignored.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, TypeAlias

from msgspec import Struct, msgpack, structs

from events import vocabulary
from events.clock import microseconds, minutes_east
from events.facts import Fact, OfVisit, Visit
from events.inspections import CorrectionRecorded
from events.vocabulary import Unknown
from projections.documents import Document, Row
from projections.recorded import Recorded, short_ref

Keys: TypeAlias = tuple[str, ...]
Value: TypeAlias = str | int | float
ColumnType: TypeAlias = Literal["text", "integer", "real"]
State: TypeAlias = Any  # each view has its own; the fold never looks inside


class View(Struct, frozen=True):
    """A view. `version` rises whenever the same records would give other documents.

    `keys` says by the type of the event under which keys to reduce; `every` does so for all
    entries, where a view counts entries rather than facts. `reduce` owns `state` and may
    change it in place; None is the state of a key nothing was reduced under. `columns` are
    extracted for queries and never empty: "" and 0 stand for nothing, so that they sort.
    `document` is the type of what `decode` returns.
    """

    name: str
    version: int
    keys: Mapping[type, Callable[[Recorded], Keys]]
    reduce: Callable[[State | None, Recorded, str], State]
    encode: Callable[[State], bytes]
    decode: Callable[[bytes], State]
    columns: Mapping[str, ColumnType]
    extract: Callable[[str, State], tuple[Value, ...]]
    indexes: tuple[tuple[str, ...], ...] = ()
    every: Callable[[Recorded], Keys] | None = None
    document: Any = None

    @property
    def tags(self) -> frozenset[str]:
        """The tags it reads; empty where it reads all."""
        if self.every is not None:
            return frozenset()
        return frozenset(vocabulary.tag_of(kind) for kind in self.keys)


class Keep(Struct, frozen=True):
    """What a view keeps of one type of fact.

    `row` trims it. `keys` are its keys where they are not those of its visit. `register`
    says in which part of the document it stands.
    """

    row: Callable[[Any, Recorded], Row]
    keys: Callable[[Any], Keys] | None = None
    register: bool = False


class UndecidedError(TypeError):
    """A type of fact that a view neither reads nor ignores: each view has to decide."""


def by_visit(of_visit: Callable[[Visit], Keys]) -> Callable[[Recorded], Keys]:
    return lambda recorded: of_visit(recorded.event.visit)  # type: ignore[union-attr]


def by_fact(of_fact: Callable[[Any], Keys]) -> Callable[[Recorded], Keys]:
    return lambda recorded: of_fact(recorded.event)


def under(name: str) -> Callable[[Fact], Keys]:
    """Return the key of facts that are kept under the id in their member `name`."""
    return lambda fact: (getattr(fact, name),)


def decided(reads: Iterable[type], ignores: Iterable[Any], name: str) -> None:
    """Raise `UndecidedError` unless each type of the vocabulary is read or ignored, not both."""
    ignored = {kind for group in ignores for kind in getattr(group, "__args__", (group,))}
    read = set(reads)
    undecided = set(vocabulary.types().values()) - read - (ignored - read)
    if undecided:
        names = ", ".join(sorted(kind.__name__ for kind in undecided))
        raise UndecidedError(f"the view {name} neither reads nor ignores {names}")


def of_facts(  # noqa: PLR0913  a view is declared with names, once
    *,
    name: str,
    version: int,
    document: type[Document[Any, Any]],
    keeps: Mapping[type[Fact], Keep],
    ignores: Iterable[Any],
    columns: Mapping[str, ColumnType],
    extract: Callable[[str, Any], tuple[Value, ...]],
    indexes: tuple[tuple[str, ...], ...] = (),
    visit: Callable[[Visit], Keys] | None = None,
) -> View:
    """Declare a view that keeps trimmed facts. `visit` gives keys by the keys of a visit."""
    keys: dict[type, Callable[[Recorded], Keys]] = {}
    for kind, keep in keeps.items():
        if keep.keys is not None:
            keys[kind] = by_fact(keep.keys)
        elif visit is not None:
            keys[kind] = by_visit(visit)
    reduce = _plain(keeps)
    if visit is not None:
        keys[CorrectionRecorded] = by_fact(lambda fact: corrected_keys(fact, visit))
        reduce = _correcting(keeps, visit)
    decided(keys, ignores, name)
    return View(
        name=name,
        version=version,
        keys=keys,
        reduce=reduce,
        encode=msgpack.Encoder().encode,
        decode=msgpack.Decoder(document).decode,
        columns=columns,
        extract=extract,
        indexes=indexes,
        document=document,
    )


def corrected_keys(correction: CorrectionRecorded, visit: Callable[[Visit], Keys]) -> Keys:
    """Return the new keys and the old ones: the target is superseded wherever it may stand."""
    new = visit(correction.visit)
    if correction.old is None:
        return new
    return tuple(dict.fromkeys((*new, *visit(correction.old))))


def _plain(keeps: Mapping[type[Fact], Keep]) -> Callable[[State | None, Recorded, str], State]:
    trims = {kind: (keep.row, keep.register) for kind, keep in keeps.items()}

    def reduce(
        state: Document[Any, Any] | None, recorded: Recorded, _key: str
    ) -> Document[Any, Any]:
        if state is None:
            state = Document({}, {}, {})
        row, register = trims[type(recorded.event)]  # type: ignore[index]
        rows = state.register if register else state.rows
        held = rows.get(recorded.ref)
        if held is None or recorded.position < held.position:
            rows[recorded.ref] = row(recorded.event, recorded)
        return state

    return reduce


def _correcting(
    keeps: Mapping[type[Fact], Keep], visit: Callable[[Visit], Keys]
) -> Callable[[State | None, Recorded, str], State]:
    plain = _plain(keeps)

    def reduce(
        state: Document[Any, Any] | None, recorded: Recorded, key: str
    ) -> Document[Any, Any]:
        correction = recorded.event
        if type(correction) is not CorrectionRecorded:
            return plain(state, recorded, key)
        if state is None:
            state = Document({}, {}, {})
        corrections = state.superseded.setdefault(short_ref(correction.supersedes), {})
        held = corrections.get(recorded.ref)
        if held is None or recorded.position < held:
            corrections[recorded.ref] = recorded.position
        fact = replacing(correction)
        if type(fact) in keeps and key in visit(correction.visit):
            at, offset = microseconds(correction.happened_at), minutes_east(correction.happened_at)
            stands = structs.replace(recorded, event=fact, happened_at=at, utc_offset=offset)
            return plain(state, stands, key)
        return state

    return reduce


def replacing(correction: CorrectionRecorded) -> Fact | Unknown | None:
    """Return the fact that takes the target's place, with the keys the correction gives it."""
    fact = vocabulary.replacement(correction)
    if isinstance(fact, OfVisit):
        return structs.replace(fact, visit=correction.visit)
    return fact
