"""面面有监督: given objects, inspections and acts, which cells were looked at again."""

from datetime import date

from events.facts import Visit
from events.ids import id_text
from events.inspections import InspectionStarted
from events.office import SupervisionRecorded
from events.orders import RectificationOrdered, ReinspectionCompleted
from events.register import ObjectExempted, ObjectListed
from projections.catalogue import VIEWS
from projections.faces import ActLine, Face, acts, faces
from projections.figures import Measured, figure
from projections.fold import catch_up
from projections.question import Filters, Question
from projections.spans import Span
from projections.supervision_faces import supervision_faces
from projections.views import MemoryViews, Query
from tests.district import FUNERAL, Q1, SOCIAL, T1, T2, V1, V3
from tests.histories import History, a_completion, a_visit, an_id, crew, local
from tests.whole_district import the_whole_district

AFTER = date(2026, 12, 31)
SOCIAL_1, SOCIAL_2, FUNERAL_2 = f"{SOCIAL}|{T1}", f"{SOCIAL}|{T2}", f"{FUNERAL}|{T2}"
OBJECTS = {
    "A": (SOCIAL, T1, V1),
    "B": (SOCIAL, T2, V3),
    "D": (FUNERAL, T2, V3),
}


class Cells:
    """Three cells with an object each; inspections and acts are added."""

    def __init__(self) -> None:
        self.history = History()
        for name, (domain, township, village) in OBJECTS.items():
            self.history.record(
                ObjectListed(
                    an_id(name), "shop", domain, township, date(2020, 1, 1), village=village
                )
            )

    def inspected(self, thing: str, *members: str, on: str = "2026-02-02", name: str = "") -> Visit:
        domain, township, village = OBJECTS[thing]
        visit = a_visit(
            name or f"inspection of {thing}",
            thing,
            on,
            domain=domain,
            township=township,
            village=village,
        )
        log = f"tablet {visit.inspection}"
        done = a_completion(visit, crew=crew(*(members or ("Chen", "Li"))))
        self.history.record(
            InspectionStarted(visit=visit, checklist="CL-GE-1", version=1), local(on), log
        )
        self.history.record(done, local(on), log)
        return visit

    def act(
        self, act: str, thing: str, *, on: str = "2026-02-20", clock: str = "10:00",
        by: str = "Wu", of: Visit | None = None, received: int | None = None,
        result: str | None = None,
    ) -> None:  # fmt: skip
        domain, township, _ = OBJECTS[thing]
        about = of.inspection if of else None
        fact = SupervisionRecorded(act, domain, township, an_id(by), about, result)  # type: ignore[arg-type]
        self.history.record(fact, local(on, clock), received=received)

    def reinspected(
        self, first: Visit, *officers: str, by: Visit | None = None, on: str = "2026-03-10"
    ) -> None:
        order = id_text(b"o" * 16)
        self.history.record(
            RectificationOrdered(visit=first, order=order, deadline=date(2026, 3, 9)),
            local("2026-02-03"),
        )
        again = ReinspectionCompleted(
            visit=first,
            order=order,
            result="passed",
            by=by.inspection if by else an_id("nowhere"),
            officers=tuple(an_id(one) for one in officers),
        )
        self.history.record(again, local(on))

    def asked(self, today: date = AFTER, filters: Filters | None = None) -> Question:
        views = MemoryViews(VIEWS)
        catch_up(self.history.store(), views)
        return Question(views, Q1, today, filters)

    def measured(self, today: date = AFTER, filters: Filters | None = None) -> Measured:
        return supervision_faces(self.asked(today, filters))


def test_of_the_whole_district_three_cells_of_six_were_looked_at_again() -> None:
    views = MemoryViews(VIEWS)
    catch_up(the_whole_district().store(), views)

    found = supervision_faces(Question(views, Q1, AFTER))

    # by a file review; by Sun and Zhao under order O2; by a joint check
    assert found.figure.covered == (f"{FUNERAL}|{T1}", FUNERAL_2, SOCIAL_1)
    assert (found.figure.numerator, found.figure.denominator) == (3, 6)


def test_a_cell_wants_both_an_inspection_and_a_supervisory_act() -> None:
    cells = Cells()
    cells.inspected("A")
    cells.inspected("B")
    cells.act("file_review", "A")
    cells.act("joint_check", "D")

    found = cells.measured()

    assert found.figure.covered == (SOCIAL_1,)
    assert found.lists == {
        "inspected_only": (SOCIAL_2,),
        "supervised_only": (FUNERAL_2,),
        "neither": (),
    }
    told = {name: (one.numerator, one.denominator) for name, one in found.by["domain"].items()}
    assert told == {FUNERAL: (0, 1), SOCIAL: (1, 2)}
    told = {name: (one.numerator, one.denominator) for name, one in found.by["township"].items()}
    assert told == {T1: (1, 1), T2: (0, 2)}


