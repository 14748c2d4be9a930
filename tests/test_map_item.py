"""The map by item: only objects of the types it is for, only inspections that used it."""

from collections.abc import Iterator
from datetime import date

import pytest

from backend.cells import computed
from backend.people.rights import Role
from events.ids import id_text
from events.register import AreaListed, ItemListed, ObjectListed
from projections.cells import Asked
from projections.question import Filters, Question
from projections.spans import Span
from projections.steps import steps_of
from tests.district import FUNERAL, T1
from tests.histories import History, an_id
from tests.server import Site, Tablet, an_item, an_object, site
from tests.test_cells import folded, inspected

SOUTH = "440804001"
GRAVES, SHOP = id_text(b"the graves......"), id_text(b"the shop........")


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A cemetery, inspected with one of its two items, and a shop that was never inspected."""
    with site(tmp_path_factory.mktemp("item") / "data") as running:
        where = {"township": SOUTH, "lat": 21.25}
        running.tell(
            AreaListed(area=SOUTH, name_zh="南调街道", name_en="Nandiao", level="township",
                       valid_from=date(2026, 1, 1), lon=110.44, lat=21.25, tile=(0, 0)),
            an_object(object=GRAVES, lon=110.43, **where),
            an_object(object=SHOP, object_type="funeral_goods_shop", lon=110.44, **where),
            an_item(item="FU-1", object_types=("cemetery",)),
            an_item(item="FU-2", object_types=("cemetery",)),
            an_item(item="FU-3", object_types=("funeral_goods_shop",)),
            an_item(item="FU-9", name_zh="不对对象", object_types=()),
        )  # fmt: skip
        tablet = Tablet(running)
        tablet.enrol()
        tablet.inspect(GRAVES, township=SOUTH, items=("FU-1",))
        assert tablet.push().status_code == 200
        running.folded()
        yield running


def shown(here: Site, measure: str, item: str) -> list[int]:
    query = f"grid=township&measure={measure}&step=year&format=json&item={item}"
    answer = here.client.get(f"/views/cells?{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()["cells"][SOUTH]


@pytest.mark.parametrize(
    ("item", "covered", "state"),
    [
        ("", 50, 202),
        ("FU-1", 100, 202),  # the cemetery was inspected with it
        ("FU-2", 0, 200),  # and never with this one
        ("FU-3", 0, 200),  # nor was the shop
        ("FU-9", 255, 255),  # for no object: not applicable
    ],
)
def test_an_item_chooses_objects_it_is_for_and_inspections_that_used_it(
    here: Site, item: str, covered: int, state: int
) -> None:
    assert shown(here, "object_coverage", item) == [covered]
    assert shown(here, "state", item) == [state]


def test_an_item_that_nobody_listed_is_refused(here: Site) -> None:
    answer = here.client.get("/views/cells?item=FU-7")

    assert answer.status_code == 400
    assert "no item of the list" in answer.text


def test_the_page_offers_items_for_objects_and_keeps_what_was_chosen(here: Site) -> None:
    page = here.client.get("/map?item=FU-1&lang=en&grid=township").text

    assert '<option value="FU-1" selected>' in page
    assert '<option value="FU-9"' not in page
    assert "item=FU-1" in page.partition("data-given=")[2]
    assert "Objects and streets are those of all items" in page


def test_behind_a_cell_are_the_objects_that_the_item_is_for(here: Site) -> None:
    page = here.client.get(f"/map/cell?grid=township&cell={SOUTH}&item=FU-3&lang=en").text

    assert SHOP in page
    assert GRAVES not in page


def test_a_section_chief_is_offered_the_items_of_his_domains(here: Site) -> None:
    chief = here.sign_in(Role.SECTION_CHIEF, domains=("elderly_care",))

    assert '<option value="FU-1"' not in chief.get("/map").text


def test_what_is_overdue_is_so_with_the_item_that_asked_for_it() -> None:
    """Two items ask for a cemetery each month; it was inspected with one of them alone."""
    history = History()
    history.record(
        ObjectListed(object=an_id("late"), object_type="funeral_agent", domain=FUNERAL,
                     township=T1, valid_from=date(2025, 1, 1))
    )  # fmt: skip
    for item in ("X1", "X2"):
        history.record(
            ItemListed(
                item=item, name_zh="x", name_en="x", domain=FUNERAL, kind="inspection",
                plannable=True, valid_from=date(2026, 1, 1), object_types=("funeral_agent",),
                frequency={"mode": "min", "count": 1, "per": "month"},
            )
        )  # fmt: skip
    inspected(history, "late", "2026-01-20", items=("X1",))
    views = folded(history)

    def late(item: str | None) -> list[int]:
        january = Span(date(2026, 1, 1), date(2026, 2, 3))
        asked = Asked(steps_of(january, "month"), date(2026, 2, 20), Filters(item=item))
        return list(computed(views, "township", asked, "overdue").raw)

    assert late("X1") == [0, 0]
    assert late("X2") == [0, 100]
    assert late(None) == [0, 100]
    january = Span(date(2026, 1, 1), date(2026, 1, 31))
    done = {
        item: len(Question(views, january, date(2026, 2, 20), Filters(item=item)).done)
        for item in ("X1", "X2", None)
    }
    assert done == {"X1": 1, "X2": 0, None: 1}
