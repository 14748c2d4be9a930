"""What happens from 5 January to the pinned today, and in what order it reaches the office.

Pure: the same seed gives the same year. A tablet's commands are in its own order; what touches
the server (pushes, pulls, what the office writes) also has a place in the order of all.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from msgspec import Struct, structs

from backend.demo import irregular, planning, rechecks, weather
from backend.demo.approving import approved
from backend.demo.chance import Dice
from backend.demo.district import District, Listed, Tablet
from events.clock import CHINA, microseconds
from events.facts import Fact
from events.office import (
    CalendarDayDeclared,
    InspectionAssigned,
    SensitivePeriodDeclared,
    SupervisionRecorded,
)
from events.register import CertificateIssued, LeaveTaken, ObjectClosed, ObjectMerged

FIRST_DAY: Final = date(2026, 1, 5)
TODAY: Final = date(2026, 11, 23)  # pinned: a Monday morning
_PATROLS, _RECHECKS, _FUNERAL = 1_750, 1_060, 340  # visits at scale 1
_SOCIAL, _OTHERS = 330, 250
_PATROLLED: Final = ("street_segment", "hotspot")
_FUNERAL_TYPES: Final = {
    "cemetery_public_welfare": 3, "funeral_goods_shop": 3, "burial_patrol_segment": 5,
    "columbarium": 2, "cemetery_commercial": 2, "funeral_parlour": 1, "funeral_agent": 1,
}  # fmt: skip
_HOLIDAYS: Final = (
    (date(2026, 1, 1), 1), (date(2026, 2, 16), 7), (date(2026, 4, 4), 3), (date(2026, 5, 1), 5),
    (date(2026, 6, 19), 3), (date(2026, 9, 25), 3), (date(2026, 10, 1), 7),
)  # fmt: skip
_PERIODS: Final = (
    ("春节", date(2026, 2, 10), date(2026, 2, 24)),
    ("清明祭扫", date(2026, 3, 28), date(2026, 4, 12)),
    ("国庆中秋", date(2026, 9, 25), date(2026, 10, 8)),
    ("重阳祭扫", date(2026, 10, 15), date(2026, 10, 21)),
)
_MINUTE: Final = 60_000_000
_EVENING_TURNS: Final = 3  # before the tablet hands in at ten


class Inspection(Struct, frozen=True, kw_only=True):
    """One visit as it will be recorded. `at` in microseconds; `answers` override the usual.

    `stroll` is the part of a segment that is really walked, None without a receiver.
    """

    inspection: str
    at: int
    kind: str
    object: str
    source: str
    officers: tuple[str, ...]
    assignment: str | None = None
    answers: dict[str, Any] = {}
    persons: tuple[dict[str, Any], ...] = ()
    faults: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    stroll: float | None = None


class Push(Struct, frozen=True):
    """The tablet reaches the network and sends what it has."""

    at: int


class Pull(Struct, frozen=True):
    """The tablet fetches lists and work."""

    at: int


class OfficeStep(Struct, frozen=True):
    """Facts that the office records at `at`."""

    at: int
    facts: tuple[Fact, ...]


class Review(Struct, frozen=True):
    """The office goes through what came in: orders, proposals, requests to erase."""

    at: int


class Morning(Struct, frozen=True):
    """The office does what it has in mind: tasks, causes, money that came in."""

    at: int


class Year(Struct, frozen=True):
    """The commands of each tablet in its order, and what the office does.

    `reinspected` names, for an inspection that ordered something, the one that looks again.
    """

    tablets: tuple[tuple[Inspection | Push | Pull, ...], ...]
    office: tuple[OfficeStep | Review | Morning, ...]
    reinspected: dict[str, str]

    @property
    def inspections(self) -> int:
        """How many visits there are."""
        return sum(isinstance(one, Inspection) for tablet in self.tablets for one in tablet)


def year(district: District, devices: Sequence[str], seed: int, scale: float) -> Year:
    """Return the demo year. `devices` are the ids the office gave the tablets, in their order."""
    visits = [
        sorted(
            (
                *_visits(Dice.for_purpose(seed, f"visits {number}"), district, number, scale),
                *_warned(Dice.for_purpose(seed, f"warned {number}"), district, number, seed),
            ),
            key=_at,
        )
        for number in range(len(district.tablets))
    ]
    again = dict(_reinspections(Dice.for_purpose(seed, "again"), district, visits[-1]))
    visits[-1] = _at_caps(district, sorted([*visits[-1], *again.values()], key=_at))
    tablets = tuple(
        tuple(_with_network(Dice.for_purpose(seed, f"network {number}"), number, own))
        for number, own in enumerate(visits)
    )
    office = sorted(_office(seed, district, devices, visits), key=_at)
    return Year(tablets, tuple(office), {first: one.inspection for first, one in again.items()})


def instant(day: date, hour: int, minute: int = 0) -> int:
    """Return a local moment of the district as microseconds since 1970 UTC."""
    return microseconds(datetime.combine(day, time(hour, minute), UTC)) - CHINA * _MINUTE


def _at(one: Inspection | Push | Pull | OfficeStep | Review | Morning) -> int:
    return one.at


# ── visits ─────────────────────────────────────────────────────────────────────────


def _visits(dice: Dice, district: District, number: int, scale: float) -> Iterator[Inspection]:
    tablet = district.tablets[number]
    wanted = _wanted(dice, district, tablet, scale)
    days = rechecks.in_order((_day(dice, kind, listed) for kind, listed in wanted), wanted)
    by_day: defaultdict[date, list[tuple[str, Listed]]] = defaultdict(list)
    for day, (kind, listed) in sorted(zip(days, wanted, strict=True), key=lambda pair: pair[0]):
        by_day[day].append((kind, listed))
    for day, todo in by_day.items():
        for start, (kind, listed) in _by_the_clock(day, todo):
            at = start + dice.randint(0, 12) * _MINUTE
            yield _inspection(dice, tablet, kind, listed, at)


def _warned(dice: Dice, district: District, number: int, seed: int) -> Iterator[Inspection]:
    """Yield the patrols that a tablet's crew makes because of a weather warning."""
    tablet = district.tablets[number]
    patrolled = [
        one
        for one in district.objects
        if one.fact.object_type in _PATROLLED and one.fact.township in tablet.townships
    ]
    for at, listed in weather.turns(dice, seed, patrolled):
        yield _inspection(dice, tablet, "street_patrol", listed, at)


