"""Two ends in memory, and a line that loses, doubles and delays: what arrives is what was said."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from events import batch as batches
from events import envelope
from events.batch import Batch
from events.envelope import Entry
from events.errors import (
    ConflictError,
    ForeignError,
    ForkedError,
    MalformedError,
    NotEnrolledError,
    Refusal,
    UnverifiedError,
)
from events.memory_store import MemoryStore
from events.sealing import WrappedKey
from events.store import EventStore, Held
from events.sync import (
    Enrolment,
    Outbox,
    Quarantined,
    accept,
    next_push,
    received,
    refused,
    rewound,
)
from events.vault import MemoryVault
from tests.bureau import NOON, Tablet, card

BUREAU = b"b" * 32


class Server:
    """The office's end: it believes whom it has enrolled, and speaks bytes."""

    def __init__(self, *tablets: Tablet) -> None:
        self.store: EventStore = MemoryStore()
        self.vault = MemoryVault()
        self.aside: list[Quarantined] = []
        self.enrolled = {
            one.log: Enrolment(one.log, one.key.public_key().public_bytes_raw(), one.device)
            for one in tablets
        }

    def revoke(self, tablet: Tablet, last_trusted: int) -> None:
        known = self.enrolled[tablet.log]
        self.enrolled[tablet.log] = Enrolment(known.log, known.key, known.device, last_trusted)

    def take(self, raw: bytes, at: int = NOON) -> Held:
        return accept(
            batches.decode(raw),
            store=self.store,
            vault=self.vault,
            enrolment=self.enrolled.get,
            quarantine=self.aside.append,
            received_at=at,
        )

    def holds(self, tablet: Tablet) -> list[bytes]:
        return [one.record().entry.raw for one in self.store.read_log(tablet.log, 0, 10_000)]


def said(tablet: Tablet) -> list[bytes]:
    return [one.raw for one in tablet.entries()]


def no_keys(entries: Sequence[Entry]) -> Sequence[WrappedKey]:
    return ()


def turn(outbox: Outbox, tablet: Tablet, answer: Held | Refusal) -> Outbox:
    match answer:
        case Held():
            return received(outbox, answer.sequence)
        case ConflictError():
            return rewound(outbox, tablet.store, tablet.log, answer)
        case _:
            return refused(outbox, answer.code)


def ask(server: Server, raw: bytes) -> Held | Refusal:
    try:
        return server.take(raw)
    except Refusal as refusal:
        return refusal


def talk(server: Server, tablet: Tablet, outbox: Outbox | None = None) -> Outbox:
    """Push over a good line until there is nothing left to say."""
    now = outbox or Outbox()
    for _ in range(100):
        push = next_push(now, tablet.store, tablet.log, no_keys)
        if push is None:
            return now
        now = turn(now, tablet, ask(server, batches.encode(push)))
    raise AssertionError("they talk for ever")


LINE = st.lists(
    st.tuples(
        st.integers(0, 1),  # which tablet
        st.integers(0, 3),  # how much it records first
        st.sampled_from(["well", "request lost", "answer lost", "twice", "late"]),
    ),
    max_size=25,
)


@given(LINE)
def test_every_fact_arrives_once_and_in_order_over_a_bad_line(
    line: list[tuple[int, int, str]],
) -> None:
    tablets = [Tablet(BUREAU, seed=1), Tablet(BUREAU, seed=2)]
    outboxes = [Outbox(), Outbox()]
    server = Server(*tablets)
    delayed: list[bytes] = []
    for who, count, fate in line:
        tablet = tablets[who]
        tablet.record(count)
        push = next_push(outboxes[who], tablet.store, tablet.log, no_keys)
        if push is None:
            continue
        raw = batches.encode(push)
        if fate == "late":
            delayed.append(raw)
        if fate in ("request lost", "late"):
            continue
        answer = ask(server, raw)
        if fate == "twice":
            answer = ask(server, raw)
        if fate != "answer lost":
            outboxes[who] = turn(outboxes[who], tablet, answer)
    for raw in delayed:
        ask(server, raw)
    outboxes = [talk(server, *pair) for pair in zip(tablets, outboxes, strict=True)]

    assert [one.stopped for one in outboxes] == [None, None]
    assert [server.holds(one) for one in tablets] == [said(one) for one in tablets]
    assert server.aside == []
    positions = [one.position for one in server.store.read(0, 10_000)]
    assert positions == list(range(1, server.store.size() + 1))


