"""Histories drawn by Hypothesis, from the types of the vocabulary and small pools of values.

Any fact of any type can stand anywhere; pools are small, so that keys meet. Corrections name
targets before and behind them, targets that were corrected, and each other; entries arrive by
adoption, by their tablet, or both; some have tags nobody knows.
"""

from datetime import UTC, date, datetime
from typing import Any

from hypothesis import strategies as st
from msgspec import UNSET, Raw, Struct, inspect, json, structs

from events import envelope, vocabulary
from events.facts import Fact, Visit, body
from events.ids import EntryRef
from events.inspections import (
    CorrectionRecorded,
    InspectionCompleted,
    InspectionStarted,
    InspectionVoided,
)
from events.office import EntryAdopted
from events.register import RegisterFact
from events.store import Stored
from tests.histories import a_log, an_id, stored_record, unsigned

LOGS = [a_log(f"log {n}") for n in range(3)]
IDS = [an_id(f"thing {n}") for n in range(3)]
DAYS = [date(2026, month, 1) for month in (1, 3, 4)]
NOON = 1_772_000_000_000_000


class Drawn(Struct):
    """A history, and how often it holds what makes folding hard."""

    records: list[Stored]
    kinds: dict[str, int]


def values(node: inspect.Type) -> st.SearchStrategy[Any]:  # noqa: C901, PLR0911, PLR0912
    """Draw a value of a type, from small pools."""
    match node:
        case inspect.StrType():
            if node.pattern and "64" in node.pattern:
                return st.sampled_from(LOGS)
            return st.sampled_from(IDS if node.pattern else ["a", "b"])
        case inspect.BoolType():
            return st.booleans()
        case inspect.IntType():
            return st.integers(1, 3)
        case inspect.FloatType():
            return st.sampled_from([0.5, 1.0])
        case inspect.DateType():
            return st.sampled_from(DAYS)
        case inspect.DateTimeType():
            return st.sampled_from([datetime(2026, 3, day, tzinfo=UTC) for day in (1, 2)])
        case inspect.LiteralType():
            return st.sampled_from(node.values)
        case inspect.NoneType():
            return st.none()
        case inspect.UnionType():
            return st.one_of([values(one) for one in node.types])
        case inspect.VarTupleType():
            return st.lists(values(node.item_type), max_size=2).map(tuple)
        case inspect.TupleType():
            return st.tuples(*map(values, node.item_types))
        case inspect.DictType():
            return st.dictionaries(st.sampled_from(["x", "y"]), st.integers(0, 2), max_size=1)
        case inspect.RawType():
            return st.just(Raw(b"{}"))
        case inspect.StructType():
            return st.builds(node.cls, **{f.name: values(f.type) for f in node.fields})
        case inspect.AnyType():
            return st.integers(0, 2)
        case inspect.Metadata():
            return values(node.type)
        case _:
            raise TypeError(f"no values are drawn for {node}")


_SPECIAL = {CorrectionRecorded, EntryAdopted}
_OF = {
    kind: values(inspect.type_info(kind))
    for kind in vocabulary.types().values()
    if kind not in _SPECIAL
}
_TELLING = [InspectionStarted, InspectionCompleted, InspectionVoided, *RegisterFact.__args__]


def facts() -> st.SearchStrategy[Fact]:
    """Draw a fact of any type, more often of those that decide figures."""
    return st.one_of(
        st.sampled_from(list(_OF)).flatmap(_OF.__getitem__),
        st.sampled_from(_TELLING).flatmap(_OF.__getitem__),
    )


@st.composite
def histories(draw: st.DrawFn, most: int = 12) -> Drawn:
    plain = draw(st.lists(facts(), min_size=2, max_size=most))
    entries: list[tuple[str, int, Fact]] = []
    for fact in plain:
        log = draw(st.sampled_from(LOGS))
        entries.append((log, 1 + sum(other == log for other, _, _ in entries), fact))
    kinds = dict.fromkeys(
        (
            "before",
            "concurrent",
            "chained",
            "moved",
            "void",
            "late",
            "validity",
            "twice",
            "unknown",
        ),
        0,
    )
    entries = _corrected(draw, entries, kinds)
    # tablets arrive late and in any order, but a prefix of a log comes before its rest
    turns = draw(st.permutations([log for log, _, _ in entries]))
    queues = {log: iter([one for one in entries if one[0] == log]) for log in LOGS}
    arrived = [next(queues[log]) for log in turns]
    _count(arrived, kinds)
    return Drawn(_records(draw, arrived, kinds), kinds)