def _by_the_clock(
    day: date, todo: Sequence[tuple[str, Listed]]
) -> Iterator[tuple[int, tuple[str, Listed]]]:
    """Yield when each visit of a day begins: some hotspots in the evening, as their slots ask."""
    hot = [at for at, one in enumerate(todo) if one[1].fact.object_type == "hotspot"]
    late = frozenset(hot[:_EVENING_TURNS])
    evening = [one for at, one in enumerate(todo) if at in late]
    by_day = [one for at, one in enumerate(todo) if at not in late]
    for first, turns in ((instant(day, 8, 30), by_day), (instant(day, 20, 5), evening)):
        for turn, one in enumerate(turns):
            yield first + turn * 40 * _MINUTE, one


def _wanted(
    dice: Dice, district: District, tablet: Tablet, scale: float
) -> list[tuple[str, Listed]]:
    """Return what a tablet will visit. The eighth does all funeral work, the others the rest."""
    here = [
        one
        for one in district.objects
        if not tablet.townships or one.fact.township in tablet.townships
    ]
    if not tablet.townships:
        return _drawn(dice, "funeral_order", _weighted(here), round(_FUNERAL * scale))
    patrolled = [one for one in here if one.fact.object_type in _PATROLLED]
    homes = [one for one in here if one.fact.object_type == "low_income_household"]
    social = [one for one in here if one.fact.domain == _CONCENTRATED]
    others = [one for one in here if one.fact.object_type in _OTHER_TYPES]
    share = len(homes) / max(
        1, sum(one.fact.object_type == "low_income_household" for one in district.objects)
    )
    return [
        *_drawn(dice, "street_patrol", _hotspots_first(patrolled), round(_PATROLS * scale / 7)),
        *rechecks.turns(homes, round(_RECHECKS * scale * share)),
        *_drawn(dice, "general_inspection", social, round(_SOCIAL * scale / 7)),
        *_drawn(dice, "general_inspection", others, round(_OTHERS * scale / 7)),
    ]


_CONCENTRATED: Final = "social_organization"
_OTHER_TYPES: Final = (
    "private_non_enterprise_unit", "elderly_care_institution", "charity", "volunteer_org",
    "place_name_sign", "boundary_marker", "relief_station",
)  # fmt: skip


def _hotspots_first(patrolled: Iterable[Listed]) -> list[Listed]:
    """Hotspots are walked more often than streets."""
    return [one for one in patrolled for _ in range(3 if one.fact.object_type == "hotspot" else 1)]


