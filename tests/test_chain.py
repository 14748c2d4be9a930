"""No byte of a log changes unseen, and nothing of it moves."""

from collections.abc import Sequence

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec import structs

from events import chain, envelope
from events.chain import Head
from events.envelope import Entry
from events.errors import (
    ForeignError,
    MalformedError,
    Refusal,
    TooLargeError,
    UnverifiedError,
)
from events.facts import SealedPart
from events.header import MAX_BODY, MAX_PARTS, Part
from tests.strategies import (
    SignedLog,
    fixed,
    fixed_id,
    genesis_fact,
    logs,
    signed_log,
    signing_key,
    struct_of,
)

long_logs = logs(min_size=2)


def verified(log: SignedLog, run: Sequence[Entry], head: Head | None = None) -> Head:
    return chain.verify(run, head or Head(), log.id, log.key)


def flipped(raw: bytes, bit: int) -> bytes:
    at, within = divmod(bit, 8)
    return raw[:at] + bytes((raw[at] ^ 1 << within,)) + raw[at + 1 :]


def erased(entry: Entry) -> Entry:
    return structs.replace(entry, body=None, sealed=(None,) * len(entry.sealed), raw=b"")


@given(logs())
def test_a_signed_log_verifies(log: SignedLog) -> None:
    assert verified(log, log.entries) == log.head == Head(len(log.facts), log.entries[-1].hash)
    assert chain.first_unsigned(log.entries, log.key) is None


@given(logs())
def test_a_log_comes_back_from_its_envelopes(log: SignedLog) -> None:
    assert tuple(envelope.decode(envelope.encode(entry)) for entry in log.entries) == log.entries


@given(logs(), st.data())
def test_no_bit_of_an_envelope_changes_unseen(log: SignedLog, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(log.entries) - 1), "entry")
    raw = log.entries[index].raw
    bit = data.draw(st.integers(0, 8 * len(raw) - 1), "bit")

    with pytest.raises((MalformedError, TooLargeError, UnverifiedError, ForeignError)):
        verified(
            log,
            [
                *log.entries[:index],
                envelope.decode(flipped(raw, bit)),
                *log.entries[index + 1 :],
            ],
        )


def test_not_one_bit_of_one_envelope_changes_unseen() -> None:
    part = SealedPart(name="card", subject=fixed_id("person"))
    log = signed_log([structs.replace(genesis_fact(), sealed=(part,))])
    first, last = log.entries
    head = chain.head_of(first)

    for bit in range(8 * len(last.raw)):
        with pytest.raises(Refusal):
            verified(log, [envelope.decode(flipped(last.raw, bit))], head)


@given(logs(), st.data())
def test_a_prefix_of_a_log_is_a_log(log: SignedLog, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(log.entries)), "cut")

    head = verified(log, log.entries[:at])

    assert head.sequence == at
    assert verified(log, log.entries[at:], head) == log.head


def test_nothing_follows_from_nothing() -> None:
    log = signed_log([])

    assert verified(log, []) == Head()
    assert verified(log, [], log.head) == log.head


@given(long_logs, st.data())
def test_entries_cannot_change_places(log: SignedLog, data: st.DataObject) -> None:
    order = data.draw(st.permutations(log.entries))
    assume(tuple(order) != log.entries)

    with pytest.raises((UnverifiedError, ForeignError)):
        verified(log, order)


@given(long_logs, st.data())
def test_no_entry_but_the_last_can_be_dropped(log: SignedLog, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(log.entries) - 2), "dropped")

    with pytest.raises(UnverifiedError) as refusal:
        verified(log, [*log.entries[:at], *log.entries[at + 1 :]])

    assert refusal.value.sequence == at + 2


@given(logs(), st.data())
def test_no_entry_comes_twice(log: SignedLog, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(log.entries) - 1), "twice")

    with pytest.raises(UnverifiedError):
        verified(log, [*log.entries[: at + 1], *log.entries[at:]])


@pytest.mark.parametrize("number", [1, 2, 4, 5, 2**64 - 1])
def test_not_even_the_writer_can_skip_or_repeat_a_number(number: int) -> None:
    log = signed_log([genesis_fact()])
    header = structs.replace(log.entries[-1].header, log=log.id)

    with pytest.raises(Refusal):
        verified(
            log,
            [
                *log.entries,
                chain.link(Head(number - 1, log.head.hash), header, b"{}", (), log.private),
            ],
        )


@given(logs(seed=1, min_size=1), logs(seed=2, min_size=1))
def test_another_log_cannot_be_spliced_in(log: SignedLog, other: SignedLog) -> None:
    with pytest.raises(ForeignError):
        verified(log, [log.entries[0], *other.entries[1:]])
    with pytest.raises(ForeignError):
        verified(log, other.entries)


