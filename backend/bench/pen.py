"""Writes entries as a tablet would, in bulk: a chain that holds, with or without signatures."""

from collections.abc import Iterable
from datetime import date
from random import Random
from typing import Final, cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from backend.bench.visits import Happening
from events import chain, vocabulary
from events.chain import Head
from events.envelope import Entry
from events.facts import Fact, OfVisit, body
from events.header import Header, Part
from events.ids import NO_HASH
from events.sealing import WrappedKey

_CHINA: Final = 480
_FIRST: Final = 1_767_232_800_000_000  # 2026-01-01 10:00 in China
_DAY: Final = 86_400_000_000
_NEW_YEAR: Final = date(2026, 1, 1).toordinal()


class _Unsigned:
    def sign(self, _data: bytes) -> bytes:
        return bytes(64)


UNSIGNED: Final = cast("Ed25519PrivateKey", _Unsigned())
"""Signs with zeros: for what is stored here without ever being verified."""


class Pen:
    """The writer of one log from `head` on. Sealed parts are noise: nobody opens them."""

    def __init__(self, log: bytes, head: Head, key: Ed25519PrivateKey, dice: Random) -> None:
        self.log = log
        self.head = head
        self._key = key
        self._dice = dice
        self._at = _FIRST

    def write(self, visit: Iterable[Happening]) -> tuple[list[Entry], list[WrappedKey]]:
        """Return the entries of one inspection, and the data key that came to be with it."""
        key_id, subject = self._dice.randbytes(16), self._dice.randbytes(16)
        run = [self._entry(one, key_id) for one in visit]
        sealed = any(entry.sealed for entry in run)
        wrapped = [WrappedKey(key_id, subject, 5, self._dice.randbytes(80))] if sealed else []
        return run, wrapped

    def _entry(self, one: Happening, key_id: bytes) -> Entry:
        if isinstance(one.fact, OfVisit):
            day = one.fact.visit.started_on.toordinal() - _NEW_YEAR
            self._at = _FIRST + day * _DAY
        header = self._header(one.fact, tuple(Part(key_id, 0, NO_HASH) for _ in one.sealed))
        sealed = [self._dice.randbytes(size) for size in one.sealed]
        content = body(one.fact, self._dice.randbytes(16))
        entry = chain.link(self.head, header, content, sealed, self._key)
        self.head = chain.head_of(entry)
        return entry

    def _header(self, fact: Fact, parts: tuple[Part, ...]) -> Header:
        return Header(
            log=self.log if self.head.sequence else NO_HASH,
            sequence=0,
            previous=NO_HASH,
            happened_at=self._at,
            tag=vocabulary.tag_of(type(fact)),
            body_size=0,
            body_hash=NO_HASH,
            utc_offset=_CHINA,
            boot=self.log[:16],
            uptime=self.head.sequence * 20_000,
            actor=self.log[16:],
            parts=parts,
        )
