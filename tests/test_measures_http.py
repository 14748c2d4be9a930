"""All measures over HTTP and at the terminal: figures, rows, two periods, steps; who is hidden."""

import csv
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from backend.measuring import MOST_HELD, Asked
from events.register import AreaListed
from projections.measures import MEASURES
from projections.spans import Span
from tests.histories import an_id
from tests.server import TODAY, Site, Tablet, an_item, an_object, site

NOBODY_HERE = an_id("an officer who was never there")

T1, T2 = "440804001", "440804002"
V1, V2 = f"{T1}201", f"{T2}203"


def a_home(village: str = V2) -> Any:  # noqa: ANN401  a fact
    return an_object(
        object_type="low_income_household", domain="social_assistance", name=None,
        township=village[:9], village=village,
    )  # fmt: skip


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Five cemeteries in one township, two inspected; four homes in another, one inspected."""
    with site(tmp_path_factory.mktemp("measures") / "data") as running:
        places = [an_object(name=f"墓园 {n}", village=V1) for n in range(5)]
        homes = [a_home() for _ in range(4)]
        running.tell(
            *places, *homes, an_item(), an_item(item="MZ-FU-02"),
            AreaListed(area=T1, name_zh="南调街道", name_en="Nandiao", level="township",
                       valid_from=TODAY),
        )  # fmt: skip
        tablet = Tablet(running)
        tablet.enrol()
        for one in places[:2]:
            tablet.inspect(one.object, village=V1)
        home = {"object_type": "low_income_household", "domain": "social_assistance", "items": ()}
        tablet.inspect(homes[0].object, township=T2, village=V2, **home)
        tablet.push()
        running.folded()
        yield running


def get(here: Site, path: str) -> Any:  # noqa: ANN401  any JSON
    answer = here.client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


def table(here: Site, path: str) -> list[dict[str, str]]:
    answer = here.client.get(path)
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(StringIO(answer.content.decode("utf-8-sig"))))


def measured(here: Site, name: str, query: str = "") -> Any:  # noqa: ANN401
    return get(here, f"/views/measures/{name}?{query}")


# ── all of them ────────────────────────────────────────────────────────────────────


def test_all_measures_are_told_at_a_glance_in_both_languages(here: Site) -> None:
    said = get(here, "/views/measures")

    found = {one["measure"]: one for one in said["measures"]}
    assert list(found) == list(MEASURES)
    assert found["item_coverage"] == {
        "measure": "item_coverage", "version": 1,
        "name": {"zh": "事项覆盖率", "en": "Item coverage"}, "done": 1, "of": 2, "rate": 0.5,
        "words": "50.0%", "breakdowns": {},
    }  # fmt: skip
    assert found["officer_participation"]["words"] == "no objects"
    assert all(one["name"]["zh"] != one["name"]["en"] for one in found.values())
    assert said["period"] == {"start": "2026-01-01", "end": "2026-12-31"}


def test_every_answer_quotes_views_measures_and_what_was_asked(here: Site) -> None:
    for path, names in (
        ("/views/measures", list(MEASURES)),
        ("/views/measures/cap_use", ["cap_use"]),
        ("/views/measures/cap_use/comparison", ["cap_use"]),
        ("/views/measures/cap_use/series", ["cap_use"]),
    ):
        as_of = get(here, f"{path}?township={T1}")["as_of"]

        assert as_of["position"] == here.parts.intake.store.size()
        assert list(as_of["measures"]) == names
        assert as_of["versions"]["inspections"] >= 2
        assert as_of["query"] == {"path": path, "township": T1}
        assert as_of["today"] == str(TODAY)


def test_the_table_speaks_the_language_of_its_reader(here: Site) -> None:
    chinese = table(here, "/views/measures?format=csv&lang=zh")
    english = table(here, "/views/measures?format=csv&lang=en")

    assert list(english[0]) == ["measure", "figure", "done", "of", "rate", "rate in words"]
    assert list(chinese[0]) == ["指标", "数据", "已查", "应计", "比率", "比率说明"]
    assert [row["measure"] for row in english if row["figure"] != "inspections"][:2] == [
        "Object coverage",
        "Item coverage",
    ]
    strict = next(row for row in chinese if row["数据"] == "两个领域、四次检查以上")
    assert (strict["指标"], strict["比率说明"]) == ("人人会执法", "没有对象")


# ── one of them ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_pages_lead_to_all_rows_behind_a_figure_once(here: Site, limit: int) -> None:
    whole = measured(here, "object_coverage", "rows=true&limit=1000")["rows"]
    rows: list[Any] = []
    link: str | None = f"/views/measures/object_coverage?rows=true&limit={limit}"
    while link:
        page = get(here, link)
        assert 0 < len(page["rows"]) <= limit
        rows += page["rows"]
        link = page["next"]

    assert rows == whole
    assert len(rows) == 9
    assert sum(row["done"] for row in rows) == 3
    assert {row["name"] for row in rows if row["name"]} == {f"墓园 {n}" for n in range(5)}


def test_without_being_asked_no_rows_come(here: Site) -> None:
    said = measured(here, "object_coverage")

    assert (said["rows"], said["next"]) == (None, None)


def test_rows_of_another_figure_and_of_a_list(here: Site) -> None:
    strict = measured(here, "officer_participation", "rows=true&figure=strict")
    neither = measured(here, "supervision_faces", "list=inspected_only")

    assert strict["rows"] == []
    assert [row["key"] for row in neither["rows"]] == [f"funeral|{T1}", f"social_assistance|{T2}"]
    assert neither["rows"][0]["name"] == "殡葬 · 南调街道"
    assert neither["lists"]["inspected_only"] == 2


def test_one_breakdown_can_be_chosen(here: Site) -> None:
    whole = measured(here, "object_coverage")["by"]
    chosen = measured(here, "object_coverage", "by=object_type")["by"]

    assert list(chosen) == ["object_type"]
    assert chosen["object_type"] == whole["object_type"]


@pytest.mark.parametrize(
    ("query", "done_of"),
    [
        (f"township={T1}", (2, 5)),
        (f"village={V1}", (2, 5)),
        ("domain=funeral", (2, 5)),
        (f"village={V1}&officer={NOBODY_HERE}", (0, 5)),
        ("township=440804009", (0, 0)),
        (f"village={V1}&to={TODAY.replace(day=1)}", (0, 5)),
        (f"village={V1}&today=2025-12-31", (0, 0)),
    ],
)
def test_filters_and_period_hold_for_measures_and_coverage_alike(
    here: Site, query: str, done_of: tuple[int, int]
) -> None:
    one = measured(here, "object_coverage", query)["figures"][0]
    coverage = get(here, f"/views/coverage?{query}")["objects"]

    assert (one["done"], one["of"]) == (coverage["done"], coverage["of"]) == done_of


def test_rows_and_breakdowns_are_tables_too(here: Site) -> None:
    rows = table(here, "/views/measures/object_coverage?rows=true&format=csv&lang=en")
    by = table(here, "/views/measures/supervision_faces?by=domain&format=csv&lang=en")

    assert list(rows[0]) == ["row", "name", "done", "of"]
    assert len(rows) == 9
    assert [(row["value"], row["name"], row["of"]) for row in by] == [
        ("cells", "domains in townships", "2"),
        ("funeral", "funeral affairs", "1"),
        ("social_assistance", "social assistance", "1"),
    ]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("nonsense", 404),
        ("nonsense/series", 404),
        ("nonsense/comparison", 404),
        ("object_coverage?by=colour", 400),
        ("object_coverage?rows=true&figure=colour", 400),
        ("object_coverage?list=colour", 400),
        ("object_coverage?rows=true&after=AAAA", 400),
        ("object_coverage?rows=true&after=WzEsMl0", 400),
        ("object_coverage?rows=true&limit=1001", 400),
        ("object_coverage?officer=" + "9" * 65, 400),
        ("object_coverage?from=2026-02-01&to=2026-01-01", 400),
        ("object_coverage?from=yesterday", 400),
        ("object_coverage/series?step=fortnight", 400),
        ("object_coverage/series?step=week&from=2000-01-01&to=2026-01-01", 400),
        ("object_coverage/series?step=day&from=2000-01-01", 400),
        ("object_coverage/comparison?from=0001-01-01&to=0001-02-01", 400),
        ("object_coverage/comparison?against_from=2026-01-01", 400),
        ("object_coverage/comparison?against_from=2026-01-02&against_to=2026-01-01", 400),
    ],
)
def test_what_is_unknown_or_out_of_bounds_is_refused(here: Site, path: str, status: int) -> None:
    assert here.client.get(f"/views/measures/{path}").status_code == status


# ── who is hidden ──────────────────────────────────────────────────────────────────


def test_fewer_than_five_homes_are_hidden_and_never_alone(here: Site) -> None:
    by = measured(here, "object_coverage")["by"]

    homes = next(one for one in by["object_type"] if one["key"] == "low_income_household")
    others = next(one for one in by["object_type"] if one["key"] == "cemetery")
    assert (homes["done"], homes["of"], homes["rate"], homes["words"]) == (None, None, None, "<5")
    assert (others["of"], others["words"]) == (None, "hidden")  # else the sum would tell
    assert {one["words"] for one in by["township"]} == {"<5", "hidden"}


def test_a_filter_does_not_show_what_a_breakdown_hides(here: Site) -> None:
    said = measured(here, "object_coverage", f"village={V2}")["figures"][0]
    line = get(here, f"/views/measures?village={V2}")["measures"][0]
    coverage = get(here, f"/views/coverage?village={V2}")

    assert (said["done"], said["of"], said["words"]) == (None, None, "<5")
    assert (line["done"], line["of"], line["words"]) == (None, None, "<5")
    assert coverage["objects"]["of"] is coverage["townships"][T2]["of"] is None


def test_how_long_the_lists_of_a_hidden_figure_are_is_hidden_with_it(here: Site) -> None:
    few = measured(here, "object_coverage", f"village={V2}")
    many = measured(here, "object_coverage", f"village={V1}")

    assert set(few["lists"].values()) == {None}
    assert set(many["lists"].values()) == {0}


def test_tables_hide_as_well(here: Site) -> None:
    path = "/views/measures/object_coverage?by=township&format=csv&lang=en"
    rows = {row["value"]: row for row in table(here, path)}
    coverage = {
        row["township"]: row for row in table(here, "/views/coverage?format=csv") if row["township"]
    }

    assert (rows[T2]["done"], rows[T2]["of"], rows[T2]["rate in words"]) == ("", "", "<5")
    assert rows[T1]["rate in words"] == coverage[T1]["words"] == "hidden"
    assert (coverage[T2]["done"], coverage[T2]["words"]) == ("", "<5")


def test_inspections_of_few_homes_are_hidden_too(here: Site) -> None:
    by = measured(here, "procedure_completeness", "by=township")["by"]["township"]

    assert {one["key"]: one["words"] for one in by} == {T1: "hidden", T2: "<5"}


def test_changes_tell_nothing_of_who_is_hidden(here: Site) -> None:
    said = measured(here, "object_coverage/comparison", f"village={V2}&rows=true")

    change = said["figures"][0]
    assert (change["now"]["words"], change["points"], change["came"]) == ("<5", None, None)
    assert change["rows"] is None


def test_five_homes_are_told(tmp_path: Path) -> None:
    with site(tmp_path / "data") as here:
        here.tell(*(a_home() for _ in range(5)))
        here.folded()

        said = measured(here, "object_coverage")

    assert [one["of"] for one in said["by"]["township"]] == [5]
    assert said["figures"][0]["of"] == 5


# ── two periods, and steps ─────────────────────────────────────────────────────────


def test_a_period_is_compared_with_as_much_before_it(here: Site) -> None:
    said = get(here, "/views/measures/item_coverage/comparison?from=2026-01-01&to=2026-12-31")

    assert said["against"] == {"start": "2025-01-01", "end": TODAY.replace(year=2025).isoformat()}
    change = said["figures"][0]
    assert (change["then"]["words"], change["now"]["words"]) == ("no objects", "50.0%")
    assert (change["points"], change["joined"], change["rows"]) == (None, 2, None)


def test_which_rows_came_is_told_when_asked_for(here: Site) -> None:
    query = f"against_from=2026-01-01&against_to={TODAY.replace(day=1)}&rows=true"

    said = measured(here, "item_coverage/comparison", query)

    change = said["figures"][0]
    assert (change["then"]["words"], change["now"]["words"]) == ("0.0%", "50.0%")
    assert change["points"] == 50
    assert change["rows"] == {"came": ["MZ-FU-01"], "went": [], "joined": [], "left": []}


def test_a_comparison_is_a_table_that_hides_numbers_with_the_few_homes_in_them(
    here: Site,
) -> None:
    rows = table(here, "/views/measures/domain_breadth/comparison?format=csv&lang=zh")

    share = next(row for row in rows if row["分类值"] == "concentration")
    assert (share["名称"], share["已查"]) == ("社会组织占比", "")
    assert rows[0]["比率说明"] == "25.0%"


def test_steps_hide_inspections_from_which_the_few_homes_follow(here: Site) -> None:
    said = get(here, "/views/measures/domain_breadth/series?step=quarter")

    assert [one["period"]["start"] for one in said["steps"]] == ["2026-01-01", "2026-04-01"]
    first, second = said["steps"]
    assert (first["inspections"], first["numbers"]["concentration"]) == ({}, None)
    assert second["inspections"] == {"funeral": None, "social_assistance": None}
    assert second["numbers"]["concentration"] is None


def test_all_steps_of_a_table_have_the_same_columns(here: Site) -> None:
    rows = table(here, "/views/measures/domain_breadth/series?step=month&format=csv&lang=en")

    assert len(rows) == TODAY.month
    assert [row["inspections · funeral affairs"] for row in rows] == ["0"] * (TODAY.month - 1) + [
        ""
    ]
    assert rows[0]["share of social organisations"] == ""


# ── answers are kept while nothing changes ─────────────────────────────────────────


def test_answers_follow_the_records(tmp_path: Path) -> None:
    with site(tmp_path / "data") as here:
        places = [an_object(), an_object()]
        here.tell(*places)
        tablet = Tablet(here)
        tablet.enrol()
        here.folded()
        before = measured(here, "object_coverage")["figures"][0]
        tablet.inspect(places[0].object)
        tablet.push()
        here.folded()

        after = measured(here, "object_coverage")["figures"][0]

    assert (before["done"], after["done"], after["of"]) == (0, 1, 2)


def test_answers_are_kept_while_nothing_changes_but_not_any_number_of_them(here: Site) -> None:
    measuring = here.parts.overview.measuring
    asked = Asked(Span(TODAY.replace(month=1, day=1), TODAY), TODAY)
    with here.parts.reading.held():
        kept = measuring.measured("object_coverage", asked)
        again = measuring.measured("object_coverage", asked)
        for day in range(1, MOST_HELD + 1):
            measuring.measured("object_coverage", asked.over(Span(TODAY.replace(day=day), TODAY)))
        anew = measuring.measured("object_coverage", asked)

    assert again is kept
    assert anew is not kept
    assert anew == kept


# ── the description, and the terminal ──────────────────────────────────────────────


def test_the_description_names_every_filter_of_every_route(here: Site) -> None:
    paths = get(here, "/api/openapi.json")["paths"]

    asked = {"township", "village", "domain", "kind", "officer", "from", "to", "today", "format"}
    told = {
        path: {one["name"] for one in operations["get"]["parameters"]}
        for path, operations in paths.items()
        if path.startswith(("/views/measures", "/views/coverage"))
    }
    assert len(told) == 5
    assert all(asked <= names for names in told.values())


def xunji(path: Path, *options: str, speaking: str = "en") -> subprocess.CompletedProcess[str]:
    command = [Path(sys.executable).with_name("xunji"), "measures", "--data", path, *options]
    return subprocess.run(
        command, capture_output=True, text=True, check=False,
        env={**os.environ, "XUNJI_LANG": speaking, "COLUMNS": "100"},
    )  # fmt: skip


def test_the_terminal_shows_what_the_server_serves(here: Site) -> None:
    day = ("--today", TODAY.isoformat())
    served = get(here, f"/views/measures?township={T1}")

    said = json.loads(xunji(here.folder.path, *day, "--township", T1, "--json").stdout)
    again = json.loads(
        xunji(here.folder.path, *day, "--township", T1, "--json", "--at",
              str(served["as_of"]["position"])).stdout
    )  # fmt: skip

    assert said["measures"] == served["measures"] == again["measures"]
    assert said["measure_versions"] == served["as_of"]["measures"]
    assert said["position"] == served["as_of"]["position"]


def test_the_terminal_computes_any_earlier_moment_from_the_records(here: Site) -> None:
    then = json.loads(xunji(here.folder.path, "--json", "--at", "2").stdout)

    assert then["position"] == 2
    assert {one["words"] for one in then["measures"][:2]} == {"no objects"}


def test_the_terminal_speaks_both_languages(here: Site) -> None:
    english = xunji(here.folder.path, "--today", TODAY.isoformat())
    chinese = xunji(here.folder.path, "--today", TODAY.isoformat(), speaking="zh")

    assert "Supervision faces" in english.stdout
    assert "no objects" in english.stdout
    assert "面面有监督" in chinese.stdout
    assert "没有对象" in chinese.stdout


def test_the_terminal_says_what_is_wrong(here: Site, tmp_path: Path) -> None:
    assert xunji(tmp_path / "nothing").returncode == 3
    assert xunji(here.folder.path, "--at", "yesterday").returncode == 2
    assert xunji(here.folder.path, "--from", "2026-02-01", "--to", "2026-01-01").returncode == 2
