"""Facts and logs to draw: made from the types, so that a new fact is drawn by itself."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta, timezone
from functools import cache
from hashlib import shake_128
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import strategies as st
from msgspec import Raw, Struct
from msgspec import inspect as types

from events import chain, sealing, vocabulary
from events.chain import Head
from events.envelope import Entry
from events.facts import Fact, body
from events.header import Header, Part
from events.ids import id_bytes, id_text
from events.office import LogOpened
from events.sealing import DataKey, Place

# ── values ─────────────────────────────────────────────────────────────────────────

I64 = st.integers(-(2**63), 2**63 - 1)
U64 = st.integers(0, 2**64 - 1)
LEAST_TIME = datetime(1970, 1, 1)  # noqa: DTZ001  the zone is drawn beside it
MOST_TIME = datetime(2100, 1, 1)  # noqa: DTZ001  likewise

ids = st.binary(min_size=16, max_size=16).map(id_text)
hashes = st.binary(min_size=32, max_size=32).map(bytes.hex)
days = st.dates(date(1970, 1, 1), date(2100, 1, 1))
zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.datetimes(LEAST_TIME, MOST_TIME, timezones=zones)
texts = st.text(st.characters(codec="utf-8"), max_size=12)
numbers = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
json_values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)
raws = json_values.filter(lambda value: value is not None).map(
    lambda value: Raw(msgspec.json.encode(value))
)


def _text(kind: types.StrType) -> st.SearchStrategy[str]:
    match kind.pattern:
        case None:
            most = kind.max_length or 12
            return st.text(
                st.characters(codec="utf-8"),
                min_size=kind.min_length or 0,
                max_size=min(most, 12),
            )
        case pattern if "a-z" in pattern:
            return ids
        case _:
            return hashes


def value_of(kind: types.Type) -> st.SearchStrategy[Any]:  # noqa: C901, PLR0911, PLR0912  one arm a type
    """Draw what a field of this type may hold."""
    match kind:
        case types.StrType():
            return _text(kind)
        case types.BoolType():
            return st.booleans()
        case types.IntType():
            return st.integers(kind.ge or 0, kind.le if kind.le is not None else 2**53)
        case types.FloatType():
            return st.floats(min_value=kind.ge, allow_nan=False, allow_infinity=False)
        case types.DateType():
            return days
        case types.DateTimeType():
            return moments
        case types.LiteralType():
            return st.sampled_from(kind.values)
        case types.NoneType():
            return st.none()
        case types.AnyType():
            return json_values
        case types.RawType():
            return raws
        case types.UnionType():
            return st.one_of([value_of(one) for one in kind.types])
        case types.VarTupleType():
            return st.lists(value_of(kind.item_type), max_size=3).map(tuple)
        case types.TupleType():
            return st.tuples(*map(value_of, kind.item_types))
        case types.DictType():
            return st.dictionaries(value_of(kind.key_type), value_of(kind.value_type), max_size=3)
        case types.StructType():
            return struct_of(kind.cls)
        case _:
            message = f"no strategy for {kind}"
            raise TypeError(message)


@cache
def struct_of(kind: type[Struct]) -> st.SearchStrategy[Any]:
    """Draw a struct: each optional field is there or left to its default."""
    found = types.type_info(kind)
    assert isinstance(found, types.StructType)
    required = {one.name: value_of(one.type) for one in found.fields if one.required}
    optional = {one.name: value_of(one.type) for one in found.fields if not one.required}
    return st.fixed_dictionaries(required, optional=optional).map(lambda members: kind(**members))


def facts_of(*kinds: type[Fact]) -> st.SearchStrategy[Any]:
    return st.sampled_from(kinds).flatmap(struct_of)


facts = facts_of(*vocabulary.types().values())

# ── logs ───────────────────────────────────────────────────────────────────────────

NOON = 1_772_424_000_000_000  # 2026-03-02 12:00 in Zhanjiang, in microseconds
BUREAU = bytes(range(32))


def fixed(name: str, length: int = 32) -> bytes:
    """Bytes that look random and are the same in every run."""
    return shake_128(name.encode()).digest(length)


def fixed_id(name: str) -> str:
    return id_text(fixed(name, 16))


def signing_key(seed: int = 1) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(fixed(f"signing key {seed}"))


def data_key(subject: str) -> DataKey:
    """The key that seals what is personal of `subject`, an identity's text."""
    return DataKey(fixed("key " + subject, 16), id_bytes(subject), fixed("secret " + subject))


class SignedLog(Struct, frozen=True):
    """A log, who wrote it, and what it says: `facts[n]` is the body of `entries[n]`."""

    id: bytes
    private: Ed25519PrivateKey
    entries: tuple[Entry, ...]
    facts: tuple[Fact, ...]

    @property
    def key(self) -> Ed25519PublicKey:
        return self.private.public_key()

    @property
    def head(self) -> Head:
        return chain.head_of(self.entries[-1])


def genesis_fact(seed: int = 1, bureau: bytes = BUREAU) -> LogOpened:
    return LogOpened(
        bureau=bureau.hex(),
        role="tablet",
        device=fixed_id(f"device {seed}"),
        signing_key=signing_key(seed).public_key().public_bytes_raw().hex(),
    )


def signed_log(facts: Sequence[Fact], seed: int = 1, bureau: bytes = BUREAU) -> SignedLog:
    """Sign a genesis and `facts`. What `sealed` names is sealed beside each, saying its name."""
    key, log, head = signing_key(seed), bytes(32), Head()
    said = (genesis_fact(seed, bureau), *facts)
    entries: list[Entry] = []
    for fact in said:
        entry = _entry(fact, head, log, key)
        head, entries = chain.head_of(entry), [*entries, entry]
        log = log if head.sequence > 1 else head.hash
    return SignedLog(log, key, tuple(entries), said)


def _entry(fact: Fact, head: Head, log: bytes, key: Ed25519PrivateKey) -> Entry:
    sequence = head.sequence + 1
    keys = [data_key(part.subject) for part in fact.sealed]
    sealed = [
        sealing.seal(
            part.name.encode(),
            keys[index],
            Place(log, sequence, index),
            fixed(f"nonce {log.hex()} {sequence} {index}", 12),
        )
        for index, part in enumerate(fact.sealed)
    ]
    header = Header(
        log,
        sequence,
        head.hash,
        NOON + sequence * 1_000_000,
        vocabulary.tag_of(type(fact)),
        2,
        bytes(32),
        utc_offset=480,
        actor=fixed("officer", 16),
        parts=tuple(Part(one.id, 0, b"") for one in keys),
    )
    salt = fixed(f"salt {log.hex()} {sequence}", 16)
    return chain.link(head, header, body(fact, salt), sealed, key)


@st.composite
def logs(
    draw: st.DrawFn,
    drawn: st.SearchStrategy[Any] = facts,
    *,
    seed: int = 1,
    min_size: int = 0,
    max_size: int = 4,
) -> SignedLog:
    """Draw a log: its genesis and `min_size` to `max_size` facts, with sealed parts or without."""
    return signed_log(draw(st.lists(drawn, min_size=min_size, max_size=max_size)), seed)
