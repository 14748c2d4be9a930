"""Bureaus for tests of what rules ask: an item, an object, visits, each in one line."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from events.inspections import InspectionStarted, SegmentCovered, Walked
from events.office import PlanAdopted
from events.register import ItemListed, ObjectListed, ObjectRevised
from projections.catalogue import VIEWS
from projections.figures import Figure
from projections.fold import catch_up
from projections.question import Filters, Question
from projections.spans import Span
from projections.views import MemoryViews
from tests.histories import History, a_completion, a_visit, an_id, local

YEAR = Span(date(2026, 1, 1), date(2026, 12, 31))
T1, T2 = "440804001", "440804002"
LEVELS: dict[str, Any] = {
    "mode": "min_by_level",
    "classes": {
        "hotspot": {"count": 1, "per": "day_per_key_slot"},
        "arterial": {"count": 1, "per": "day"},
        "other": {"count": 1, "per": "week"},
    },
    "multiplier": {"special_weather": 2},
}


class Ruled:
    """A bureau in the making. Names stand for ids; days are ISO texts."""

    def __init__(self) -> None:
        self.history = History()
        self.names: dict[str, str] = {}

    def record(self, *facts: Any) -> None:  # noqa: ANN401  facts of any kind
        for fact in facts:
            self.history.record(fact)

    def item(
        self,
        code: str,
        frequency: Mapping[str, Any],
        *types: str,
        since: str = "2020-01-01",
        **other: Any,  # noqa: ANN401  members
    ) -> None:
        members: dict[str, Any] = {"plannable": True, "domain": "funeral", **other}
        self.record(
            ItemListed(
                item=code,
                name_zh=code,
                name_en=code,
                kind="inspection",
                valid_from=date.fromisoformat(since),
                object_types=types or ("shop",),
                frequency={**frequency},
                **members,
            )
        )

    def thing(
        self,
        name: str,
        object_type: str = "shop",
        since: str = "2020-01-01",
        *,
        revised: bool = False,
        **other: Any,  # noqa: ANN401  members
    ) -> str:
        key = an_id(name)
        self.names[key] = name
        make = ObjectRevised if revised else ObjectListed
        members = {"domain": "funeral", "township": T1, "name": name, **other}
        self.record(
            make(
                object=key,
                object_type=object_type,
                valid_from=date.fromisoformat(since),
                **members,
            )
        )
        return key

    def plan(self, start: str, end: str, *lines: dict[str, Any]) -> None:
        days = (date.fromisoformat(start), date.fromisoformat(end))
        self.record(PlanAdopted(an_id(f"plan {start}"), "The plan", *days, lines))

    def visit(self, thing: str, day: str, *items: str, **completion: Any) -> str:  # noqa: ANN401
        """Record an effective inspection of a thing with items."""
        name = f"visit {len(self.history.records)}"
        visit = a_visit(name, thing, day, items=items, object_type="shop", domain="funeral")
        self.history.record(InspectionStarted(visit=visit, checklist="C", version=1),
                            local(day, "09:00"), name)  # fmt: skip
        self.history.record(a_completion(visit, **completion), local(day), name)
        return an_id(name)

    def walk(
        self,
        when: str,
        *places: str,
        walked: Walked = "full",
        fraction: float | None = None,
        matching: str | None = None,
        **completion: Any,  # noqa: ANN401
    ) -> None:
        """Record a patrol that walked places, all at one time (`2026-03-01 20:30`)."""
        day, clock = when.split()
        name = f"patrol {len(self.history.records)}"
        keys = {"kind": "street_patrol", "nature": "service", "object_type": "hotspot"}
        visit = a_visit(name, places[0], day, items=("P",), **keys)
        at = local(day, clock)
        started = InspectionStarted(visit=visit, checklist="C", version=1)
        self.history.record(started, at - 60_000_000, name)
        for place in places:
            fact = SegmentCovered(
                visit=visit, segment=an_id(place), walked=walked,
                fraction=fraction, matching=matching,
            )  # fmt: skip
            self.history.record(fact, at, name)
        self.history.record(a_completion(visit, **completion), at + 60_000_000, name)

    def asked(
        self, period: Span = YEAR, today: str = "2026-12-31", filters: Filters | None = None
    ) -> Question:
        views = MemoryViews(VIEWS)
        catch_up(self.history.store(), views)
        return Question(views, period, date.fromisoformat(today), filters)

    def told(self, figure: Figure) -> dict[str, str]:
        """Return a figure as `{key with names: done/of}`."""
        return {self.named(part.key): f"{part.done}/{part.of}" for part in figure.parts}

    def named(self, key: str) -> str:
        return "|".join(self.names.get(one, one) for one in key.split("|"))


def days(start: str, end: str) -> Span:
    return Span(date.fromisoformat(start), date.fromisoformat(end))
