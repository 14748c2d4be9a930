"""Published versions stay runnable: what was printed can be computed again, years later."""

from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from msgspec import json, msgpack

from events.store import Stored
from projections.catalogue import VIEWS
from projections.fold import catch_up
from projections.published import MEASURES, PUBLISHED, UnpublishedError, measure, recomputed, view
from projections.spans import Span
from projections.view import View
from projections.views import MemoryViews, Query
from tests.histories import Shelf

FOLDER = Path(__file__).parent / "published"
DIGESTS: dict[str, str] = json.decode((FOLDER / "digests.json").read_bytes())
QUOTED: list[dict[str, Any]] = json.decode((FOLDER / "quoted.json").read_bytes())


@pytest.fixture(scope="module")
def records() -> Shelf:
    return Shelf(Stored(*one) for one in msgpack.decode((FOLDER / "records.msgpack").read_bytes()))


def digest(of: View, records: Shelf) -> str:
    views = MemoryViews([of])
    catch_up(records, views)
    rows = views.select(Query(of.name, columns=("position", *of.columns), document=True))
    return sha256(msgpack.encode(rows)).hexdigest()


@pytest.mark.parametrize("version", sorted(DIGESTS))
def test_a_published_version_gives_what_it_gave(version: str, records: Shelf) -> None:
    name, number = version.split()

    assert digest(view(name, int(number)), records) == DIGESTS[version]


def test_what_the_catalogue_holds_is_published() -> None:
    assert all(PUBLISHED[one.name, one.version] is one for one in VIEWS)
    newest = dict(sorted(PUBLISHED))
    assert newest == {one.name: one.version for one in VIEWS}


@pytest.mark.parametrize("quoted", QUOTED)
def test_a_figure_quoted_by_an_older_version_is_computed_again(
    quoted: dict[str, Any], records: Shelf
) -> None:
    query = dict(quoted["query"])
    period = Span(date.fromisoformat(query.pop("from")), date.fromisoformat(query.pop("to")))
    meant = measure(quoted["measure"], quoted["versions"])

    found = recomputed(
        records, meant, quoted["position"], period, date.fromisoformat(quoted["today"]), query
    )

    assert PUBLISHED["inspections", quoted["versions"]["inspections"]] not in VIEWS
    figures = dict(found.figures) | {
        f"objects {code}": one for code, one in found.by["township"].items()
    }
    shown = {name: f"{one.numerator}/{one.denominator}" for name, one in figures.items()}
    assert shown == quoted["figures"]


def test_the_newest_measure_is_meant_that_agrees_with_what_is_quoted() -> None:
    assert measure("coverage", {}).version == max(v for n, v in MEASURES if n == "coverage")
    assert measure("coverage", {"inspections": 1, "erasures": 1}).version == 1
    assert measure("coverage", {"coverage": 1}).version == 1


@pytest.mark.parametrize("version", sorted(MEASURES))
def test_a_measure_needs_no_more_facts_than_it_says(
    version: tuple[str, int], records: Shelf
) -> None:
    meant = MEASURES[version]
    narrow, whole = (
        MemoryViews(meant.views),
        MemoryViews([view(*one) for one in meant.reads.items()]),
    )
    for views in (narrow, whole):
        catch_up(records, views)
    period, today = Span(date(2026, 1, 1), date(2026, 12, 31)), date(2026, 6, 30)

    assert meant.compute(narrow, period, today, {}) == meant.compute(whole, period, today, {})


@pytest.mark.parametrize("versions", [{"inspections": 99}, {"coverage": 99}])
def test_what_was_never_published_is_refused(versions: dict[str, int]) -> None:
    with pytest.raises(UnpublishedError, match="99"):
        measure("coverage", versions)
    with pytest.raises(UnpublishedError, match="99"):
        view("inspections", 99)