def _weighted(here: Iterable[Listed]) -> list[Listed]:
    return [one for one in here for _ in range(_FUNERAL_TYPES.get(one.fact.object_type, 0))]


def _drawn(dice: Dice, kind: str, objects: list[Listed], count: int) -> list[tuple[str, Listed]]:
    """Return `count` visits, each object in turn, in an order of chance."""
    if not objects:
        return []
    order = dice.sample(objects, len(objects))
    return [(kind, order[turn % len(order)]) for turn in range(count)]


def _day(dice: Dice, kind: str, listed: Listed) -> date:
    """Return a day: patrols on any, the rest on working days.

    Social organisations are inspected early in the year, other organisations later: the bureau
    wants the share of the former to fall.
    """
    span = (TODAY - FIRST_DAY).days
    while True:
        reach = dice.random()
        if kind == "general_inspection":
            social = listed.fact.domain == _CONCENTRATED
            reach = dice.betavariate(1.0, 3.2) if social else dice.betavariate(2.2, 1.2)
        day = FIRST_DAY + timedelta(days=int(reach * span))
        if kind == "street_patrol" or (day.weekday() < 5 and day not in _days_off()):  # noqa: PLR2004  Saturday
            return day


def _days_off() -> frozenset[date]:
    return frozenset(
        first + timedelta(days=more) for first, length in _HOLIDAYS for more in range(length)
    )


def _inspection(dice: Dice, tablet: Tablet, kind: str, listed: Listed, at: int) -> Inspection:
    source = (
        "routine"
        if kind == "street_patrol"
        else dice.choices(("plan", "double_random", "special", "complaint"), (7, 2, 1, 1))[0]
    )
    crew = dice.sample(tablet.officers, 2)
    faults = tuple(
        fault
        for fault, chance in (
            ("one_officer", 0.012),
            ("certificate_not_shown", 0.01),
            ("far_away", 0.015),
            ("weak_fix", 0.05),
            ("clock_jump", 0.004),
            ("unanswered", 0.012),
        )
        if dice.happens(chance)
    )
    after = tuple(
        what
        for what, chance in (
            ("correct", 0.02),
            ("correct_again", 0.004),
            ("void", 0.008),
            ("cancel", 0.008),
        )
        if dice.happens(chance)
    )
    answers, persons = _answers(dice, kind)
    inspection = dice.new_id()
    stroll, drove = _strolled(inspection, answers.get("SP-06", ""))
    wrong = irregular.faults(inspection, kind)
    return Inspection(
        inspection=inspection,
        at=at,
        kind=kind,
        object=listed.fact.object,
        source=source,
        assignment=None if kind == "street_patrol" else dice.new_id(),
        officers=tuple(crew[:1] if "one_officer" in faults else crew),
        answers={**answers, **irregular.said(wrong, kind)},
        persons=irregular.left(inspection, persons),
        faults=(*faults, *drove, *wrong),
        after=after,
        stroll=stroll,
    )


def _reinspections(
    dice: Dice, district: District, visits: Sequence[Inspection]
) -> Iterator[tuple[str, Inspection]]:
    """Most orders are looked at again when their time is up, by the other two officers."""
    for visit in visits:
        day = _local_day(visit.at) + timedelta(days=visit.answers.get("FU-32", 0) + 1)
        if "FU-32" not in visit.answers or "cancel" in visit.after or dice.happens(0.25):
            continue
        while day.weekday() > 4 or day in _days_off():  # noqa: PLR2004  Friday
            day += timedelta(days=1)
        others = [one for one in district.tablets[-1].officers if one not in visit.officers]
        officers = irregular.looks_again(visit.inspection, visit.officers, tuple(others[:2]))
        if day < TODAY:
            yield visit.inspection, Inspection(
                inspection=dice.new_id(), at=instant(day, 14, dice.randint(0, 59)), kind=visit.kind,
                object=visit.object, source="reinspection", officers=officers,
                assignment=dice.new_id(),
                answers={"FU-31": ["pass"]},
            )  # fmt: skip


def _at_caps(district: District, visits: Sequence[Inspection]) -> list[Inspection]:
    """Return the visits, those beyond a cap with the exception their source gives them."""
    claimed = irregular.exceptions(district, [(one.object, one.source) for one in visits])
    return [_claiming(one, *claimed[at]) if at in claimed else one for at, one in enumerate(visits)]


