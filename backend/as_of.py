"""What an answer was computed from."""

import json
from collections.abc import Mapping
from datetime import date, datetime

from msgspec import Struct, to_builtins


class AsOf(Struct, frozen=True, omit_defaults=True):
    """What an answer was computed from: with it anyone can compute it again.

    `history` is the bureau in hex, `received_at` when the record at `position` arrived,
    `versions` those of the reducers, `query` what was asked; `measures` are the versions of
    the measures, where some were computed.
    """

    history: str
    epoch: int
    position: int
    received_at: datetime | None
    today: date
    versions: Mapping[str, int]
    query: Mapping[str, str]
    measures: Mapping[str, int] = {}

    @property
    def header(self) -> str:
        """It as JSON in ASCII alone, as a header can say it."""
        return json.dumps(to_builtins(self), separators=(",", ":"))
