"""What can be exported, as a page; and the report of a month as a file."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter, SkipValidation
from msgspec import Struct

from backend import measure_words as naming
from backend.exports.about import title
from backend.exports.months import month_text, read_month
from backend.exports.odata import PATH as ODATA
from backend.exports.odata_sets import SETS
from backend.exports.report import pdf
from backend.exports.report_data import report
from backend.exports.words import words_of
from backend.frame import Frame
from backend.measuring import Measuring
from backend.overview import Overview
from backend.pages import Pages, language_of
from backend.people.reader import Reader
from backend.people.rights import Right
from backend.problems import ProblemError
from backend.readings import Code, From, Reading, Until, period_of
from events.language import Language
from projections.measures import MEASURES
from projections.question import Filters
from projections.spans import Span
from projections.steps import steps_of
from projections.views import Query

KINDS: Final = (("xlsx", "Excel"), ("csv", "CSV"), ("jsonl", "JSON"))
_MONTHS: Final = 12
_TOWNSHIP: Final = 9  # digits of its code
_OPT: Final[dict[str, Any]] = {"right": Right.EXPORT, "narrows": True}
_PERIOD: Final = frozenset(("from", "to"))
_AREA: Final = frozenset(("township", "domain"))
_Month = Annotated[str, QueryParameter(max_length=7, description="such as 2026-10")]


def _(message: str) -> str:
    """Mark a text for the catalogue."""
    return message


class List(Struct, frozen=True):
    """A list that can be exported; `takes` are the filters of this page that it knows."""

    name: str
    path: str
    what: str
    takes: frozenset[str]
    is_map: bool = False


class Group(Struct, frozen=True):
    """Lists that stand together."""

    title: str
    lists: tuple[List, ...]


_BOTH: Final = _PERIOD | _AREA

GROUPS: Final = (
    Group(
        _("Inventories"),
        (
            List(
                "objects",
                "objects",
                _("with the last inspection and what is due"),
                _AREA,
                is_map=True,
            ),
            List("items", "items", _("with their uses in the period"), _PERIOD | {"domain"}),
            List("inspections", "inspections", _("begun in the period"), _BOTH, is_map=True),
        ),
    ),
    Group(
        _("To do"),
        (
            List("due", "due", _("as of today, and thirty days ahead"), _AREA),
            List("follow-ups", "follow-ups", _("still open"), _BOTH),
            List("procedure", "procedure", _("with rule, law and what mends them"), _BOTH),
            List("recoveries", "recoveries", _("as they stand at the end of the period"), _BOTH),
        ),
    ),
    Group(
        _("Figures"),
        (
            List("measures", "measures", _("of the period; small cells hidden"), _BOTH),
            List(
                "coverage", "coverage", _("of the period; small cells hidden"), _BOTH, is_map=True
            ),
            List("goals", "goals", _("counted by patrols of the period"), _BOTH),
            List("causes", "causes", _("established in the period"), _BOTH),
            List("caps", "caps", _("of this year"), frozenset()),
            List("joint-visits", "joint-visits", _("of what is due"), _AREA),
        ),
    ),
)


class File(Struct, frozen=True):
    """A way to a file."""

    title: str
    path: str


class Line(Struct, frozen=True):
    """A list as the page shows it."""

    title: str
    what: str
    files: Sequence[File]


class Choice(Struct, frozen=True):
    """An option of a filter."""

    value: str
    title: str
    chosen: bool


@get("/exports", include_in_schema=False, sync_to_thread=True, opt=_OPT)
def exports_page(  # noqa: PLR0913  filters
    *,
    request: Request[Any, Any, Any],
    pages: NamedDependency[SkipValidation[Pages]],
    reading: NamedDependency[SkipValidation[Reading]],
    reader: NamedDependency[SkipValidation[Reader]],
    frame: NamedDependency[SkipValidation[Frame]],
    township: Code = None,
    domain: Code = None,
    first: From = None,
    last: Until = None,
) -> Response[str]:
    """Show what can be exported, with a period and filters."""
    today = reading.today()
    period = period_of(first, last, today)
    own = reader.narrow(Filters(township=township or None, domain=domain or None))
    language = language_of(request)
    words, gettext = Pages.words(language), words_of(language).gettext
    asked = {
        "from": period.start.isoformat(),
        "to": period.end.isoformat(),
        "township": own.township or "",
        "domain": own.domain or "",
    }
    return pages.render(
        request,
        "exports.html",
        exported=[
            (
                gettext(one.title),
                [
                    _line(each, asked, gettext, language)
                    for each in one.lists
                    if frame.opens(request, reader, f"/views/{each.path}")
                ],
            )
            for one in GROUPS
        ],
        measures=[_measure(name, asked, language) for name in MEASURES],
        asked=asked,
        townships=_townships(reading, reader, own, language),
        domains=_domains(reader, own, words.gettext),
        months=_months(today, own),
        odata=f"{str(request.base_url).rstrip('/')}{ODATA}/",
        sets=tuple(SETS),
    )


@get("/exports/report.pdf", include_in_schema=False, sync_to_thread=True, opt=_OPT)
def report_file(  # noqa: PLR0913  what is asked
    *,
    request: Request[Any, Any, Any],
    reading: NamedDependency[SkipValidation[Reading]],
    shown: NamedDependency[SkipValidation[Overview]],
    measuring: NamedDependency[SkipValidation[Measuring]],
    reader: NamedDependency[SkipValidation[Reader]],
    month: _Month = "",
    township: Code = None,
    domain: Code = None,
) -> Response[bytes]:
    """Send the report of a month, judged on its last day; by default of the month before."""
    today = reading.today()
    try:
        span = read_month(month) if month else _before(today)
    except ValueError as wrong:
        raise _unlike("month", "not a month such as 2026-10") from wrong
    if span.start > today:
        raise _unlike("month", "has not begun")
    own = reader.narrow(Filters(township=township or None, domain=domain or None))
    language = language_of(request)
    found = report(reading, measuring, span, language, shown.name, filters=own)
    file = f"xunji-report-{month_text(span)}-{found.as_of.position}-{language}.pdf"
    return Response(
        pdf(found, language),
        media_type="application/pdf",
        headers={
            "content-disposition": f'attachment; filename="{file}"',
            "xunji-content-sha256": found.checksum,
        },
    )


def _unlike(name: str, reason: str) -> ProblemError:
    return ProblemError("bad-request", parameters=[{"name": name, "reason": reason}])


def _before(today: date) -> Span:
    return _past(today)[1]


def _past(today: date) -> Sequence[Span]:
    """Return the last months, the one under way first, each whole."""
    first = date(today.year - 1, today.month, 1) if today.year > 1 else date(1, 1, 1)
    months = steps_of(Span(first, today), "month")
    return [read_month(month_text(one)) for one in reversed(months)][:_MONTHS]


def _months(today: date, own: Filters) -> Sequence[tuple[str, bool, Sequence[File]]]:
    """Return the months of which there is a report: each in both languages."""
    of = {"township": own.township or "", "domain": own.domain or ""}
    return [
        (
            month_text(one),
            one.end > today,
            [
                File(said, _path("/exports/report.pdf", {"month": month_text(one), **of}, lang))
                for lang, said in (("zh", "中文"), ("en", "English"))
            ],
        )
        for one in _past(today)
    ]


def _path(path: str, asked: dict[str, str], language: str) -> str:
    said = {name: value for name, value in asked.items() if value}
    return f"{path}?{urlencode({**said, 'lang': language})}"


def _line(one: List, asked: dict[str, str], gettext: Any, language: Language) -> Line:  # noqa: ANN401  a function
    known = {name: value for name, value in asked.items() if name in one.takes}
    kinds = (*KINDS, ("geojson", "GeoJSON")) if one.is_map else KINDS
    files = [
        File(said, _path(f"/views/{one.path}", {**known, "format": kind}, language))
        for kind, said in kinds
    ]
    return Line(title(one.name, language), gettext(one.what), files)


def _measure(name: str, asked: dict[str, str], language: Language) -> Line:
    words = Pages.words(language)
    files = [
        File(said, _path(f"/views/measures/{name}", {**asked, "format": kind}, language))
        for kind, said in KINDS
    ]
    return Line(naming.measure_name(name, words), naming.measure_how(name, words), files)


def _townships(
    reading: Reading, reader: Reader, own: Filters, language: Language
) -> Sequence[Choice]:
    name = "name_zh" if language == "zh" else "name_en"
    with reading.held() as views:
        found = views.select(Query("areas", columns=(name,)))
    rows = [row for row in found if len(row.key) == _TOWNSHIP]
    return [
        Choice(row.key, str(row.values[0]) or row.key, row.key == own.township)
        for row in rows
        if not reader.townships or row.key in reader.townships
    ]


def _domains(reader: Reader, own: Filters, gettext: Any) -> Sequence[Choice]:  # noqa: ANN401  a function
    return [
        Choice(code, gettext(name), code == own.domain)
        for code, name in naming.DOMAINS.items()
        if not reader.domains or code in reader.domains
    ]
