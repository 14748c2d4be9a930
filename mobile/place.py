"""What is inspected, as the register knew it when the inspection began."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from events.coordinates import Degrees


class Place(Struct, frozen=True, kw_only=True):
    """The object of an inspection. `person` is whose home it is; `at` is canonical degrees."""

    object: str
    object_type: str
    domain: str
    township: str
    village: str | None = None
    name: str = ""
    person: str | None = None
    fields: Mapping[str, Any] = {}
    at: Degrees | None = None
