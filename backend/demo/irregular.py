"""What goes against procedure in the demo year: a little of everything, each drawn for itself.

By the inspection's own identity, so that nothing here disturbs any other dice of the year.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import cycle
from typing import Any, Final

from backend.demo.chance import Dice
from backend.demo.district import NEW_YEAR, District
from events.credit_codes import is_enterprise
from events.register import CertificateIssued, CertificateRevoked, FrequencyCapPublished

_APPROVAL: Final = {"funeral_order": "FU-03", "general_inspection": "GE-03"}
_NOTICE: Final = {"funeral_order": "FU-06", "general_inspection": "GE-06"}
_CAP: Final = "FU-35"
_BY_SOURCE: Final = {"special": "superior_special", "complaint": "lead"}
_PLANNED: Final = ("plan", "double_random")
_CAPS: Final = {"funeral_goods_shop": 3, "cemetery_commercial": 2, "funeral_agent": 2}

ADMINISTRATIVE: Final = frozenset(_APPROVAL)
_CHANCES: Final = (
    ("expired_card", 0.01, ADMINISTRATIVE),
    ("approval_missing", 0.03, ADMINISTRATIVE),
    ("emergency", 0.03, ADMINISTRATIVE),
    ("notice_missing", 0.03, ADMINISTRATIVE),
    ("code_missing", 0.05, ADMINISTRATIVE),
    ("no_pictures", 0.03, ADMINISTRATIVE),
    ("kinship", 0.005, frozenset({"low_income_recheck"})),
)


def faults(inspection: str, kind: str) -> tuple[str, ...]:
    """Return what the officers of one inspection get wrong, in the simulated tablet's words."""
    dice = Dice(f"xunji demo procedure {inspection}")
    drawn = [(name, dice.happens(chance), kinds) for name, chance, kinds in _CHANCES]
    return tuple(name for name, happens, kinds in drawn if happens and kind in kinds)


def said(wrong: Iterable[str], kind: str) -> Mapping[str, Any]:
    """Return what they answer because of it: that it was urgent, that nobody was told."""
    answers = {"emergency": (_APPROVAL, "emergency"), "notice_missing": (_NOTICE, "no")}
    asked = (answers[name] for name in wrong if name in answers)
    return {question[kind]: value for question, value in asked}


def left(inspection: str, persons: Sequence[dict[str, Any]]) -> tuple[dict[str, Any], ...]:
    """Return the persons met; now and then a minor is told of help and then left."""
    dice = Dice(f"xunji demo left {inspection}")
    return tuple(
        {**person, "SP-17": ["informed", "supplies"]}
        if person.get("SP-16") == "minor_protect" and dice.happens(0.2)
        else person
        for person in persons
    )


def looks_again(
    inspection: str, finders: tuple[str, ...], others: tuple[str, ...]
) -> tuple[str, ...]:
    """Return who re-inspects: others, but for the few who look at their own findings."""
    return finders if Dice(f"xunji demo again {inspection}").happens(0.12) else others


def lost_card(district: District) -> tuple[CertificateRevoked, CertificateIssued]:
    """Return how a card was withdrawn and replaced: recorded late, so that it was shown meanwhile.

    It belongs to somebody of the tablet for funeral work.
    """
    card = district.certificates[15]
    return (
        CertificateRevoked(card.certificate, card.officer, date(2026, 9, 21)),
        CertificateIssued(
            Dice("xunji demo new card").new_id(),
            card.officer,
            f"{card.number}-2",
            date(2026, 10, 12),
            date(2029, 10, 11),
        ),
    )


# ── caps ───────────────────────────────────────────────────────────────────────────


def caps() -> Iterator[FrequencyCapPublished]:
    """Publish how often enterprises may be inspected in the year."""
    for object_type, per_year in _CAPS.items():
        cap = Dice(f"xunji demo cap {object_type}").new_id()
        yield FrequencyCapPublished(cap, object_type, per_year, NEW_YEAR)


def exceptions(
    district: District, visits: Iterable[tuple[str, str]]
) -> Mapping[int, tuple[str, str]]:
    """Return which visits, by their place in order, claim an exception at the cap, and as what.

    `visits` are object and source of each, in order; the demo year is one calendar year. A
    special check and a lead claim theirs; of those that were planned, each third turns out to
    be one and each third the other. What claims none is held all the same, beyond the cap.
    """
    of = {
        one.fact.object: _CAPS[one.fact.object_type]
        for one in district.objects
        if one.fact.object_type in _CAPS and is_enterprise(one.fact.uscc)
    }
    held: Counter[str] = Counter()
    turns = cycle((*_BY_SOURCE, ""))
    found: dict[int, tuple[str, str]] = {}
    for at, (thing, source) in enumerate(visits):
        full = thing in of and held[thing] >= of[thing]
        claimed = next(turns) if full and source in _PLANNED else source
        if full and claimed in _BY_SOURCE:
            found[at] = (claimed, _BY_SOURCE[claimed])
        else:
            held[thing] += 1
    return found


def exception(code: str) -> Mapping[str, Any]:
    """Return the answer that claims an exception."""
    return {_CAP: code}
