"""The OData feed: what a client reads of it, what is refused, and who may."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

import pytest
from odata import ODataService

from backend.exports.odata_sets import SETS
from backend.people.rights import Role
from tests.server import TODAY, Site, Tablet, an_item, an_object, site

T1, T2 = "440804001", "440804002"
EDM = "{http://docs.oasis-open.org/odata/ns/edm}"


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Five cemeteries in one township, two inspected; a home in another."""
    with site(tmp_path_factory.mktemp("odata") / "data") as running:
        objects = [an_object(name=f"墓园 {n}") for n in range(5)]
        home = an_object(
            object_type="low_income_household", domain="social_assistance", name=None, township=T2
        )
        running.tell(*objects, home, an_item(), an_item(item="MZ-FU-02"))
        tablet = Tablet(running)
        tablet.enrol()
        for one in objects[:2]:
            tablet.inspect(one.object)
        tablet.push()
        running.folded()
        yield running


def asked(here: Site, path: str, **options: str) -> Any:  # noqa: ANN401  httpx's answer
    said = urlencode({f"${name}": value for name, value in options.items()})
    return here.client.get(f"/odata/{path}?{said}")


def read(here: Site, path: str, **options: str) -> Any:  # noqa: ANN401  any JSON
    answer = asked(here, path, **options)
    assert answer.status_code == 200, answer.text
    return answer.json()


class Session:
    """What the client of OData needs of `requests`, over the application itself."""

    def __init__(self, here: Site) -> None:
        self._client = here.client
        self.asked: list[str] = []

    def get(self, url: str, params: str | None = None, **_: object) -> "Answer":
        target = url if not params else f"{url}?{params}"
        self.asked.append(target)
        return Answer(self._client.get(target, headers={"accept": "application/json"}))


class Answer:
    """An answer of httpx, asked as one of requests."""

    def __init__(self, answer: Any) -> None:  # noqa: ANN401  httpx's
        self._answer = answer

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  of httpx
        return getattr(self._answer, name)


# ── a client ───────────────────────────────────────────────────────────────────────


def test_a_client_reads_what_there_is_and_pages_through_it(here: Site) -> None:
    session = Session(here)
    service = ODataService(
        "http://127.0.0.1:8420/odata/", session=session, reflect_entities=True, quiet_progress=True
    )

    objects = service.query(service.entities["Objects"])
    names = sorted(one.name for one in objects if one.name)

    assert set(service.entities) == set(SETS)
    assert names == [f"墓园 {n}" for n in range(5)]


def test_the_description_says_what_rows_hold(here: Site) -> None:
    answer = here.client.get("/odata/$metadata")
    types = {
        one.attrib["Name"]: {each.attrib["Name"] for each in one.iter(f"{EDM}Property")}
        for one in ET.fromstring(answer.text).iter(f"{EDM}EntityType")  # noqa: S314  our own
    }

    assert answer.headers["odata-version"] == "4.0"
    for name, of in SETS.items():
        rows = read(here, name)["value"]
        assert rows
        assert all(set(row) == types[of.kind] for row in rows)


def test_the_service_names_its_sets(here: Site) -> None:
    said = here.client.get("/odata/").json()

    assert [one["name"] for one in said["value"]] == list(SETS)
    assert said["@odata.context"].endswith("/odata/$metadata")


@pytest.mark.parametrize("name", SETS)
def test_pages_of_the_server_lead_to_all_rows_once(here: Site, name: str) -> None:
    whole = read(here, name)["value"]
    rows: list[Any] = []
    link: str | None = f"/odata/{name}"
    while link:
        answer = here.client.get(link, headers={"prefer": "odata.maxpagesize=2"})
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert len(page["value"]) <= 2
        rows += page["value"]
        link = page.get("@odata.nextLink")

    assert rows == whole
    assert len(rows) > 1


def test_top_is_kept_over_pages(here: Site) -> None:
    answer = here.client.get("/odata/Objects?$top=3", headers={"prefer": "maxpagesize=2"}).json()
    rest = here.client.get(answer["@odata.nextLink"], headers={"prefer": "maxpagesize=2"}).json()

    assert (len(answer["value"]), len(rest["value"])) == (2, 1)
    assert "@odata.nextLink" not in rest
    assert read(here, "Objects", top="0")["value"] == []


