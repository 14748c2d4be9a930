"""Who may hand in: whom the office has enrolled, with a code, up to where it trusts them."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.admission import admit
from backend.codes import ALPHABET, ATTEMPTS, Codes
from backend.enrolments import Enrolments
from backend.folder import DataFolder
from backend.revoking import revoke
from events.clock import SetClock, moment
from events.errors import (
    ForeignError,
    MalformedError,
    NotEnrolledError,
    Refusal,
    UnverifiedError,
)
from events.office import DeviceEnrolled, DeviceRevoked, EpochOpened, KeyRevoked
from events.sync import Enrolment
from tests.bureau import DAY, NOON, Tablet, at_work, closed, dice, found, tablet_of, take_in

HOUR = 3_600


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    return found(tmp_path / "data")


def public(tablet: Tablet) -> bytes:
    return tablet.key.public_key().public_bytes_raw()


def test_an_enrolled_tablet_is_known_with_its_name_and_scope(folder: DataFolder) -> None:
    with at_work(folder) as office:
        tablet = tablet_of(office)

        assert office.enrolments(tablet.log) == Enrolment(tablet.log, public(tablet), tablet.device)
        known = office.enrolments.tablet(tablet.log)
        assert known is not None
        assert known.fact.name == "T-1"
        assert office.enrolments(b"?" * 32) is None


def test_the_offices_own_logs_are_not_handed_in_by_anyone(folder: DataFolder) -> None:
    with at_work(folder) as office:
        assert [office.enrolments(log) for log in office.enrolments.trust().logs] == [None] * 3


def test_what_was_enrolled_by_one_process_is_known_to_another(folder: DataFolder) -> None:
    with at_work(folder, "server", 3) as server, at_work(folder, "console", 4) as console:
        assert server.enrolments.tablets() == []
        tablets = [tablet_of(console, seed, f"T-{seed}") for seed in (5, 6)]

        assert [one.fact.name for one in server.enrolments.tablets()] == ["T-5", "T-6"]
        revoke(console, tablets[0].device, 0, "lost")
        known = server.enrolments(tablets[0].log)
        assert known is not None
        assert known.last_trusted == 0


def test_nobody_but_the_office_enrols_or_revokes(folder: DataFolder) -> None:
    with at_work(folder) as office:
        tablet, friend = tablet_of(office), Tablet(folder.bureau, seed=8)
        tablet.say(friend.enrolment())
        tablet.say(
            DeviceRevoked(device=tablet.device, log=tablet.log.hex(), last_trusted=0, reason="x")
        )
        tablet.say(KeyRevoked(serial=2, at=moment(NOON), reason="x"))
        tablet.say(EpochOpened(epoch=9, size=1, root="0" * 64, reason="x"))
        take_in(office, tablet.batch())

        known = office.enrolments(tablet.log)
        assert office.enrolments(friend.log) is None
        assert known is not None
        assert known.last_trusted is None
        assert office.enrolments.roll().epoch == 1
        assert 2 in office.enrolments.trust().at(NOON)


def test_a_stranger_who_calls_its_log_the_offices_is_not_believed(folder: DataFolder) -> None:
    with at_work(folder) as office:
        certificate = office.enrolments.trust().at(NOON)[2].encode().hex()
        liar = Tablet(folder.bureau)
        from events.office import LogOpened
        from events.writer import LogWriter, genesis

        opening = LogOpened(
            bureau=folder.about.bureau,
            role="office",
            device=liar.device,
            signing_key=public(liar).hex(),
            certificate=certificate,
        )
        first = genesis(opening, liar.key, liar.clock.now(), bytes(16))
        office.store.append(first.hash, 0, [first], NOON)
        writer = LogWriter(office.store, first.hash, liar.key, liar.clock, liar.entropy, liar)
        writer.record(liar.enrolment())

        assert office.enrolments(liar.log) is None
        assert first.hash not in office.enrolments.trust().logs


def test_a_forged_row_in_the_file_enrols_nobody(folder: DataFolder) -> None:
    with at_work(folder) as office:
        friend = Tablet(folder.bureau)
        office._writer._key = friend.key
        office.record(friend.enrolment())

        assert office.enrolments(friend.log) is None


def test_a_tablet_keeps_the_key_it_was_enrolled_with_but_its_scope_may_change(
    folder: DataFolder,
) -> None:
    with at_work(folder) as office:
        tablet = tablet_of(office)
        other = Tablet(folder.bureau, seed=9)
        moved = DeviceEnrolled(
            device=tablet.device,
            log=tablet.log.hex(),
            name="T-1 new",
            signing_key=public(other).hex(),
            sealing_key=public(other).hex(),
            townships=("330106109",),
        )
        office.record(moved)

        known = office.enrolments.tablet(tablet.log)
        assert known is not None
        assert (known.key, known.fact.townships) == (public(tablet), ("330106109",))


def test_what_a_key_said_after_the_moment_it_was_revoked_from_is_void(folder: DataFolder) -> None:
    with at_work(folder, "server", 3, NOON + DAY) as thief:
        early = tablet_of(thief, 5)
        thief.clock.at = NOON + 3 * DAY  # type: ignore[attr-defined]
        late = tablet_of(thief, 6)
    with at_work(folder, "console", 4, NOON + 5 * DAY) as office:
        assert office.enrolments(late.log) is not None
        before = Enrolments(office.store, folder.bureau, folder.first_root)
        assert before(late.log) is not None

        office.record(KeyRevoked(serial=1, at=moment(NOON + 2 * DAY), reason="stolen"))

        for enrolments in (
            before,
            office.enrolments,
            Enrolments(office.store, folder.bureau, folder.first_root),
        ):
            assert enrolments(late.log) is None
            assert enrolments(early.log) is not None


def test_a_certificate_holds_for_its_time_only(folder: DataFolder) -> None:
    with at_work(folder, at=NOON + 3_700 * DAY) as office:
        tablet = Tablet(folder.bureau)
        office.record(tablet.enrolment())

        assert office.enrolments(tablet.log) is None


def test_revoking_says_what_is_trusted_of_each_log_of_the_device(folder: DataFolder) -> None:
    with at_work(folder) as office:
        tablet = tablet_of(office)
        tablet.record(4)
        take_in(office, tablet.batch())

        (fact,) = revoke(office, tablet.device, None, "stolen")

        assert (fact.last_trusted, fact.log) == (5, tablet.log.hex())
        tablet.record(1)
        with pytest.raises(NotEnrolledError):
            take_in(office, tablet.batch(5))
        revoke(office, tablet.device, 3, "worse")
        revoke(office, tablet.device, 4, "never less strict")
        known = office.enrolments(tablet.log)
        assert known is not None
        assert known.last_trusted == 3
        with pytest.raises(NotEnrolledError):
            revoke(office, "a" * 26, None, "unknown")


# ── codes ──────────────────────────────────────────────────────────────────────────


@pytest.fixture
def codes(folder: DataFolder) -> Codes:
    return Codes(folder.codes_file, SetClock(NOON), dice(3))


def test_a_code_admits_one_tablet(folder: DataFolder, codes: Codes) -> None:
    tablet, other = Tablet(folder.bureau, seed=5), Tablet(folder.bureau, seed=6)
    code = codes.issue("T-07", ["330106109"], ["funeral"], HOUR)
    with at_work(folder, "server") as office:
        fact = admit(tablet.genesis.raw, code, office=office, codes=codes)

        assert (fact.name, fact.townships, fact.domains) == ("T-07", ("330106109",), ("funeral",))
        size = office.store.size()
        assert admit(tablet.genesis.raw, code, office=office, codes=codes) == fact
        assert office.store.size() == size
        with pytest.raises(NotEnrolledError, match="used already"):
            admit(other.genesis.raw, code, office=office, codes=codes)
        tablet.record(2)
        assert take_in(office, tablet.batch()).sequence == 3
    codes.close()


def test_a_code_may_be_typed_as_people_type(codes: Codes) -> None:
    code = codes.issue("T", [], [], HOUR)
    typed = code.lower().replace("-", " ").replace("0", "o").replace("1", "l")

    assert codes.redeem(typed, b"l" * 32).name == "T"
    codes.close()


def test_a_code_expires(folder: DataFolder) -> None:
    clock = SetClock(NOON)
    codes = Codes(folder.codes_file, clock, dice(3))
    code = codes.issue("T", [], [], HOUR)
    clock.at += HOUR * 1_000_000 + 1

    with pytest.raises(NotEnrolledError, match="expired"):
        codes.redeem(code, b"l" * 32)
    codes.close()


def test_wrong_guesses_kill_a_code(codes: Codes) -> None:
    code = codes.issue("T", [], [], HOUR)
    wrong = code[:5] + code[5:].translate(str.maketrans(ALPHABET, ALPHABET[1:] + ALPHABET[0]))
    for _ in range(ATTEMPTS):
        with pytest.raises(NotEnrolledError):
            codes.redeem(wrong, b"l" * 32)

    with pytest.raises(NotEnrolledError, match="does not hold"):
        codes.redeem(code, b"l" * 32)
    codes.close()


@given(st.text(max_size=20))
def test_whatever_is_typed_is_answered(typed: str) -> None:
    codes = Codes(Path(":memory:"), SetClock(NOON), dice(3))

    with pytest.raises(NotEnrolledError):
        codes.redeem(typed, b"l" * 32)
    codes.close()


def test_the_file_does_not_tell_the_code(folder: DataFolder, codes: Codes) -> None:
    code = codes.issue("T", [], [], HOUR).replace("-", "")
    codes.close()

    assert code[4:].encode() not in folder.codes_file.read_bytes()


def test_only_a_genesis_of_a_tablet_of_this_bureau_is_admitted(
    folder: DataFolder, codes: Codes
) -> None:
    code = codes.issue("T", [], [], HOUR)
    foreign = Tablet(b"c" * 32)
    ours = Tablet(folder.bureau)
    (second,) = ours.record()
    forged = ours.genesis.raw[:-1] + bytes([ours.genesis.raw[-1] ^ 1])
    with at_work(folder, "server") as office:
        own = office.store.read(0, 1)[0].record().entry.raw
        for raw, refusal in (
            (foreign.genesis.raw, ForeignError),
            (second.raw, MalformedError),
            (own, MalformedError),
            (b"", MalformedError),
            (forged, (UnverifiedError, MalformedError)),
        ):
            with pytest.raises(refusal):
                admit(raw, code, office=office, codes=codes)
        unsigned = bytearray(ours.genesis.raw)
        unsigned[3 + int.from_bytes(unsigned[1:3], "big")] ^= 1
        with pytest.raises(Refusal):
            admit(bytes(unsigned), code, office=office, codes=codes)

        assert admit(ours.genesis.raw, code, office=office, codes=codes).device == ours.device
    codes.close()


def test_a_lookup_after_many_other_records_reads_only_what_is_new(folder: DataFolder) -> None:
    with at_work(folder) as office:
        tablet = tablet_of(office)
        for number in range(20):
            office.record(closed(number))
        office.enrolments(tablet.log)
        reads: list[int] = []
        read = office.store.read

        def counted(after: int, limit: int, tags: tuple[str, ...] = ()) -> object:
            reads.append(after)
            return read(after, limit, tags)

        office.store.read = counted  # type: ignore[assignment,method-assign]
        office.enrolments(tablet.log)
        assert reads == []
        office.record(closed(99))
        office.enrolments(tablet.log)
        assert reads == [office.store.size() - 1]
