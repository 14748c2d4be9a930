"""程序瑕疵 as a page: by which rule, which law of the day, which entry, and what mends it."""

from collections.abc import Sequence
from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter, SkipValidation

from backend import procedure
from backend.measuring import ASKED, Asked, Measuring
from backend.pages import Pages
from backend.pages_of.filtering import PAGE, listed, looking_of, options, paged
from backend.pages_of.follow_ups import SEVERITIES
from backend.people.reader import Reader
from backend.people.rights import Right
from backend.readings import After, Reading
from events.procedure_rules import rules
from projections.procedure_faults import FaultLine, procedure_faults


@get(
    "/faults",
    include_in_schema=False,
    dependencies=ASKED,
    sync_to_thread=True,
    opt={"right": Right.READ_VIEWS},
)
def faults_page(  # noqa: PLR0913  filters
    *,
    request: Request[Any, Any, Any],
    pages: NamedDependency[SkipValidation[Pages]],
    reading: NamedDependency[SkipValidation[Reading]],
    measuring: NamedDependency[SkipValidation[Measuring]],
    reader: NamedDependency[SkipValidation[Reader]],
    asked: NamedDependency[SkipValidation[Asked]],
    code: Annotated[str | None, QueryParameter(max_length=64)] = None,
    mended: Annotated[bool | None, QueryParameter()] = None,
    after: After = "",
) -> Response[str]:
    """Show what went against procedure, the newest first. There are no sums by officer."""
    looking = looking_of(request, reader)
    with reading.held() as views:
        every = measuring.question(asked).once(procedure_faults)
        lines = [
            line
            for line in every
            if code in (None, line.code)
            and (mended is None or mended == (line.mended_at is not None))
        ]
        table = paged(after, lambda start: procedure.table(lines, reading.store, start, PAGE))
        shown = listed(
            views, reading, looking, table, asked,
            named=("object", "township", "village", "object_type", "domain", "officers"),
        )  # fmt: skip
    chinese = looking.language == "zh"
    names = {key: rule.zh if chinese else rule.en for key, rule in rules().items()}
    return pages.render(
        request,
        "faults.html",
        total=len(lines),
        open_ones=sum(line.mended_at is None for line in lines),
        counts=_counts(every),
        names=names,
        codes=options(dict(sorted(names.items(), key=lambda pair: pair[1])), code),
        code=code,
        mended=mended,
        severity=looking.saying(SEVERITIES),
        period=asked.period,
        **shown.context(looking, "/views/procedure"),
    )


def _counts(lines: Sequence[FaultLine]) -> Sequence[tuple[str, int, int]]:
    """Return by rule how many there are, and how many are mended; the most first."""
    found: dict[str, list[int]] = {}
    for line in lines:
        held = found.setdefault(line.code, [0, 0])
        held[0] += 1
        held[1] += line.mended_at is not None
    return sorted(((key, a, b) for key, (a, b) in found.items()), key=lambda row: (-row[1], row[0]))
