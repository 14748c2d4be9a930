"""The inventories over HTTP: found, filtered, paged, as files; an object's life; a case; names."""

import csv
import re
from collections.abc import Iterator
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from httpx import Response
from litestar import Litestar
from litestar.testing import TestClient
from msgspec import Raw, json

from backend.name_index import NameIndex, spellings
from backend.people.rights import Role
from events import vocabulary
from events.facts import Fact, SealedPart
from events.ids import EntryRef, id_text
from events.inspections import (
    AnswerRecorded,
    CorrectionRecorded,
    EvidenceCaptured,
    FindingRaised,
    InspectionCompleted,
)
from events.office import SensitiveDataViewed
from events.orders import RectificationExtended, RectificationOrdered
from events.register import ObjectRevised
from tests.server import TODAY, Site, Tablet, an_item, an_object, new_id, site

PERSON = id_text(b"p" * 16)
HOME = id_text(b"h" * 16)
SOUTH, NORTH = "440804001", "440804101"
ENGLISH = {"accept-language": "en", "accept": "text/html"}


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("inventories") / "data"


@pytest.fixture(scope="module")
def here(path: Path) -> Iterator[Site]:
    with site(path) as here:
        yield here


class Told:
    """What the site was told: some objects, one of them inspected with all that can follow."""

    def __init__(self, here: Site) -> None:
        self.seen = an_object(name="南调公墓", village="440804001001", lon=110.4, lat=21.2)
        self.others = [an_object(name=f"坡头墓园{at}", township=NORTH) for at in range(60)]
        home = an_object(
            object=HOME, object_type="low_income_household", domain="social_assistance",
            name=None, person=PERSON, sealed=(SealedPart("card", PERSON),),
        )  # fmt: skip
        here.tell(self.seen, *self.others, an_item())
        here.tell(home, texts=(b'{"name":"Lin","address":"Road 1"}',))
        revised = {name: getattr(self.seen, name) for name in self.seen.__struct_fields__}
        here.tell(ObjectRevised(**(revised | {"name": "南调新公墓", "valid_from": TODAY})))
        tablet = Tablet(here)
        tablet.enrol()
        visit = tablet.inspect(self.seen.object, village="440804001001")
        self.visit = visit
        tablet.writer.record(
            AnswerRecorded(
                inspection=visit.inspection, kind="funeral", question="FU-01", status="given",
                value="=no formula",
            )
        )  # fmt: skip
        evidence = EvidenceCaptured(
            visit=visit, evidence=new_id(), sha256="ab" * 32, size=2_048, media_type="image/jpeg"
        )
        tablet.writer.record(evidence)
        finding = FindingRaised(
            visit=visit, finding=new_id(), question="FU-01", rule=0, item="MZ-FU-01",
            severity="major",
        )  # fmt: skip
        raised = tablet.writer.record(finding)
        order = new_id()
        tablet.writer.record(
            RectificationOrdered(
                visit=visit, order=order, deadline=date(2026, 6, 5), findings=(finding.finding,)
            )
        )
        tablet.writer.record(
            RectificationExtended(
                visit=visit, order=order, deadline=date(2026, 6, 9), approver=new_id()
            )
        )
        softer = FindingRaised(**(_members(finding) | {"severity": "minor"}))
        tablet.writer.record(
            CorrectionRecorded(
                visit=visit, supersedes=EntryRef(tablet.log.hex(), raised.header.sequence),
                tag=vocabulary.tag_of(FindingRaised), reason="typed-wrong",
                happened_at=here.clock.now().local(), fact=_raw(softer),
            )
        )  # fmt: skip
        assert tablet.push().status_code == 200
        here.folded()


def _members(fact: Fact) -> dict[str, Any]:
    return {name: getattr(fact, name) for name in fact.__struct_fields__}


def _raw(fact: Fact) -> Raw:
    return Raw(json.encode(fact))


@pytest.fixture(scope="module")
def told(here: Site) -> Told:
    return Told(here)


def text(client: TestClient[Litestar], address: str) -> str:
    answer = client.get(address, headers=ENGLISH)
    assert answer.status_code == 200, answer.text
    return answer.text


def names(page: str) -> list[str]:
    return re.findall(r'<a href="/objects/\w+">([^<]+)</a>', page)


# ── found by name ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("asked", ["新公", "ndxgm", "NDXGM", "nandiao", "nantiaoxin", "dxg"])
def test_a_name_is_found_by_a_part_its_pinyin_and_its_initials(
    here: Site, told: Told, asked: str
) -> None:
    assert names(text(here.client, f"/objects?q={asked}")) == ["南调新公墓"]


