"""From an answer to what is recorded of it: in clear, sealed, and what it means beyond itself.

Pure. What is personal never gets into a body: a sealed question's value, every free text, names
and strokes. A signature, a picture, a position on arrival is a fact of its own beside the answer.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct, structs

from events import pictures
from events.answers import Answer, NotApplicable, PhotoRef, Signature, Slot, is_sealed
from events.checklists import Checklist, Question
from events.clock import Instant
from events.conditions import JSON
from events.coordinates import GeoPoint, canonical, distance_band, distance_m
from events.facts import SealedPart, Visit
from events.ids import id_bytes
from events.inspections import (
    AnswerRecorded,
    AnswerStatus,
    ArrivalLocated,
    EvidenceCaptured,
    OfficerSigned,
    PartyAbsent,
    PartyRefusedToSign,
    PartySigned,
    PersonEncountered,
)
from events.writer import Said
from mobile.closing import MINORS, Meaning
from mobile.place import Place
from mobile.visit import COMPUTED, REASON, STROKES, VALUE, WENT_ON, Met

_SIGNERS: Final = frozenset({"party", "member", "receiver", "witness"})
_POINT: Final = frozenset(GeoPoint.__struct_fields__) - {"raw"}
_PHOTO: Final = frozenset(PhotoRef.__struct_fields__)
_SIGNATURE: Final = frozenset(Signature.__struct_fields__)
_CAPTURED: Final = frozenset({"size", "media_type", "key"})
_SEALED_REASON: Final = "sealed"

_encode = msgspec.json.Encoder(decimal_format="number").encode


def plain(value: JSON) -> JSON:
    """Return a value in the shapes that JSON has, as it will be read back."""
    return msgspec.json.decode(_encode(value))


class Answering(Struct, frozen=True):
    """What the facts of one inspection's answers have in common."""

    visit: Visit
    form: Checklist
    means: Meaning
    place: Place
    new_id: Callable[[], str]
    at_home: bool = False

    def subject(self, person: str | None) -> str:
        """Return whose a seal is: the person asked, else whose home it is, else the inspection."""
        return person or self.place.person or self.visit.inspection

    # ── the answer itself ──────────────────────────────────────────────────────────

    def not_shown(self, slot: Slot) -> Said:
        return Said(self._fact(slot, "not_shown"))

    def answered(
        self,
        slot: Slot,
        answer: Answer,
        *,
        formula: str | None = None,
        overrule: str = "",
        went_on: str = "",
    ) -> Said:
        """Return the fact of an answer. `formula`: what was computed, where that was replaced."""
        parts: dict[str, bytes] = {}
        if isinstance(answer, NotApplicable):
            fact = self._fact(slot, "na")
            parts[REASON] = answer.reason.encode()
        else:
            question = self.form.question(slot.question)
            value = _kept(question, answer.value)
            fact, parts = self._split(self._fact(slot, "given"), question, value)
            if formula is not None and is_sealed(question):
                parts[COMPUTED] = _encode(formula)
            elif formula is not None:
                fact = structs.replace(fact, computed=formula)
            if overrule:
                parts[REASON] = overrule.encode()
        if went_on:
            parts[WENT_ON] = went_on.encode()
        subject = self.subject(slot.person)
        sealed = tuple(SealedPart(name, subject) for name in parts)
        return Said(structs.replace(fact, sealed=sealed), tuple(parts.values()))

    def _split(
        self, fact: AnswerRecorded, question: Question, value: JSON
    ) -> tuple[AnswerRecorded, dict[str, bytes]]:
        """Put an answer where it belongs: in clear, sealed, or in clear without what is personal.

        At a home a position is sealed whole, and pictures say nothing of where they were taken.
        """
        if is_sealed(question) or (self.at_home and question.type == "gps"):
            return fact, {VALUE: _encode(value)}
        clear = _clear(question, value, at_home=self.at_home)
        told = {VALUE: _encode(value)} if clear != value else {}
        return structs.replace(fact, value=clear), told

    def _fact(self, slot: Slot, status: AnswerStatus) -> AnswerRecorded:
        return AnswerRecorded(
            inspection=self.visit.inspection,
            kind=self.form.kind,
            question=slot.question,
            status=status,
            person=slot.person,
        )

    # ── what it means beyond itself ────────────────────────────────────────────────

    def captured(
        self, slot: Slot, photos: Sequence[Mapping[str, Any]], known: Mapping[str, str]
    ) -> Iterator[Said]:
        """Yield the pictures that are new, each as evidence."""
        for photo in photos:
            if photo["sha256"] not in known:
                key = photo.get("key")  # what opens it; a picture from elsewhere brings none
                seal = SealedPart(pictures.PART, self.subject(slot.person))
                fact = EvidenceCaptured(
                    visit=self.visit,
                    evidence=self.new_id(),
                    sha256=photo["sha256"],
                    size=photo.get("size", 0),
                    media_type=photo.get("media_type", "image/jpeg"),
                    question=slot.question,
                    person=slot.person,
                    sealed=(seal,) if key else (),
                )
                yield Said(fact, (_encode(key),) if key else ())

    def located(self, question: Question, value: JSON, now: Instant) -> Said:
        """Return the position on arrival; its point only where it is nobody's home."""
        fix = msgspec.convert(value, GeoPoint)
        away = distance_m(canonical(fix), self.place.at) if self.place.at else None
        is_home = is_sealed(question) or self.at_home
        fact = ArrivalLocated(
            visit=self.visit,
            band=distance_band(away, fix.accuracy_m),
            provider=fix.provider if fix.provider != "exif" else "manual",
            accuracy_m=fix.accuracy_m,
            age_s=max(0.0, (now.local() - fix.fixed_at).total_seconds()),
            mock=fix.is_mock,
            lon=None if is_home else fix.lon,
            lat=None if is_home else fix.lat,
            datum=fix.datum,
        )
        return Said(fact)

    def flagged(self, slot: Slot, value: JSON, met: Met) -> Said | None:
        """Say anew that a person was met, where an answer changes the flags; else None."""
        told = self._told(slot.question, value)
        anew = structs.replace(met.flags, **told)
        if slot.person is None or anew == met.flags:
            return None
        return Said(PersonEncountered(visit=self.visit, person=slot.person, **structs.asdict(anew)))

    def _told(self, question: str, value: JSON) -> dict[str, bool]:
        """Return the flags that an answer gives; nothing where its question gives none."""
        means = self.means
        if question == means.age:
            return {"minor": value in MINORS}
        if question == means.danger:
            return {"emergency": value == "yes"}
        if question == means.conduct and isinstance(value, list | tuple):
            return {flag: flag in value for flag in ("begging", "sleeping_rough")}
        return {}

    def signed(
        self,
        question: Question,
        slot: Slot,
        marks: Sequence[Mapping[str, Any]],
        known: Sequence[Mapping[str, Any]],
    ) -> list[Said]:
        """Return the signatures that are new, each as the fact it is."""
        return [self._signature(question, slot, raw) for raw in marks if _undrawn(raw) not in known]

    def _signature(self, question: Question, slot: Slot, raw: Mapping[str, Any]) -> Said:
        mark = msgspec.convert(raw, Signature)
        if mark.is_missing:
            return self._missing_signature(question, slot, mark, raw)
        strokes = raw.get("strokes")
        sealed = (SealedPart(STROKES, self.subject(slot.person)),) if strokes else ()
        texts = (_encode({"ref": mark.image_ref, "strokes": strokes}),) if strokes else ()
        if question.min is not None and mark.signer_ref is not None:
            by_officer = OfficerSigned(
                visit=self.visit, officer=mark.signer_ref, question=question.id, sealed=sealed
            )
            return Said(by_officer, texts, id_bytes(mark.signer_ref))
        by_party = PartySigned(
            visit=self.visit,
            question=question.id,
            role=_role(mark.signer_role),
            person=slot.person,
            sealed=sealed,
        )
        return Said(by_party, texts)

    def _missing_signature(
        self, question: Question, slot: Slot, mark: Signature, raw: Mapping[str, Any]
    ) -> Said:
        kind = PartyRefusedToSign if mark.refused else PartyAbsent
        fact = kind(
            visit=self.visit,
            question=question.id,
            witness=mark.witness_ref,
            sealed=(SealedPart(REASON, self.subject(slot.person)),),
        )
        return Said(fact, (_encode({"reason": mark.reason, "witness": raw.get("witness")}),))