@given(st.integers(0, 30), st.integers(1, 12))
def test_a_tablet_that_knows_the_wrong_length_recovers(believed: int, count: int) -> None:
    tablet = Tablet(BUREAU)
    server = Server(tablet)
    tablet.record(count - 1)
    talk(server, tablet)
    tablet.record(20)

    outbox = talk(server, tablet, Outbox(min(believed, 20)))

    assert outbox == Outbox(count + 20)
    assert server.holds(tablet) == said(tablet)


def test_a_stale_tablet_is_told_what_we_hold_and_goes_on_from_there() -> None:
    tablet = Tablet(BUREAU)
    server = Server(tablet)
    tablet.record(9)

    with pytest.raises(ConflictError) as conflict:
        server.take(batches.encode(tablet.batch(after=5)))

    assert conflict.value.held == 0
    assert talk(server, tablet, Outbox(5)) == Outbox(10)


def test_a_server_that_lost_its_tail_is_told_again() -> None:
    tablet = Tablet(BUREAU)
    tablet.record(9)
    talk(Server(tablet), tablet)
    restored = Server(tablet)
    restored.take(batches.encode(Batch(tablet.log, 0, tuple(said(tablet)[:4]))))
    tablet.record(1)

    assert talk(restored, tablet, Outbox(10)) == Outbox(11)
    assert restored.holds(tablet) == said(tablet)


def test_a_tablet_restored_from_a_backup_stops() -> None:
    tablet, restored = Tablet(BUREAU), Tablet(BUREAU)
    server = Server(tablet)
    tablet.record(5)
    talk(server, tablet)
    restored.record(2)
    assert said(restored) == said(tablet)[:3]

    outbox = rewound(Outbox(3), restored.store, restored.log, ConflictError(6, bytes(32)))

    assert outbox.stopped == "restored"
    assert next_push(outbox, restored.store, restored.log, no_keys) is None


def test_a_restored_tablet_that_wrote_on_forked_its_log() -> None:
    tablet, twin = Tablet(BUREAU), Tablet(BUREAU)
    server = Server(tablet)
    tablet.record(3)
    talk(server, tablet)
    twin.entropy(3)
    twin.record(5)

    outbox = talk(server, twin, Outbox(1))

    assert outbox.stopped == "forked"
    assert server.holds(twin) == said(tablet)
    assert [(one.reason, one.first, len(one.envelopes)) for one in server.aside] == [
        ("forked", 2, 5)
    ]
    assert rewound(
        Outbox(1), twin.store, twin.log, ConflictError(4, tablet.entries()[-1].hash)
    ).stopped == "forked"  # fmt: skip


# ── what does not verify ───────────────────────────────────────────────────────────


def flipped(raw: bytes, at: int) -> bytes:
    return raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]


@given(st.data())
def test_whatever_byte_is_changed_nothing_unverified_is_stored(data: st.DataObject) -> None:
    tablet = Tablet(BUREAU)
    tablet.record(4)
    server = Server(tablet)
    raw = batches.encode(tablet.batch())
    at = data.draw(st.integers(0, len(raw) - 1))

    ask(server, flipped(raw, at))

    held = server.holds(tablet)
    assert held == said(tablet)[: len(held)]
    assert server.store.size() == len(held)
    assert talk(server, tablet) == Outbox(5)


@given(st.data())
def test_a_batch_cut_anywhere_leaves_the_history_whole(data: st.DataObject) -> None:
    tablet = Tablet(BUREAU)
    tablet.record(3)
    server = Server(tablet)
    raw = batches.encode(tablet.batch())

    answer = ask(server, raw[: data.draw(st.integers(0, len(raw) - 1))])

    assert isinstance(answer, MalformedError)
    assert server.store.size() == 0


