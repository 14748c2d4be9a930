"""What is personal is sealed to its place, and gone with its key."""

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec import structs

from events import sealing
from events.errors import TooLargeError, UnverifiedError
from events.header import MAX_PADDED, MAX_PART, MIN_PART
from events.sealing import DataKey, Place, WrappedKey
from tests.strategies import BUREAU, data_key, fixed, fixed_id

KEY = data_key(fixed_id("person"))
HERE = Place(fixed("log"), 7, 1)
NONCE = fixed("nonce", 12)
OURS = X25519PrivateKey.from_private_bytes(fixed("sealing key"))
THEIRS = X25519PrivateKey.from_private_bytes(fixed("another sealing key"))

sixteen = st.binary(min_size=16, max_size=16)
keys = st.builds(DataKey, sixteen, sixteen, st.binary(min_size=32, max_size=32))
places = st.builds(
    Place,
    st.binary(min_size=32, max_size=32),
    st.integers(1, 2**64 - 1),
    st.integers(0, 15),
)


@given(st.binary(max_size=300), keys, places, st.binary(min_size=12, max_size=12))
@example(b"", KEY, HERE, NONCE)
@example(b"\0" * 64, KEY, HERE, NONCE)
@example(b"ends like padding\x80\0\0", KEY, HERE, NONCE)
@example(b"ends like a mark\x80", KEY, HERE, NONCE)
def test_what_is_sealed_can_be_opened(
    text: bytes, key: DataKey, place: Place, nonce: bytes
) -> None:
    sealed = sealing.seal(text, key, place, nonce)

    assert sealing.unseal(sealed, key, place) == text
    assert len(sealed) % 64 == 28
    assert MIN_PART <= len(sealed) <= MAX_PART


def test_yes_and_no_have_one_length() -> None:
    assert len(sealing.seal(b"yes", KEY, HERE, NONCE)) == len(sealing.seal(b"no", KEY, HERE, NONCE))


@pytest.mark.parametrize(
    ("length", "size"), [(0, 92), (62, 92), (63, 92), (64, 156), (127, 156), (128, 220)]
)
def test_a_part_grows_by_sixty_four(length: int, size: int) -> None:
    assert len(sealing.seal(bytes(length), KEY, HERE, NONCE)) == size


def test_a_part_has_a_largest_size() -> None:
    largest = bytes(MAX_PADDED - 1)

    sealed = sealing.seal(largest, KEY, HERE, NONCE)

    assert len(sealed) == MAX_PART
    assert sealing.unseal(sealed, KEY, HERE) == largest
    with pytest.raises(TooLargeError):
        sealing.seal(largest + b"x", KEY, HERE, NONCE)


@pytest.mark.parametrize(
    "elsewhere",
    [
        structs.replace(HERE, log=fixed("another log")),
        structs.replace(HERE, sequence=8),
        structs.replace(HERE, index=0),
    ],
    ids=["another log", "another entry", "another index"],
)
def test_a_part_opens_only_in_its_place(elsewhere: Place) -> None:
    sealed = sealing.seal(b"Wang Xiaoming", KEY, HERE, NONCE)

    with pytest.raises(UnverifiedError) as refusal:
        sealing.unseal(sealed, KEY, elsewhere)

    assert refusal.value.sequence == elsewhere.sequence


@pytest.mark.parametrize(
    "other",
    [
        structs.replace(KEY, secret=fixed("another secret")),
        structs.replace(KEY, id=fixed("another id", 16)),
    ],
    ids=["another secret", "another id"],
)
def test_a_part_opens_only_with_its_key(other: DataKey) -> None:
    sealed = sealing.seal(b"Wang Xiaoming", KEY, HERE, NONCE)

    with pytest.raises(UnverifiedError):
        sealing.unseal(sealed, other, HERE)


@given(st.integers(0, 8 * 92 - 1))
def test_no_bit_of_a_part_changes_unseen(bit: int) -> None:
    sealed = bytearray(sealing.seal(b"yes", KEY, HERE, NONCE))
    sealed[bit // 8] ^= 1 << bit % 8

    with pytest.raises(UnverifiedError):
        sealing.unseal(bytes(sealed), KEY, HERE)


@given(st.binary(max_size=200))
def test_what_was_not_sealed_is_refused(noise: bytes) -> None:
    with pytest.raises(UnverifiedError):
        sealing.unseal(noise, KEY, HERE)


@pytest.mark.parametrize(
    "padded",
    [b"", bytes(64), b"yes".ljust(64, b" "), b"yes\x80", b"yes\x80".ljust(128, b"\0")],
    ids=["nothing", "only zeros", "no mark", "too few zeros", "too many zeros"],
)
def test_padding_has_one_spelling(padded: bytes) -> None:
    bound = sealing._bound_to(HERE, KEY.id)
    sealed = NONCE + ChaCha20Poly1305(KEY.secret).encrypt(NONCE, padded, bound)

    with pytest.raises(UnverifiedError):
        sealing.unseal(sealed, KEY, HERE)


@given(keys, st.binary(min_size=32, max_size=32), st.integers(0, 2**32 - 1))
def test_a_wrapped_key_opens_for_its_bureau(key: DataKey, bureau: bytes, serial: int) -> None:
    wrapped = sealing.wrap(key, bureau, serial, OURS.public_key())

    assert len(wrapped.wrapped) == 80
    assert wrapped.serial == serial
    assert sealing.unwrap(wrapped, bureau, OURS) == key


def test_two_wrappings_of_a_key_differ() -> None:
    one, two = (sealing.wrap(KEY, BUREAU, 1, OURS.public_key()) for _ in range(2))

    assert one.wrapped != two.wrapped


WRAPPED = sealing.wrap(KEY, BUREAU, 1, OURS.public_key())


@pytest.mark.parametrize(
    ("wrapped", "bureau", "private"),
    [
        (WRAPPED, BUREAU, THEIRS),
        (WRAPPED, fixed("another bureau"), OURS),
        (structs.replace(WRAPPED, id=fixed("another id", 16)), BUREAU, OURS),
        (structs.replace(WRAPPED, subject=fixed("another", 16)), BUREAU, OURS),
        (structs.replace(WRAPPED, wrapped=WRAPPED.wrapped[:-1]), BUREAU, OURS),
        (structs.replace(WRAPPED, wrapped=WRAPPED.wrapped + b"\0"), BUREAU, OURS),
        (structs.replace(WRAPPED, wrapped=b""), BUREAU, OURS),
        (structs.replace(WRAPPED, wrapped=bytes(80)), BUREAU, OURS),
    ],
    ids=[
        "another private key",
        "another bureau",
        "another key id",
        "another subject",
        "cut",
        "longer",
        "empty",
        "zeros: no point to agree with",
    ],
)
def test_a_wrapped_key_opens_for_nothing_else(
    wrapped: WrappedKey, bureau: bytes, private: X25519PrivateKey
) -> None:
    with pytest.raises(UnverifiedError):
        sealing.unwrap(wrapped, bureau, private)


@given(st.binary(max_size=200))
def test_a_message_opens_for_its_device_and_purpose(text: bytes) -> None:
    sealed = sealing.seal_to(text, OURS.public_key(), b"card")

    assert sealing.open_from(sealed, OURS, b"card") == text
    with pytest.raises(UnverifiedError):
        sealing.open_from(sealed, THEIRS, b"card")
    with pytest.raises(UnverifiedError):
        sealing.open_from(sealed, OURS, b"list")


def test_a_key_never_shows_its_secret() -> None:
    assert repr(KEY.secret) not in repr(KEY)
    assert KEY.secret.hex() not in repr(KEY)
