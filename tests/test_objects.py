"""Objects and their list: what the register says on a day, what is open, what is due."""

from datetime import date

import pytest

from events.facts import SealedPart
from events.inspections import FindingRaised, InspectionStarted, InspectionVoided
from events.office import PersonalDataErased
from events.orders import RectificationClosed, RectificationExtended, RectificationOrdered
from events.register import (
    ItemListed,
    ObjectClosed,
    ObjectExempted,
    ObjectListed,
    ObjectMerged,
    ObjectRevised,
    ObjectSplit,
    RegisterFact,
)
from projections.catalogue import VIEWS
from projections.fold import catch_up
from projections.object_inventory import (
    Card,
    LastInspection,
    ObjectFilters,
    ObjectLine,
    erased,
    object_count,
    object_inventory,
    object_line,
)
from projections.objects import OBJECTS, Counts, Place, standing
from projections.points import Point, Points, is_home, on_map
from projections.spans import OPEN, Span, after, before, less, spans_of
from projections.views import Cursor, MemoryViews
from tests.district import the_district
from tests.histories import History, a_completion, a_visit, an_id, local

MARCH, APRIL, JUNE = date(2026, 3, 1), date(2026, 4, 1), date(2026, 6, 1)
TODAY = date(2026, 6, 30)
THING = an_id("thing")


def listed(
    day: date = MARCH, kind: type[ObjectListed] = ObjectListed, **other: object
) -> ObjectListed:
    members: dict[str, object] = {
        "object": THING,
        "object_type": "social_association",
        "domain": "social_organization",
        "township": "440804001",
        "name": "The thing",
        **other,
    }
    return kind(valid_from=day, **members)  # type: ignore[arg-type]


def folded(history: History) -> MemoryViews:
    views = MemoryViews(VIEWS)
    catch_up(history.store(), views)
    return views


def of_register(*facts: RegisterFact) -> object:
    history = History()
    for fact in facts:
        history.record(fact)
    views = folded(history)
    document = OBJECTS.decode(views.load("objects", [THING])[THING])
    return standing(document.register.values())


def line(history: History, today: date = TODAY) -> ObjectLine:
    found = object_line(folded(history), THING, today)
    assert found is not None
    return found


# ── spans ──────────────────────────────────────────────────────────────────────────


def test_spans_hold_both_ends() -> None:
    assert spans_of([(MARCH, 1, True), (APRIL, 2, False)]) == [Span(MARCH, date(2026, 3, 31))]
    assert spans_of([(MARCH, 1, True), (MARCH, 2, False)]) == []
    assert spans_of([(MARCH, 2, True), (MARCH, 1, False)]) == [Span(MARCH)]


def test_nothing_lies_before_the_first_day_or_behind_the_last() -> None:
    assert (before(date.min), after(OPEN)) == (date.min, OPEN)
    assert (before(APRIL), after(MARCH)) == (date(2026, 3, 31), date(2026, 3, 2))


def test_a_hole_that_begins_or_ends_with_the_span_leaves_one_piece() -> None:
    whole = Span(MARCH, JUNE)

    assert less([whole], [Span(MARCH, APRIL)]) == [Span(date(2026, 4, 2), JUNE)]
    assert less([whole], [Span(APRIL, JUNE)]) == [Span(MARCH, date(2026, 3, 31))]
    assert less([whole], [whole]) == []
    assert less([Span(date.min, APRIL)], [Span(date.min, MARCH)]) == [Span(date(2026, 3, 2), APRIL)]


def test_a_hole_divides_a_span() -> None:
    whole, hole = Span(MARCH, JUNE), Span(APRIL, date(2026, 4, 30))

    assert less([whole], [hole]) == [
        Span(MARCH, date(2026, 3, 31)),
        Span(date(2026, 5, 1), JUNE),
    ]
    assert less([hole], [whole]) == []
    assert less([Span(MARCH)], [Span(APRIL, OPEN)]) == [Span(MARCH, date(2026, 3, 31))]


# ── the register ───────────────────────────────────────────────────────────────────


def test_an_object_that_is_listed_again_is_active_again() -> None:
    about = of_register(
        listed(), ObjectClosed(object=THING, valid_to=date(2026, 3, 31), reason="x"), listed(JUNE)
    )

    assert about.active == (Span(MARCH, date(2026, 3, 31)), Span(JUNE))  # type: ignore[attr-defined]


def test_a_revision_changes_an_object_and_does_not_reopen_it() -> None:
    about = of_register(
        listed(name="Old"),
        ObjectClosed(object=THING, valid_to=date(2026, 3, 31), reason="x"),
        listed(JUNE, ObjectRevised, name="New"),
    )

    assert about.active == (Span(MARCH, date(2026, 3, 31)),)  # type: ignore[attr-defined]
    assert about.listing(APRIL).name == "Old"  # type: ignore[attr-defined]
    assert about.listing(JUNE).name == "New"  # type: ignore[attr-defined]