def _role(role: str) -> Any:  # noqa: ANN401  one of the words that `PartySigned` knows
    return role if role in _SIGNERS else "party"


def _kept(question: Question, value: JSON) -> JSON:
    """Return an answer as it is kept: strokes and sizes stand in the facts beside it."""
    if question.type == "signature":
        return [_undrawn(mark) for mark in _marks(value)]
    if question.type == "photo":
        return [_less(photo, _CAPTURED) for photo in _marks(value)]
    return value


def _clear(question: Question, value: JSON, *, at_home: bool) -> JSON:
    """Return what of an answer may stand in clear: the members we know, and no free text."""
    match question.type:
        case "gps":
            (point,) = _marks([value])
            return _only(point, _POINT)
        case "photo":
            return [_placed(photo, at_home=at_home) for photo in _marks(value)]
        case "signature":
            return [_nameless(mark) for mark in _marks(value)]
        case _:
            return value


def _placed(photo: Mapping[str, Any], *, at_home: bool) -> dict[str, Any]:
    clear = _only(photo, _PHOTO)
    point = clear.pop("gps", None)
    return clear if point is None or at_home else {**clear, "gps": _only(point, _POINT)}


def _nameless(mark: Mapping[str, Any]) -> dict[str, Any]:
    clear = _only(mark, _SIGNATURE)
    if clear.get("reason"):
        clear["reason"] = _SEALED_REASON
    return clear


def _undrawn(mark: Mapping[str, Any]) -> dict[str, Any]:
    return _less(mark, frozenset({"strokes"}))


def _only(members: Mapping[str, Any], known: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if name in known}


def _less(members: Mapping[str, Any], without: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if name not in without}


def _marks(value: JSON) -> Sequence[Mapping[str, Any]]:
    return msgspec.convert(value, list[dict[str, Any]])


__all__ = ["Answering", "plain"]
