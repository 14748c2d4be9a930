"""What the bureau signs holds as long as a chain of trusted keys leads to its first root."""

from itertools import permutations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs
from nacl.bindings import crypto_core_ed25519_is_valid_point

from events import public_keys, statements
from events.errors import MalformedError, UnverifiedError
from events.statements import Certificate, Checkpoint, Receipt, Role, Statement
from tests.strategies import I64, U64, fixed

FROM, NOW, UNTIL = 1_000, 1_500, 2_000


def key(name: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(fixed(name))


def public(name: str) -> bytes:
    return key(name).public_key().public_bytes_raw()


BUREAU = statements.bureau_of(public("root"))


def certified(
    by: str,
    name: str,
    serial: int,
    role: Role = Role.OFFICE,
    bureau: bytes = BUREAU,
    not_before: int = FROM,
    not_after: int = UNTIL,
) -> Certificate:
    return Certificate(bureau, role, serial, not_before, not_after, public(name)).sign(key(by))


def held(
    *certificates: Certificate, revoked: dict[int, int] | None = None, at: int = NOW
) -> set[int]:
    found = statements.trusted(certificates, revoked or {}, BUREAU, public("root"), at)
    assert all(found[one.serial] == one for one in certificates if one.serial in found)
    return set(found)


OFFICE = certified("root", "office", 1)
NEXT_ROOT = certified("root", "next root", 2, Role.ROOT)
THIRD_ROOT = certified("next root", "third root", 3, Role.ROOT)
STAMP = certified("third root", "stamp", 4, Role.CHECKPOINT)


def test_the_first_root_is_trusted_without_a_certificate() -> None:
    assert held() == set()
    assert held(OFFICE) == {1}


@pytest.mark.parametrize("order", list(permutations([OFFICE, NEXT_ROOT, THIRD_ROOT, STAMP])))
def test_a_chain_of_roots_leads_to_the_first(order: tuple[Certificate, ...]) -> None:
    assert held(*order) == {1, 2, 3, 4}


def test_a_chain_with_a_gap_leads_nowhere() -> None:
    assert held(OFFICE, NEXT_ROOT, STAMP) == {1, 2}


@pytest.mark.parametrize("role", [role for role in Role if role != Role.ROOT])
def test_only_roots_certify(role: Role) -> None:
    assert held(certified("root", "clerk", 1, role), certified("clerk", "friend", 2)) == {1}


def test_a_stranger_certifies_nobody() -> None:
    assert held(certified("stranger", "office", 1)) == set()
    assert held(certified("stranger", "stranger", 1, Role.ROOT)) == set()


def test_roots_that_certify_each_other_lead_nowhere() -> None:
    one = certified("stranger", "other", 1, Role.ROOT)
    two = certified("other", "stranger", 2, Role.ROOT)

    assert held(one, two) == set()


def test_roots_may_certify_each_other() -> None:
    back = certified("next root", "root", 5, Role.ROOT)

    assert held(NEXT_ROOT, back, OFFICE) == {1, 2, 5}


@pytest.mark.parametrize(
    ("at", "serials"), [(FROM - 1, set()), (FROM, {1}), (UNTIL, {1}), (UNTIL + 1, set())]
)
def test_a_certificate_has_its_time(at: int, serials: set[int]) -> None:
    assert held(OFFICE, at=at) == serials


def test_what_an_expired_root_certified_does_not_hold() -> None:
    expired = certified("root", "next root", 2, Role.ROOT, not_after=NOW - 1)

    assert held(expired, THIRD_ROOT, STAMP) == set()
    assert held(expired, THIRD_ROOT, STAMP, at=NOW - 1) == {2, 3, 4}


@pytest.mark.parametrize(("at", "serials"), [(NOW - 1, {1}), (NOW, set()), (NOW + 1, set())])
def test_a_certificate_is_revoked_from_an_instant_on(at: int, serials: set[int]) -> None:
    assert held(OFFICE, revoked={1: NOW}, at=at) == serials


def test_what_a_revoked_root_certified_does_not_hold() -> None:
    everything = (OFFICE, NEXT_ROOT, THIRD_ROOT, STAMP)

    assert held(*everything, revoked={2: NOW}) == {1}
    assert held(*everything, revoked={3: NOW}) == {1, 2}
    assert held(*everything, revoked={9: NOW}) == {1, 2, 3, 4}


def test_another_bureau_s_certificates_do_not_hold_here() -> None:
    theirs = statements.bureau_of(public("their root"))

    assert held(certified("root", "office", 1, bureau=theirs)) == set()
    assert held(certified("their root", "office", 1, bureau=theirs)) == set()


def test_a_bureau_is_known_by_its_first_root_only() -> None:
    with pytest.raises(UnverifiedError):
        statements.trusted([OFFICE], {}, BUREAU, public("next root"), NOW)


@given(st.integers(0, 8 * 89 - 1))
def test_no_bit_of_a_certificate_changes_unseen(bit: int) -> None:
    raw = bytearray(OFFICE.encode())
    raw[bit // 8] ^= 1 << bit % 8

    try:
        changed = Certificate.decode(bytes(raw))
    except MalformedError:
        return
    assert held(changed) == set()


# ── all three ──────────────────────────────────────────────────────────────────────

thirty_two = st.binary(min_size=32, max_size=32)
u32 = st.integers(0, 2**32 - 1)
certificates = st.builds(
    Certificate, thirty_two, st.sampled_from(Role).map(int), u32, I64, I64, thirty_two
)
checkpoints = st.builds(Checkpoint, thirty_two, u32, U64, thirty_two, I64)
receipts = st.builds(Receipt, thirty_two, u32, thirty_two, U64, thirty_two, U64, I64, U64)
all_kinds = certificates | checkpoints | receipts


@given(all_kinds)
def test_a_statement_comes_back_as_it_was_signed(unsigned: Statement) -> None:
    signed = unsigned.sign(key("stamp"))

    read = type(unsigned).decode(signed.encode())

    assert read == signed
    assert read.is_signed_by(key("stamp").public_key())
    assert not read.is_signed_by(key("stranger").public_key())


@given(all_kinds, st.data())
def test_no_bit_of_a_statement_changes_unseen(unsigned: Statement, data: st.DataObject) -> None:
    raw = bytearray(unsigned.sign(key("stamp")).encode())
    bit = data.draw(st.integers(0, 8 * len(raw) - 1), "bit")
    raw[bit // 8] ^= 1 << bit % 8

    try:
        read = type(unsigned).decode(bytes(raw))
    except MalformedError:
        return
    assert not read.is_signed_by(key("stamp").public_key())


@given(all_kinds, st.binary(max_size=210))
def test_other_bytes_are_no_statement(signed: Statement, noise: bytes) -> None:
    with pytest.raises(MalformedError):
        type(signed).decode(noise)


@pytest.mark.parametrize("kind", [Certificate, Checkpoint, Receipt])
def test_one_kind_of_statement_is_not_another(kind: type[Statement]) -> None:
    receipt = Receipt(BUREAU, 1, bytes(32), 1, bytes(32), 1, 0).sign(key("stamp"))
    checkpoint = Checkpoint(BUREAU, 1, 0, bytes(32), 0).sign(key("stamp"))

    for other in (receipt, checkpoint, OFFICE):
        if not isinstance(other, kind):
            with pytest.raises(MalformedError):
                kind.decode(other.encode())


def test_a_signature_of_one_kind_is_not_good_for_another() -> None:
    """The label differs, so that even equal fields would not carry a signature over."""
    checkpoint = Checkpoint(BUREAU, 1, 0, bytes(32), 0)
    stolen = key("stamp").sign(b"xunji/receipt/v1\0" + checkpoint.signed_bytes())

    forged = structs.replace(checkpoint, signature=stolen)

    assert not forged.is_signed_by(key("stamp").public_key())


def test_an_unsigned_statement_is_signed_by_nobody() -> None:
    receipt = Receipt(BUREAU, 1, bytes(32), 1, bytes(32), 1, 0)

    assert not receipt.is_signed_by(key("stamp").public_key())


def test_a_serial_is_used_once() -> None:
    again = certified("root", "somebody else", 1)

    found = statements.trusted([OFFICE, again], {}, BUREAU, public("root"), NOW)

    assert found == {1: OFFICE}


@pytest.mark.parametrize("sign", [0, 1])
@pytest.mark.parametrize("y", sorted(public_keys._SMALL))
def test_a_key_that_vouches_for_anything_is_refused(y: int, sign: int) -> None:
    raw = (y | sign << 255).to_bytes(32, "little")
    assert not crypto_core_ed25519_is_valid_point(raw)

    with pytest.raises(UnverifiedError):
        public_keys.signing_key(raw)


def test_keys_that_people_make_are_taken() -> None:
    assert public_keys.signing_key(public("root")).public_bytes_raw() == public("root")
