"""Items: what the list of enforcement items says of each, by code; and their uses, by month.

A use is one effective inspection that used the item: a joint visit with three items is one
inspection and three uses. Uses are kept by item and month of the visit's start, so that a
document stays small whatever the history's length.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import TypeAlias

from msgspec import Struct, json

from events.facts import Visit
from events.inspections import (
    AnswerRecorded,
    ArrivalLocated,
    CertificateShown,
    ContributionRecorded,
    EnterpriseCodeChecked,
    EvidenceCaptured,
    FindingRaised,
    FollowUpDone,
    FollowUpOpened,
    HomeVisitCompleted,
    InspectionApproved,
    InspectionCancelled,
    InspectionCompleted,
    InspectionFact,
    InspectionStarted,
    InspectionVoided,
    NoticeGiven,
    OfficerSigned,
    OfficerSignedIn,
    PartyAbsent,
    PartyRefusedToSign,
    PartySigned,
    PersonEncountered,
    PersonHandedOver,
    ReliefOffered,
    ReliefRefused,
    SegmentCovered,
    StatementRecorded,
    ZeroReportFiled,
)
from events.office import OfficeFact
from events.orders import OrderFact
from events.register import (
    AreaFact,
    ChecklistPublished,
    FrequencyCapPublished,
    ImportFact,
    ItemListed,
    ItemRevised,
    ItemWithdrawn,
    ObjectFact,
    OfficerFact,
    RegisterFact,
)
from projections import visits
from projections.documents import Document, Row, counting
from projections.filed import FiledDocument, filed, in_order
from projections.recorded import Recorded
from projections.spans import Span, after, spans_of
from projections.view import Keep, Value, View, of_facts, under
from projections.visits import Voided

# ── the list ───────────────────────────────────────────────────────────────────────


class Item(Struct, frozen=True):
    """An item, resolved: when it was in force, and how it read from which day on."""

    code: str
    active: tuple[Span, ...]
    listings: tuple[ItemListed, ...]

    def listing(self, day: date) -> ItemListed | None:
        """Return how it reads on `day`; before its first listing, how it will read first."""
        reached = [listing for listing in self.listings if listing.valid_from <= day]
        return reached[-1] if reached else next(iter(self.listings), None)

    def plannable_in(self, period: Span) -> bool:
        """Tell whether it was in force and plannable on at least one day of `period`."""
        for span in self.active:
            common = span.within(period)
            if common is not None:
                starts = {max(common.start, one.valid_from) for one in self.listings}
                days = {common.start} | {day for day in starts if day <= common.end}
                if any((held := self.listing(day)) and held.plannable for day in days):
                    return True
        return False


def item(code: str, document: FiledDocument) -> Item:
    """Resolve by validity, then position. Only a listing puts an item back on the list."""
    changes: list[tuple[date, int, bool]] = []
    listings: list[tuple[date, int, ItemListed]] = []
    for position, fact in enumerate(in_order(document)):
        match fact:
            case ItemRevised():
                listings.append((fact.valid_from, position, fact))
            case ItemListed():
                listings.append((fact.valid_from, position, fact))
                changes.append((fact.valid_from, position, True))
            case ItemWithdrawn():
                changes.append((after(fact.valid_to), position, False))
            case _:  # nothing else is kept under an item
                pass
    ordered = sorted(listings, key=lambda entry: entry[:2])
    return Item(code, tuple(spans_of(changes)), tuple(fact for _, _, fact in ordered))


def _extract_item(code: str, document: FiledDocument) -> tuple[Value, ...]:
    resolved = item(code, document)
    newest = resolved.listings[-1] if resolved.listings else None
    spans = resolved.active
    return (
        newest.name_zh if newest else "",
        newest.domain if newest else "",
        newest.kind if newest else "",
        int(newest.plannable) if newest else 0,
        spans[0].start.isoformat() if spans else "",
        spans[-1].end.isoformat() if spans else "",
    )


ITEMS: View = of_facts(
    name="items",
    version=1,
    document=FiledDocument,  # type: ignore[arg-type]
    keeps={
        ItemListed: Keep(filed, under("item"), register=True),
        ItemRevised: Keep(filed, under("item"), register=True),
        ItemWithdrawn: Keep(filed, under("item"), register=True),
    },
    # uses are kept by month, below; the rest is not about items
    ignores=(
        InspectionFact,
        OrderFact,
        OfficeFact,
        ObjectFact,
        AreaFact,
        OfficerFact,
        ChecklistPublished,
        FrequencyCapPublished,
        ImportFact,
    ),
    columns={
        "name": "text",
        "domain": "text",
        "kind": "text",
        "plannable": "integer",
        "valid_from": "text",
        "valid_to": "text",
    },
    extract=_extract_item,
    indexes=(("domain",),),
)

# ── their uses ─────────────────────────────────────────────────────────────────────


class Used(Row, frozen=True, tag="u"):
    """A completed inspection that used the item, and whether it counts unless voided."""

    inspection: str
    counts: bool


UseRow: TypeAlias = Used | Voided
UseDocument: TypeAlias = Document[Row, UseRow]


def used(fact: InspectionCompleted, recorded: Recorded) -> Used:
    return Used(
        recorded.position,
        recorded.happened_at,
        recorded.utc_offset,
        fact.visit.inspection,
        not visits.judged(fact),
    )


def use_keys(visit: Visit) -> tuple[str, ...]:
    month = visit.started_on.isoformat()[:7]
    return tuple([f"{code}|{month}" for code in dict.fromkeys(visit.items)])


def uses(document: UseDocument) -> dict[int, int]:
    """Return how many effective inspections were completed on each day, by its number.

    Of several completions of one inspection the one with the higher position counts.
    """
    last: dict[str, Used] = {}
    voided: set[str] = set()
    for row in _counting(document):
        if isinstance(row, Voided):
            voided.add(row.inspection)
        elif row.inspection not in last or last[row.inspection].position < row.position:
            last[row.inspection] = row
    return Counter(
        visits.day_number(row.at, row.offset)
        for row in last.values()
        if row.counts and row.inspection not in voided
    )


def _counting(document: UseDocument) -> Iterable[UseRow]:
    if not document.superseded:  # nearly always, and these documents have many rows
        return document.rows.values()
    return [one.row for one in counting(document.rows, document.superseded)]


def uses_in(days: Iterable[str], period: Span) -> int:
    """Return the number of uses in `period`, from `days` columns."""
    start, end = period.start.isoformat(), period.end.isoformat()
    return sum(
        count for column in days for day, count in _read_days(column).items() if start <= day <= end
    )


def _extract_uses(key: str, document: UseDocument) -> tuple[Value, ...]:
    code, _, month = key.rpartition("|")
    by_day = {
        visits.numbered(day).isoformat(): count for day, count in sorted(uses(document).items())
    }
    return (
        code,
        month,
        sum(by_day.values()),
        max(by_day, default=""),
        _write_days(by_day).decode(),
    )


_read_days = json.Decoder(dict[str, int]).decode
_write_days = json.Encoder().encode


ITEM_USES: View = of_facts(
    name="item_uses",
    version=1,
    document=UseDocument,  # type: ignore[arg-type]
    keeps={
        InspectionCompleted: Keep(used),
        InspectionVoided: Keep(visits.voided),
    },
    ignores=(
        RegisterFact,
        OfficeFact,
        OrderFact,
        # what an inspection is made of does not decide whether it counts: its completion does
        InspectionStarted,
        InspectionCancelled,
        InspectionApproved,
        NoticeGiven,
        OfficerSignedIn,
        CertificateShown,
        EnterpriseCodeChecked,
        ArrivalLocated,
        AnswerRecorded,
        EvidenceCaptured,
        FindingRaised,
        SegmentCovered,
        PersonEncountered,
        ReliefOffered,
        ReliefRefused,
        PersonHandedOver,
        ZeroReportFiled,
        HomeVisitCompleted,
        StatementRecorded,
        PartySigned,
        PartyRefusedToSign,
        PartyAbsent,
        OfficerSigned,
        ContributionRecorded,
        FollowUpOpened,
        FollowUpDone,
    ),
    visit=use_keys,
    columns={
        "item": "text",
        "month": "text",
        "uses": "integer",
        "last_on": "text",
        "days": "text",
    },
    extract=_extract_uses,
    indexes=(("item", "last_on"), ("month",)),
)