def test_members_are_chosen_rows_filtered_and_counted(here: Site) -> None:
    day = TODAY.isoformat()
    said = read(
        here, "Inspections", select="inspection,township", count="true",
        filter=f"started_on ge {day} and started_on le {day} and effective eq true",
    )  # fmt: skip

    assert said["@odata.count"] == 2
    assert {tuple(row) for row in said["value"]} == {("inspection", "township")}
    assert said["@odata.context"].endswith("#Inspections(inspection,township)")
    assert read(here, "Inspections", filter="started_on ge 2030-01-01", count="true") == {
        **read(here, "Inspections", filter="started_on ge 2030-01-01", count="true"),
        "@odata.count": 0,
        "value": [],
    }
    assert len(read(here, "Objects", filter=f"township eq '{T2}'")["value"]) == 1
    assert read(here, "Inspections")["@xunji.position"] == here.parts.intake.store.size()


def test_rows_come_in_the_order_asked_for(here: Site) -> None:
    rising = read(here, "Objects", orderby="name", filter="domain eq 'funeral'")["value"]
    falling = read(here, "Objects", orderby="name desc", filter="domain eq 'funeral'")["value"]

    assert [one["name"] for one in rising] == [f"墓园 {n}" for n in range(5)]
    assert falling == rising[::-1]


def test_a_home_has_no_name_and_small_figures_are_hidden(here: Site) -> None:
    home = read(here, "Objects", filter=f"township eq '{T2}'")["value"][0]
    figures = read(here, "Measures", filter=f"township eq '{T2}'")["value"]
    coverage = next(one for one in figures if one["measure"] == "object_coverage")

    assert (home["name"], home["object_type"]) == (None, "low_income_household")
    assert (coverage["done"], coverage["of"], coverage["words"]) == (None, None, "<5")


# ── what is refused ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("Objects?$expand=x", 501),
        ("Objects?$apply=aggregate(x)", 501),
        ("Objects?$search=x", 501),
        ("Objects?$skip=2", 501),
        ("Objects?$format=xml", 501),
        ("Objects?$count=true", 501),
        ("Objects?$orderby=township", 501),
        ("Inspections?$orderby=started_on asc", 501),
        ("Objects?$filter=name eq 'x'", 501),
        ("Objects?$filter=township ne 'x'", 501),
        ("Objects?$filter=township eq 'x' or township eq 'y'", 501),
        ("Objects?$filter=not (township eq 'x')", 501),
        ("Objects?$filter=contains(name,'x')", 501),
        ("Objects?$filter=township eq 'x' and township eq 'y'", 501),
        ("Objects('x')", 501),
        ("Objects?$filter=colour eq 'x'", 400),
        ("Objects?$filter=township eq 1", 400),
        ("Objects?$filter=township eq", 400),
        ("Objects?$filter=(((", 400),
        ("Objects?$filter=" + "a" * 2_001, 400),
        ("Inspections?$filter=started_on ge 2026-13-01", 400),
        ("Objects?$select=colour", 400),
        ("Objects?$top=-1", 400),
        ("Objects?$top=1&$top=2", 400),
        ("Objects?$count=maybe", 400),
        ("Objects?$skiptoken=!!", 400),
        ("Objects?$skiptoken=WzFd", 400),
        ("Measures?$skiptoken=WyJ4Il0", 400),
        ("Nothing", 404),
    ],
)
def test_what_is_not_offered_is_refused_in_the_form_of_odata(
    here: Site, path: str, status: int
) -> None:
    answer = here.client.get(f"/odata/{path}")

    assert answer.status_code == status, answer.text
    assert set(answer.json()["error"]) == {"code", "message"}
    assert answer.headers["odata-version"] == "4.0"


def test_nobody_and_who_may_not_export_read_nothing(here: Site) -> None:
    stranger = here.stranger().get("/odata/Objects")
    inspector = here.sign_in(Role.INSPECTOR).get("/odata/Objects")

    assert (stranger.status_code, inspector.status_code) == (401, 403)
    assert inspector.json()["error"]["code"] == "no-right"


def test_a_scope_narrows_every_set_or_refuses_it(here: Site) -> None:
    township = here.sign_in(Role.TOWNSHIP, townships=(T2,))
    chief = here.sign_in(Role.SECTION_CHIEF, domains=("social_assistance",))

    assert {one["township"] for one in township.get("/odata/Objects").json()["value"]} == {T2}
    assert township.get("/odata/Inspections").json()["value"] == []
    assert township.get("/odata/Items").status_code == 403
    assert township.get(f"/odata/Objects?$filter=township eq '{T1}'").status_code == 403
    assert {one["domain"] for one in chief.get("/odata/Measures").json()["value"]} == {
        "social_assistance"
    }
    assert chief.get("/odata/Items").json()["value"] == []
