"""程序瑕疵 and 程序完备率: what went against procedure, by which rule, and what mends it.

Three kinds of rules meet here: those that the document of an inspection decides by itself (the
column `faults`), those that need the register of officers, the published checklist or the caps,
and those of an enterprise, which only the register knows. Whether approval is needed is the
checklist's word, so a fold, which may not look up, cannot decide it.

Faults are told by inspection and day. Nobody is ranked by them, and there are no sums by officer.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import Final, Literal

from msgspec import Struct, json

from events.credit_codes import is_enterprise
from events.procedure_rules import Act, Cited, Rule, cited, rules
from events.register import ChecklistPublished
from projections.caps import cap_counts, enterprises
from projections.chosen import where as chosen_where
from projections.figures import Figure, Measured, Part, summed
from projections.filed import FiledDocument, in_order
from projections.garbage import no_collection
from projections.lists import Officer
from projections.objects import Terms
from projections.procedure import Acts, Approval, Fault, Raised, read_acts, read_faults
from projections.question import Question
from projections.views import Condition, Query, view_of

FILED_WITHIN: Final = 24 * 3_600_000_000
"""An approval in an emergency is filed so long (µs) after the start (to be confirmed)."""

Mended = Literal["", "approval", "voiding"]


class FaultLine(Struct, frozen=True):
    """A fault of one inspection. `on` is the day it was started, `position` the entry's.

    `basis` are the articles valid on that day. `mended_at` is the position of the entry that
    mended it since, None while nothing did; what was corrected is gone and has no line.
    """

    inspection: str
    code: str
    on: date
    kind: str
    object: str
    object_type: str
    domain: str
    township: str
    village: str
    officers: tuple[str, ...]
    position: int
    rule: Rule
    basis: tuple[Cited, ...]
    mended_at: int | None = None
    mended_by: Mended = ""

    @property
    def place(self) -> tuple[str, str, str, int]:
        """Where it stands in the order of all."""
        return self.on.isoformat(), self.inspection, self.code, self.position


class Begun(Struct, frozen=True, gc=False):
    """An inspection that was started in the period, as the columns tell it."""

    inspection: str
    started_on: str
    kind: str
    nature: str
    object: str
    object_type: str
    domain: str
    township: str
    village: str
    started: int
    completed_on: str
    effective: int
    reasons: str
    voided: int
    cancelled: str
    desk: int
    officers: str
    faults: str
    procedure: str
    assignment: str


_COLUMNS: Final = Begun.__struct_fields__[1:]  # as the index has them: nothing is to be sorted


def begun(question: Question) -> list[Begun]:
    """Return the chosen inspections that were started in the period."""
    past, chosen = question.past, question.filters
    if past is None:
        return []
    where: list[Condition] = [
        ("started_on", ">=", past.start.isoformat()),
        ("started_on", "<=", past.end.isoformat()),
    ]
    where += chosen_where(chosen, "kind", "domain", "township", "village")
    found = question.views.select(
        Query("inspections", columns=_COLUMNS, where=tuple(where), order=_COLUMNS)
    )
    rows = [Begun(row.key, *row.values) for row in found]  # type: ignore[arg-type]
    if chosen.officer is None:
        return rows
    return [one for one in rows if chosen.officer in one.officers.split()]


# ── 程序完备率 ─────────────────────────────────────────────────────────────────────


def procedure_completeness(question: Question) -> Measured:
    """程序完备率: effective inspections ÷ all that were started and not lawfully cancelled.

    The period is that of the start; filters choose both sides. One that is still under way on
    the day of the question is not complete, nor is one that was voided: otherwise voiding would
    polish the figure. Both are listed. Officers are known from the completion on, so where one
    is chosen those under way belong to nobody.
    """
    with no_collection():
        rows = [one for one in begun(question) if one.started]
    today = question.today.isoformat()
    listed: defaultdict[str, list[str]] = defaultdict(list)
    counted: list[tuple[Begun, Part]] = []
    for one in rows:
        if one.cancelled == "lawful":
            listed["cancelled"].append(one.inspection)
            continue
        done = bool(one.effective and one.completed_on <= today)
        counted.append((one, Part(one.inspection, int(done))))
        for reason in () if done else _incomplete(one, today):
            listed[reason].append(one.inspection)
    return Measured(
        {"inspections": summed(part for _, part in counted)},
        by={name: _by(counted, name) for name in ("township", "domain", "kind")},
        lists={name: tuple(sorted(keys)) for name, keys in sorted(listed.items())},
    )


def _incomplete(one: Begun, today: str) -> Iterable[str]:
    """Return why it is not complete, in the words of the views."""
    if one.cancelled:
        return ("cancelled_unlawfully",)
    if not one.voided and (not one.completed_on or one.completed_on > today):
        return ("under_way",)
    return one.reasons.split()


def _by(counted: Iterable[tuple[Begun, Part]], name: str) -> dict[str, Figure]:
    of: defaultdict[str, list[Part]] = defaultdict(list)
    for one, part in counted:
        of[getattr(one, name)].append(part)
    return {value: summed(parts) for value, parts in sorted(of.items())}


# ── 程序瑕疵 ───────────────────────────────────────────────────────────────────────


def procedure_faults(
    question: Question, codes: Collection[str] | None = None
) -> Sequence[FaultLine]:
    """Return the faults of inspections started in the period, by day; `codes` None: all."""
    wanted = rules().keys() if codes is None else rules().keys() & set(codes)
    today = question.today.isoformat()
    with no_collection():
        asked = _Asked(question)
        lines = [
            line
            for one in begun(question)
            if one.completed_on and one.completed_on <= today and (one.faults or one.procedure)
            for line in _lines(one, asked, wanted)
        ]
    return sorted(lines, key=lambda line: line.place)


def faults_of(question: Question, inspections: Collection[str]) -> Sequence[FaultLine]:
    """Return the faults of single inspections, whenever they were started, by day."""
    query = Query("inspections", columns=_COLUMNS, where=(("key", "in", sorted(inspections)),))
    found = [Begun(row.key, *row.values) for row in question.views.select(query)]  # type: ignore[arg-type]
    asked, today = _Asked(question, found), question.today.isoformat()
    lines = [
        line
        for one in found
        if one.completed_on and one.completed_on <= today and (one.faults or one.procedure)
        for line in _lines(one, asked, rules().keys())
    ]
    return sorted(lines, key=lambda line: line.place)


def _lines(one: Begun, asked: "_Asked", wanted: Collection[str]) -> Iterator[FaultLine]:
    done = read_acts(one.procedure) if one.procedure else None
    day = date.fromisoformat(one.started_on)
    shown = read_faults(one.faults)
    enterprise = asked.enterprise(one.object, day)
    found: Iterable[tuple[Fault, int | None]] = [(fault, None) for fault in shown]
    if done is not None and done.checklist:
        found = [*found, *_found(one, done, asked, day, enterprise=enterprise)]
    act = Act(day, one.nature, one.kind, one.domain, one.object_type, enterprise)
    for fault, filed in found:
        if fault.code not in wanted:
            continue
        mended, by = (filed, "approval") if filed is not None else (None, "")
        if mended is None and done is not None and done.voided:
            mended, by = done.voided, "voiding"
        yield _line(one, act, fault, mended, by)  # type: ignore[arg-type]


def _line(one: Begun, act: Act, fault: Fault, mended: int | None, by: Mended) -> FaultLine:
    return FaultLine(
        one.inspection,
        fault.code,
        act.day,
        one.kind,
        one.object,
        one.object_type,
        one.domain,
        one.township,
        one.village,
        tuple(one.officers.split()),
        fault.position,
        rules()[fault.code],
        cited(fault.code, act),
        mended,
        by,
    )


def _found(
    one: Begun, done: Acts, asked: "_Asked", day: date, *, enterprise: bool
) -> Iterator[tuple[Fault, int | None]]:
    """Yield what needs other documents, each with the position of what mended it."""
    form = asked.form(done.checklist, done.version)
    given = asked.approval(one.assignment, done.started_at)
    if form is not None and form.requires_approval and not _approved(done, given):
        filed = min((each.position for each in (*done.approvals, *given)), default=None)
        yield Fault("approval_missing", done.position), filed
    if not (done.notice or done.absent or one.desk) and asked.notice(one):
        yield Fault("notice_missing", done.position), None
    if enterprise and not (done.code or one.desk):
        yield Fault("enterprise_code_missing", done.position), None
    if "certificate_expired@" not in one.faults and any(
        not asked.certified(officer, day) for officer in done.officers
    ):
        yield Fault("certificate_invalid", done.position), None
    for raised in done.findings:
        if form is not None and form.pictures(raised) > done.pictures:
            yield Fault("evidence_missing", raised.position), None
    if asked.was_enterprise(one.object) and one.inspection in asked.beyond:
        yield Fault("cap_exceeded", done.position), None


def _approved(done: Acts, given: Iterable[Approval]) -> bool:
    """Tell whether it was approved by its completion, or in an emergency within the hours.

    What was assigned is approved at the office (`given`), before it is started.
    """
    return any(one.at <= done.started_at for one in given) or any(
        one.at <= done.at or (one.emergency and one.at - done.started_at <= FILED_WITHIN)
        for one in done.approvals
    )


class _Finding(Struct, frozen=True):
    evidence: tuple[str, ...] = ()


class _Asking(Struct, frozen=True):
    id: str
    findings: tuple[_Finding, ...] = ()


class _Form(Struct, frozen=True):
    """What of a published checklist these rules read."""

    requires_approval: bool = False
    questions: tuple[_Asking, ...] = ()

    def pictures(self, raised: Raised) -> int:
        """Return how many pictures a finding asks for: `photo>=2` two, `ledger photo` one."""
        for question in self.questions:
            if question.id == raised.question and 0 <= raised.rule < len(question.findings):
                return sum(map(_pictures, question.findings[raised.rule].evidence))
        return 0


_PHOTO: Final = re.compile(r"\bphoto\b(?:>=(\d+))?")


def _pictures(word: str) -> int:
    found = _PHOTO.search(word)
    return int(found[1] or 1) if found else 0


_read_form = json.Decoder(_Form).decode


class _Asked:
    """What the rules look up, each of it read once."""

    def __init__(self, question: Question, only: Sequence[Begun] | None = None) -> None:
        self._all = Question(question.views, question.period, question.today)
        self._only = only

    def enterprise(self, thing: str, day: date) -> bool:
        terms = self._enterprises.get(thing)
        return terms is not None and is_enterprise(terms.on(day).uscc)

    def was_enterprise(self, thing: str) -> bool:
        return thing in self._enterprises

    def certified(self, officer: str, day: date) -> bool:
        known = self._officers.get(officer)
        return known is not None and known.certified(day)

    def approval(self, assignment: str, started_at: int) -> Sequence[Approval]:
        """Return how the office approved what was assigned, unless it was taken back by then."""
        approval, withdrawn_at = self._approvals.get(assignment, (None, 0))
        return (approval,) if approval and not 0 < withdrawn_at <= started_at else ()

    def notice(self, one: Begun) -> bool:
        return rules()["notice_missing"].asks(one.nature, one.object_type)

    def form(self, checklist: str, version: int) -> _Form | None:
        """Return the version that was used, None where it was never published."""
        return self._forms.get((checklist, version))

    @cached_property
    def beyond(self) -> frozenset[str]:
        """The inspections that exceeded the cap of their enterprise."""
        return frozenset(one.inspection for one in cap_counts(self._all) if one.beyond)

    @cached_property
    def _enterprises(self) -> Mapping[str, Terms]:
        only = None if self._only is None else {one.object for one in self._only}
        return enterprises(self._all.views, only)

    @cached_property
    def _approvals(self) -> Mapping[str, tuple[Approval, int]]:
        of_these: tuple[Condition, ...] = ()
        if self._only is not None:
            of_these = (("key", "in", sorted({one.assignment for one in self._only})),)
        rows = self._all.views.select(
            Query(
                "assignments",
                columns=("approved", "approved_at", "withdrawn_at"),
                where=(("approved", ">", 0), *of_these),
                order=("approved", "approved_at", "withdrawn_at"),
            )
        )
        found: dict[str, tuple[Approval, int]] = {}
        for key, (position, at, withdrawn_at), _ in rows:
            found[key] = Approval(int(at), int(position), emergency=False), int(withdrawn_at)
        return found

    @cached_property
    def _officers(self) -> Mapping[str, Officer]:
        return {one.officer: one for one in self._all.officers}

    @cached_property
    def _forms(self) -> Mapping[tuple[str, int], _Form]:
        view = view_of(self._all.views.views, "checklists")
        rows = self._all.views.select(Query("checklists", document=True))
        documents: Iterable[FiledDocument] = (view.decode(row.document) for row in rows)
        return {
            (fact.checklist, fact.version): _read_form(fact.content)
            for document in documents
            for fact in in_order(document)
            if isinstance(fact, ChecklistPublished)
        }
