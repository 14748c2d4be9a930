"""The words of the report of a month."""

from collections.abc import Mapping
from typing import Final

from backend.exports.words import words_of
from events.language import Language
from projections.goals import Goal, Reached


def _(message: str) -> str:
    """Mark a text for the catalogue."""
    return message


KINDS: Final[Mapping[str, str]] = {
    "order": _("order to rectify"),
    "task": _("task"),
    "revisit": _("revisit"),
    "decision": _("pending decision"),
    "case": _("case"),
    "recovery": _("recovery"),
}
SEVERITIES: Final[Mapping[str, str]] = {
    "info": _("note"),
    "minor": _("minor"),
    "major": _("major"),
    "critical": _("critical"),
}
GOALS: Final[Mapping[Goal, str]] = {
    "begging": _("Begging"),
    "sleeping_rough": _("Sleeping rough"),
    "accident": _("Accidents"),
    "public_anger": _("Public anger"),
}
REACHED: Final[Mapping[Reached, str]] = {
    "yes": _("reached"),
    "no": _("not reached"),
    "unknown": _("not known"),
}
LABELS: Final[Mapping[str, str]] = {
    "title": _("Monthly report of inspections"),
    "month": _("{year}-{month}"),
    "judged": _("Judged on"),
    "measures": _("The thirteen measures"),
    "measure": _("measure"),
    "this_month": _("this month"),
    "month_before": _("month before"),
    "change": _("change, points"),
    "year": _("year to date"),
    "partly": _("The month is not over: it is compared with as many days of the month before."),
    "map": _("Object coverage by township, year to date"),
    "no_boundary": _("Schematic tiles, no boundaries; north is up."),
    "none": _("no objects"),
    "hidden": _("hidden: fewer than five homes, or for their sake"),
    "matrix": _("Domains in townships: objects covered / objects, year to date"),
    "township": _("township"),
    "overdue": _("Overdue"),
    "inspections_due": _("inspections"),
    "follow_ups": _("follow-ups"),
    "longest": _("Overdue for longest, {shown} of {all}; homes are only counted, above"),
    "object": _("object"),
    "type": _("type"),
    "what": _("what"),
    "due_on": _("due on"),
    "days": _("days"),
    "nothing_overdue": _("Nothing is overdue."),
    "faults": _("Procedure faults by rule"),
    "rule": _("rule"),
    "severity": _("severity"),
    "faults_found": _("faults"),
    "mended": _("mended"),
    "no_faults": _("No inspection of this month went against procedure."),
    "goals": _("The four zero goals"),
    "goal": _("goal"),
    "target": _("target"),
    "count": _("count"),
    "unsaid": _("not said"),
    "reached": _("reached"),
    "patrols": _("{patrols} patrols. “—”: nobody patrolled, so nothing is known."),
    "together": _("Accidents and public anger are one question, so one count stands for both."),
    "foot": _("Counts up to record {position}, received {received}"),
    "checksum": _("SHA-256 of the content"),
    "page": _("page {page} of {pages}"),
    "again": _(
        "Figures of fewer than five homes read “<5”, others are hidden so that none can be worked "
        "out. The command below computes this report again from the records alone; it prints the "
        "checksum that stands at the foot of each page, or something was changed."
    ),
}


def labels(language: Language) -> dict[str, str]:
    """Return the fixed texts of a report in a language."""
    words = words_of(language)
    return {name: words.gettext(text) for name, text in LABELS.items()}
