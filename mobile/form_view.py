"""From an inspection to what its screen is given, and from what people did back to an answer.

Pure: words, order and shapes. Everything it says follows from the view-model's state.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import msgspec
from msgspec import Struct

from events.answers import Given, NotApplicable, Problem, Slot, is_sealed
from events.checklists import Question, follow_up_words
from events.clock import Instant
from events.conditions import JSON
from events.coordinates import GeoPoint
from events.errors import Refusal, StorageError, TooLargeError
from events.facts import Visit
from events.header import digest
from events.patrol_matching import PASSED
from events.pictures import Picture
from events.tracks import Hotspot
from mobile.inspection import Inspection
from mobile.place import Place
from mobile.today import kind_text
from mobile.track import Track
from mobile.view_state import (
    AnswerStatus,
    Choice,
    FindingRow,
    Fix,
    Gps,
    InspectionState,
    MissingRow,
    Photo,
    QuestionRow,
    Reception,
    SectionRow,
    Signature,
    Stop,
    Value,
)
from mobile.words import _, language, ngettext

_AT: Final = "@"
_STALE_S: Final = 60
_POOR_M: Final = 50.0
_BEFORE, _AFTER = "before", "after"


class Seen(Struct, frozen=True, kw_only=True):
    """What the screen shows that is no part of the form."""

    now: Instant
    place: str = ""
    name: str = ""
    names: Mapping[str, str] = {}  # of officers, by id
    gps: Gps = Gps()
    thumbnail: Callable[[str], str] = str  # of a picture, by its hash
    problems: Mapping[Slot, str] = {}  # why the last answer to a question could not be given
    track: str = ""


def slot_text(slot: Slot) -> str:
    return slot.question + (_AT + slot.person if slot.person else "")


def slot_of(text: str) -> Slot:
    question, _at, person = text.partition(_AT)
    return Slot(question, person or None)


def inspection_state(inspection: Inspection, seen: Seen) -> InspectionState:
    """Return what the inspection screen shows."""
    review, state = inspection.review, inspection.state
    rows = {slot: _row(inspection, slot, seen) for slot in review.visible}
    sections = _sections(inspection, rows)
    of_slot = {row.slot: one.title for one in sections for row in one.questions}
    form = inspection.form
    repeats = review.awaits_person or any(slot.person for slot in review.visible)
    return InspectionState(
        inspection=inspection.id,
        kind=form.kind,
        kind_text=kind_text(form.kind),
        object_name=seen.name or inspection.place.name,
        checklist=f"{form.id} v{form.version}",
        place=seen.place,
        crew=tuple(seen.names.get(officer, officer[:6]) for officer in state.crew),
        gps=seen.gps,
        sections=sections,
        missing=_missing(inspection, of_slot),
        findings=tuple(
            FindingRow(
                slot=slot_text(Slot(found.question, found.person)),
                severity=found.severity,
                title=found.title_zh if language() == "zh" else found.title_en,
                follow_up=_follow_up(found.follow_up),
            )
            for found in review.findings
        ),
        stop=_stop(inspection),
        answered=sum(slot in state.answers for slot in review.visible),
        asked=len(review.visible),
        add_person=_("Add a person met") if repeats else "",
        add_person_after=(state.persons[-1] if state.persons else _BEFORE) if repeats else "",
        blocked="" if state.crew else _("Nobody has signed in yet"),
        caution=_caution(inspection),
        saved=_saved(inspection),
        track=seen.track,
    )


def _caution(inspection: Inspection) -> str:
    """Say what is missing: it may be completed all the same, and is then judged by it."""
    missing = len(inspection.review.missing)
    if inspection.review.awaits_person:
        return _("Somebody was met and nobody is entered: it will not count as effective")
    if not missing:
        return ""
    return ngettext(
        "{n} answer missing: completed now, it will not count as effective",
        "{n} answers missing: completed now, it will not count as effective",
        missing,
    ).format(n=missing)


def _saved(inspection: Inspection) -> str:
    state = inspection.state
    if not state.last_at:
        return ""
    when = Instant(state.last_at, state.utc_offset, b"", 0).local()
    return _("Saved {time}").format(time=f"{when:%H:%M:%S}")


def track_words(track: Track, *, failed: bool = False) -> str:
    """Say that a track is being recorded, and what it shows so far."""
    if failed:
        return _("The track cannot be stored")
    if not track.points:
        return _("Recording the track: no position yet")
    fraction = track.fraction()
    if fraction is None:
        return _("Recording the track")
    if isinstance(track.place, Hotspot):
        if fraction >= PASSED:
            return _("Recording the track: stayed a minute")
        return _("Recording the track: not a minute here yet")
    percent = int(fraction * 100)
    return _("Recording the track: {percent} % covered").format(percent=percent)


def _sections(inspection: Inspection, rows: Mapping[Slot, QuestionRow]) -> tuple[SectionRow, ...]:
    form, persons = inspection.form, inspection.state.persons
    start = form.repeated.start if form.repeated else len(form.questions)
    titles = {_BEFORE: form.zh if language() == "zh" else form.en, _AFTER: _("Conclusion")}
    titles |= {one: _("Person {n}").format(n=n) for n, one in enumerate(persons, 1)}
    grouped: dict[str, list[QuestionRow]] = {_BEFORE: []}
    grouped |= {person: [] for person in persons}
    for slot, row in rows.items():
        before = form.position[slot.question] < start
        grouped.setdefault(slot.person or (_BEFORE if before else _AFTER), []).append(row)
    return tuple(
        SectionRow(
            key=key,
            title=titles[key],
            questions=tuple(questions),
            person=key in persons,
            removable=key in persons,
        )
        for key, questions in grouped.items()
        if questions
    )


def _missing(inspection: Inspection, of_slot: Mapping[str, str]) -> tuple[MissingRow, ...]:
    rows = [
        MissingRow(
            slot=slot_text(slot),
            text=_words(inspection.form.question(slot.question)),
            section=of_slot.get(slot_text(slot), "") if slot.person else "",
        )
        for slot in inspection.review.missing
    ]
    return tuple(rows)


def _stop(inspection: Inspection) -> Stop | None:
    stops = inspection.review.stopped_by
    if not stops:
        return None
    reason = " · ".join(_words(inspection.form.question(slot.question)) for slot in stops)
    went_on = inspection.state.went_on.get(stops[0], "") if inspection.went_on else ""
    return Stop(reason=reason, went_on=went_on)


def _follow_up(code: str | None) -> str:
    words = follow_up_words().get(code or "")
    if words is None:
        return code or ""
    return words.zh if language() == "zh" else words.en


def _words(question: Question) -> str:
    return question.zh if language() == "zh" else question.en


# ── one question ───────────────────────────────────────────────────────────────────


def _row(inspection: Inspection, slot: Slot, seen: Seen) -> QuestionRow:
    question = inspection.form.question(slot.question)
    answer = inspection.answers.get(slot)
    status: AnswerStatus = "unanswered"
    if isinstance(answer, Given):
        status = "given"
    elif isinstance(answer, NotApplicable):
        status = "na"
    offered = inspection.offered(slot) if question.options else []
    formula = inspection.computed(slot) if question.computed else None
    is_zh = language() == "zh"
    return QuestionRow(
        slot=slot_text(slot),
        number=question.id,
        text=_words(question),
        type=question.type,
        status=status,
        value=_shown(question, answer.value, inspection, seen)
        if isinstance(answer, Given)
        else None,
        na_reason=answer.reason if isinstance(answer, NotApplicable) else "",
        help=question.help_zh if is_zh else question.help_en,
        options=tuple(
            Choice(
                value=option.value,
                text=option.zh if is_zh else option.en,
                enabled=option.value in offered,
                exclusive=option.exclusive,
            )
            for option in question.options
        ),
        pending=_photos(inspection.taken(slot), seen)
        if question.type == "photo" and status == "unanswered"
        else (),
        problem=seen.problems.get(slot, ""),
        required=question.required,
        sealed=is_sealed(question),
        allow_na=question.allow_na and question.type == "yes_no_na",
        allow_absent=question.allow_absent,
        allow_refused=question.min is None,
        unit=_unit(question.unit),
        minimum=None if question.min is None else Decimal(str(question.min)),
        maximum=None if question.max is None else Decimal(str(question.max)),
        signers=_signers(question, inspection, seen),
        suggested=_suggested(question, seen.now),
        computed=_("{amount} yuan per person; standard {standard}").format(
            amount=formula.amount, standard=formula.standard
        )
        if formula
        else "",
    )


def _photos(taken: Sequence[Mapping[str, Any]], seen: Seen) -> tuple[Photo, ...]:
    return tuple(Photo(ref=one["sha256"], thumbnail=seen.thumbnail(one["sha256"])) for one in taken)


def _unit(unit: str) -> str:
    zh, _slash, en = unit.partition("/")
    return zh if language() == "zh" or not en else en


def _signers(question: Question, inspection: Inspection, seen: Seen) -> tuple[Choice, ...]:
    """Return who may sign: the crew by name where officers sign, else the other side."""
    if question.type != "signature":
        return ()
    if question.min is not None:
        return tuple(
            Choice(value=one, text=seen.names.get(one, one[:6])) for one in inspection.state.crew
        )
    if "handover_form" in question.evidence:
        return (Choice(value="receiver", text=_("Receiver")),)
    return (
        Choice(value="party", text=_("Party")),
        Choice(value="member", text=_("Member of the household")),
        Choice(value="witness", text=_("Witness")),
    )


def _suggested(question: Question, now: Instant) -> date | datetime | None:
    match question.type:
        case "date":
            return now.local().date()
        case "datetime":
            later = now.local() + timedelta(hours=24)
            return later.replace(minute=0, second=0, microsecond=0)
        case _:
            return None


def _shown(question: Question, value: Any, inspection: Inspection, seen: Seen) -> Value:  # noqa: ANN401, PLR0911  one arm a type
    match question.type:
        case "number":
            return Decimal(str(value))
        case "multi":
            return tuple(value)
        case "date":
            return date.fromisoformat(value)
        case "datetime":
            return datetime.fromisoformat(value)
        case "gps":
            return fix_of(msgspec.convert(value, GeoPoint))
        case "photo":
            return _photos(value, seen)
        case "signature":
            return tuple(_mark(one, inspection) for one in value)
        case _:
            return value


def _mark(raw: Mapping[str, Any], inspection: Inspection) -> Signature:
    officer = raw.get("signer_ref") or ""
    return Signature(
        role=officer or raw["signer_role"],
        name=raw.get("name") or "",
        strokes=tuple(
            tuple(stroke) for stroke in inspection.state.strokes.get(raw.get("image_ref") or "", ())
        ),
        refused=bool(raw.get("refused")),
        absent=bool(raw.get("absent")),
        reason=raw.get("reason") or "",
        witness=raw.get("witness") or "",
        when=f"{datetime.fromisoformat(raw['signed_at']):%H:%M}",
    )


def fix_of(point: GeoPoint) -> Fix:
    return Fix(
        lon=point.lon,
        lat=point.lat,
        accuracy_m=point.accuracy_m if point.accuracy_m is not None else 0.0,
        fixed_at=point.fixed_at,
        datum=point.datum,
    )


def gps_of(reception: Reception, point: GeoPoint | None, now: Instant) -> Gps:
    """Return what is said of the position now: with its age, for an old fix may mislead."""
    if point is None or reception == "off":
        return Gps(reception=reception)
    age = max(0, round((now.local() - point.fixed_at).total_seconds()))
    if age > _STALE_S:
        reception = "stale"
    elif point.accuracy_m is None or point.accuracy_m > _POOR_M:
        reception = "poor"
    return Gps(reception=reception, fix=fix_of(point), age_s=age)


# ── back ───────────────────────────────────────────────────────────────────────────


def answer_of(  # noqa: PLR0911  one arm a shape
    value: object, inspection: Inspection, slot: Slot
) -> JSON:
    """Return as an answer what a screen handed up."""
    now = inspection.now().local()
    match value:
        case Decimal():
            return value
        case datetime():
            return (value if value.tzinfo else value.replace(tzinfo=now.tzinfo)).isoformat()
        case date():
            return value.isoformat()
        case Fix():
            return {**msgspec.to_builtins(value), "datum": value.datum}
        case (Photo(), *_rest):
            kept = refs_of(value)
            return [dict(one) for one in inspection.taken(slot) if one["sha256"] in kept]
        case (Signature(), *_rest):
            return _marks([one for one in value if isinstance(one, Signature)], inspection, slot)
        case tuple() | list():
            return [str(one) for one in value]
        case _:
            return str(value)


def refs_of(value: object) -> frozenset[str]:
    """Return which pictures a screen handed up."""
    many = value if isinstance(value, tuple | list) else ()
    return frozenset(one.ref for one in many if isinstance(one, Photo))


def photo_of(picture: Picture, now: Instant) -> dict[str, JSON]:
    """Return a picture that was just taken, as an answer has it."""
    return {
        "sha256": picture.name,
        "taken_at": now.local().isoformat(),
        "size": len(picture.stored),
        "media_type": picture.media_type,
        "key": msgspec.to_builtins(picture.key),
    }


def picture_words(refused: Refusal) -> str:
    """Return why a picture was not kept, and what to do."""
    match refused:
        case TooLargeError():
            return _("The picture is too large. Take it again with a lower resolution.")
        case StorageError():
            return _("The picture could not be stored. Free some space, then take it again.")
        case _:
            return _("The camera gave no JPEG or PNG picture. Take it again.")


def _marks(marks: Sequence[Signature], inspection: Inspection, slot: Slot) -> JSON:
    """Return signatures as answers; one that stands already stays as it was recorded."""
    before = inspection.answers.get(slot)
    known: Any = before.value if isinstance(before, Given) else ()
    now = inspection.now().local().isoformat()
    kept: list[JSON] = []
    for mark in marks:
        old = next((one for one in known if _same(one, mark, inspection)), None)
        kept.append(old if old is not None else _new_mark(mark, inspection, now))
    return kept


def _same(raw: Mapping[str, Any], mark: Signature, inspection: Inspection) -> bool:
    if not mark.when:  # just made: what stands has its time
        return False
    strokes = inspection.state.strokes.get(raw.get("image_ref") or "", ())
    return (raw.get("signer_ref") or raw["signer_role"], tuple(map(tuple, strokes))) == (
        mark.role,
        mark.strokes,
    )


def _new_mark(mark: Signature, inspection: Inspection, now: str) -> dict[str, JSON]:
    officer = mark.role if mark.role in inspection.state.crew else None
    crew = inspection.state.crew
    role = crew[officer].role if officer else mark.role
    strokes = [list(stroke) for stroke in mark.strokes]
    made: dict[str, JSON] = {"signer_role": role, "signer_ref": officer, "signed_at": now}
    if strokes:
        made |= {"image_ref": digest(repr((now, strokes)).encode()).hex()[:32], "strokes": strokes}
    told = {"name": mark.name, "reason": mark.reason, "witness": mark.witness}
    made |= {name: text for name, text in told.items() if text}
    if mark.refused or mark.absent:
        made |= {"refused": mark.refused, "absent": mark.absent}
    return made


def place_of(visit: Visit) -> Place:
    """Return what a visit says of its object, where the register no longer has it."""
    return Place(
        object=visit.object,
        object_type=visit.object_type,
        domain=visit.domain,
        township=visit.township,
        village=visit.village,
    )


def problem_words(found: Problem) -> str:
    """Return why an answer cannot be given, in words."""
    bound = f"{found.bound:g}" if found.bound is not None else ""
    words = {
        "wrong_type": _("This is not the kind of answer asked for"),
        "empty": _("Nothing was entered"),
        "too_long": _("At most {bound} characters"),
        "below_min": _("At least {bound}"),
        "above_max": _("At most {bound}"),
        "too_few": _("At least {bound} are needed"),
        "too_many": _("At most {bound}"),
        "unknown_option": _("This cannot be chosen with the other answers"),
        "repeated_option": _("Chosen twice"),
        "exclusive_option": _("This cannot be chosen together with others"),
        "na_not_offered": _("This question always applies"),
        "na_needs_reason": _("Say why it does not apply"),
        "signature_needs_reason": _("Say why nobody signed"),
        "absent_not_offered": _("They have to be present here"),
    }
    return words[found.code].format(bound=bound)
