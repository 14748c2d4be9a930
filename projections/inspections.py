"""Inspections: each with all that shows the case, and whether it counts, by inspection.

Answers are two thirds of all entries, so this reducer keeps of each no more than its status;
what was answered is read from the entry itself, which `position` finds. `sealed` tells which
sealed parts stand there: name and subject, in the order of the parts.
"""

from events.inspections import (
    AnswerStatus,
)
from events.office import OfficeFact
from events.register import RegisterFact
from projections import follow_rows, followed, patrols, procedure, visits
from projections.case_rows import (
    CASE_KEEPS,
    Answered,
    Begun,
    CaseDocument,
    CaseRow,
    Finished,
    Keys,
)
from projections.documents import Counting, counting
from projections.view import Value, View, of_facts
from projections.visits import Cancelled, Inspected, VisitRow, Voided

_IGNORES = (
    RegisterFact,  # the register is known before the inspection and stands in its own views
    OfficeFact,  # who looked, supervised or planned is no part of the inspection itself
)

_DECISIVE = (Begun, Finished, Voided, Cancelled)


def inspected(document: CaseDocument) -> tuple[Inspected, Keys | None]:
    """Decide whether the inspection counts, and under which keys: those of what counts."""
    return _decided(_telling(document))


def _telling(document: CaseDocument) -> list[Counting[CaseRow]]:
    """Return the rows that count, without the answers: they are most, and no column needs them."""
    rows = {ref: row for ref, row in document.rows.items() if type(row) is not Answered}
    return counting(rows, document.superseded)


def _decided(held: list[Counting[CaseRow]]) -> tuple[Inspected, Keys | None]:
    rows: list[Counting[VisitRow]] = [one for one in held if type(one.row) in _DECISIVE]  # type: ignore[misc]
    decided = visits.inspected(rows)
    if not decided:
        return Inspected("", visits.effective(None, started=False)), None
    (one,) = decided.values() if len(decided) == 1 else (max(decided.values(), key=_latest),)
    completed = one.completed
    if isinstance(completed, Finished):
        return one, completed.keys
    begun = [held.row for held in rows if isinstance(held.row, Begun)]
    return one, max(begun, key=lambda row: row.position).keys if begun else None


def _latest(one: Inspected) -> tuple[int, str]:
    return one.position, one.inspection


def answers(document: CaseDocument) -> dict[tuple[str, str], AnswerStatus]:
    """Return the status of each slot, question and person ("" where it is asked once).

    Of several answers to a slot by one log, the later in that log counts; an answer that
    was corrected gives way to its correction. Between logs, the higher position counts.
    """
    return {slot: row.status for slot, (_, row) in answer_rows(document).items()}


def answer_rows(document: CaseDocument) -> dict[tuple[str, str], tuple[str, Answered]]:
    """Return for each slot the ref and the row of the answer that counts."""
    latest: dict[tuple[str, str, str], tuple[int, str, Answered]] = {}
    for held in counting(document.rows, document.superseded):
        row = held.row
        if isinstance(row, Answered):
            log, _, sequence = held.ref.partition(":")
            slot = (row.question, row.person or "", log)
            if slot not in latest or latest[slot][0] < int(sequence):
                latest[slot] = (int(sequence), held.ref, row)
    counts: dict[tuple[str, str], tuple[str, Answered]] = {}
    for (question, person, _), (_, ref, row) in latest.items():
        other = counts.get((question, person))
        if other is None or other[1].position < row.position:
            counts[question, person] = (ref, row)
    return counts


def _extract(_key: str, document: CaseDocument) -> tuple[Value, ...]:
    held = _telling(document)
    one, keys = _decided(held)
    completed = one.completed
    effectiveness = one.effectiveness
    return (
        *(_described(keys) if keys else ("",) * 9),
        one.on.isoformat() if one.on else "",
        int(effectiveness.effective),
        " ".join(effectiveness.reasons),
        int(effectiveness.desk),
        int(one.started),
        int(one.voided),
        one.cancelled,
        completed.outcome if completed else "",
        " ".join(completed.officers) if completed else "",
        _assignment(document),
        *_walked(held, one),
        *_followed(held, one),
        *_judged(held, document),
    )


