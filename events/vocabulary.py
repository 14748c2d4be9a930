"""Every tag and the type behind it. Tags never change and are never used again.

Adding a fact: its struct in the module it belongs to, one line here, one golden sample.
A new meaning is a new tag (`.v2`); the old type then gets an `upcast` that returns the new.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Protocol, runtime_checkable

import msgspec
from msgspec import Raw, Struct

from events import inspections, office, orders, register
from events.facts import Fact
from events.inspections import CorrectionRecorded, InspectionFact
from events.office import OfficeFact
from events.orders import OrderFact
from events.register import RegisterFact


class Unknown(Struct, frozen=True):
    """A fact whose tag or body we cannot read: kept, passed on, and shown as unknown."""

    tag: str
    reason: str
    body: Raw | bytes = b""


Event = InspectionFact | OrderFact | RegisterFact | OfficeFact


@runtime_checkable
class Upcast(Protocol):
    """A fact in an old shape that knows its new one."""

    def upcast(self) -> Fact: ...


def tag_of(kind: type[Fact]) -> str:
    """Return the tag of a type: `InspectionStarted` is `inspection-started.v1`.

    A later version ends in its number: `InspectionStartedV2` is `inspection-started.v2`.
    """
    return _tags[kind]


def types() -> Mapping[str, type[Fact]]:
    """Return the whole vocabulary: type by tag."""
    return _types


def decode(tag: str, body: bytes | None) -> Fact | Unknown:
    """Read a body. Never fails: what cannot be read is `Unknown`, with the reason."""
    if body is None:
        return Unknown(tag, "erased")
    decoder = _decoders.get(tag)
    if decoder is None:
        return Unknown(tag, "tag", body)
    try:
        fact = decoder(body)
    except (msgspec.MsgspecError, ValueError, RecursionError) as broken:
        return Unknown(tag, f"body: {str(broken)[:120]}", body)
    while _is_old(type(fact)) and isinstance(fact, Upcast):
        fact = fact.upcast()
    return fact


@cache
def _is_old(kind: type[Fact]) -> bool:
    """Tell whether facts of a type are `Upcast`: asking that of each fact would cost 20 µs."""
    return hasattr(kind, "upcast")


def replacement(correction: CorrectionRecorded) -> Fact | Unknown | None:
    """Return the fact that a correction puts in its target's place, None if it takes it back."""
    if not isinstance(correction.fact, Raw) or bytes(correction.fact) == b"null":
        return None
    return decode(correction.tag, bytes(correction.fact))


def _tag(kind: type[Fact]) -> str:
    name, version = re.fullmatch(r"(\w+?)(?:V(\d+))?", kind.__name__).groups()  # type: ignore[union-attr]
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower() + f".v{version or 1}"


def _vocabulary() -> dict[str, type[Fact]]:
    unions: tuple[Any, ...] = (
        inspections.InspectionFact,
        orders.OrderFact,
        register.RegisterFact,
        office.OfficeFact,
    )
    return {_tag(kind): kind for union in unions for kind in union.__args__}


_types = _vocabulary()
_tags = {kind: tag for tag, kind in _types.items()}
_decoders: dict[str, Callable[[bytes], Fact]] = {
    tag: msgspec.json.Decoder(kind).decode for tag, kind in _types.items()
}
