"""What the types of enforcement objects are called (执法对象清单), from the bureau's data."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import msgspec
from msgspec import Struct

from events.checklists import Words


class _Type(Struct, frozen=True):
    code: str
    name_zh: str
    name_en: str


class _Types(Struct, frozen=True):
    object_types: tuple[_Type, ...]


@cache
def names() -> Mapping[str, Words]:
    """Return the name of each type by its code, in both languages."""
    raw = files("events").joinpath("data", "object_types.json").read_bytes()
    known = msgspec.json.decode(raw, type=_Types).object_types
    return {one.code: Words(one.name_zh, one.name_en) for one in known}
