"""Whatever the pages ask of the views, an index answers."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import pytest
from msgspec import structs

from backend.mongodb.plans import index_for, plans, reads_all
from backend.mongodb.views import MongoViews, indexes
from backend.rebuilding import Served
from projections.objects import OBJECTS
from projections.views import Condition, Found, Query, view_of
from tests.mongodb import standin
from tests.mongodb.test_site import a_year
from tests.server import Site, site

FILLED = {
    "date": "2026-03-01", "integer": "7", "boolean": "true", "string": "440804001",
}  # fmt: skip


class Watched:
    """Views that note what they are asked."""

    def __init__(self, views: MongoViews) -> None:
        self._views = views
        self.asked: dict[str, Query] = {}

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(self._views, name)

    def select(self, query: Query) -> list[Found]:
        self._note(query)
        return self._views.select(query)

    def count(self, view: str, where: Sequence[Condition] = ()) -> int:
        self._note(Query(view, where=tuple(where)))
        return self._views.count(view, where)

    def _note(self, query: Query) -> None:
        shape = (query.view, [(name, op) for name, op, _value in query.where], query.order)
        self.asked[f"{shape} {query.after is not None}"] = query


@pytest.fixture
def here(mongodb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    with standin.database(mongodb) as name:
        monkeypatch.setenv("XUNJI_MONGODB", standin.uri_of(mongodb, name))
        with site(tmp_path / "data") as running:
            a_year(running)
            yield running


def asked_by_the_pages(here: Site) -> Watched:
    """Ask each page for all it has, then once with each of its parameters."""
    served = cast("Served", here.parts.reading.views)
    watched = Watched(cast("MongoViews", served.now))
    served.now = cast("Any", watched)
    paths = here.client.get("/api/openapi.json").json()["paths"]
    for path, operations in paths.items():
        if "get" not in operations or "{" in path:
            continue
        here.client.get(path)
        for one in operations["get"].get("parameters", ()):
            if one["in"] == "query":
                here.client.get(path, params={one["name"]: _filled(one)})
        follow(here, path)
    return watched


def _filled(parameter: dict[str, Any]) -> str:
    schema = next(iter(parameter["schema"].get("oneOf", [parameter["schema"]])))
    if "enum" in schema:
        return str(schema["enum"][0])
    return FILLED.get(schema.get("format", ""), FILLED.get(schema.get("type", ""), "x"))


def follow(here: Site, path: str) -> None:
    """Turn the page."""
    answer = here.client.get(path, params={"limit": 1})
    if answer.status_code == 200 and answer.headers["content-type"].startswith("application/json"):
        following = answer.json().get("next") if isinstance(answer.json(), dict) else None
        if following:
            here.client.get(following)


WHOLE = {
    ("objects", "terms"): "every object with a term of its own, whichever it is",
    ("objects", "points"): "every home: a page that hides them asks once",
    ("objects", "merged_into"): "every object that was merged",
    ("supervision", "township"): "a row for each domain of a township",
}
"""Read as a whole, on purpose: no index would leave much of it unread."""


def test_an_index_answers_each_question_of_the_pages(here: Site) -> None:
    views = asked_by_the_pages(here)
    asked = [one for one in views.asked.values() if one.where or one.order]
    assert len(asked) > 20

    unserved, scanned, unsorted = set[str](), set[str](), set[str]()
    for query in asked:
        index = index_for(view_of(views.views, query.view), query)
        if index is None:
            unserved |= {f"{query.view} {name}" for name, _operator, _value in query.where}
            continue
        if any(reads_all(plan) for plan in plans(views._views, query, index.name)):
            scanned.add(repr(query))
        if query.limit is not None and not index.sorted:
            unsorted.add(f"{query.view} by {query.order}")

    assert unserved <= {" ".join(one) for one in WHOLE}
    assert scanned == set()
    assert unsorted == set()


def test_an_index_serves_what_it_leads_with_or_holds_in_order() -> None:
    view = structs.replace(OBJECTS, indexes=(("name",), ("township", "last_on")))
    equal = ("township", "=", "x")

    def served(**asked: Any) -> tuple[str, int, bool] | None:  # noqa: ANN401
        return index_for(view, Query("objects", **asked))

    assert served(where=(equal,), order=("last_on",), limit=5) == ("township_last_on", 1, True)
    assert served(where=(equal, ("last_on", ">", "y"))) == ("township_last_on", 2, False)
    assert served(order=("name",), limit=5) == ("name", 0, True)
    assert served(limit=5) == ("_id_", 0, True)
    assert served(where=(("name", "!=", ""),), order=("name",)) == ("name", 0, True)
    assert served(where=(("position", ">", 5),), order=("position",)) == ("position", 1, True)
    assert served(where=(("key", "in", ["a"]),)) == ("_id_", 1, True)
    assert served(where=(("village", "=", "x"),), order=("village", "last_on")) is None


def test_a_wide_index_has_a_narrow_one_beside_it_to_page_by() -> None:
    wide = ("name", "township", "domain", "village")
    view = structs.replace(OBJECTS, indexes=(wide, ("last_on",)))

    assert indexes(view) == {
        "_id_": ("key",),
        "position": ("position", "key"),
        "name": ("name", "key"),
        "name_township_domain_village": (*wide, "key"),
        "last_on": ("last_on", "key"),
    }
