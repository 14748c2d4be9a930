"""What maps show: bytes known by hand, and the law that they are coverage's own figures."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from backend.cells import HEADER, MAGIC, MEASURES, VERSION, States, computed
from backend.grids import GRIDS, GridName, areas_of, drawn, grid_of
from events.inspections import InspectionStarted
from events.register import AreaListed, ItemListed, ObjectListed, ObjectMerged, ObjectRevised
from projections.catalogue import VIEWS
from projections.cell_codes import (
    AHEAD,
    CODES,
    EARLIER,
    FINDINGS,
    HIDDEN,
    NEVER,
    NO_OBJECTS,
    NOTHING_FOUND,
    OVERDUE,
    code_of,
    percent,
    table,
)
from projections.cells import Asked, Counted, Measure, counted, states
from projections.coverage import coverage
from projections.fold import catch_up
from projections.hidden import FEW, WITH_IT
from projections.points import on_map
from projections.question import Filters, denominators
from projections.runs import listed
from projections.spans import Span
from projections.steps import MOST_STEPS, TooManyStepsError, steps_of
from projections.views import MemoryViews, ViewStore
from tests.district import AGED, FUNERAL, Q1, SOCIAL, T1, T2, T3, the_district
from tests.drawn_registers import DAYS, registers
from tests.histories import History, a_completion, a_visit, an_id, crew, local

V = f"{T1}201"
NANDIAO = (110.44585, 21.25169)
PAST = date(2026, 12, 31)
MONTHS = steps_of(Q1, "month")


def folded(history: History) -> ViewStore:
    views = MemoryViews(VIEWS)
    catch_up(history.store(), views)
    return views


@pytest.fixture(scope="module")
def district() -> ViewStore:
    return folded(the_district())


def an_object(name: str, day: str = "2025-01-01", **other: object) -> ObjectListed:
    keys: dict[str, object] = {
        "object_type": "funeral_agent",
        "domain": FUNERAL,
        "township": T1,
        "village": V,
        **other,
    }
    return ObjectListed(object=an_id(name), valid_from=date.fromisoformat(day), **keys)  # type: ignore[arg-type]


def inspected(
    history: History, name: str, day: str, items: tuple[str, ...] = (), **other: object
) -> None:
    visit = a_visit(f"{name} {day}", name, day, township=T1, village=V, domain=FUNERAL, items=items)
    log = f"tablet {name} {day}"
    history.record(
        InspectionStarted(visit=visit, checklist="CL-GE-1", version=1), local(day, "09:00"), log
    )
    history.record(a_completion(visit, **other), local(day), log)


def by_cell(found: States) -> dict[str, list[int]]:
    return {cell: list(found.of(at)) for at, cell in enumerate(found.grid.cells)}


def asked(step: str = "month", today: date = PAST, **filters: str) -> Asked:
    return Asked(steps_of(Q1, step), today, Filters(**filters))  # type: ignore[arg-type]


# ── bytes known by hand ────────────────────────────────────────────────────────────


def test_rates_are_those_of_each_month(district: ViewStore) -> None:
    rates = by_cell(computed(district, "township", asked(), "object_coverage"))

    assert rates == {
        T1: [20, 50, 50],  # A of A B C I J; B and J of A B C J, as I is J now; B and C
        T2: [HIDDEN] * 3,  # two homes
        T3: [HIDDEN] * 3,  # or the sum of all would tell of those two
    }


def test_what_is_asked_of_one_domain_hides_no_other(district: ViewStore) -> None:
    rates = by_cell(computed(district, "township", asked(domain=AGED), "object_coverage"))

    assert rates == {T3: [100, 0, 100]}  # where none of it lies there is no cell


def test_states_tell_never_from_nothing_found_from_earlier_from_findings() -> None:
    history = History()
    for name in ("never", "once", "bad"):
        history.record(an_object(name, village=f"{T1}{name}"))
    inspected(history, "once", "2026-02-03")
    inspected(history, "bad", "2025-06-01")
    inspected(history, "bad", "2026-01-31", outcome="findings", findings=1)

    found = by_cell(computed(folded(history), "village", asked(), "state"))

    assert found == {
        f"{T1}never": [NEVER, NEVER, NEVER],
        f"{T1}once": [NEVER, NOTHING_FOUND, EARLIER],
        f"{T1}bad": [FINDINGS, EARLIER, EARLIER],
    }


def test_what_was_inspected_in_another_year_was_inspected_earlier() -> None:
    history = History()
    history.record(an_object("old"))
    inspected(history, "old", "2025-06-01")

    assert by_cell(computed(folded(history), "village", asked(), "state")) == {V: [EARLIER] * 3}


def test_what_is_overdue_on_the_last_day_of_a_step_says_so_first() -> None:
    history = History()
    history.record(an_object("late"))
    inspected(history, "late", "2026-02-03", outcome="findings", findings=1)
    waits = {an_id("late"): [Span(date(2026, 1, 20), date(2026, 2, 2)), Span(date(2026, 3, 31))]}

    views = folded(history)
    grid = grid_of("village", listed(views), [])

    found = states(views, listed(views), grid, asked(), "state", waits)

    assert list(found) == [OVERDUE, FINDINGS, OVERDUE]


def test_what_a_monthly_rule_asked_for_is_overdue_until_it_is_done_after_all() -> None:
    history = History()
    history.record(an_object("late"))
    history.record(
        ItemListed(
            item="X1", name_zh="x", name_en="x", domain=FUNERAL, kind="inspection", plannable=True,
            valid_from=date(2025, 12, 1), object_types=("funeral_agent",),
            frequency={"mode": "min", "count": 1, "per": "month"},
        )
    )  # fmt: skip
    inspected(history, "late", "2026-02-03", items=("X1",))
    half = Asked(steps_of(Span(Q1.start, date(2026, 6, 30)), "month"), date(2026, 5, 20))

    found = by_cell(computed(folded(history), "village", half, "state"))

    # what December and January asked for is done in February; what March asked for never
    assert found == {V: [OVERDUE, NOTHING_FOUND, EARLIER, OVERDUE, OVERDUE, AHEAD]}


def test_the_share_of_objects_that_wait_is_a_rate() -> None:
    history = History()
    for name in ("late", "later", "fine"):
        history.record(an_object(name))
    waits = {an_id("late"): [Span(date(2026, 2, 20))], an_id("later"): [Span(date(2026, 3, 31))]}
    views = folded(history)
    grid = grid_of("village", listed(views), [])

    assert list(states(views, listed(views), grid, asked(), "overdue", waits)) == [0, 33, 67]
    assert by_cell(computed(views, "village", asked(), "overdue")) == {V: [0, 0, 0]}


def test_an_object_counts_only_in_the_months_it_existed() -> None:
    history = History()
    history.record(an_object("new", "2026-02-10"))
    inspected(history, "new", "2026-03-05")

    views = folded(history)

    assert by_cell(computed(views, "village", asked(), "object_coverage")) == {
        V: [NO_OBJECTS, 0, 100]
    }
    assert by_cell(computed(views, "village", asked(), "state")) == {
        V: [NO_OBJECTS, NEVER, NOTHING_FOUND]
    }


def test_what_lies_ahead_of_today_is_no_rate() -> None:
    history = History()
    history.record(an_object("one"))
    inspected(history, "one", "2026-02-03")
    views = folded(history)

    before = computed(views, "village", asked(today=date(2026, 2, 2)), "object_coverage")
    long_before = computed(views, "village", asked(today=date(2025, 2, 2)), "object_coverage")

    assert by_cell(before) == {V: [0, 0, AHEAD]}
    assert by_cell(long_before) == {V: [AHEAD] * 3}


def test_an_object_that_moved_lies_in_both_cells_one_after_the_other() -> None:
    history = History()
    first = an_object("van", lon=110.44585, lat=21.25169)
    history.record(first)
    history.record(
        ObjectRevised(
            object=first.object, object_type=first.object_type, domain=FUNERAL, township=T1,
            village=V, valid_from=date(2026, 2, 1), lon=110.51918, lat=21.3595,
        )
    )  # fmt: skip
    inspected(history, "van", "2026-03-01")

    found = by_cell(computed(folded(history), "h3-9", asked(), "object_coverage"))

    assert found == {
        "89410900ea7ffff": [0, NO_OBJECTS, NO_OBJECTS],
        "8941090aa83ffff": [NO_OBJECTS, 0, 100],
    }


def test_a_merged_object_counts_where_it_was_merged_into() -> None:
    history = History()
    for name, lon in (("a", 110.41), ("b", 110.51)):
        history.record(an_object(name, lon=lon, lat=21.25))
    history.record(ObjectMerged(object=an_id("a"), into=an_id("b"), valid_from=date(2026, 2, 15)))
    inspected(history, "a", "2026-02-03")

    found = by_cell(computed(folded(history), "h3-7", asked(), "object_coverage"))

    assert sorted(found.values()) == [[0, 100, 0], [0, NO_OBJECTS, NO_OBJECTS]]


def test_of_a_group_that_counts_twice_the_target_says_where_it_lies() -> None:
    history = History()
    history.record(an_object("b", village=f"{T1}202"))
    history.record(an_object("z", village=f"{T1}209"))
    for name, day in (("z", "2025-02-01"), ("b", "2025-03-01")):
        into = an_id("b" if name == "z" else "z")
        history.record(
            ObjectMerged(object=an_id(name), into=into, valid_from=date.fromisoformat(day))
        )
        history.record(an_object(name, "2025-06-01", village=f"{T1}20{name}"))
    views = folded(history)

    year = Span(date(2026, 1, 1), PAST)
    found = counted(
        views, listed(views), grid_of("village", listed(views), []), Asked((year,), PAST)
    )

    assert {cell: one.of for cell, one in found.items() if one.of} == {
        one.village: 1 for one in denominators(views, year)[0]
    }


def test_a_period_has_the_same_figures_as_bytes(district: ViewStore) -> None:
    rows = listed(district)
    quarter = Asked((Q1,), PAST)

    for name in GRIDS:
        figures = counted(district, rows, grid_of(name, rows, []), quarter)
        assert by_cell(computed(district, name, quarter, "object_coverage")) == {
            cell: [HIDDEN if one.of is None or one.done is None else percent(one.done, one.of)]
            for cell, one in figures.items()
        }
    figures = counted(district, rows, grid_of("township", rows, []), quarter)
    said = coverage(district, Q1, PAST).townships[T1]
    assert figures[T1] == Counted(said.numerator, said.denominator)
    assert figures[T2] == Counted(None, None, "<5")
    assert figures[T3] == Counted(None, None, WITH_IT)


def test_a_period_that_has_not_begun_has_nothing_to_count(district: ViewStore) -> None:
    rows = listed(district)
    grid = grid_of("township", rows, [])

    found = counted(district, rows, grid, Asked((Q1,), date(2025, 12, 31)))

    assert found == dict.fromkeys((T1, T2, T3), Counted(0, 0))


@pytest.mark.parametrize(
    ("findings", "waits", "said"),
    [(0, False, NOTHING_FOUND), (1, False, FINDINGS), (1, True, OVERDUE)],
)
def test_what_holds_in_every_step_is_said_of_every_step(
    findings: int, said: int, *, waits: bool
) -> None:
    history = History()
    history.record(an_object("one"))
    outcome = {"outcome": "findings", "findings": 1} if findings else {}
    for day in ("2026-01-05", "2026-02-05", "2026-03-05"):
        inspected(history, "one", day, **outcome)
    views = folded(history)
    grid = grid_of("village", listed(views), [])
    late = {an_id("one"): [Span(date(2025, 12, 1))]} if waits else {}

    assert list(states(views, listed(views), grid, asked(), "state", late)) == [said] * 3


def test_findings_are_told_in_each_month_that_had_some_and_by_whom_is_asked() -> None:
    history = History()
    history.record(an_object("one"))
    found = {"outcome": "findings", "findings": 1}
    inspected(history, "one", "2025-12-31", crew=crew("Chen", "Li"))
    inspected(history, "one", "2026-01-31", crew=crew("Chen", "Li"), **found)
    inspected(history, "one", "2026-03-01", crew=crew("Wu", "Sun"), **found)
    views = folded(history)

    def said(**chosen: str) -> list[int]:
        return by_cell(computed(views, "village", asked(**chosen), "state"))[V]

    assert said() == [FINDINGS, EARLIER, FINDINGS]
    assert said(officer=an_id("Chen")) == [FINDINGS, EARLIER, EARLIER]
    assert said(officer=an_id("Sun")) == [NEVER, NEVER, FINDINGS]
    assert said(officer=an_id("Qian")) == [NEVER, NEVER, NEVER]
    rates = computed(views, "village", asked(officer=an_id("Wu")), "object_coverage")
    assert by_cell(rates) == {V: [0, 0, 100]}


@pytest.mark.parametrize("day", ["2020-01-01", "2024-01-31", "2025-12-31"])
def test_what_was_done_under_a_merged_name_on_any_day_before_was_done_earlier(day: str) -> None:
    history = History()
    for name in ("a", "b"):
        history.record(an_object(name, "2019-01-01", village=f"{T1}20{name}"))
    merged = ObjectMerged(object=an_id("a"), into=an_id("b"), valid_from=date(2026, 1, 1))
    history.record(merged)
    inspected(history, "a", day)

    assert by_cell(computed(folded(history), "village", asked(), "state"))[f"{T1}20b"] == (
        [EARLIER] * 3
    )


def test_where_nothing_was_ever_inspected_nothing_was_earlier() -> None:
    history = History()
    history.record(an_object("one"))

    assert by_cell(computed(folded(history), "village", asked(), "state")) == {V: [NEVER] * 3}


def test_each_object_of_a_cell_says_what_it_has_seen() -> None:
    history = History()
    for name in ("a", "b", "c"):
        history.record(an_object(name))
    inspected(history, "a", "2026-01-05", outcome="findings", findings=1)
    inspected(history, "b", "2026-02-05", outcome="findings", findings=1)
    views = folded(history)
    grid = grid_of("village", listed(views), [])

    assert by_cell(computed(views, "village", asked(), "state")) == {
        V: [FINDINGS, FINDINGS, EARLIER]
    }
    waits = {an_id("c"): [Span(date(2026, 1, 31), date(2026, 1, 31))], an_id("nobody"): [Q1]}
    assert list(states(views, listed(views), grid, asked(), "state", waits)) == [
        OVERDUE, FINDINGS, EARLIER,
    ]  # fmt: skip
    assert list(states(views, listed(views), grid, asked(), "overdue", waits)) == [33, 0, 0]


# ── people ─────────────────────────────────────────────────────────────────────────


def homes(count: int) -> History:
    history = History()
    for number in range(count):
        history.record(
            an_object(
                f"home {number}", object_type="low_income_household", person=an_id(f"p {number}"),
                lon=110.45, lat=21.25,
            )
        )  # fmt: skip
    history.record(an_object("agent"))
    inspected(history, "agent", "2026-02-03")
    return history


@pytest.mark.parametrize(("count", "shown"), [(0, 100), (1, HIDDEN), (4, HIDDEN), (5, 17)])
def test_fewer_than_five_homes_hide_their_cell(count: int, shown: int) -> None:
    views = folded(homes(count))

    rates = by_cell(computed(views, "village", asked(), "object_coverage"))
    states = by_cell(computed(views, "village", asked(), "state"))
    year = counted(views, listed(views), grid_of("village", listed(views), []), Asked((Q1,), PAST))

    assert rates[V][1] == shown
    assert (states[V][1] == HIDDEN) == (shown == HIDDEN) == (year[V] == Counted(None, None, "<5"))


def test_homes_lie_in_no_hexagon_even_where_an_entry_carries_their_position() -> None:
    assert computed(folded(homes(9)), "h3-7", asked(), "object_coverage").grid.cells == ()


def test_filters_that_leave_no_home_hide_nothing() -> None:
    history = homes(3)
    history.record(an_object("aid", domain=SOCIAL))
    views = folded(history)

    assert by_cell(computed(views, "village", asked(domain=SOCIAL), "state")) == {V: [NEVER] * 3}
    assert by_cell(computed(views, "village", asked(), "state")) == {V: [HIDDEN] * 3}


def test_the_smallest_of_the_others_is_hidden_with_one_that_would_be_alone() -> None:
    history = homes(2)
    sizes = {f"{T1}202": 3, f"{T1}203": 1, f"{T2}201": 1}
    for village, size in sizes.items():
        for number in range(size):
            history.record(an_object(f"{village} {number}", township=village[:9], village=village))
    views = folded(history)

    rates = by_cell(computed(views, "village", asked(), "object_coverage"))
    state = by_cell(computed(views, "village", asked(), "state"))

    assert rates == {
        V: [HIDDEN] * 3, f"{T1}202": [0] * 3, f"{T1}203": [HIDDEN] * 3, f"{T2}201": [0] * 3,
    }  # fmt: skip
    assert [cell for cell, said in state.items() if HIDDEN in said] == [V, f"{T1}203"]


def test_of_two_that_are_hidden_neither_gives_the_other_away() -> None:
    history = homes(2)
    for number in range(3):
        history.record(an_object(f"aid {number}", object_type="household", village=f"{T1}202"))
    history.record(an_object("agent 2", village=f"{T1}203"))

    rates = by_cell(computed(folded(history), "village", asked(), "object_coverage"))

    assert rates[f"{T1}203"] == [0] * 3
    assert rates[f"{T1}202"] == rates[V] == [HIDDEN] * 3


# ── the law ────────────────────────────────────────────────────────────────────────


def of_coverage(views: ViewStore, steps: Iterable[Span], today: date) -> list[dict[str, int]]:
    """What coverage says of each township in each step, as bytes."""
    return [
        {
            code: percent(figure.numerator, figure.denominator)
            for code, figure in coverage(views, step, today).townships.items()
        }
        for step in steps
    ]


def agrees(views: ViewStore, steps: Sequence[Span], today: date) -> int:
    """Compare with coverage wherever nothing is hidden; return how much was compared."""
    begun = [step for step in steps if step.start <= today]
    found = by_cell(computed(views, "township", Asked(tuple(steps), today), "object_coverage"))
    said = of_coverage(views, begun, today)
    seen = 0
    for code, shown in found.items():
        for at, byte in enumerate(shown[: len(begun)]):
            if byte != HIDDEN:
                assert byte == said[at].get(code, NO_OBJECTS), (code, steps[at])
                seen += 1
    return seen


@pytest.mark.parametrize("step", ["day", "week", "month", "quarter", "year"])
def test_each_step_of_a_township_is_what_coverage_says_of_it(
    district: ViewStore, step: str
) -> None:
    steps = steps_of(Span(date(2025, 12, 1), date(2026, 4, 30)), step)  # type: ignore[arg-type]

    assert agrees(district, steps, date(2026, 4, 15)) > 0


@settings(max_examples=200)
@given(registers(), DAYS, st.integers(1, 150), st.sampled_from(["week", "month"]), DAYS)
def test_cells_and_coverage_agree_on_any_register(
    history: History, start: date, length: int, step: str, today: date
) -> None:
    steps = steps_of(Span(start, start + timedelta(days=length)), step)  # type: ignore[arg-type]

    compared = agrees(folded(history), steps, today)

    event("compared" if compared else "nothing to compare")


@settings(max_examples=200)
@given(registers(), st.sampled_from(["h3-7", "h3-9", "village", "township"]))
def test_a_year_has_the_same_figures_as_bytes(history: History, name: GridName) -> None:
    views = folded(history)
    whole = Asked((Span(date(2026, 1, 1), PAST),), PAST)
    grid = grid_of(name, listed(views), [])

    figures = counted(views, listed(views), grid, whole)
    found = by_cell(computed(views, name, whole, "object_coverage"))

    assert found == {
        cell: [HIDDEN if one.of is None or one.done is None else percent(one.done, one.of)]
        for cell, one in figures.items()
    }


# ── codes, steps, header ───────────────────────────────────────────────────────────


def test_the_table_of_bytes_is_one_line_for_each_of_them() -> None:
    head, rule, *lines = table()

    assert (head, rule) == ("| byte | name | meaning | 含义 |", "|---|---|---|---|")
    assert [line.split("|")[1].strip() for line in lines] == [
        "0–100", "200", "201", "202", "203", "204", "253", "254", "255"
    ]  # fmt: skip
    assert lines[1] == (
        "| 200 | `never` | objects, none of them ever inspected up to the end of the step "
        "| 有对象，截至本段末从未检查 |"
    )
    with pytest.raises(LookupError, match="no cell is 150"):
        code_of(150)


def test_no_byte_says_two_things_and_no_two_things_share_a_byte() -> None:
    said = [byte for code in CODES for byte in range(code.first, code.last + 1)]

    assert len(said) == len(set(said)) == 109
    assert len({code.name for code in CODES}) == len(CODES)
    assert {code_of(byte).name for byte in (0, 100)} == {"percent"}
    with pytest.raises(LookupError):
        code_of(101)


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_a_rate_is_never_rounded_to_nothing_or_to_all(done: int, of: int) -> None:
    byte = percent(min(done, of), of)

    assert (byte == NO_OBJECTS) == (of == 0)
    if of:
        assert (byte == 0) == (min(done, of) == 0)
        assert (byte == 100) == (done >= of)
        assert abs(byte - 100 * min(done, of) / of) <= 1


@given(
    st.dates(date(1999, 12, 25), date(2030, 1, 5)),
    st.integers(0, 380),
    st.sampled_from(["day", "week", "month", "quarter", "year"]),
)
def test_steps_are_the_period_cut_without_gap_or_overlap(
    start: date, length: int, step: str
) -> None:
    end = start + timedelta(days=length)
    found = steps_of(Span(start, end), step)  # type: ignore[arg-type]

    assert (found[0].start, found[-1].end) == (start, end)
    for one, other in pairwise(found):
        assert one.end + timedelta(days=1) == other.start
        starts: dict[str, Callable[[date], bool]] = {
            "day": lambda _: True,
            "week": lambda day: day.weekday() == 0,
            "month": lambda day: day.day == 1,
            "quarter": lambda day: day.day == 1 and day.month % 3 == 1,
            "year": lambda day: (day.month, day.day) == (1, 1),
        }
        assert starts[step](other.start)


def test_more_steps_than_anybody_looks_at_are_refused() -> None:
    first = date(2020, 1, 1)
    fine = Span(first, first + timedelta(days=MOST_STEPS - 1))

    assert len(steps_of(fine, "day")) == MOST_STEPS
    with pytest.raises(TooManyStepsError):
        steps_of(Span(first, fine.end + timedelta(days=1)), "day")
    assert steps_of(Span(date(9999, 12, 30)), "week")[-1].end == date.max


@pytest.mark.parametrize("measure", MEASURES)
def test_the_header_says_what_follows_it(district: ViewStore, measure: Measure) -> None:
    found = computed(district, "township", asked(), measure)
    encoded = found.encoded

    magic, version, number, zero, cells, steps, grid = HEADER.unpack_from(encoded)

    assert (magic, version, MEASURES[number], zero) == (MAGIC, VERSION, measure, 0)
    assert (cells, steps, grid) == (3, 3, found.grid.digest)
    assert encoded[HEADER.size :] == found.raw
    assert (HEADER.size, len(found.raw)) == (48, cells * steps)


# ── grids ──────────────────────────────────────────────────────────────────────────


def test_points_in_potou_lie_in_the_cells_that_h3_says() -> None:
    history = History()
    for name, (lon, lat) in {"nandiao": NANDIAO, "nansan": (110.55061, 21.15173)}.items():
        history.record(an_object(name, lon=lon, lat=lat))
    views = folded(history)
    rows = listed(views)

    assert {name: grid_of(name, rows, []).cells for name in ("h3-7", "h3-8", "h3-9")} == KNOWN


KNOWN = {
    "h3-7": ("87410900effffff", "87410910affffff"),
    "h3-8": ("88410900ebfffff", "88410910a1fffff"),
    "h3-9": ("89410900ea7ffff", "89410910a17ffff"),
}


def test_the_order_and_the_shape_of_cells_go_into_the_hash(district: ViewStore) -> None:
    rows = listed(district)
    areas = [
        AreaListed(T1, "a", "a", "township", Q1.start, None, *NANDIAO, (0, 0)),
        AreaListed(T2, "b", "b", "township", Q1.start, None, 110.5, 21.3, (0, 1)),
    ]
    grid = grid_of("township", rows, areas)
    one = drawn("township", grid, areas)
    turned = drawn("township", type(grid)(grid.cells[::-1], grid.locate), areas)
    moved = drawn("township", grid, [areas[0]])

    assert len({one.digest, turned.digest, moved.digest}) == 3
    assert (
        one.digest == drawn("township", grid_of("township", rows[::-1], areas[::-1]), areas).digest
    )


def test_a_swapped_point_is_refused_and_never_repaired() -> None:
    lon, lat = NANDIAO
    history = History()
    history.record(an_object("swapped", lon=lat, lat=lon))
    views = folded(history)

    assert on_map(lon, lat) == NANDIAO
    assert on_map(lat, lon) is on_map(float("nan"), lat) is on_map(None, lat) is None
    assert grid_of("h3-9", listed(views), areas_of(views)).cells == ()
    assert len(GRIDS) == 5
    assert FEW == 5
