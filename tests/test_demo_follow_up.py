"""What the demo's office does of its own accord: deterministic, and its books balance."""

from collections import Counter
from datetime import date, timedelta

from backend.demo import rechecks
from backend.demo.district import District, district
from backend.demo.follow_up import follows
from events.facts import SealedPart
from events.inspections import FollowUpDone, FollowUpOpened
from events.orders import (
    BenefitProposed,
    MismatchCauseEstablished,
    RecoveryClosed,
    RecoveryReceived,
    RecoveryRemitted,
    RecoveryStarted,
)
from tests.histories import a_visit, an_id

VISIT = a_visit("one", "home", "2026-03-02", nature="eligibility")
MANAGER = an_id("Wu")


def proposals() -> list[BenefitProposed]:
    part = SealedPart("proposal", an_id("Ma"))
    return [
        BenefitProposed(visit=VISIT, proposal=an_id(f"proposal {number}"), sealed=(part,))
        for number in range(2_000)
    ]


def test_the_same_fact_has_the_same_consequences() -> None:
    for fact in proposals()[:200]:
        assert list(follows(fact, MANAGER)) == list(follows(fact, MANAGER))


def test_every_cause_occurs_and_most_are_answered() -> None:
    said = [later.said.fact for one in proposals() for later in follows(one, MANAGER)]
    causes = [fact for fact in said if isinstance(fact, MismatchCauseEstablished)]

    assert set(Counter(one.cause for one in causes)) == {
        "change", "error", "favour", "fraud", "death",
    }  # fmt: skip
    answered = [one.follow_up for one in causes if one.cause != "change"]
    assert 0.7 < sum(map(bool, answered)) / len(answered) < 1


def test_what_is_settled_is_paid_or_remitted_to_the_last_fen_or_over() -> None:
    over = settled = sealed = 0
    for one in proposals():
        later = sorted(follows(one, MANAGER), key=lambda step: step.days)
        facts = [step.said.fact for step in later]
        starts = [fact for fact in facts if isinstance(fact, RecoveryStarted)]
        if not starts:
            continue
        (start,) = starts
        moved = sum(
            fact.amount_fen
            for fact in facts
            if isinstance(fact, RecoveryReceived | RecoveryRemitted)
        )
        if start.amount_fen is None:
            sealed += 1
            assert (moved, start.sealed[0].subject) == (0, an_id("Ma"))
        elif isinstance(facts[-1], RecoveryClosed):
            settled += 1
            over += moved > start.amount_fen
            assert moved in (start.amount_fen, start.amount_fen + 100)
        else:
            assert moved < start.amount_fen

    assert settled > over > 0
    assert sealed


def test_most_revisits_are_made_the_next_morning_some_late_some_never() -> None:
    days: Counter[int | None] = Counter()
    for number in range(500):
        task = FollowUpOpened(visit=VISIT, task=an_id(f"task {number}"), follow_up="revisit_24h")
        done = list(follows(task, MANAGER))
        days[done[0].days if done else None] += 1
        assert all(isinstance(step.said.fact, FollowUpDone) for step in done)

    assert days[0] > 350
    assert days[None] > 10
    assert max(day for day in days if day is not None) == 4


# ── rechecks ───────────────────────────────────────────────────────────────────────


def homes(there: District) -> list[rechecks.Home]:
    return [one for one in there.objects if one.fact.object_type == "low_income_household"]


def test_households_were_looked_at_in_the_year_before() -> None:
    for home in homes(district(1, 0.1)):
        said = home.fact.attributes
        assert date(2025, 1, 1) <= date.fromisoformat(said["last_recheck_on"]) < date(2026, 1, 1)
        assert said["confirmed_on"] < said["last_recheck_on"]


def test_who_is_due_first_comes_first_and_who_is_due_twice_comes_twice() -> None:
    there = homes(district(1, 0.5))
    count = len(there) * 2 // 3
    wanted = rechecks.turns(there, count)
    first = date(2026, 1, 5)
    days = rechecks.in_order(
        (first + timedelta(days=at * 300 // count) for at in reversed(range(count))), wanted
    )
    times = Counter(home.fact.object for _, home in wanted)
    unfixed = {
        home.fact.object for home in there if home.fact.attributes["income_class"] == "unfixed"
    }

    assert len(wanted) == count
    assert days == sorted(days)
    assert {key for key, often in times.items() if often == 2} <= unfixed
    assert max(times.values()) == 2


def test_other_visits_keep_their_days() -> None:
    (home, *_) = homes(district(1, 0.02))
    days = [date(2026, 5, 4), date(2026, 3, 2)]

    assert rechecks.in_order(days, [("street_patrol", home), (rechecks.RECHECK, home)]) == days
