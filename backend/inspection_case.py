"""One inspection as its entries tell it: crew, answers, signatures, corrections, clocks."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, cast

from msgspec import UNSET, Struct, to_builtins

from backend.entries import Entry, of_case, superseded
from events import vocabulary
from events.checklists import Checklist, Option, Question, load
from events.clock import CHINA, moment
from events.facts import Fact, Visit
from events.inspections import AnswerRecorded, CorrectionRecorded, InspectionCompleted
from events.register import ChecklistPublished
from events.store import EventStore
from events.vocabulary import Unknown
from projections import inspections, recorded
from projections.case_rows import Begun, CaseDocument, Crew, Finished
from projections.documents import counting
from projections.filed import FiledDocument
from projections.views import ViewReader, view_of
from projections.visits import Inspected

_ALIKE: Final = ("visit", "inspection", "sealed")  # members that tell no change of content


class Answer(Struct, frozen=True):
    """An answer that counts. `value` None: sealed, or none was given (`status`)."""

    question: str
    wording: Question | None
    person: str
    status: str
    sealed: bool
    value: Any
    computed: Any
    position: int


class Correction(Struct, frozen=True):
    """What took the place of what: members with their old and new values.

    `back`: taken back, with nothing in its place. `counts`: it is the one that stands.
    """

    position: int
    log: str
    sequence: int
    at: datetime
    received_at: datetime
    tag: str
    target: int
    reason: str
    approver: str
    back: bool
    changes: tuple[tuple[str, Any, Any], ...]


class Case(Struct, frozen=True):
    """An inspection."""

    inspection: str
    decided: Inspected
    visit: Visit
    checklist: str
    version: int
    source: str
    crew: tuple[Crew, ...]
    entries: tuple[Entry, ...]
    answers: tuple[Answer, ...]
    corrections: tuple[Correction, ...]
    unanswered: tuple[str, ...]
    hidden: int
    form: Checklist | None
    assignment: str


def case(views: ViewReader, store: EventStore, inspection: str) -> Case | None:
    """Return an inspection; None where the history holds nothing that begins or ends it."""
    raw = views.load("inspections", [inspection]).get(inspection)
    if raw is None:
        return None
    document: CaseDocument = view_of(views.views, "inspections").decode(raw)
    decided, keys = inspections.inspected(document)
    rows = [held.row for held in counting(document.rows, document.superseded)]
    begun = [row for row in rows if isinstance(row, Begun)]
    finished = [row for row in rows if isinstance(row, Finished)]
    first = max(finished or begun, key=lambda row: row.position, default=None)
    if first is None or keys is None:
        return None
    form = _form(views, first.checklist, first.version)
    done = finished[-1] if finished else None
    visit = Visit(
        inspection=inspection, kind=keys.kind, nature=keys.nature, object=keys.object,  # type: ignore[arg-type]
        object_type=keys.object_type, domain=keys.domain, township=keys.township,
        started_on=keys.started_on, village=keys.village, items=keys.items,
    )  # fmt: skip
    return Case(
        inspection,
        decided,
        visit,
        first.checklist,
        first.version,
        first.source,
        done.crew if done else (),
        tuple(of_case(store, inspection, document)),
        tuple(_answers(store, document, form)),
        tuple(_corrections(store, document)),
        done.unanswered if done else (),
        done.hidden if done else 0,
        form,
        next((row.assignment or "" for row in begun), ""),
    )


# ── the form ───────────────────────────────────────────────────────────────────────


def _form(views: ViewReader, checklist: str, version: int) -> Checklist | None:
    """Return the form in the version that was used; None where it was never published."""
    raw = views.load("checklists", [checklist]).get(checklist)
    if raw is None:
        return None
    document: FiledDocument = view_of(views.views, "checklists").decode(raw)
    for row in document.register.values():
        fact = row.fact
        if isinstance(fact, ChecklistPublished) and fact.version == version:
            return _read(bytes(fact.content))
    return None


@lru_cache(maxsize=32)
def _read(content: bytes) -> Checklist:
    return load(content)


# ── answers ────────────────────────────────────────────────────────────────────────


def _answers(store: EventStore, document: CaseDocument, form: Checklist | None) -> Iterable[Answer]:
    found = inspections.answer_rows(document)
    place: Mapping[str, int] = form.position if form else {}

    def asked(slot: tuple[str, str]) -> tuple[str, int, str]:
        return slot[1], place.get(slot[0], len(place)), slot[0]

    for question, person in sorted(found, key=asked):
        _, row = found[question, person]
        fact = fact_at(store, row.position)
        value, computed = (
            (fact.value, fact.computed) if isinstance(fact, AnswerRecorded) else (UNSET, UNSET)
        )
        wording = form.question(question) if form and question in place else None
        yield Answer(
            question,
            wording,
            person,
            row.status,
            bool(row.sealed),
            None if value is UNSET else value,
            None if computed is UNSET else computed,
            row.position,
        )


def said_value(answer: Answer, language: str) -> str:
    """Return the value of an answer in the words of its form."""
    options = answer.wording.options if answer.wording else ()
    return _said(answer.value, options, language)


def _said(value: object, options: Sequence[Option], language: str) -> str:
    if isinstance(value, list | tuple):
        many = cast("Sequence[object]", value)
        return "; ".join(_said(one, options, language) for one in many)
    for one in options:
        if one.value == value:
            return one.zh if language == "zh" else one.en
    if isinstance(value, dict):
        return _composed(cast("Mapping[str, Any]", value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _composed(value: Mapping[str, Any]) -> str:
    """Return a position, a picture or a signature; of the latter two no more than when."""
    match value:
        case {"lon": float() | int() as lon, "lat": float() | int() as lat}:
            accuracy = value.get("accuracy_m")
            return f"{lon:.5f}, {lat:.5f}" + (f" ± {accuracy:g} m" if accuracy else "")
        case {"sha256": str(), "taken_at": str() as at}:
            return at[:16].replace("T", " ")
        case {"signer_ref": _, "signed_at": str() as at}:
            return f"✓ {at[:16].replace('T', ' ')}"
        case _:
            return ", ".join(f"{name} {held}" for name, held in value.items())


def fact_at(store: EventStore, position: int) -> Fact | Unknown | None:
    """Return the fact that an entry brought: of a correction what now stands, if anything."""
    (stored,) = store.read(position - 1, 1)
    event = recorded.read(stored).event
    if not isinstance(event, CorrectionRecorded):
        return event
    return None if event.fact is UNSET else vocabulary.decode(event.tag, bytes(event.fact))


# ── corrections ────────────────────────────────────────────────────────────────────


def _corrections(store: EventStore, document: CaseDocument) -> Iterable[Correction]:
    places = {ref: row.position for ref, row in document.rows.items()}
    told = superseded(document)
    by_position = {
        position: (target, ref)
        for target, found in document.superseded.items()
        for ref, position in found.items()
    }
    for position, (target, ref) in sorted(by_position.items()):
        (stored,) = store.read(position - 1, 1)
        read = recorded.read(stored)
        event = read.event
        if not isinstance(event, CorrectionRecorded) or ref not in told:
            continue
        old = fact_at(store, places[target]) if target in places else None
        new = None if event.fact is UNSET else vocabulary.decode(event.tag, bytes(event.fact))
        yield Correction(
            position, stored.log, stored.sequence, moment(read.happened_at, read.utc_offset),
            moment(read.received_at, CHINA), event.tag, places.get(target, 0), event.reason,
            event.approver or "", new is None, tuple(_changes(old, new)),
        )  # fmt: skip


def _changes(old: object, new: object) -> Iterable[tuple[str, Any, Any]]:
    """Yield members that differ; what is sealed is no member."""
    before, after = _members(old), _members(new)
    for name in sorted(before.keys() | after.keys()):
        if name not in _ALIKE and before.get(name) != after.get(name):
            yield name, before.get(name), after.get(name)
    if new is not None:
        old_visit, new_visit = before.get("visit", {}), after.get("visit", {})
        for name in sorted(old_visit.keys() | new_visit.keys()):
            if old_visit.get(name) != new_visit.get(name):
                yield name, old_visit.get(name), new_visit.get(name)


def _members(fact: object) -> Mapping[str, Any]:
    if not isinstance(fact, Fact):
        return {}
    found = to_builtins(fact)
    if isinstance(fact, InspectionCompleted):
        found.pop("crew", None)
    return found