@given(st.integers(1, 5), st.sampled_from(["signature", "body", "header"]))
def test_the_good_prefix_of_a_broken_run_is_kept_and_the_rest_set_aside(
    broken: int, where: str
) -> None:
    tablet = Tablet(BUREAU)
    tablet.record(5)
    server = Server(tablet)
    run = said(tablet)
    header = 3 + int.from_bytes(run[broken][1:3], "big")
    place = {"signature": header + 1, "body": header + 66, "header": 3 + 80}[where]
    run[broken] = flipped(run[broken], place)

    answer = ask(server, batches.encode(Batch(tablet.log, 0, tuple(run))))

    assert isinstance(answer, UnverifiedError)
    assert answer.sequence == broken + 1
    assert server.holds(tablet) == said(tablet)[:broken]
    assert server.aside == [Quarantined(tablet.log, broken + 1, "unverified", tuple(run[broken:]))]
    assert talk(server, tablet) == Outbox(6)


def test_a_spliced_run_is_refused_where_it_is_spliced() -> None:
    tablet = Tablet(BUREAU)
    tablet.record(5)
    run = said(tablet)
    server = Server(tablet)
    spliced = Batch(tablet.log, 0, (*run[:2], *run[3:]))

    answer = ask(server, batches.encode(spliced))

    assert isinstance(answer, UnverifiedError)
    assert (answer.sequence, len(server.holds(tablet))) == (4, 2)


def test_a_forged_entry_by_another_key_is_refused() -> None:
    tablet, forger = Tablet(BUREAU), Tablet(BUREAU)
    server = Server(tablet)
    tablet.record(1)
    talk(server, tablet)
    forger.record(1)
    forger.writer._key = Tablet(BUREAU, seed=99).key
    forger.record(2)

    answer = ask(server, batches.encode(forger.batch(after=2)))

    assert isinstance(answer, UnverifiedError)
    assert answer.reason == "signature"
    assert server.holds(tablet) == said(tablet)


def test_another_devices_entries_are_refused() -> None:
    tablet, other = Tablet(BUREAU, seed=1), Tablet(BUREAU, seed=2)
    server = Server(tablet, other)
    other.record(2)

    answer = ask(server, batches.encode(Batch(tablet.log, 0, tuple(said(other)))))

    assert isinstance(answer, ForeignError)
    assert server.store.size() == 0


def test_a_log_of_another_bureau_is_another_log() -> None:
    ours, theirs = Tablet(BUREAU), Tablet(b"c" * 32)
    theirs.record(2)
    server = Server(ours)

    assert isinstance(ask(server, batches.encode(theirs.batch())), NotEnrolledError)
    renamed = Batch(ours.log, 0, tuple(said(theirs)))
    assert isinstance(ask(server, batches.encode(renamed)), ForeignError)
    assert server.store.size() == 0


@pytest.mark.parametrize("missing", ["body", "sealed"])
def test_content_that_was_taken_away_underway_is_refused_and_still_arrives(missing: str) -> None:
    tablet = Tablet(BUREAU)
    tablet.record(1)
    whole = tablet.say(card(b"h" * 16), [b"a name"])
    server = Server(tablet)
    lacking = structs.replace(
        whole,
        body=None if missing == "body" else whole.body,
        sealed=(None,) if missing == "sealed" else whole.sealed,
        raw=b"",
    )
    run = (*said(tablet)[:2], envelope.encode(lacking))

    answer = ask(server, batches.encode(Batch(tablet.log, 0, run)))

    assert isinstance(answer, UnverifiedError)
    assert answer.sequence == 3
    assert server.holds(tablet) == said(tablet)[:2]
    assert talk(server, tablet) == Outbox(3)
    assert server.holds(tablet) == said(tablet)


def test_nobody_pushes_who_is_not_enrolled() -> None:
    stranger = Tablet(BUREAU)

    assert isinstance(ask(Server(), batches.encode(stranger.batch())), NotEnrolledError)


