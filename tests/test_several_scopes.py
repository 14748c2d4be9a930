"""Who answers for several townships or domains sees all of them: neither less nor more."""

import json
import shutil
from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from backend.people.guard import narrowed_by
from backend.people.rights import GRANTS, Role, right_of
from backend.people.role_table import routes_of
from events.clock import SystemClock
from projections.chosen import joined, meets, takes, values_of
from projections.measures import MEASURES
from projections.question import Filters, Question
from projections.spans import Span
from tests.server import Site, site

SCOPED = (("township", Role.TOWNSHIP, "townships"), ("domain", Role.SECTION_CHIEF, "domains"))
LISTS = (
    "/views/objects?limit=1000&closed=true",
    "/views/inspections?limit=1000",
    "/views/due?limit=1000",
    "/views/follow-ups?limit=1000&state=open",
    "/views/follow-ups?limit=1000&state=done",
    "/views/procedure?limit=1000",
    "/views/faces?limit=1000",
    "/views/recoveries?limit=1000",
)
SUMMED = (
    "object_coverage",
    "area_coverage",
    "recheck_on_time",
    "rectification_closure",
    "procedure_completeness",
    "slot_coverage",
    "supervision_faces",
)
"""Measures whose parts are the same whichever else is looked at."""


@pytest.fixture(scope="module")
def here(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A small demonstration: all domains and townships there are."""
    path = tmp_path_factory.mktemp("several") / "data"
    shutil.copytree(built, path)
    with site(path, clock=SystemClock()) as running:
        running.folded()
        yield running


def codes(here: Site, column: str) -> list[str]:
    """Return the townships or domains in which objects lie."""
    rows = here.client.get("/views/objects?limit=1000").json()["rows"]
    return sorted({row[column] for row in rows})


def rows_of(client: Any, path: str) -> list[str]:  # noqa: ANN401  a client of httpx
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = answer.json()["rows"]
    if path.startswith("/views/faces"):  # what is hidden for the sake of others depends on them
        rows = [{name: row[name] for name in ("domain", "township", "state")} for row in rows]
    return sorted(json.dumps(row, sort_keys=True) for row in rows)


@pytest.mark.parametrize(("column", "role", "scope"), SCOPED)
@pytest.mark.parametrize("path", LISTS)
def test_a_list_of_several_is_those_of_each_together(
    here: Site, path: str, column: str, role: Role, scope: str
) -> None:
    every = codes(here, column)
    one_by_one = {code: rows_of(here.client, f"{path}&{column}={code}") for code in every}
    assert len(every) > 4
    for several in (every[:2], every[1:4], every):
        own = rows_of(here.sign_in(role, **{scope: tuple(several)}), path)

        assert own == sorted(row for code in several for row in one_by_one[code])


@pytest.mark.parametrize("path", LISTS)
def test_of_several_each_can_be_chosen_and_no_other(here: Site, path: str) -> None:
    first, second, third, *_ = codes(here, "township")
    client = here.sign_in(Role.TOWNSHIP, townships=(first, second))

    for own in (first, second, f"{first},{second}", f"{second},{first}"):
        asked = f"{path}&township={own}"
        assert rows_of(client, asked) == rows_of(here.client, asked)
    for beyond in (third, f"{first},{third}"):
        assert client.get(f"{path}&township={beyond}").status_code == 403


@pytest.mark.parametrize(("column", "role", "scope"), SCOPED)
def test_whatever_such_a_reader_asks_is_answered_as_if_they_had_named_all_of_theirs(
    here: Site, column: str, role: Role, scope: str
) -> None:
    several = tuple(codes(here, column)[1:3])
    client = here.sign_in(role, **{scope: several})
    asked = 0
    for path, method, handler in routes_of(here.client.app):
        right = right_of(path, handler.opt)
        is_data = path.startswith(("/views/", "/map/")) and not path.endswith("cell")
        if method != "GET" or not is_data or right not in GRANTS[role]:
            continue
        if column not in narrowed_by(handler):
            continue
        for measure in MEASURES if "{name}" in path else ("",):
            filled = path.replace("{name}", measure)
            own = client.get(filled)
            named = here.client.get(f"{filled}?{column}={joined(several)}")
            assert own.status_code in (200, 400), (filled, own.text)  # of a series there is not
            assert (own.status_code, own.text) == (named.status_code, named.text), filled
            asked += own.status_code == 200
    assert asked > 30


# ── what measures read ─────────────────────────────────────────────────────────────


def pairs(here: Site) -> list[tuple[str, Sequence[str]]]:
    return [(name, two) for name, _, _ in SCOPED for two in combinations(codes(here, name), 2)]


def question(here: Site, **filters: str) -> Question:
    today = here.parts.reading.today()
    year = Span(today.replace(month=1, day=1), today.replace(month=12, day=31))
    return Question(here.parts.reading.views, year, today, Filters(**filters))


def test_what_measures_read_of_two_is_what_they_read_of_each(here: Site) -> None:
    for column, two in pairs(here):
        both = question(here, **{column: joined(two)})
        each = [question(here, **{column: one}) for one in two]

        assert sorted(one.object for one in both.objects) == sorted(
            one.object for single in each for one in single.objects
        )
        assert sorted(one.inspection for one in both.done) == sorted(
            one.inspection for single in each for one in single.done
        )


@pytest.mark.parametrize("name", SUMMED)
def test_a_measure_of_two_is_made_of_the_parts_of_each(here: Site, name: str) -> None:
    compute = MEASURES[name].compute
    seen = 0
    for column, two in pairs(here)[::3]:
        both = compute(question(here, **{column: joined(two)})).figures
        each = [compute(question(here, **{column: one})).figures for one in two]
        for figure, found in both.items():
            parts = sorted((part.key, part.done, part.of) for part in found.parts)
            alone: dict[str, tuple[int, int]] = {}  # of a village, both may know something
            for part in (part for one in each for part in one[figure].parts):
                held = alone.get(part.key, (0, 0))
                alone[part.key] = max(held[0], part.done), max(held[1], part.of)
            assert parts == sorted((key, *of) for key, of in alone.items()), (name, column, two)
            seen += len(parts)
    assert seen


# ── the words of a filter ──────────────────────────────────────────────────────────


def test_a_filter_names_one_value_several_or_all() -> None:
    assert values_of("a,b") == ("a", "b")
    assert values_of(joined(("a", "b"))) == ("a", "b")
    assert values_of(",") == ()
    assert [takes("a,b", one) for one in ("a", "b", "c", "a,b")] == [True, True, False, True]
    assert not takes(",", "a")
    assert takes(None, "a")
    assert meets(None, ())
    assert meets("a", ())
    assert meets("a,b", ("b", "c"))
    assert not meets("a", ("b",))
