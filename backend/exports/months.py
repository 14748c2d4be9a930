"""Months, as reports are made of them."""

import re
from calendar import monthrange
from datetime import date
from typing import Final

from projections.spans import Span

_MONTH: Final = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")


def read_month(text: str) -> Span:
    """Read a month such as `2026-10`; `ValueError` where it is none."""
    found = _MONTH.fullmatch(text)
    if found is None or found[1] == "0000":
        raise ValueError(f"{text} is not a month such as 2026-10")
    year, month = int(found[1]), int(found[2])
    return Span(date(year, month, 1), date(year, month, monthrange(year, month)[1]))


def month_text(month: Span) -> str:
    """Write a month as it is asked for."""
    return f"{month.start.year:04}-{month.start.month:02}"
