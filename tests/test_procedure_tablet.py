"""From what officers do on a tablet to what is found against it: recorded, folded, judged."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import Raw, json

from events.answers import Slot
from events.checklists import bundled
from events.inspections import InspectionApproved, NoticeGiven
from events.procedure_rules import rules
from events.pull import Document
from mobile.inspection import NotNowError
from mobile.simulated import SimulatedTablet
from projections.catalogue import VIEWS
from projections.fold import catch_up
from projections.procedure import Acts, read_acts, read_faults
from projections.views import MemoryViews, Query
from tests.tablets import ASSISTANT, LEAD, MANAGER, MORNING, Bench, bench
from tests.test_simulated import log_of, tablet, visit

CARDS = [{"certificate": LEAD, "number": "1", "valid": [None, "2028-01-01"]}]


@pytest.fixture
def begun(tmp_path: Path) -> Iterator[Bench]:
    with bench(tmp_path / "tablet") as found:
        yield found


def staffed(path: Path) -> SimulatedTablet:
    simulated = tablet(path)
    for officer, role in ((LEAD, "officer"), (ASSISTANT, "officer"), (MANAGER, "manager")):
        told = {"officer": officer, "name": "x", "role": role, "certificates": CARDS}
        assert simulated._folder
        simulated._folder.reference.take([Document("officers", officer, 1, Raw(json.encode(told)))])
    return simulated


def judged(simulated: SimulatedTablet) -> tuple[set[str], Acts]:
    """Fold the tablet's own log: what is found against its one inspection, and what was done."""
    views = MemoryViews(VIEWS)
    catch_up(log_of(simulated).store, views)
    ((_, (faults, procedure), _),) = views.select(
        Query("inspections", columns=("faults", "procedure"))
    )
    return {one.code for one in read_faults(str(faults))}, read_acts(str(procedure))


@pytest.mark.parametrize("kind", ["funeral_order", "general_inspection"])
def test_a_visit_by_the_book_shows_all_that_is_asked(tmp_path: Path, kind: str) -> None:
    simulated = staffed(tmp_path / "t")
    simulated.do(visit(kind))

    found, done = judged(simulated)

    assert found == set()
    assert done.approvals == ()  # the office approves what it assigns
    assert done.notice
    assert done.code == (kind == "funeral_order")  # the cemetery is an enterprise
    assert done.exception == ("within" if kind == "funeral_order" else "")
    assert done.pictures > 0


@pytest.mark.parametrize(
    ("fault", "codes"),
    [
        ("one_officer", {"one_officer"}),
        ("certificate_not_shown", {"certificate_not_shown"}),
        ("expired_card", {"certificate_expired"}),
        ("far_away", {"far_away"}),
        ("weak_fix", {"weak_position"}),
        ("kinship", {"kinship"}),
        ("no_pictures", {"unanswered"}),
        ("code_missing", {"unanswered"}),
    ],
)
def test_what_goes_wrong_is_found(tmp_path: Path, fault: str, codes: set[str]) -> None:
    simulated = staffed(tmp_path / "t")
    crew = (LEAD,) if fault == "one_officer" else (LEAD, ASSISTANT)
    simulated.do(visit("funeral_order", faults=(fault,), officers=crew))

    found, done = judged(simulated)

    assert codes <= found
    assert found <= codes | {"unanswered"}  # one officer cannot sign for two
    assert done.code == (fault != "code_missing")
    assert (done.pictures > 0) == (fault != "no_pictures")


def test_in_an_emergency_the_approval_is_filed_after(tmp_path: Path) -> None:
    urgent = staffed(tmp_path / "urgent")
    urgent.do(visit("funeral_order", faults=("emergency",), answers={"FU-03": "emergency"}))

    (filed,) = judged(urgent)[1].approvals
    assert filed.emergency
    assert filed.at > judged(urgent)[1].at > MORNING


def test_notice_follows_from_the_answer_and_goes_with_it(begun: Bench) -> None:
    inspection = begun.start("funeral_order")
    begun.fill(inspection)
    inspection.complete()
    assert [fact.form for fact in begun.facts() if isinstance(fact, NoticeGiven)] == [
        "told_on_site"
    ]

    inspection.correct(Slot("FU-06"), "no", "wrong_entry")

    assert ("notice", "told_on_site") not in inspection.state.derived


def test_only_in_an_emergency_approval_is_filed_after_completion(begun: Bench) -> None:
    inspection = begun.start("funeral_order")
    begun.fill(inspection)
    inspection.complete()

    with pytest.raises(NotNowError):
        inspection.approved(MANAGER)
    inspection.approved(MANAGER, emergency=True)

    assert [one.emergency for one in begun.facts() if isinstance(one, InspectionApproved)] == [True]


def test_notice_is_asked_where_the_form_asks_whether_they_were_told() -> None:
    asked: set[str] = set()
    for kind, types in (("funeral_order", "FU-02"), ("general_inspection", "GE-02")):
        form = bundled()[kind]
        asked |= set(form.question(types).by_value)
        assert any(one.sets and one.sets.field == "inspection.notice" for one in form.questions)

    assert set(rules()["notice_missing"].object_types) <= asked