def test_of_two_revisions_from_one_day_the_later_position_holds() -> None:
    revised = [listed(JUNE, ObjectRevised, name=name) for name in ("first", "second")]

    about = of_register(listed(), *revised)

    assert about.listing(JUNE).name == "second"  # type: ignore[attr-defined]


def test_a_revision_recorded_late_holds_from_its_day() -> None:
    about = of_register(
        listed(),
        listed(JUNE, ObjectRevised, name="June"),
        listed(APRIL, ObjectRevised, name="April"),
    )

    names = [about.listing(day).name for day in (MARCH, APRIL, JUNE)]  # type: ignore[attr-defined]
    assert names == ["The thing", "April", "June"]


@pytest.mark.parametrize(
    "end",
    [
        ObjectMerged(object=THING, into=an_id("other"), valid_from=APRIL),
        ObjectSplit(object=THING, parts=(an_id("one"), an_id("two")), valid_from=APRIL),
    ],
)
def test_merging_and_splitting_end_an_object(end: RegisterFact) -> None:
    about = of_register(listed(), end)

    assert about.active == (Span(MARCH, date(2026, 3, 31)),)  # type: ignore[attr-defined]


def test_exemption_of_one_item_leaves_the_object_counted() -> None:
    whole = ObjectExempted(object=THING, reason="x", valid_from=APRIL)
    one = ObjectExempted(object=THING, reason="x", valid_from=MARCH, item="X1")

    assert of_register(listed(), one).counted == [Span(MARCH)]  # type: ignore[attr-defined]
    assert of_register(listed(), one, whole).counted == [Span(MARCH, date(2026, 3, 31))]  # type: ignore[attr-defined]


def test_the_last_day_of_a_period_on_which_it_counts() -> None:
    place = Place(MARCH, "shop", "funeral", "440804001", "")
    later = Place(JUNE, "kiosk", "funeral", "440804001", "")
    about = Counts(((MARCH, APRIL), (JUNE, OPEN)), (place, later))

    def last(start: date, end: date) -> date | None:
        return about.last_day(Span(start, end))

    may = date(2026, 5, 1), date(2026, 5, 31)
    assert last(date(2026, 1, 1), MARCH) == MARCH
    assert last(date(2026, 1, 1), date(2026, 2, 28)) is None
    assert last(APRIL, may[1]) == APRIL
    assert last(*may) is None
    assert last(date(2026, 1, 1), TODAY) == TODAY
    assert [about.place(day) for day in (date(2026, 1, 1), MARCH, may[1], JUNE)] == [
        place, place, place, later,
    ]  # fmt: skip
    assert Counts((), ()).place(MARCH) is None


def test_where_an_object_lies_on_a_day() -> None:
    there = Points(known=(Point(MARCH, 110.1, 21.1), Point(JUNE, 110.2, 21.2)))

    days = (date(2026, 1, 1), MARCH, date(2026, 5, 31), JUNE)
    assert [there.on(day) for day in days] == [(110.1, 21.1)] * 3 + [(110.2, 21.2)]
    assert Points().on(MARCH) is None


def test_a_home_is_one_by_its_type_its_person_or_its_sealed_card() -> None:
    assert is_home("low_income_household", None, ())
    assert is_home("shop", an_id("somebody"), ())
    assert is_home("shop", None, ("note", "card"))
    assert not is_home("shop", None, ("note",))


def test_a_point_on_the_map_has_six_decimals_and_what_lies_abroad_is_none() -> None:
    assert on_map(110.44585449, 21.25169151) == (110.445854, 21.251692)
    assert on_map(None, 21.2) is on_map(110.4, None) is on_map(21.2, 110.4) is None


# ── findings and orders ────────────────────────────────────────────────────────────


def inspect(
    history: History, name: str, day: str, items: tuple[str, ...] = (), **finding: object
) -> None:
    visit = a_visit(name, "thing", day, items=items)
    log = f"tablet {name}"
    history.record(InspectionStarted(visit=visit, checklist="CL-GE-1", version=1), local(day), log)
    if finding:
        history.record(
            FindingRaised(
                visit=visit,
                finding=an_id(f"finding {name}"),
                question="GE-1",
                rule=0,
                item="X1",
                **finding,  # type: ignore[arg-type]
            ),
            local(day),
            log,
        )
    history.record(a_completion(visit), local(day), log)


