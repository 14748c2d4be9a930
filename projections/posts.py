"""On which days an officer could inspect: on the list, posted, not on leave, certified."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Literal, TypeAlias

from events.register import OfficerPosted
from projections.chosen import meets
from projections.lists import Officer
from projections.question import Filters
from projections.spans import OPEN, Span, after, before, less

Standing: TypeAlias = Literal["counts", "off_post", "leave", "uncertified"]


def standing(one: Officer, past: Span, chosen: Filters) -> Standing:
    """Tell whether an officer counts, else the first thing that takes the days away."""
    posted = _meet(as_officer(one), posted_where(one, chosen))
    on_post = less(posted, one.leaves)
    ready = _meet(on_post, certified(one))
    steps: tuple[tuple[Standing, list[Span]], ...] = (
        ("off_post", posted),
        ("leave", on_post),
        ("uncertified", ready),
    )
    for name, spans in steps:
        if not _half(spans, past):
            return name
    return "counts"


def as_officer(one: Officer) -> list[Span]:
    """Return when one was on the list as an officer: each listing holds until the next."""
    ends = [before(later.valid_from) for later in one.listings[1:]]
    held = [
        Span(listing.valid_from, end)
        for listing, end in zip(one.listings, [*ends, OPEN], strict=False)
        if listing.role == "officer" and listing.valid_from <= end
    ]
    return _meet(held, one.listed)


def posted_where(one: Officer, chosen: Filters) -> list[Span]:
    """Return when one was posted where the filters ask; of two postings the later holds."""
    found: list[Span] = []
    taken: list[Span] = []
    for posting in reversed(one.postings):
        span = Span(posting.valid_from, posting.valid_to or OPEN)
        if is_there(posting, chosen):
            found += less([span], taken)
        taken.append(span)
    return found


def is_there(posting: OfficerPosted, chosen: Filters) -> bool:
    return meets(chosen.township, posting.townships) and meets(chosen.domain, posting.domains)


def certified(one: Officer) -> list[Span]:
    """Return when one had a valid certificate; two at once count once."""
    found: list[Span] = []
    for certificate in one.certificates:
        if certificate.valid is not None:
            found += less([certificate.valid], found)
    return found


def last_certified(one: Officer, day: date) -> date:
    """Return the last day on which one is certified without a break from `day` on."""
    last = day
    for span in sorted(certified(one)):
        if span.start <= after(last) and span.end > last:
            last = span.end
    return last


def _meet(some: Iterable[Span], others: Sequence[Span]) -> list[Span]:
    return [both for one in some for other in others if (both := one.within(other))]


def _half(spans: Iterable[Span], past: Span) -> bool:
    """Tell whether spans that do not overlap hold at least half of the days."""
    cut = [span.within(past) for span in spans]
    return 2 * sum(_days(span) for span in cut if span) >= _days(past)


def _days(span: Span) -> int:
    return (span.end - span.start).days + 1


def holds(spans: Iterable[Span], day: date) -> bool:
    return any(span.start <= day <= span.end for span in spans)