def _claiming(one: Inspection, source: str, code: str) -> Inspection:
    return structs.replace(one, source=source, answers={**one.answers, **irregular.exception(code)})


def _answers(dice: Dice, kind: str) -> tuple[dict[str, Any], tuple[dict[str, Any], ...]]:
    """Return the answers that are not the usual ones, and the persons met."""
    match kind:
        case "street_patrol":
            met = dice.choices((0, 1, 2), (82, 15, 3))[0]
            answers = {"SP-08": "yes" if met else "no", "SP-06": _walked(dice)}
            return answers, tuple(_person(dice) for _ in range(met))
        case "low_income_recheck":
            return _household(dice), ()
        case "funeral_order":
            found = dice.happens(0.2)
            answers = dice.choice(_FUNERAL_FINDINGS) if found else {"FU-31": ["pass"]}
            return dict(answers), ()
        case _:
            return {}, ()


def _walked(dice: Dice) -> str:
    return dice.choices(("full", "part", "blocked"), (92, 6, 2))[0]


def _strolled(inspection: str, said: str) -> tuple[float | None, tuple[str, ...]]:
    """Return what was really walked of what the officers say they walked, and whether they drove.

    Mostly they agree. Now and then "in full" was half of it, or a drive; "part" was nearly all.
    """
    dice = Dice(f"xunji demo stroll {inspection}")
    if not said or dice.happens(0.04):
        return None, ()
    match said:
        case "full" if dice.happens(0.06):
            return dice.uniform(0.2, 0.7), ()
        case "full":
            return dice.uniform(0.93, 1.0), ("drove",) if dice.happens(0.02) else ()
        case "part":
            return dice.uniform(0.25, 0.95), ()
        case _:
            return dice.uniform(0.0, 0.15), ()


_FUNERAL_FINDINGS: Final[tuple[dict[str, Any], ...]] = (
    {"FU-19": "no", "FU-31": ["rectification_order"], "FU-32": 15},
    {"FU-14": "no", "FU-31": ["rectification_order"], "FU-32": 30},
    {"FU-21": "yes", "FU-31": ["case"]},
    {"FU-15": "no", "FU-31": ["corrected_on_site"]},
    {"FU-10": 1.6, "FU-38": "ash_single", "FU-31": ["rectification_order"], "FU-32": 60},
)


def _person(dice: Dice) -> dict[str, Any]:
    """Return the answers about one person met: mostly an adult who takes help."""
    what = dice.choices(("helped", "refuses", "minor", "ill", "elder"), (50, 30, 6, 4, 10))[0]
    usual = {
        "SP-12": "no",
        "SP-09": [dice.choice(("begging", "sleeping_rough", "wandering"))],
        "SP-14": "no",
        "SP-15": "yes",
        "SP-24": "no",
    }
    match what:
        case "refuses":
            own: dict[str, Any] = {
                "SP-10": "adult",
                "SP-11": ["none"],
                "SP-16": "refuse",
                "SP-17": ["informed", "persuaded", "supplies"],
                "SP-23": 2,
            }
        case "minor":
            own = {
                "SP-10": "minor",
                "SP-11": ["none"],
                "SP-16": "minor_protect",
                "SP-17": ["informed", "to_minor_centre"],
            }
        case "ill":
            own = {
                "SP-10": "adult",
                "SP-11": ["ill"],
                "SP-12": "yes",
                "SP-16": "cannot_express",
                "SP-17": ["to_hospital"],
            }
        case "elder":
            own = {
                "SP-10": "elder",
                "SP-11": ["mobility"],
                "SP-16": "accept_station",
                "SP-17": ["informed", "escorted"],
            }
        case _:
            own = {
                "SP-10": "adult",
                "SP-11": ["none"],
                "SP-16": "accept_station",
                "SP-17": ["informed", "guided"],
            }
    return usual | own


def _household(dice: Dice) -> dict[str, Any]:
    """Return how a recheck goes: mostly nothing changed."""
    stable = {
        "LI-02": "yes",
        "LI-03": "no",
        "LI-06": "in",
        "LI-07": "yes",
        "LI-08": "no",
        "LI-10": "no",
        "LI-35": "no",
        "LI-17": "no",
        "LI-30": "keep",
    }
    what = dice.choices(
        ("stable", "changed", "nobody", "moved", "refused", "died"), (84, 8, 4, 2, 1, 1)
    )[0]
    match what:
        case "changed":
            return stable | {
                "LI-35": "yes",
                "LI-34": 3,
                "LI-11": dice.randint(0, 3) * 600,
                "LI-12": 0,
                "LI-13": 0,
                "LI-14": 200,
                "LI-15": 100,
            }
        case "died":
            return stable | {"LI-08": "yes", "LI-09": "no", "LI-19": "change", "LI-30": "cut"}
        case "nobody" | "moved" | "refused":
            return {"LI-02": "yes", "LI-03": "no", "LI-06": what}
        case _:
            return stable