def _walked(held: list[Counting[CaseRow]], one: Inspected) -> tuple[Value, ...]:
    """Return the day, the passes and the goals of a patrol; nothing of other inspections."""
    completed = one.completed
    if completed is None or completed.nature != "service" or one.on is None:
        return "", "", ""
    walked = patrols.walks_text(patrols.walks(held))
    met = patrols.goals(held, completed if isinstance(completed, Finished) else None)
    return one.on.isoformat(), walked, "" if one.voided else patrols.goals_text(met)


def _followed(held: list[Counting[CaseRow]], one: Inspected) -> tuple[Value, ...]:
    found = follow_rows.follow(held)
    flags = found.flags(voided=one.voided)
    due_on = found.due_on if followed.Followed.OPEN in flags else None
    ended_on = found.ended_on
    return (
        int(flags),
        due_on.isoformat() if due_on else "",
        ended_on.isoformat() if ended_on else "",
        followed.follow_text(found),
    )


def _judged(held: list[Counting[CaseRow]], document: CaseDocument) -> tuple[Value, ...]:
    told = procedure.told(held, document)
    return (
        procedure.faults_text(procedure.faults(told)),
        procedure.acts_text(procedure.acts(told)),
    )


def _described(keys: Keys) -> tuple[str, ...]:
    return (
        keys.kind,
        keys.nature,
        keys.object,
        keys.object_type,
        keys.domain,
        keys.township,
        keys.village or "",
        " ".join(keys.items),
        keys.started_on.isoformat(),
    )


def _assignment(document: CaseDocument) -> str:
    begun = [row for row in document.rows.values() if type(row) is Begun]
    return max(begun, key=lambda row: row.position).assignment or "" if begun else ""


INSPECTIONS: View = of_facts(
    name="inspections",
    version=2,
    document=CaseDocument,  # type: ignore[arg-type]
    keeps=CASE_KEEPS,
    ignores=_IGNORES,
    visit=lambda visit: (visit.inspection,),
    columns={
        "kind": "text",
        "nature": "text",
        "object": "text",
        "object_type": "text",
        "domain": "text",
        "township": "text",
        "village": "text",
        "items": "text",
        "started_on": "text",
        "completed_on": "text",
        "effective": "integer",
        "reasons": "text",
        "desk": "integer",
        "started": "integer",
        "voided": "integer",
        "cancelled": "text",
        "outcome": "text",
        "officers": "text",
        "assignment": "text",
        "walked_on": "text",
        "passes": "text",
        "goals": "text",
        "followed": "integer",
        "follow_due_on": "text",
        "follow_ended_on": "text",
        "follow": "text",
        "faults": "text",
        "procedure": "text",
    },
    extract=_extract,
    indexes=(
        (  # all that coverage reads: documents are large, so rows must not be touched
            "completed_on",
            "kind",
            "object",
            "domain",
            "township",
            "village",
            "items",
            "effective",
            "reasons",
            "desk",
            "officers",
        ),
        (  # all that procedure reads, likewise
            "started_on",
            "kind",
            "nature",
            "object",
            "object_type",
            "domain",
            "township",
            "village",
            "started",
            "completed_on",
            "effective",
            "reasons",
            "voided",
            "cancelled",
            "desk",
            "officers",
            "faults",
            "procedure",
            "assignment",
        ),
        # `started_on`: those that are no patrol, ask for nothing or were not assigned lie in time
        (
            "walked_on",
            "started_on",
            "township",
            "village",
            "effective",
            "passes",
            "goals",
            "officers",
        ),
        ("followed", "follow_due_on", "follow_ended_on", "started_on"),
        ("object", "completed_on", "effective", "items", "officers"),  # all that rules read
        ("township", "started_on"),
        ("assignment", "started_on"),
    ),
)
