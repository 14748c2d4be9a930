"""Plausible answers to any checklist, from its data and dice: for the demo and for trials.

What is asked is taken from the checklist, never from the names of its questions. An answer
that shows a finding, stops the visit or opens an exception is not the usual one: the policy
gives the answer without findings, and whoever wants one overrides it by the question's id.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any, Final

import msgspec
from msgspec import Struct

from events.answers import Given, NotApplicable, Slot, problem
from events.checklists import Checklist, Question
from events.clock import Instant
from events.conditions import JSON, Known, holds
from events.coordinates import Degrees
from events.header import digest
from events.pictures import Picture

_WORDS: Final = (
    "现场情况正常", "已向当事人说明", "与上次检查一致", "材料齐全", "环境整洁", "已当场提醒",
    "路段施工封闭", "水、面包、口罩各一份", "无其他情况", "已拍照留存",
)  # fmt: skip
_STEP: Final = Decimal("0.1")
_TYPICAL: Final = 3
_ABSENT: Final = {"signer_role": "party", "absent": True, "reason": "当事人不在场"}


class Scene(Struct, frozen=True, kw_only=True):
    """Where and with whom: what answers need beyond the checklist."""

    officers: Sequence[str]
    at: Degrees
    accuracy_m: float = 8.0
    fields: Mapping[str, Any] = {}
    object_type: str = ""
    source: str = "plan"


class AnswerPolicy:
    """Answers questions. The same dice give the same answers."""

    def __init__(
        self,
        form: Checklist,
        dice: Random,
        scene: Scene,
        camera: Callable[[Random], Picture] | None = None,
    ) -> None:
        self._form = form
        self._camera = camera
        self._dice = dice
        self._scene = scene
        self._by_type: Mapping[str, Callable[[Question, Instant, Sequence[str]], Any]] = {
            "yes_no_na": self._yes_or_no,
            "choice": self._choice,
            "multi": self._multi,
            "number": self._number,
            "date": self._date,
            "datetime": self._datetime,
            "text": self._text,
            "photo": self._photos,
            "gps": self._gps,
            "signature": self._signatures,
        }

    def answer(
        self, slot: Slot, offered: Sequence[str], now: Instant, wanted: JSON = None
    ) -> Given | NotApplicable:
        """Return an answer that may be given; `wanted` if it may."""
        question = self._form.question(slot.question)
        if wanted is not None:
            value = _offered_of(wanted, offered) if question.type == "multi" else wanted
            is_offered = not question.options or question.type == "multi" or value in offered
            if is_offered and value != [] and problem(question, Given(value)) is None:
                return Given(value)
        return Given(self._by_type[question.type](question, now, offered))

    # ── one for each type ──────────────────────────────────────────────────────────

    def _yes_or_no(self, question: Question, _now: Instant, _offered: Sequence[str]) -> str:
        return self._harmless(question, ("yes", "no"))

    def _choice(self, question: Question, _now: Instant, offered: Sequence[str]) -> str:
        for known in (self._scene.object_type, self._scene.source):
            if known in offered:
                return known
        return self._harmless(question, offered)

    def _multi(self, question: Question, _now: Instant, offered: Sequence[str]) -> list[str]:
        return [self._harmless(question, offered)]

    def _harmless(self, question: Question, values: Sequence[str]) -> str:
        """Return a value that raises no finding and stops nothing; else the first."""
        several = question.type == "multi"
        for value in values:
            known = self._known(question, [value] if several else value)
            rules = [rule.when for rule in question.findings]
            if question.stop_if is not None:
                rules.append(question.stop_if)
            if not any(holds(rule, known) for rule in rules):
                return value
        return values[0]

    def _known(self, question: Question, value: JSON) -> Known:
        return Known(
            lambda name: (value,) if name == question.id else (),
            self._scene.fields,
            self._form.config,
        )

    def _number(self, question: Question, _now: Instant, _offered: Sequence[str]) -> float:
        least = Decimal(str(question.min if question.min is not None else 0))
        most = Decimal(str(question.max if question.max is not None else least + 200))
        known = self._scene.fields.get("member_count") if least == 1 else None
        if isinstance(known, int) and least <= known <= most:
            return known
        span = min(most - least, Decimal(_TYPICAL))
        value = least + (span * Decimal(self._dice.randint(0, 3)) / 10).quantize(_STEP)
        return int(value) if value == value.to_integral_value() else float(value)

    def _date(self, _question: Question, now: Instant, _offered: Sequence[str]) -> str:
        return (now.local().date() - timedelta(days=self._dice.randint(3, 60))).isoformat()

    def _datetime(self, _question: Question, now: Instant, _offered: Sequence[str]) -> str:
        later = now.local() + timedelta(hours=self._dice.choice((4, 20, 24)))
        return later.replace(second=0, microsecond=0).isoformat()

    def _text(self, _question: Question, _now: Instant, _offered: Sequence[str]) -> str:
        return self._dice.choice(_WORDS)

    def _photos(self, question: Question, now: Instant, _offered: Sequence[str]) -> list[Any]:
        at = now.local().isoformat()
        return [{"taken_at": at, **self._picture()} for _ in range(int(question.min or 1))]

    def _picture(self) -> dict[str, Any]:
        """Take a picture; without a camera name one that nobody has."""
        if self._camera is None:
            return {"sha256": digest(self._dice.randbytes(16)).hex(), "size": 90_000}
        taken = self._camera(self._dice)
        return {
            "sha256": taken.name,
            "size": len(taken.stored),
            "media_type": taken.media_type,
            "key": msgspec.to_builtins(taken.key),
        }

    def _gps(self, _question: Question, now: Instant, _offered: Sequence[str]) -> dict[str, Any]:
        lon, lat = self._scene.at
        return {
            "lon": round(lon + self._dice.uniform(-1, 1) * 0.0001, 6),
            "lat": round(lat + self._dice.uniform(-1, 1) * 0.0001, 6),
            "datum": "CGCS2000",
            "accuracy_m": round(self._scene.accuracy_m + self._dice.random() * 4, 1),
            "fixed_at": now.local().isoformat(),
        }

    def _signatures(self, question: Question, now: Instant, _offered: Sequence[str]) -> list[Any]:
        when = now.local().isoformat()
        if question.min is None:
            if question.allow_absent and self._dice.random() < 0.05:  # noqa: PLR2004  now and then
                return [
                    {
                        "signer_role": "party",
                        "signed_at": when,
                        "absent": True,
                        "reason": "当事人不在场",
                    }
                ]
            return [self._mark(_party(question), None, when)]
        roles = ("lead", "assisting")
        signed = [
            self._mark(roles[min(place, 1)], officer, when)
            for place, officer in enumerate(self._scene.officers)
        ]
        return [*signed, *self._absentees(question, len(signed), when)]

    def _absentees(self, question: Question, signed: int, when: str) -> list[Any]:
        """Who should have signed and was not there: nobody is invented."""
        if not question.allow_absent:
            return []
        short = range(signed, int(question.min or 0))
        return [
            {"signer_role": "assisting", "signed_at": when, "absent": True, "reason": "未到场"}
            for _ in short
        ]

    def _mark(self, role: str, officer: str | None, when: str) -> dict[str, Any]:
        dice = self._dice
        strokes = [[round(dice.random(), 3) for _ in range(8)] for _ in range(2)]
        ref = digest(repr(strokes).encode()).hex()[:32]
        return {
            "signer_role": role,
            "signer_ref": officer,
            "image_ref": ref,
            "signed_at": when,
            "strokes": strokes,
        }


def _party(question: Question) -> str:
    if "handover_form" in question.evidence:
        return "receiver"
    return "member" if question.pii != "none" else "party"


def _offered_of(wanted: JSON, offered: Sequence[str]) -> list[str]:
    chosen = wanted if isinstance(wanted, list | tuple) else ()
    return [one for one in offered if one in chosen]