# ── network ────────────────────────────────────────────────────────────────────────


def _with_network(
    dice: Dice, number: int, visits: Sequence[Inspection]
) -> Iterator[Inspection | Push | Pull]:
    """Return a tablet's visits with its pulls on Mondays and its pushes in the evening.

    Now and then it is out of reach for up to twelve days; the last tablet falls silent at the
    beginning of November.
    """
    dark = _dark(dice, number)
    by_day: defaultdict[date, list[Inspection]] = defaultdict(list)
    for visit in visits:
        by_day[_local_day(visit.at)].append(visit)
    day = FIRST_DAY
    while day < TODAY:
        if day.weekday() == 0 and day not in dark:
            yield Pull(instant(day, 8, 0) + number * _MINUTE)
        yield from by_day[day]
        if by_day[day] and day not in dark:
            yield Push(instant(day, 22, 0) + number * _MINUTE)
        day += timedelta(days=1)
    if TODAY not in dark:
        yield Push(instant(TODAY, 7, 0) + number * _MINUTE)
        yield Pull(instant(TODAY, 7, 20) + number * _MINUTE)


def _dark(dice: Dice, number: int) -> frozenset[date]:
    days = set[date]()
    for _ in range(5):
        first = FIRST_DAY + timedelta(days=dice.randrange((TODAY - FIRST_DAY).days - 14))
        days |= {first + timedelta(days=more) for more in range(dice.randint(2, 12))}
    if number == 6:  # noqa: PLR2004  the silent one
        days |= {date(2026, 11, 4) + timedelta(days=more) for more in range(20)}
    return frozenset(days)


def _local_day(at: int) -> date:
    return datetime.fromtimestamp(at / 1_000_000 + CHINA * 60, UTC).date()


# ── the office ─────────────────────────────────────────────────────────────────────