def test_a_revoked_tablet_is_heard_up_to_where_it_is_trusted() -> None:
    tablet = Tablet(BUREAU)
    tablet.record(5)
    server = Server(tablet)
    server.revoke(tablet, 4)

    outbox = talk(server, tablet)

    assert outbox.stopped == "revoked"
    assert server.holds(tablet) == said(tablet)[:4]
    assert [(one.first, len(one.envelopes)) for one in server.aside] == [(5, 2)]


def test_a_tablet_revoked_from_the_start_is_not_heard() -> None:
    tablet = Tablet(BUREAU)
    server = Server(tablet)
    server.revoke(tablet, 0)

    assert isinstance(ask(server, batches.encode(tablet.batch())), NotEnrolledError)
    assert server.store.size() == 0


def test_an_entry_that_cannot_be_read_is_set_aside_whole() -> None:
    tablet = Tablet(BUREAU)
    server = Server(tablet)
    broken = Batch(tablet.log, 0, (said(tablet)[0], b"no envelope"))

    assert isinstance(ask(server, batches.encode(broken)), MalformedError)
    assert server.store.size() == 0
    assert [one.reason for one in server.aside] == ["malformed"]


def test_keys_are_kept_before_the_entries_they_belong_to() -> None:
    tablet = Tablet(BUREAU)
    server = Server(tablet)
    key = WrappedKey(b"k" * 16, b"s" * 16, 5, b"w" * 80)

    server.take(batches.encode(tablet.batch(keys=[key])))

    assert server.vault.get(key.id) == key


def test_keys_of_a_push_that_is_refused_are_not_kept() -> None:
    tablet = Tablet(BUREAU)
    server = Server(tablet)
    key = WrappedKey(b"k" * 16, b"s" * 16, 5, b"w" * 80)
    forged = flipped(said(tablet)[0], 120)

    ask(server, batches.encode(Batch(tablet.log, 0, (forged,), (key,))))

    assert server.vault.get(key.id) is None


def test_a_fork_whose_signatures_are_not_the_tablets_is_no_fork() -> None:
    tablet, forger = Tablet(BUREAU), Tablet(BUREAU)
    server = Server(tablet)
    tablet.record(2)
    talk(server, tablet)
    forger.entropy(3)
    forger.writer._key = Tablet(BUREAU, seed=99).key
    forger.record(2)

    answer = ask(server, batches.encode(forger.batch(after=1)))

    assert isinstance(answer, UnverifiedError)
    assert not isinstance(answer, ForkedError)


@given(st.permutations(range(5)))
def test_entries_in_the_wrong_order_are_no_fork(order: list[int]) -> None:
    tablet = Tablet(BUREAU)
    tablet.record(4)
    server = Server(tablet)
    talk(server, tablet)
    run = said(tablet)

    answer = ask(server, batches.encode(Batch(tablet.log, 0, tuple(run[at] for at in order))))

    assert not isinstance(answer, ForkedError)
    assert isinstance(answer, Held) == (order == sorted(order))
    assert server.holds(tablet) == run


def test_hostile_numbers_do_no_harm() -> None:
    tablet = Tablet(BUREAU)
    server = Server(tablet)
    most = 2**64 - 1

    assert isinstance(
        ask(server, batches.encode(Batch(tablet.log, most, tuple(said(tablet))))), ConflictError
    )
    assert isinstance(
        ask(server, batches.encode(Batch(tablet.log, most, (b"broken",)))), MalformedError
    )
    assert envelope.decode(said(tablet)[0]).header.sequence == 1


def test_a_push_without_entries_asks_how_far_the_log_is_held() -> None:
    tablet = Tablet(BUREAU)
    server = Server(tablet)
    asking = batches.encode(Batch(tablet.log, 0, ()))

    with pytest.raises(ConflictError) as nothing:
        server.take(asking)
    assert nothing.value.held == 0

    server.take(batches.encode(Batch(tablet.log, 0, tuple(said(tablet)))))
    assert server.take(asking) == server.store.held(tablet.log)