def test_an_inspection_that_does_not_count_leaves_its_cell_uninspected() -> None:
    cells = Cells()
    cells.inspected("A", "Chen")  # alone
    cells.act("replay", "A")

    assert cells.measured().lists["supervised_only"] == (SOCIAL_1,)


def test_acts_outside_the_period_are_none_and_midnight_on_the_wall_divides() -> None:
    cells = Cells()
    for thing in OBJECTS:
        cells.inspected(thing)
    cells.act("replay", "A", on="2026-04-01", clock="00:10")
    cells.act("replay", "B", on="2026-03-31", clock="23:50")
    cells.act("replay", "D", on="2025-12-31", clock="23:50")

    assert cells.measured().figure.covered == (SOCIAL_2,)


def test_the_first_and_the_last_day_of_the_period_are_in_it() -> None:
    for day, lists in (
        ("2025-12-31", "inspected_only"),
        ("2026-01-01", ""),
        ("2026-03-31", ""),
        ("2026-04-01", "inspected_only"),
    ):
        cells = Cells()
        cells.inspected("A")
        cells.act("file_review", "A", on=day)
        found = cells.measured()
        assert [
            name for name in ("inspected_only", "neither") if SOCIAL_1 in found.lists[name]
        ] == [lists] * bool(lists)


def test_the_view_tells_each_day_of_a_cell_and_the_last() -> None:
    cells = Cells()
    for day in ("2026-02-03", "2026-01-05"):
        cells.act("file_review", "A", on=day)
    views = MemoryViews(VIEWS)
    catch_up(cells.history.store(), views)

    rows = views.select(Query("supervision", columns=("domain", "township", "days", "last_on")))
    assert [(row.key, *row.values) for row in rows] == [
        (SOCIAL_1, *SOCIAL_1.split("|"), "2026-01-05 2026-02-03", "2026-02-03")
    ]


def test_an_act_handed_in_late_counts_on_the_day_it_happened() -> None:
    cells = Cells()
    cells.inspected("A")
    cells.act("file_review", "A", received=local("2026-07-01"))

    assert cells.measured().figure.covered == (SOCIAL_1,)


def test_what_lies_after_today_has_not_happened() -> None:
    cells = Cells()
    cells.inspected("A")
    cells.act("file_review", "A", on="2026-02-20")

    assert cells.measured(date(2026, 2, 19)).lists["inspected_only"] == (SOCIAL_1,)
    assert cells.measured(date(2026, 2, 20)).figure.covered == (SOCIAL_1,)
    assert cells.measured(date(2025, 12, 31)).figure.words == "no objects"


def test_a_cell_whose_only_object_is_exempt_does_not_count() -> None:
    cells = Cells()
    cells.history.record(ObjectExempted(an_id("A"), "new", Q1.start, Q1.end))
    cells.inspected("A")
    cells.act("file_review", "A")

    found = cells.measured()

    assert found.figure.covered == ()
    assert found.lists["neither"] == (FUNERAL_2, SOCIAL_2)


def test_a_reinspection_by_others_supervises_and_one_by_the_same_does_not() -> None:
    for officers, cell in ((("Sun", "Zhao"), (SOCIAL_1,)), (("Sun", "Chen"), ())):
        cells = Cells()
        first = cells.inspected("A", "Chen", "Li")
        cells.reinspected(first, *officers)

        assert cells.measured().figure.covered == cell


def test_who_looked_again_is_read_from_the_second_inspection_where_not_said() -> None:
    for members, cell in ((("Sun", "Zhao"), (SOCIAL_1,)), (("Li", "Sun"), ())):
        cells = Cells()
        first = cells.inspected("A", "Chen", "Li")
        second = cells.inspected("A", *members, on="2026-03-10", name="second")
        cells.reinspected(first, by=second)

        assert cells.measured().figure.covered == cell


def test_where_nobody_can_tell_who_looked_again_it_is_no_supervision() -> None:
    cells = Cells()
    first = cells.inspected("A")
    cells.reinspected(first)

    assert cells.measured().figure.covered == ()


def test_each_of_several_reinspections_counts_in_its_own_period() -> None:
    cells = Cells()
    first = cells.inspected("A")
    cells.reinspected(first, "Sun", "Zhao", on="2026-03-10")
    cells.reinspected(first, "Chen", "Li", on="2026-04-10")

    assert cells.measured().figure.covered == (SOCIAL_1,)


def test_a_reinspection_after_the_period_is_none_in_it() -> None:
    cells = Cells()
    first = cells.inspected("A")
    cells.reinspected(first, "Sun", "Zhao", on="2026-04-02")

    assert cells.measured().figure.covered == ()


