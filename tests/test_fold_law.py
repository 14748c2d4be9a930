"""The law of all views: the same set of records, the same documents; and that we would notice."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from random import Random
from typing import Any

import pytest
from hypothesis import Phase, event, given, settings
from hypothesis import strategies as st
from msgspec import structs

from events import vocabulary
from events.inspections import CorrectionRecorded, InspectionStarted
from events.store import Stored
from projections.catalogue import VIEWS
from projections.documents import Document
from projections.fold import Routing
from projections.inspections import INSPECTIONS
from projections.objects import OBJECTS
from projections.recorded import Recorded, short_ref
from projections.view import State, UndecidedError, View, decided
from tests.drawn_histories import Drawn, histories
from tests.whole_district import the_whole_district

Folded = dict[tuple[str, str], tuple[Any, tuple[Any, ...]]]

DICE = st.integers(0, 2**32).map(Random)  # one draw, however often it is thrown


def folded(views: Sequence[View], records: Iterable[Stored], batch: int = 2000) -> Folded:
    """Fold records in the order given, by batches, through bytes in between."""
    given_records = list(records)
    routing = Routing(views)
    held: dict[tuple[int, str], bytes] = {}
    for start in range(0, len(given_records), batch):
        for (at, key), group in routing.groups(given_records[start : start + batch]).items():
            document = held.get((at, key))
            state = views[at].decode(document) if document is not None else None
            for recorded in group:
                state = views[at].reduce(state, recorded, key)
            held[at, key] = views[at].encode(state)
    return {
        (views[at].name, key): (state, views[at].extract(key, state))
        for (at, key), document in held.items()
        for state in (views[at].decode(document),)
    }


def obeys(views: Sequence[View], drawn: Drawn, dice: Random, batch: int) -> None:
    records = drawn.records
    expected = folded(views, records)

    assert folded(views, dice.sample(records, k=len(records)), batch) == expected
    assert folded(views, [*records, *dice.choices(records, k=len(records))], batch) == expected
    assert folded(views, [*reversed(records), *records], batch) == expected


@settings(max_examples=300)
@given(histories(), DICE, st.integers(1, 7))
def test_any_order_any_batches_and_any_repetition_give_the_same_documents(
    drawn: Drawn, dice: Random, batch: int
) -> None:
    for kind, count in drawn.kinds.items():
        if count:
            event(kind)

    obeys(VIEWS, drawn, dice, batch)


def test_a_whole_district_gives_the_same_documents_in_any_order() -> None:
    drawn = Drawn(the_whole_district().records, {})
    for batch in (1, 7):
        obeys(VIEWS, drawn, Random(batch), batch)


def test_what_makes_folding_hard_is_really_drawn() -> None:
    seen: Counter[str] = Counter()

    @settings(max_examples=600, database=None, phases=[Phase.generate], derandomize=True)
    @given(histories())
    def draw(drawn: Drawn) -> None:
        seen.update(kind for kind, count in drawn.kinds.items() if count)
        seen.update({"tag " + stored.tag: 1 for stored in drawn.records})

    draw()

    hard = ("before", "concurrent", "chained", "moved", "void", "late", "validity", "twice")
    assert {kind: seen[kind] for kind in hard if seen[kind] < 10} == {}
    drawn_tags = {name.removeprefix("tag ") for name in seen if name.startswith("tag ")}
    assert len(set(vocabulary.types()) & drawn_tags) >= len(vocabulary.types()) - 5


# ── reducers that break the law ────────────────────────────────────────────────────

Reduce = Callable[[Any, Recorded, str], Any]


def counts(_true: Reduce) -> Reduce:
    def reduce(state: State, recorded: Recorded, _key: str) -> State:
        state = state or Document({}, {}, {"counted": {"entries": 0}})
        state.superseded["counted"]["entries"] += 1
        return state

    return reduce


def last_arrival_wins(true: Reduce) -> Reduce:
    def reduce(state: State, recorded: Recorded, key: str) -> State:
        if state is not None:
            state.rows.pop(recorded.ref, None)
            state.register.pop(recorded.ref, None)
        return true(state, recorded, key)

    return reduce


def removes_what_is_superseded(true: Reduce) -> Reduce:
    def reduce(state: State, recorded: Recorded, key: str) -> State:
        state = true(state, recorded, key)
        if isinstance(recorded.event, CorrectionRecorded):
            state.rows.pop(short_ref(recorded.event.supersedes), None)
        return state

    return reduce


def forgets_superseding_without_target(true: Reduce) -> Reduce:
    def reduce(state: State, recorded: Recorded, key: str) -> State:
        known = set(state.rows) if state is not None else set[str]()
        state = true(state, recorded, key)
        if isinstance(recorded.event, CorrectionRecorded):
            target = short_ref(recorded.event.supersedes)
            if target not in known:
                state.superseded.pop(target, None)
        return state

    return reduce


def keeps_only_the_correction_that_came_last(true: Reduce) -> Reduce:
    def reduce(state: State, recorded: Recorded, key: str) -> State:
        state = true(state, recorded, key)
        if isinstance(recorded.event, CorrectionRecorded):
            corrections = state.superseded[short_ref(recorded.event.supersedes)]
            for ref in set(corrections) - {recorded.ref}:
                del corrections[ref]
        return state

    return reduce


def keeps_the_first_start_only(true: Reduce) -> Reduce:
    def reduce(state: State, recorded: Recorded, key: str) -> State:
        if state is not None and state.rows and isinstance(recorded.event, InspectionStarted):
            return state
        return true(state, recorded, key)

    return reduce


@pytest.mark.filterwarnings("ignore:Generating overly large repr")  # nobody reads what it found
@pytest.mark.parametrize("view", [OBJECTS, INSPECTIONS], ids=lambda view: view.name)
@pytest.mark.parametrize(
    "mutant",
    [
        counts,
        last_arrival_wins,
        removes_what_is_superseded,
        forgets_superseding_without_target,
        keeps_only_the_correction_that_came_last,
        keeps_the_first_start_only,
    ],
)
def test_a_reducer_that_breaks_the_law_is_found_out(
    mutant: Callable[[Reduce], Reduce], view: View
) -> None:
    broken = structs.replace(view, reduce=mutant(view.reduce))

    @settings(max_examples=400, database=None, phases=[Phase.generate], derandomize=True)
    @given(histories(), DICE, st.integers(1, 7))
    def law(drawn: Drawn, dice: Random, batch: int) -> None:
        obeys([broken], drawn, dice, batch)

    with pytest.raises((AssertionError, ExceptionGroup)):
        law()


def test_a_view_has_to_decide_about_every_type_of_fact() -> None:
    with pytest.raises(UndecidedError, match="InspectionVoided"):
        decided([InspectionStarted], [CorrectionRecorded], "hasty")