@given(long_logs, st.data())
def test_the_same_writer_cannot_tell_two_stories(log: SignedLog, data: st.DataObject) -> None:
    at = data.draw(st.integers(1, len(log.entries) - 2), "told otherwise")
    another_story = (structs.replace(log.facts[0], device=fixed_id("another")), *log.facts[at:])
    other = signed_log([*log.facts[1:at], *another_story])
    assert other.id == log.id

    with pytest.raises(UnverifiedError) as refusal:
        verified(log, [*log.entries[:at], other.entries[at], *log.entries[at + 1 :]])

    assert refusal.value.sequence == at + 2
    assert refusal.value.reason == "previous"


def test_a_genesis_of_another_bureau_makes_another_log() -> None:
    ours, theirs = signed_log([]), signed_log([], bureau=fixed("another bureau"))
    assert ours.key.public_bytes_raw() == theirs.key.public_bytes_raw()

    assert ours.id != theirs.id
    with pytest.raises(ForeignError):
        verified(ours, theirs.entries)


def test_a_genesis_stands_nowhere_but_at_the_start() -> None:
    log = signed_log([genesis_fact()])

    with pytest.raises(UnverifiedError):
        verified(log, log.entries[:1], log.head)


@given(logs(), st.sets(st.integers(0, 4)))
def test_an_erased_log_verifies(log: SignedLog, gone: set[int]) -> None:
    run = [erased(entry) if index in gone else entry for index, entry in enumerate(log.entries)]
    read = [envelope.decode(envelope.encode(entry)) for entry in run]

    assert verified(log, read) == log.head
    assert all((entry.body is None) == (index in gone) for index, entry in enumerate(read))


@given(long_logs, st.data())
def test_the_last_signature_vouches_for_all(log: SignedLog, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(log.entries) - 2), "forged")
    forged = structs.replace(log.entries[at], signature=bytes(64))

    with pytest.raises((UnverifiedError, ForeignError)):
        verified(log, [*log.entries[:at], forged, *log.entries[at + 1 :]])


def relinked(log: SignedLog, forged: set[int]) -> list[Entry]:
    """What a stranger could chain: entries from the second on, those in `forged` not signed."""
    head, run = chain.head_of(log.entries[0]), [log.entries[0]]
    for index, entry in enumerate(log.entries[1:], 1):
        key = signing_key(2) if index in forged else log.private
        sealed = [content for content in entry.sealed if content is not None]
        run.append(chain.link(head, entry.header, entry.body or b"", sealed, key))
        head = chain.head_of(run[-1])
    return run


@given(long_logs, st.sets(st.integers(1, 4), min_size=1))
def test_the_first_unsigned_entry_is_found(log: SignedLog, forged: set[int]) -> None:
    assume(min(forged) < len(log.entries))

    assert chain.first_unsigned(relinked(log, forged), log.key) == min(forged)


def test_one_signature_is_checked_and_it_is_the_last() -> None:
    log = signed_log([genesis_fact(), genesis_fact()])

    assert verified(log, relinked(log, {1})).sequence == 3
    with pytest.raises(UnverifiedError) as refusal:
        verified(log, relinked(log, {2}))
    assert (refusal.value.sequence, refusal.value.reason) == (3, "signature")


@given(logs())
def test_another_key_verifies_nothing(log: SignedLog) -> None:
    stranger = signing_key(2).public_key()

    with pytest.raises(UnverifiedError) as refusal:
        chain.verify(log.entries, Head(), log.id, stranger)

    assert refusal.value.reason == "signature"
    assert chain.first_unsigned(log.entries, stranger) == 0


@given(logs(min_size=1))
def test_a_body_cannot_be_exchanged(log: SignedLog) -> None:
    last = log.entries[-1]
    other = structs.replace(last, body=b" " * last.header.body_size, raw=b"")

    with pytest.raises(UnverifiedError) as refusal:
        verified(log, [*log.entries[:-1], envelope.decode(envelope.encode(other))])

    assert (refusal.value.sequence, refusal.value.reason) == (len(log.entries), "body")


@given(
    logs(
        struct_of(SealedPart).map(lambda part: structs.replace(genesis_fact(), sealed=(part,))),
        min_size=1,
    )
)
def test_a_sealed_part_cannot_be_exchanged(log: SignedLog) -> None:
    last = log.entries[-1]
    other = structs.replace(last, sealed=(bytes(last.header.parts[0].size),), raw=b"")

    with pytest.raises(UnverifiedError) as refusal:
        verified(log, [*log.entries[:-1], envelope.decode(envelope.encode(other))])

    assert refusal.value.reason == "sealed part"


def test_what_no_reader_takes_is_not_signed() -> None:
    log = signed_log([])
    parts = (Part(fixed("key", 16), 0, b""),) * MAX_PARTS
    header = structs.replace(log.entries[0].header, log=log.id, parts=parts)
    most = [bytes(65_564)] * MAX_PARTS

    with pytest.raises(TooLargeError, match="envelope"):
        chain.link(log.head, header, bytes(MAX_BODY), most, log.private)
    with pytest.raises(TooLargeError, match="body"):
        chain.link(log.head, header, bytes(MAX_BODY + 1), most, log.private)
