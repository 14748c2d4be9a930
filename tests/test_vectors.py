"""The product and a second script, written from `docs/format.md` alone, make the same bytes."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from events import (
    batch,
    chain,
    envelope,
    header,
    ids,
    merkle,
    pictures,
    sealing,
    statements,
    vocabulary,
)
from events.batch import Batch
from events.chain import Head
from events.envelope import Entry
from events.errors import MalformedError, TooLargeError
from events.header import Header, Part, digest
from events.ids import EntryRef, Id
from events.office import LogOpened
from events.sealing import DataKey, Place, WrappedKey
from events.statements import Certificate, Checkpoint, Receipt, Statement

FOLDER = Path(__file__).parent / "vectors"
VECTORS = json.loads((FOLDER / "vectors.json").read_bytes())
ENTRIES = [entry for log in VECTORS["logs"] for entry in log["entries"]]
HISTORY = sorted(ENTRIES, key=lambda entry: entry["position"])
BUREAU = bytes.fromhex(VECTORS["bureau"]["id"])

each_entry = pytest.mark.parametrize("vector", ENTRIES, ids=lambda one: one["text_id"][60:])
each_log = pytest.mark.parametrize("log", VECTORS["logs"], ids=lambda one: one["id"][:8])
each_sealed = pytest.mark.parametrize(
    "vector",
    [*VECTORS["sealed"], *(part for entry in ENTRIES for part in entry["parts"])],
    ids=lambda one: f"{one['sequence']}-{len(one['text']) // 2}",
)
each_certificate = pytest.mark.parametrize(
    "vector", VECTORS["certificates"], ids=lambda one: f"role {one['role']}"
)


def raw(vector: dict[str, Any], name: str) -> bytes:
    return bytes.fromhex(vector[name])


def signer(vector: dict[str, Any]) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(raw(vector, "private"))


def verifier(text: str) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(bytes.fromhex(text))


def header_of(vector: dict[str, Any]) -> Header:
    sealed = [(raw(part, "key_id"), raw(part, "sealed")) for part in vector["parts"]]
    return Header(
        log=raw(vector, "log"),
        sequence=vector["sequence"],
        previous=raw(vector, "previous"),
        happened_at=vector["happened_at"],
        tag=vector["tag"],
        body_size=len(vector["body"].encode()),
        body_hash=raw(vector, "body_hash"),
        utc_offset=vector["utc_offset"],
        boot=raw(vector, "boot"),
        uptime=vector["uptime"],
        checkpoint_size=vector["checkpoint_size"],
        checkpoint_root=raw(vector, "checkpoint_root"),
        actor=raw(vector, "actor"),
        parts=tuple(Part(key, len(content), digest(content)) for key, content in sealed),
    )


def entry_of(vector: dict[str, Any]) -> Entry:
    return envelope.decode(raw(vector, "envelope"))


def test_the_script_still_writes_the_vectors(tmp_path: Path) -> None:
    subprocess.run([sys.executable, FOLDER / "make_vectors.py", tmp_path], check=True)

    assert (tmp_path / "vectors.json").read_bytes() == (FOLDER / "vectors.json").read_bytes()


@pytest.mark.parametrize("vector", VECTORS["identities"]["good"], ids=lambda one: one["text"])
def test_an_identity_has_one_text(vector: dict[str, str]) -> None:
    assert ids.id_text(raw(vector, "hex")) == vector["text"]
    assert ids.id_bytes(vector["text"]) == raw(vector, "hex")
    assert msgspec.convert(vector["text"], Id) == vector["text"]


@pytest.mark.parametrize("text", VECTORS["identities"]["refused"])
def test_an_identity_has_no_other_text(text: str) -> None:
    with pytest.raises(ValueError, match=r"not an identity|base32"):
        ids.id_bytes(text)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(text, Id)


def test_a_bureau_is_named_by_its_first_root() -> None:
    assert statements.bureau_of(raw(VECTORS["bureau"], "first_root")) == BUREAU


@each_entry
def test_a_header_is_written_and_read(vector: dict[str, Any]) -> None:
    assert header.encode(header_of(vector)) == raw(vector, "header")
    assert header.decode(raw(vector, "header")) == header_of(vector)


@each_log
def test_a_log_is_written_and_verified(log: dict[str, Any]) -> None:
    head, key = Head(), signer(log)
    for vector in log["entries"]:
        sealed = [raw(part, "sealed") for part in vector["parts"]]
        entry = chain.link(head, header_of(vector), vector["body"].encode(), sealed, key)
        head = chain.head_of(entry)

        assert entry.signature == raw(vector, "signature")
        assert entry.raw == raw(vector, "envelope")
        assert head == Head(vector["sequence"], raw(vector, "hash"))

    run = [entry_of(vector) for vector in log["entries"]]
    assert chain.verify(run, Head(), raw(log, "id"), verifier(log["public"])) == head
    assert chain.first_unsigned(run, verifier(log["public"])) is None


@each_log
def test_a_genesis_names_its_bureau_and_key(log: dict[str, Any]) -> None:
    genesis = log["entries"][0]

    opened = vocabulary.decode(genesis["tag"], genesis["body"].encode())

    assert isinstance(opened, LogOpened)
    assert (opened.bureau, opened.signing_key) == (BUREAU.hex(), log["public"])
    assert genesis["hash"] == log["id"]


@each_entry
@pytest.mark.parametrize(
    ("name", "has_body", "has_parts"),
    [
        ("envelope", True, True),
        ("envelope_without_body", False, True),
        ("envelope_without_parts", True, False),
        ("envelope_with_nothing", False, False),
    ],
)
def test_an_envelope_is_written_and_read(
    vector: dict[str, Any], name: str, has_body: bool, has_parts: bool
) -> None:
    entry = Entry(
        header_of(vector),
        raw(vector, "header"),
        raw(vector, "signature"),
        vector["body"].encode() if has_body else None,
        tuple(raw(part, "sealed") if has_parts else None for part in vector["parts"]),
    )

    assert envelope.encode(entry) == raw(vector, name)
    read = envelope.decode(raw(vector, name))
    assert msgspec.structs.replace(read, raw=b"") == entry
    assert read.hash == raw(vector, "hash")


@each_entry
def test_an_entry_has_a_name(vector: dict[str, Any]) -> None:
    log, sequence = vector["text_id"].split(":")

    assert str(EntryRef(log, int(sequence))) == vector["text_id"]


@each_entry
def test_a_record_is_written_and_read(vector: dict[str, Any]) -> None:
    state = envelope.encode_stored(vector["received_at"], raw(vector, "envelope"))

    assert state == raw(vector, "record")
    record = envelope.decode_stored(vector["position"], state)
    assert (record.position, record.received_at) == (vector["position"], vector["received_at"])
    assert record.entry == entry_of(vector)
    assert (
        merkle.leaf_hash(record) == raw(vector, "leaf_hash") == digest(b"\0" + raw(vector, "leaf"))
    )


@each_entry
@pytest.mark.parametrize("name", ["record", "record_with_nothing"])
def test_the_front_of_a_record_is_read_without_the_rest(vector: dict[str, Any], name: str) -> None:
    front = envelope.front(raw(vector, name))

    assert front == envelope.Front(
        vector["received_at"],
        vector["happened_at"],
        vector["utc_offset"],
        raw(vector, "boot"),
        vector["uptime"],
        raw(vector, "actor"),
        vector["body"].encode() if name == "record" else None,
    )


@pytest.mark.parametrize("size", range(8))
def test_the_history_has_its_roots(size: int) -> None:
    frontier = merkle.Frontier()
    for vector in HISTORY[:size]:
        erased = envelope.decode_stored(vector["position"], raw(vector, "record_with_nothing"))
        frontier = merkle.add(frontier, merkle.leaf_hash(erased))

    assert merkle.root(frontier) == bytes.fromhex(VECTORS["roots"][size])


@each_sealed
def test_a_part_is_sealed_and_opened(vector: dict[str, Any]) -> None:
    key = DataKey(raw(vector, "key_id"), bytes(16), raw(vector, "data_key"))
    place = Place(raw(vector, "log"), vector["sequence"], vector["index"])

    sealed = sealing.seal(raw(vector, "text"), key, place, raw(vector, "nonce"))

    assert sealed == raw(vector, "sealed")
    assert sealing.unseal(sealed, key, place) == raw(vector, "text")


def test_a_picture_is_sealed_and_opened() -> None:
    vector = VECTORS["picture"]
    drawn = iter((raw(vector, "key"), raw(vector, "nonce")))
    sealed = pictures.seal(raw(vector, "taken"), lambda _size: next(drawn))

    assert (sealed.stored, sealed.name) == (raw(vector, "stored"), vector["name"])
    key = pictures.read_key(vector["part"].encode())
    assert sealed.key == key
    assert pictures.unseal(raw(vector, "stored"), key) == raw(vector, "taken")


def test_a_wrapped_key_is_opened() -> None:
    vector = VECTORS["wrapped"]
    wrapped = WrappedKey(raw(vector, "key_id"), raw(vector, "subject"), 4, raw(vector, "wrapped"))
    private = X25519PrivateKey.from_private_bytes(raw(vector, "sealing_private"))

    key = sealing.unwrap(wrapped, raw(vector, "bureau"), private)

    assert key == DataKey(raw(vector, "key_id"), raw(vector, "subject"), raw(vector, "data_key"))


def certificate_of(vector: dict[str, Any]) -> Certificate:
    return Certificate(
        raw(vector, "bureau"),
        vector["role"],
        vector["serial"],
        vector["not_before"],
        vector["not_after"],
        raw(vector, "public_key"),
        raw(vector, "signature"),
    )


@each_certificate
def test_a_certificate_is_written_and_read(vector: dict[str, Any]) -> None:
    assert certificate_of(vector).encode() == raw(vector, "bytes")
    assert Certificate.decode(raw(vector, "bytes")) == certificate_of(vector)
    assert certificate_of(vector).is_signed_by(verifier(vector["root_public"]))


def test_the_certificates_lead_to_the_first_root() -> None:
    certificates = [certificate_of(vector) for vector in VECTORS["certificates"]]
    root = raw(VECTORS["bureau"], "first_root")

    held = statements.trusted(certificates, {}, BUREAU, root, certificates[0].not_before)

    assert held == {one.serial: one for one in certificates}


def test_the_first_root_signs_as_the_script_does() -> None:
    key = Ed25519PrivateKey.from_private_bytes(raw(VECTORS["bureau"], "first_root_private"))
    certificate = certificate_of(VECTORS["certificates"][0])

    assert msgspec.structs.replace(certificate, signature=b"").sign(key) == certificate


def test_a_checkpoint_is_written_and_read() -> None:
    vector = VECTORS["server"]["checkpoint"]
    checkpoint = Checkpoint(
        raw(vector, "bureau"),
        vector["epoch"],
        vector["size"],
        raw(vector, "root"),
        vector["made_at"],
        raw(vector, "signature"),
    )

    assert checkpoint.encode() == raw(vector, "bytes")
    assert Checkpoint.decode(raw(vector, "bytes")) == checkpoint
    assert checkpoint.is_signed_by(verifier(VECTORS["server"]["public"]))


def test_a_receipt_is_written_and_read() -> None:
    vector = VECTORS["server"]["receipt"]
    receipt = Receipt(
        raw(vector, "bureau"),
        vector["epoch"],
        raw(vector, "log"),
        vector["sequence"],
        raw(vector, "entry_hash"),
        vector["position"],
        vector["received_at"],
        vector["backed_up"],
        raw(vector, "signature"),
    )

    assert receipt.encode() == raw(vector, "bytes")
    assert Receipt.decode(raw(vector, "bytes")) == receipt
    assert receipt.is_signed_by(verifier(VECTORS["server"]["public"]))


@pytest.mark.parametrize("vector", VECTORS["batches"], ids=lambda one: f"after {one['after']}")
def test_a_batch_is_written_and_read(vector: dict[str, Any]) -> None:
    one = VECTORS["wrapped"]
    key = WrappedKey(raw(one, "key_id"), raw(one, "subject"), one["serial"], raw(one, "wrapped"))
    envelopes = tuple(map(bytes.fromhex, vector["entries"]))
    push = Batch(raw(vector, "log"), vector["after"], envelopes, (key,) * vector["keys"])

    assert batch.encode(push) == raw(vector, "bytes")
    assert batch.decode(raw(vector, "bytes")) == push
    assert [entry.raw for entry in push.entries()] == list(envelopes)


READERS: dict[str, Callable[[bytes], Header | Entry | Batch | Statement]] = {
    "header": header.decode,
    "envelope": envelope.decode,
    "batch": batch.decode,
    "certificate": Certificate.decode,
    "checkpoint": Checkpoint.decode,
    "receipt": Receipt.decode,
}
TOO_LARGE = {"part count 17", "body size 65537", "sealed size over the most"}


@pytest.mark.parametrize(
    "vector", VECTORS["refused"], ids=lambda one: f"{one['what']}: {one['name']}"
)
def test_what_is_not_in_the_format_is_refused(vector: dict[str, str]) -> None:
    refusal = TooLargeError if vector["name"] in TOO_LARGE else MalformedError

    with pytest.raises(refusal):
        READERS[vector["what"]](raw(vector, "hex"))