@pytest.mark.parametrize("asked", ["Lin", "lin", "Road", "zzz", "%", "南 xyz"])
def test_the_name_of_a_home_is_in_no_index(here: Site, told: Told, asked: str) -> None:
    page = text(here.client, f"/objects?q={asked}")

    assert names(page) == []
    assert "No object answers to this." in page


def test_all_parts_of_what_is_asked_have_to_be_met(here: Site, told: Told) -> None:
    assert names(text(here.client, "/objects?q=坡头+muyuan7")) == ["坡头墓园7"]


def test_characters_of_several_readings_are_found_by_each() -> None:
    found = spellings("重庆路")

    assert {"cql", "zql", "chongqinglu", "zhongqinglu"} <= set(found)


def test_the_index_follows_the_views_and_forgets_old_names(here: Site, told: Told) -> None:
    index = NameIndex("objects", "uscc")
    views = here.parts.reading.views

    assert index.find(views, "南调公墓") == []
    assert index.find(views, "南调新公墓") == [told.seen.object]
    assert HOME not in index.find(views, "")


# ── the list ───────────────────────────────────────────────────────────────────────


def test_it_is_filtered_and_paged_without_a_gap(here: Site, told: Told) -> None:
    address, found = f"/objects?township={NORTH}&order=name&lang=en", list[str]()
    while address:
        page = text(here.client, address)
        found += names(page)
        following = re.findall(r'<a href="([^"]+)"[^>]*>Next page', page)
        address = following[0].replace("&amp;", "&") if following else ""

    assert len(found) == 60
    assert found == sorted(found, key=lambda name: name.encode())


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 62), ("never=true", 61), ("open_findings=true", 1), ("domain=funeral", 61),
        ("object_type=low_income_household", 1), ("village=440804001001", 1),
        (f"cell={NORTH}", 60), (f"cell={NORTH}&township={SOUTH}", 0), ("cell=123", 0),
        ("cell=88411ca4c9fffff", 0), ("township=&domain=&object_type=&q=", 62),
    ],
)  # fmt: skip
def test_each_filter_chooses_what_it_says(here: Site, told: Told, query: str, count: int) -> None:
    page = text(here.client, f"/objects?{query}")

    assert re.search(r'class="count">(\d+) object', page)[1] == str(count)  # type: ignore[index]


def test_an_object_is_found_by_its_cell_of_the_map(here: Site, told: Told) -> None:
    from backend.hexagons import cell_at

    cell = cell_at(8)((110.4, 21.2))

    assert names(text(here.client, f"/objects?cell={cell}")) == ["南调新公墓"]


def test_files_hold_the_rows_and_columns_that_are_shown(here: Site, told: Told) -> None:
    page = text(here.client, "/objects?q=ndxgm&column=village&column=open_findings")
    link = re.findall(r'href="(/views/objects[^"]+format=csv)"', page)[0].replace("&amp;", "&")

    rows = list(csv.DictReader(StringIO(here.client.get(link).text.lstrip("\ufeff"))))

    assert [row["name"] for row in rows] == ["南调新公墓"]
    assert set(rows[0]) == {"object", "name", "sealed", "erased", "village", "open_findings"}


def test_htmx_is_sent_the_list_alone(here: Site, told: Told) -> None:
    part = here.client.get("/objects", headers={"hx-request": "true"}).text

    assert "<table" in part
    assert "<html" not in part


@pytest.mark.parametrize(
    "query", ["order=key", "due=never", "direction=up", "q=" + "x" * 81, "after=AAAA", "today=x"]
)
def test_what_is_out_of_bounds_is_refused(here: Site, told: Told, query: str) -> None:
    assert here.client.get(f"/objects?{query}").status_code == 400


# ── an object ──────────────────────────────────────────────────────────────────────


def test_an_object_s_life_is_told_with_what_followed(here: Site, told: Told) -> None:
    page = text(here.client, f"/objects/{told.seen.object}")

    plain = re.sub(r"<[^>]+>|\s+", " ", page)
    for said in (
        "put on the list", "entry revised", "南调公墓", "finding", "ordered to rectify",
        "deadline extended", "2026-06-09", "1 photo (1 not here yet)",
        "counts",
    ):  # fmt: skip
        assert said in plain
    assert f"xunji show --object {told.seen.object}" in page
    assert re.search(r'title="[0-9a-f]{64}:\d+"', page)


def test_what_is_unknown_or_a_person_is_not_found(here: Site, told: Told) -> None:
    assert here.client.get(f"/objects/{new_id()}").status_code == 404
    assert here.client.get(f"/inspections/{new_id()}").status_code == 404
    assert here.client.get("/items/nothing").status_code == 404


