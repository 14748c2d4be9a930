"""The frontier gives the root that RFC 9162 defines."""

from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from events import merkle
from events.envelope import Record
from events.merkle import Frontier
from tests.strategies import signed_log

leaf_lists = st.lists(st.binary(min_size=32, max_size=32), max_size=70)


def grown(leaves: list[bytes]) -> Frontier:
    frontier = Frontier()
    for leaf in leaves:
        frontier = merkle.add(frontier, leaf)
    return frontier


def tree_hash(leaves: list[bytes]) -> bytes:
    """MTH of RFC 9162, section 2.1.1, over leaves that are hashed already."""
    match len(leaves):
        case 0:
            return sha256(b"").digest()
        case 1:
            return leaves[0]
        case n:
            k = 1 << (n - 1).bit_length() - 1
            return sha256(b"\1" + tree_hash(leaves[:k]) + tree_hash(leaves[k:])).digest()


@given(leaf_lists)
def test_the_root_is_the_one_of_the_rfc(leaves: list[bytes]) -> None:
    assert merkle.root(grown(leaves)) == tree_hash(leaves)


def test_the_root_is_right_at_every_size() -> None:
    leaves = [sha256(bytes((number,))).digest() for number in range(130)]

    for size in range(len(leaves) + 1):
        assert merkle.root(grown(leaves[:size])) == tree_hash(leaves[:size])


@given(leaf_lists)
def test_a_frontier_has_as_many_peaks_as_its_size_has_bits(leaves: list[bytes]) -> None:
    frontier = grown(leaves)

    assert frontier.size == len(leaves)
    assert len(frontier.peaks) == len(leaves).bit_count()


def test_position_and_time_are_part_of_a_leaf() -> None:
    (entry,) = signed_log([]).entries

    leaves = {
        merkle.leaf_hash(Record(position, received_at, entry))
        for position in (1, 2)
        for received_at in (-1, 0, 1)
    }

    assert len(leaves) == 6
