"""What a view keeps under one key: facts under their refs, and what corrections superseded.

The law of all views holds here by construction. A document is a union: each fact stands
under the ref of its entry, each superseding under the ref of its target, and of two
deliveries of one entry the lower position stays. A union does not ask in which order, nor
how often. What counts is only decided when a document is read (`counting`):

- a fact counts unless it is superseded; a replacement stands under its correction's ref;
- superseding is for good: a correction that is itself corrected does not bring back what it
  superseded. To return to an old fact, one states it again;
- corrections of one entry, of its corrections, and so on form a tree. Its leaf with the
  highest position counts, the other leaves stay visible; a leaf that takes back, or that moved
  the fact to another key, wins here with nothing to show.
"""

from collections.abc import Mapping
from typing import Generic, TypeVar

from msgspec import Struct


class Row(Struct, array_like=True, frozen=True, gc=False):
    """A fact as a document keeps it: where it stands, and when it happened (µs, minutes east).

    Of a replacement, when its correction says that it happened.
    """

    position: int
    at: int
    offset: int


R = TypeVar("R", bound=Row)
V = TypeVar("V", bound=Row)
C_co = TypeVar("C_co", bound=Row, covariant=True)  # who reads any row reads these


class Document(Struct, Generic[R, V], array_like=True):
    """`register` are facts of the office's lists, `rows` those of visits, each by ref.

    `superseded` holds, by the ref of the target, its corrections' refs with their positions.
    """

    register: dict[str, R]
    rows: dict[str, V]
    superseded: dict[str, dict[str, int]]


class Counting(Struct, Generic[C_co], frozen=True, gc=False):
    """A row that counts, under the ref of its entry."""

    ref: str
    row: C_co


def counting(
    rows: Mapping[str, V], superseded: Mapping[str, Mapping[str, int]]
) -> list[Counting[V]]:
    """Return the rows that count, by the rules above."""
    if not superseded:
        return [Counting(ref, row) for ref, row in rows.items()]
    family = Family(superseded)
    return [Counting(ref, row) for ref, row in rows.items() if family.counts(ref)]


class Family:
    """Corrections as trees: what each one leads back to, and which leaf counts."""

    def __init__(self, superseded: Mapping[str, Mapping[str, int]]) -> None:
        self._superseded = superseded
        self._target = {
            correction: target
            for target, corrections in sorted(superseded.items(), reverse=True)
            for correction in corrections
        }
        self._winners = self._leaves()

    def origin(self, ref: str) -> str:
        """Return the entry that was corrected first; in a circle there is none, then `ref`."""
        seen = {ref}
        at = ref
        while (target := self._target.get(at)) is not None:
            if target in seen:
                return ref
            seen.add(target)
            at = target
        return at

    def counts(self, ref: str) -> bool:
        if ref in self._superseded:
            return False
        return self._winners.get(ref, True)

    def _leaves(self) -> dict[str, bool]:
        """Return for each correction that stands whether it is the highest of its tree."""
        leaves = [
            (position, ref, self.origin(target))
            for target, corrections in self._superseded.items()
            for ref, position in corrections.items()
            if ref not in self._superseded
        ]
        best = {origin: ref for _, ref, origin in sorted(leaves)}
        return {ref: best[origin] == ref for _, ref, origin in leaves}