@pytest.mark.parametrize("address", ["/objects/{0}", "/inspections/{1}"])
def test_who_has_a_scope_sees_nothing_beyond_it(here: Site, told: Told, address: str) -> None:
    asked = address.format(told.seen.object, told.visit.inspection)
    own = here.sign_in(Role.TOWNSHIP, townships=(SOUTH,))
    foreign = here.sign_in(Role.TOWNSHIP, townships=(NORTH,))
    chief = here.sign_in(Role.SECTION_CHIEF, domains=("charity",))

    assert own.get(asked).status_code == 200
    assert foreign.get(asked).status_code == chief.get(asked).status_code == 404


def test_a_list_is_narrowed_to_the_reader_s_own(here: Site, told: Told) -> None:
    north = here.sign_in(Role.TOWNSHIP, townships=(NORTH,))

    assert "60 objects" in text(north, "/objects")
    assert names(text(north, "/objects?q=ndxgm")) == []
    assert north.get(f"/objects?township={SOUTH}").status_code == 403


# ── the name of a home ─────────────────────────────────────────────────────────────


def test_a_home_s_name_is_opened_for_a_purpose_and_recorded(here: Site, told: Told) -> None:
    manager = here.sign_in(Role.MANAGER)
    listed = text(manager, "/objects?object_type=low_income_household")
    form = text(manager, f"/objects/{HOME}/card")
    csrf = re.findall('name="csrf" value="([^"]+)"', form)[0]

    def opening(purpose: str) -> Response:
        said = {"csrf": csrf, "purpose": purpose}
        return manager.post(f"/objects/{HOME}/card", data=said, headers=ENGLISH)

    looks = len(_looks(here))
    unsaid = opening("  ")
    opened = opening("visit on Monday")

    assert "name sealed" in listed
    assert "Lin" not in listed + form + unsaid.text
    assert (unsaid.status_code, opened.status_code) == (422, 200)
    assert "Lin" in opened.text
    assert "Road 1" in opened.text
    (look,) = _looks(here)[looks:]
    assert (look.subjects, look.purpose) == ((PERSON,), "visit on Monday")


def test_without_the_right_no_name_is_opened(here: Site, told: Told) -> None:
    inspector = here.sign_in(Role.INSPECTOR)

    assert "/card" not in text(inspector, "/objects?object_type=low_income_household")
    assert inspector.get(f"/objects/{HOME}/card").status_code == 403


def test_where_there_is_no_card_there_is_none_to_open(here: Site, told: Told) -> None:
    manager = here.sign_in(Role.MANAGER)
    form = text(manager, f"/objects/{HOME}/card")
    said = {"csrf": re.findall('name="csrf" value="([^"]+)"', form)[0], "purpose": "x"}

    assert manager.post(f"/objects/{told.seen.object}/card", data=said).status_code == 404


def _looks(here: Site) -> list[SensitiveDataViewed]:
    store = here.parts.intake.store
    facts = (
        vocabulary.decode(one.tag, one.record().entry.body) for one in store.read(0, store.size())
    )
    return [one for one in facts if isinstance(one, SensitiveDataViewed)]


# ── an inspection, an item ─────────────────────────────────────────────────────────


def test_an_inspection_shows_answers_corrections_and_clocks(here: Site, told: Told) -> None:
    page = text(here.client, f"/inspections/{told.visit.inspection}")

    plain = re.sub(r"<[^>]+>|\s+", " ", page)
    for said in ("=no formula", "FU-01", "Corrections", "typed-wrong", "major", "minor",
                 "corrected", "first entry", "lead"):  # fmt: skip
        assert said in plain
    assert re.search(r"<del>major</del> → <ins>minor</ins>", page)
    assert page.index("Corrections") < page.index("Answers")


def test_an_empty_register_says_how_it_is_filled(tmp_path: Path) -> None:
    with site(tmp_path / "new") as here:
        manager, inspector = here.sign_in(Role.MANAGER), here.sign_in(Role.INSPECTOR)
        for address, said in (("/objects", "No object is on"), ("/items", "No item is on")):
            shown = [text(one, address) for one in (manager, inspector)]
            assert [said in one for one in shown] == [True, True]
            assert [one.count('href="/import"') > 0 for one in shown] == [True, False]
            assert "answers to this" not in "".join(shown)


def test_items_are_listed_with_their_uses_and_one_by_one(here: Site, told: Told) -> None:
    listed = text(here.client, "/items?q=gmjc")
    one = text(here.client, "/items/MZ-FU-01")

    assert "Cemetery check" in listed
    assert "1 item ·" in listed
    assert "No item answers to this." in text(here.client, "/items?plannable=no")
    assert "Uses by month" in one
    assert InspectionCompleted.__name__ not in one