def test_a_finding_is_open_until_its_order_is_closed() -> None:
    history = History()
    history.record(listed())
    inspect(history, "1", "2026-04-01", severity="major")
    visit = a_visit("1", "thing", "2026-04-01")
    order = an_id("order")
    ordered = RectificationOrdered(
        visit=visit, order=order, deadline=date(2026, 5, 1), findings=(an_id("finding 1"),)
    )
    history.record(ordered)
    inspect(history, "2", "2026-05-02")
    assert (line(history).open_findings, line(history).order_due) == (1, date(2026, 5, 1))

    history.record(
        RectificationExtended(
            visit=visit, order=order, deadline=date(2026, 5, 20), approver=an_id("Wu")
        )
    )
    assert line(history).order_due == date(2026, 5, 20)

    history.record(RectificationClosed(visit=visit, order=order, result="rectified"))
    assert (line(history).open_findings, line(history).order_due) == (0, None)


def test_a_finding_nobody_took_up_is_open_until_someone_looked_again() -> None:
    history = History()
    history.record(listed())
    inspect(history, "1", "2026-04-01", severity="minor")
    assert line(history).open_findings == 1

    inspect(history, "2", "2026-05-02")
    assert line(history).open_findings == 0


def test_what_is_for_information_or_voided_is_no_open_finding() -> None:
    history = History()
    history.record(listed())
    inspect(history, "1", "2026-04-01", severity="info")
    inspect(history, "2", "2026-04-01", severity="critical")
    assert line(history).open_findings == 1

    visit = a_visit("2", "thing", "2026-04-01")
    history.record(InspectionVoided(visit=visit, reason="x", approver=an_id("Wu")))
    assert line(history).open_findings == 0


# ── what is due ────────────────────────────────────────────────────────────────────

YEARLY = {"mode": "min", "count": 1, "per": "year"}


def with_item(history: History, code: str = "X1") -> History:
    history.record(
        ItemListed(
            item=code,
            name_zh=code,
            name_en=code,
            domain="social_organization",
            kind="inspection",
            plannable=True,
            valid_from=MARCH,
            object_types=("social_association",),
            frequency=YEARLY,
        )
    )
    return history


def test_due_is_the_last_working_day_of_the_year_until_somebody_was_there() -> None:
    history = with_item(History())
    history.record(listed())
    first = line(history)
    assert first.next_due == date(2026, 12, 31)
    assert first.due is not None
    assert (first.due.item, first.due.basis.count, first.due.basis.per) == ("X1", 1, "year")
    assert first.never_inspected

    inspect(history, "1", "2026-04-15", items=("X2",))
    assert line(history).next_due == date(2026, 12, 31)  # another item

    inspect(history, "2", "2026-04-16", items=("X1",))
    shown = line(history)
    assert shown.next_due == date(2027, 12, 31)
    assert shown.last is not None
    assert shown.last.by == (an_id("Chen"), an_id("Li"))
    assert (shown.last.on, shown.last.outcome) == (date(2026, 4, 16), "nothing_found")


def test_what_is_exempt_closed_or_exempt_of_the_item_is_not_due() -> None:
    for fact in (
        ObjectExempted(object=THING, reason="x", valid_from=APRIL),
        ObjectExempted(object=THING, reason="x", valid_from=APRIL, item="X1"),
        ObjectClosed(object=THING, valid_to=APRIL, reason="x"),
    ):
        history = with_item(History())
        history.record(listed())
        history.record(fact)
        assert line(history).next_due is None


# ── the list ───────────────────────────────────────────────────────────────────────


def test_a_home_has_no_name_but_says_where_its_card_is() -> None:
    history = History()
    history.record(ObjectSplit(object=an_id("other"), parts=(), valid_from=MARCH))
    parts = (
        SealedPart(name="note", subject=an_id("person")),
        SealedPart(name="card", subject=an_id("person")),
    )
    history.record(listed(name=None, object_type="low_income_household", sealed=parts))

    shown = line(history)

    assert shown.name is None
    assert shown.card == Card(position=2, index=1, subject=an_id("person"))


def test_the_list_shows_first_what_was_never_inspected_or_longest_ago() -> None:
    views = folded(the_district())
    names: list[str] = []
    after: Cursor | None = None
    while True:
        page = object_inventory(views, date(2026, 3, 31), after=after, limit=4)
        names += [
            (one.name or "home")[-1] + ("!" if one.never_inspected else "") for one in page.lines
        ]
        after = page.next
        if after is None:
            break

    # I, G and M have ended, P is a person, the homes E and F have no name; 19 counts for B
    assert names == ["J!", "K", "A", "H", "e", "e", "N", "L", "B", "C", "D"]