def _office(
    seed: int, district: District, devices: Sequence[str], visits: Sequence[Sequence[Inspection]]
) -> Iterator[OfficeStep | Review | Morning]:
    dice = Dice.for_purpose(seed, "office")
    yield OfficeStep(instant(FIRST_DAY, 7), (*_calendar(dice), *irregular.caps(), planning.plan()))
    for day in range(1, (TODAY - FIRST_DAY).days):
        yield Morning(instant(FIRST_DAY + timedelta(days=day), 8, 10))
    for week in range((TODAY - FIRST_DAY).days // 7):
        yield Review(instant(FIRST_DAY + timedelta(days=7 * week + 4), 23, 30))
    yield from _assignments(dice, district, devices, visits)
    yield from _weather(seed)
    yield from _supervision(dice, district)
    yield from _register_changes(dice, district)


def _calendar(dice: Dice) -> Iterator[Fact]:
    for day in sorted(_days_off()):
        yield CalendarDayDeclared(day, "holiday")
    for name, first, last in _PERIODS:
        yield SensitivePeriodDeclared(dice.new_id(), name, first, last)


def _assignments(
    dice: Dice, district: District, devices: Sequence[str], visits: Sequence[Sequence[Inspection]]
) -> Iterator[OfficeStep]:
    """Each Monday the office hands out the week's work; a part of it is never done."""
    listed = {one.fact.object: one.fact for one in district.objects}
    manager = next(one.officer for one in district.officers if one.role == "manager")
    weeks: defaultdict[date, list[Fact]] = defaultdict(list)
    for number, own in enumerate(visits):
        for visit in own:
            if visit.kind != "street_patrol":
                work = _assignment(dice, district, devices, number, visit, listed)
                weeks[_monday(visit.at)] += (work, *approved(work, manager, visit.faults))
    for monday, facts in weeks.items():
        yield OfficeStep(instant(monday, 7, 30), tuple(facts))
    still = tuple(_open_work(dice, district, devices, visits))
    approvals = (fact for work in still for fact in approved(work, manager))
    yield OfficeStep(instant(TODAY, 6, 30), (*still, *approvals))


def _assignment(
    dice: Dice,
    district: District,
    devices: Sequence[str],
    number: int,
    visit: Inspection,
    listed: dict[str, Any],
) -> InspectionAssigned:
    fact = listed[visit.object]
    return InspectionAssigned(
        assignment=visit.assignment or dice.new_id(), object=fact.object,
        object_type=fact.object_type, kind=visit.kind, domain=fact.domain,
        township=fact.township, device=devices[number],
        officers=district.tablets[number].officers, due_on=_monday(visit.at) + timedelta(days=6),
        village=fact.village,
    )  # fmt: skip


def _open_work(
    dice: Dice, district: District, devices: Sequence[str], visits: Sequence[Sequence[Inspection]]
) -> Iterator[InspectionAssigned]:
    """What is still to do today: households and graveyards not visited this year."""
    done = {visit.object for own in visits for visit in own}
    for number, tablet in enumerate(district.tablets):
        waiting = [
            one.fact
            for one in district.objects
            if one.fact.object not in done
            and (one.fact.township in tablet.townships or not tablet.townships)
            and one.fact.object_type in ("low_income_household", *_FUNERAL_TYPES)
            and (one.fact.domain == "funeral") == (not tablet.townships)
        ][:9]
        for fact in waiting:
            yield InspectionAssigned(
                assignment=dice.new_id(), object=fact.object, object_type=fact.object_type,
                kind="funeral_order" if fact.domain == "funeral" else "low_income_recheck",
                domain=fact.domain, township=fact.township, device=devices[number],
                officers=tablet.officers, due_on=TODAY + timedelta(days=dice.randint(-4, 6)),
                village=fact.village,
            )  # fmt: skip


def _monday(at: int) -> date:
    day = _local_day(at)
    return max(day - timedelta(days=day.weekday()), FIRST_DAY)


def _weather(seed: int) -> Iterator[OfficeStep]:
    for one in weather.warnings(seed):
        issued, lifted = one.facts
        yield OfficeStep(one.issued, (issued,))
        yield OfficeStep(one.lifted, (lifted,))


def _supervision(dice: Dice, district: District) -> Iterator[OfficeStep]:
    managers = [one.officer for one in district.officers if one.role == "manager"]
    domains = sorted({one.fact.domain for one in district.objects})
    towns = [one.area for one in district.areas if one.level == "township"]
    day = FIRST_DAY + timedelta(days=3)
    while day < TODAY:
        act = dice.choice(("file_review", "joint_check", "replay"))
        fact = SupervisionRecorded(
            act, dice.choice(domains), dice.choice(towns), dice.choice(managers)
        )
        yield OfficeStep(instant(day, 16, 10), (fact,))
        day += timedelta(days=dice.choice((3, 4)))


def _register_changes(dice: Dice, district: District) -> Iterator[OfficeStep]:
    """Homes whose allowance ended, shops that closed, a pair that was one, leave, a renewal."""
    homes = [one.fact for one in district.objects if one.fact.object_type == "low_income_household"]
    shops = [one.fact for one in district.objects if one.fact.object_type == "funeral_goods_shop"]
    for fact in dice.sample(homes, max(1, len(homes) // 50)):
        day = FIRST_DAY + timedelta(days=dice.randint(20, 300))
        yield OfficeStep(instant(day, 15), (ObjectClosed(fact.object, day, "payment-stopped"),))
    for fact in dice.sample(shops, max(1, len(shops) // 12)):
        yield OfficeStep(
            instant(date(2026, 3, 16), 15),
            (ObjectClosed(fact.object, date(2026, 3, 15), "closed-down"),),
        )
    pair = [one.fact for one in district.objects if one.fact.object_type == "community_org_record"][
        :2
    ]
    if len(pair) > 1:
        yield OfficeStep(
            instant(date(2026, 5, 12), 10),
            (ObjectMerged(pair[1].object, pair[0].object, date(2026, 5, 12)),),
        )
    renewed = district.certificates[5]
    yield OfficeStep(
        instant(date(2026, 6, 22), 9),
        (
            CertificateIssued(
                dice.new_id(), renewed.officer, "演示0106", date(2026, 7, 1), date(2029, 6, 30)
            ),
        ),
    )
    yield OfficeStep(instant(date(2026, 10, 9), 16), irregular.lost_card(district))
    away = district.certificates[8].officer
    yield OfficeStep(
        instant(date(2026, 7, 27), 9), (LeaveTaken(away, date(2026, 8, 1), date(2026, 10, 31)),)
    )
