"""Published versions stay runnable: what was printed can be computed again, years later."""

from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from msgspec import json, msgpack, structs

from events.store import Stored
from projections import measures
from projections.catalogue import VIEWS
from projections.coverage import coverage
from projections.fold import catch_up
from projections.published import (
    MEASURES,
    PUBLISHED,
    UnpublishedError,
    answers_for,
    measure,
    newest,
    recomputed,
    view,
    views_of,
)
from projections.question import Filters, Question
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


def test_of_views_that_are_named_those_that_were_published_are_found() -> None:
    found = views_of({"inspections": 1, "objects": 99, "nothing": 1, "items": 1})

    assert found == (PUBLISHED["inspections", 1], PUBLISHED["items", 1])
    assert views_of({}) == ()


def test_older_views_answer_for_newer_ones_that_ask_no_more_of_them() -> None:
    objects, items = (
        next(one for one in VIEWS if one.name == name) for name in ("objects", "items")
    )
    fewer = structs.replace(objects, columns={"name": "text"}, version=99)
    more = structs.replace(objects, columns={**objects.columns, "height": "integer"})
    typed = structs.replace(objects, columns={**objects.columns, "name": "integer"})
    changed = structs.replace(objects, document=items.document)

    assert answers_for([items, objects], [objects, items])
    assert answers_for([objects], [fewer])
    assert answers_for([objects], [])
    assert not answers_for([objects], [objects, items])
    assert not answers_for([items], [objects])
    assert not answers_for([], [objects])
    for newer in (more, typed, changed):
        assert not answers_for([objects], [newer])
    assert not answers_for([objects, items], [items, more])


def test_the_newest_version_of_a_measure_is_the_one_that_is_used() -> None:
    assert newest("coverage") is MEASURES["coverage", 2]
    for one in measures.MEASURES.values():
        found = newest(one.name)
        assert (found.name, found.version) == (one.name, one.version)
        assert found.reads == {each.name: each.version for each in VIEWS if each.name in one.views}
    with pytest.raises(UnpublishedError, match="nothing reads"):
        newest("nothing")


def test_coverage_tells_objects_items_domains_and_villages_and_objects_by_township(
    records: Shelf,
) -> None:
    views = MemoryViews(VIEWS)
    catch_up(records, views)
    period, today = Span(date(2026, 1, 1), date(2026, 12, 31)), date(2026, 6, 30)

    for chosen in ({}, {"township": "440804001"}):
        found = newest("coverage").compute(views, period, today, chosen)
        meant = coverage(views, period, today, Filters(**chosen))
        assert found.figures == {
            "objects": meant.objects,
            "items": meant.items,
            "domains": meant.breadth.domains,
            "villages": meant.villages,
        }
        assert found.by == {"township": meant.townships}


def test_a_measure_of_today_computes_what_the_registry_computes(records: Shelf) -> None:
    views = MemoryViews(VIEWS)
    catch_up(records, views)
    period, today = Span(date(2026, 1, 1), date(2026, 12, 31)), date(2026, 6, 30)
    township = "440804001"

    for one in measures.MEASURES.values():
        for chosen in ({}, {"township": township}):
            asked = Question(views, period, today, Filters(**chosen))
            assert newest(one.name).compute(views, period, today, chosen) == one.compute(asked)