def test_filters_of_the_list() -> None:
    views = folded(the_district())

    def found(**filters: object) -> set[str]:
        page = object_inventory(views, date(2026, 3, 31), ObjectFilters(**filters))  # type: ignore[arg-type]
        return {one.name or "home" for one in page.lines}

    assert found(never=True) == {"Object J"}
    assert found(domain="funeral") == {"Object C", "Object D", "Object J"}
    assert found(township="440804003") == {"Object H", "Object L", "Object N"}
    assert "Object G" in found(township="440804003", closed=True)
    assert found(open_findings=True) == set()
    assert found(object_type="low_income_household") == {"home"}
    chosen = frozenset(an_id(name) for name in ("J", "C", "nothing"))
    assert found(keys=chosen) == {"Object C", "Object J"}
    assert found(keys=chosen, never=True) == {"Object J"}
    assert found(keys=frozenset()) == set()


def test_as_many_are_counted_as_are_listed() -> None:
    views = folded(the_district())
    march = date(2026, 3, 31)

    for filters in (
        None, ObjectFilters(never=True), ObjectFilters(closed=True),
        ObjectFilters(township="440804003", closed=True),
    ):  # fmt: skip
        of_list = len(object_inventory(views, march, filters, limit=1_000).lines)
        assert object_count(views, march, filters) == of_list
    assert object_count(views, march) == 11  # as the list above tells them
    assert object_count(views, date(2020, 1, 1)) > 11  # none had ended


def test_one_open_finding_is_enough_to_be_listed_among_them() -> None:
    history = History()
    history.record(listed())
    inspect(history, "1", "2026-04-15")
    assert object_count(folded(history), TODAY, ObjectFilters(open_findings=True)) == 0

    inspect(history, "2", "2026-04-16", severity="minor")
    assert object_count(folded(history), TODAY, ObjectFilters(open_findings=True)) == 1


def test_who_was_erased_is_told_and_nobody_else() -> None:
    history = History()
    history.record(PersonalDataErased(subject=an_id("one"), keys=(), basis="x"))
    history.record(PersonalDataErased(subject=an_id("two"), keys=(), basis="x"))

    views = folded(history)

    assert erased(views, [an_id("one"), an_id("three")]) == {an_id("one")}
    assert erased(views, []) == frozenset()


def test_a_line_tells_what_the_register_says_of_the_object() -> None:
    history = History()
    history.record(listed(village="440804001201"))
    history.record(ItemListed(
        item="Y", name_zh="Y", name_en="Y", domain="social_organization", kind="inspection",
        plannable=True, valid_from=MARCH, object_types=("social_association",),
        frequency={"mode": "min", "count": 1, "per": "year"},
    ))  # fmt: skip
    visit = a_visit("one", "thing", "2026-04-01", object_type="social_association")
    history.record(InspectionStarted(visit=visit, checklist="C", version=1), local("2026-04-01"))
    history.record(a_completion(visit, desk=True), local("2026-04-01"))
    history.record(ObjectExempted(object=THING, reason="x", valid_from=APRIL, valid_to=JUNE))

    shown = line(history)
    views = folded(history)
    (of_list,) = object_inventory(views, TODAY).lines

    assert of_list == shown
    assert (shown.object, shown.object_type, shown.domain, shown.township, shown.village) == (
        THING, "social_association", "social_organization", "440804001", "440804001201",
    )  # fmt: skip
    assert shown.last == LastInspection(
        an_id("one"), date(2026, 4, 1), (an_id("Chen"), an_id("Li")), "nothing_found", desk=True
    )
    assert (shown.next_due, shown.due and shown.due.item) == (date(2026, 12, 31), "Y")
    march = date(2026, 3, 31)
    assert [line(history, day).exempt for day in (march, APRIL, JUNE, TODAY)] == [
        False, True, True, False,
    ]  # fmt: skip


def test_an_object_has_ended_from_the_day_after_its_last() -> None:
    history = History()
    history.record(listed())
    history.record(ObjectMerged(object=THING, into=an_id("other"), valid_from=JUNE))

    shown = {day: line(history, day) for day in (date(2026, 5, 31), JUNE)}

    assert [one.ended_on for one in shown.values()] == [None, date(2026, 5, 31)]
    assert [one.merged_into for one in shown.values()] == [None, an_id("other")]
    assert line(history, MARCH).ended_on is None


def test_a_page_goes_on_behind_its_last_line() -> None:
    views = folded(the_district())
    whole = object_inventory(views, TODAY).lines

    first = object_inventory(views, TODAY, limit=2)
    assert (first.lines, first.next and first.next[-1]) == (whole[:2], whole[1].object)
    assert object_inventory(views, TODAY, after=first.next, limit=2).lines == whole[2:4]
    assert object_inventory(views, TODAY, limit=len(whole)).next is None


def test_an_object_nobody_listed_has_no_line() -> None:
    assert object_line(folded(the_district()), an_id("nothing"), TODAY) is None
