"""Objects by item and by kind of inspection, enterprises by village: as pages and as data."""

from collections.abc import Iterator
from datetime import date
from hashlib import sha256

import pytest
from httpx import Client
from msgspec import Raw, json

from backend.people.rights import Role
from events.register import AreaListed, ChecklistPublished
from tests.histories import an_id
from tests.server import Site, an_item, an_object, site

TOWN, VILLAGE = "440804001", "440804001001"
CODES = ("91440804MA0000001A", "91440804MA0000002B")


def a_form(kind: str, *items: str) -> ChecklistPublished:
    content = json.encode({"kind": kind, "items": items})
    digest = sha256(content).hexdigest()
    return ChecklistPublished(kind, kind, 1, date(2026, 1, 1), digest, Raw(content))


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site(tmp_path_factory.mktemp("filters") / "data") as running:
        running.tell(
            AreaListed(TOWN, "南调街道", "Nandiao", "township", date(2026, 1, 1)),
            AreaListed(VILLAGE, "东村", "Dong", "village", date(2026, 1, 1), TOWN),
            an_item(item="I-1", object_types=("cemetery",), name_zh="公墓检查"),
            an_item(item="I-2", object_types=("cemetery", "funeral_home")),
            an_item(item="I-3", object_types=("hotspot",)),
            a_form("graves", "I-1"),
            a_form("all", "I-1", "I-2"),
            an_object(object=an_id("a"), name="甲公墓", object_type="cemetery", village=VILLAGE),
            an_object(object=an_id("b"), name="乙馆", object_type="funeral_home"),
            an_object(object=an_id("c"), name="丙点", object_type="hotspot"),
        )
        running.folded()
        yield running


@pytest.fixture(scope="module")
def manager(here: Site) -> Client:
    return here.sign_in(Role.MANAGER)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("item=I-1", "甲公墓"),
        ("item=I-2", "乙馆 甲公墓"),
        ("item=I-3", "丙点"),
        ("item=unknown", ""),
        ("kind=graves", "甲公墓"),
        ("kind=all", "乙馆 甲公墓"),
        ("kind=unknown", ""),
        ("kind=graves&item=I-2", "甲公墓"),
        ("kind=graves&item=I-3", ""),
        ("item=I-2&object_type=funeral_home", "乙馆"),
        ("", "丙点 乙馆 甲公墓"),
    ],
)
def test_objects_are_chosen_by_item_and_by_kind(manager: Client, query: str, names: str) -> None:
    rows = manager.get(f"/views/objects?{query}").json()["rows"]
    page = manager.get(f"/objects?{query}", headers={"accept": "text/html"})

    assert sorted(row["name"] for row in rows) == sorted(names.split())
    assert page.status_code == 200
    assert all(name in page.text for name in names.split())


def test_the_page_offers_items_of_the_chosen_domain_and_kinds(manager: Client) -> None:
    page = manager.get("/objects?domain=funeral&item=I-1", headers={"accept": "text/html"}).text
    other = manager.get("/objects?domain=elderly_care", headers={"accept": "text/html"}).text

    assert '<option value="I-1" selected>' in page
    assert "I-1" not in other
    assert '<option value="general_inspection">' in page


@pytest.mark.parametrize("path", ["/views/caps", "/views/joint-visits", "/caps"])
def test_enterprises_are_chosen_by_village(manager: Client, path: str) -> None:
    headers = {"accept": "text/html" if path == "/caps" else "application/json"}
    answer = manager.get(f"{path}?township={TOWN}&village={VILLAGE}", headers=headers)

    assert answer.status_code == 200
    assert path != "/caps" or f'<option value="{VILLAGE}" selected>' in answer.text