def _corrected(
    draw: st.DrawFn, entries: list[tuple[str, int, Fact]], kinds: dict[str, int]
) -> list[tuple[str, int, Fact]]:
    """Add corrections; a target may be any entry of a visit or a correction drawn before."""
    grown = list(entries)
    for _ in range(draw(st.integers(0, 4))):
        targets = [one for one in grown if isinstance(getattr(one[2], "visit", None), Visit)]
        if not targets:
            break
        log, sequence, fact = draw(st.sampled_from(targets))
        old: Visit = fact.visit  # type: ignore[attr-defined]
        kind = type(fact)
        tag = fact.tag if isinstance(fact, CorrectionRecorded) else vocabulary.tag_of(kind)
        new = structs.replace(old, object=draw(st.sampled_from(IDS)))
        replacement = (
            draw(_OF[vocabulary.types()[tag]])
            if tag in vocabulary.types() and draw(st.booleans())
            else None
        )
        correction = CorrectionRecorded(
            visit=new,
            old=old if new != old else None,
            supersedes=EntryRef(log, sequence),
            tag=tag,
            reason="mistake",
            happened_at=draw(
                st.sampled_from([datetime(2026, 3, day, tzinfo=UTC) for day in (1, 2)])
            ),
            fact=Raw(json.encode(replacement)) if replacement is not None else UNSET,
        )
        mine = draw(st.sampled_from(LOGS))
        count = 1 + sum(other == mine for other, _, _ in grown)
        kinds["chained"] += isinstance(fact, CorrectionRecorded)
        kinds["moved"] += new.object != old.object
        grown.append((mine, count, correction))
    return grown


def _count(arrived: list[tuple[str, int, Fact]], kinds: dict[str, int]) -> None:
    place = {(log, sequence): at for at, (log, sequence, _) in enumerate(arrived)}
    targets: list[tuple[str, int]] = []
    for at, (_, _, fact) in enumerate(arrived):
        kinds["void"] += isinstance(fact, InspectionVoided)
        kinds["validity"] += isinstance(fact, RegisterFact)
        if isinstance(fact, CorrectionRecorded):
            target = (fact.supersedes.log, fact.supersedes.sequence)
            kinds["before"] += place[target] > at
            kinds["concurrent"] += target in targets
            targets.append(target)


def _records(
    draw: st.DrawFn, arrived: list[tuple[str, int, Fact]], kinds: dict[str, int]
) -> list[Stored]:
    records: list[Stored] = []

    def put(log: str, sequence: int, fact: Fact, tag: str | None = None) -> None:
        position = len(records) + 1
        at = NOON + draw(st.integers(-60, 60)) * 86_400_000_000
        kinds["late"] += at < NOON
        records.append(stored_record(fact, position, log, sequence, at, position, tag=tag))

    office = a_log("office")
    for at, (log, sequence, fact) in enumerate(arrived):
        way = draw(
            st.sampled_from(["arrives", "arrives", "arrives", "adopted", "twice", "unknown"])
        )
        if way in ("adopted", "twice"):
            entry = unsigned(
                body(fact, bytes(16)), vocabulary.tag_of(type(fact)), log, sequence, NOON, 480
            )
            adoption = EntryAdopted(
                envelope=envelope.encode(entry).hex(), log=log, entry=sequence, reason="x"
            )
            put(office, at + 1, adoption)
        kinds["twice"] += way == "twice"
        kinds["unknown"] += way == "unknown"
        if way != "adopted":
            put(log, sequence, fact, "thing-invented.v9" if way == "unknown" else None)
    return records