def test_a_recorded_reinspection_of_ones_own_inspection_is_no_supervision() -> None:
    for by, cell in (("Sun", (SOCIAL_1,)), ("Chen", ())):
        cells = Cells()
        first = cells.inspected("A", "Chen", "Li")
        cells.act("reinspection", "A", by=by, of=first)

        assert cells.measured().figure.covered == cell


def test_filters_choose_cells() -> None:
    cells = Cells()
    for thing in OBJECTS:
        cells.inspected(thing)
        cells.act("file_review", thing)

    assert cells.measured(filters=Filters(township=T2)).figure.covered == (FUNERAL_2, SOCIAL_2)
    assert cells.measured(filters=Filters(domain=SOCIAL)).figure.covered == (SOCIAL_1, SOCIAL_2)
    assert cells.measured(filters=Filters(village=V1)).figure.covered == (SOCIAL_1,)


def test_the_period_may_be_any_other() -> None:
    cells = Cells()
    cells.inspected("A", on="2026-05-05")
    cells.act("joint_check", "A", on="2026-05-06")
    views = MemoryViews(VIEWS)
    catch_up(cells.history.store(), views)
    may = Span(date(2026, 5, 1), date(2026, 5, 31))

    assert supervision_faces(Question(views, may, AFTER)).figure.covered == (SOCIAL_1,)


# ── the matrix ─────────────────────────────────────────────────────────────────────


def listed(name: str, domain: str, township: str) -> ObjectListed:
    return ObjectListed(an_id(name), "shop", domain, township, date(2020, 1, 1), village=V1)


def test_a_face_tells_its_objects_how_often_somebody_was_there_and_who_looked_again() -> None:
    cells = Cells()
    cells.history.record(listed("A2", SOCIAL, T1))
    cells.history.record(listed("E", FUNERAL, T1))
    for name, day in (("first", "2026-02-02"), ("second", "2026-02-03")):
        cells.inspected("A", on=day, name=name)
    cells.inspected("B")
    cells.act("file_review", "A")
    cells.act("joint_check", "D")
    question = cells.asked()

    found = faces(question, supervision_faces(question))

    assert list(found.items()) == [
        ((FUNERAL, T1), Face("neither", figure([an_id("E")], []), 0)),
        ((FUNERAL, T2), Face("supervised", figure([an_id("D")], []), 0)),
        ((SOCIAL, T1), Face("both", figure([an_id("A"), an_id("A2")], [an_id("A")]), 2)),
        ((SOCIAL, T2), Face("inspected", figure([an_id("B")], [an_id("B")]), 1)),
    ]


def test_acts_are_told_as_they_were_recorded_the_newest_first() -> None:
    cells = Cells()
    visit = cells.inspected("A")
    cells.act("file_review", "A", on="2026-01-01", of=visit, result="in_order")
    cells.act("joint_check", "B", on="2026-03-31", by="Qian")
    for thing in ("D", "A", "B"):
        cells.act("replay", thing, on="2026-02-20")

    found = acts(cells.asked())

    assert [(one.on.isoformat(), one.domain, one.township) for one in found] == [
        ("2026-03-31", SOCIAL, T2),
        ("2026-02-20", SOCIAL, T2),
        ("2026-02-20", SOCIAL, T1),
        ("2026-02-20", FUNERAL, T2),
        ("2026-01-01", SOCIAL, T1),
    ]
    assert found[0] == ActLine(SOCIAL, T2, date(2026, 3, 31), "joint_check", an_id("Qian"), "", "")
    assert found[-1] == ActLine(
        SOCIAL, T1, date(2026, 1, 1), "file_review", an_id("Wu"), visit.inspection, "in_order"
    )


def test_acts_of_other_days_and_other_cells_are_not_told() -> None:
    cells = Cells()
    for day in ("2025-12-31", "2026-02-20", "2026-04-01"):
        for thing in OBJECTS:
            cells.act("replay", thing, on=day)

    def told(today: date = AFTER, **chosen: str) -> list[tuple[str, str]]:
        return [(one.domain, one.township) for one in acts(cells.asked(today, Filters(**chosen)))]

    assert told() == [(SOCIAL, T2), (SOCIAL, T1), (FUNERAL, T2)]
    assert told(township=T2) == [(SOCIAL, T2), (FUNERAL, T2)]
    assert told(domain=SOCIAL) == [(SOCIAL, T2), (SOCIAL, T1)]
    assert told(domain=FUNERAL, township=T1) == []
    assert told(date(2026, 2, 19)) == []
    assert told(date(2025, 12, 31)) == []  # the period has not begun
