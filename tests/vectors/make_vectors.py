# ruff: noqa: INP001 (a script, not a package)
"""Test vectors for `docs/format.md`, written from that page alone.

Nothing here is imported from the product, and the cryptography is another library's: what
both agree on is the page, not a mistake they share. Every key, nonce and salt is fixed, so
the same bytes come out each time: `python tests/vectors/make_vectors.py [folder]`.
"""

import base64
import hashlib
import hmac
import json
import struct
import sys
from pathlib import Path
from typing import Any

from nacl.bindings import (
    crypto_aead_chacha20poly1305_ietf_encrypt,
    crypto_scalarmult,
    crypto_scalarmult_base,
)
from nacl.signing import SigningKey

Json = dict[str, Any]

SUITE = 1
NONE16, NONE32 = bytes(16), bytes(32)


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def fixed(name: str, length: int = 32) -> bytes:
    """Bytes that look random and are the same in every run."""
    return hashlib.shake_128(b"xunji test vector: " + name.encode()).digest(length)


def label(name: str) -> bytes:
    return name.encode("ascii") + b"\0"


def sign(name: str, seed: bytes, data: bytes) -> bytes:
    return SigningKey(seed).sign(label(name) + data).signature


def public(seed: bytes) -> bytes:
    return SigningKey(seed).verify_key.encode()


def id_text(value: bytes) -> str:
    return base64.b32encode(value).decode("ascii").rstrip("=").lower()


def salt_text(name: str) -> str:
    return base64.urlsafe_b64encode(fixed("salt " + name, 16)).decode("ascii").rstrip("=")


# --- HPKE base mode, single shot, by hand (RFC 9180 sections 4, 5.1 and 6.1) -------------

KEM_ID = b"KEM" + struct.pack(">H", 0x0020)  # DHKEM(X25519, HKDF-SHA256)
HPKE_ID = b"HPKE" + struct.pack(">HHH", 0x0020, 0x0001, 0x0003)  # …, HKDF-SHA256, ChaCha20Poly1305


def extract(salt: bytes, key: bytes) -> bytes:
    return hmac.digest(salt or NONE32, key, "sha256")


def expand(secret: bytes, info: bytes, length: int) -> bytes:
    done, block, count = b"", b"", 0
    while len(done) < length:
        count += 1
        block = hmac.digest(secret, block + info + bytes([count]), "sha256")
        done += block
    return done[:length]


def labeled_extract(suite: bytes, salt: bytes, name: bytes, key: bytes) -> bytes:
    return extract(salt, b"HPKE-v1" + suite + name + key)


def labeled_expand(suite: bytes, secret: bytes, name: bytes, info: bytes, length: int) -> bytes:
    return expand(secret, struct.pack(">H", length) + b"HPKE-v1" + suite + name + info, length)


def hpke_key_and_nonce(shared: bytes, info: bytes) -> tuple[bytes, bytes]:
    psk_id = labeled_extract(HPKE_ID, b"", b"psk_id_hash", b"")
    context = b"\0" + psk_id + labeled_extract(HPKE_ID, b"", b"info_hash", info)
    secret = labeled_extract(HPKE_ID, shared, b"secret", b"")
    key = labeled_expand(HPKE_ID, secret, b"key", context, 32)
    return key, labeled_expand(HPKE_ID, secret, b"base_nonce", context, 12)


def hpke_seal(ephemeral: bytes, to: bytes, info: bytes, aad: bytes, text: bytes) -> bytes:
    enc = crypto_scalarmult_base(ephemeral)
    agreed = labeled_extract(KEM_ID, b"", b"eae_prk", crypto_scalarmult(ephemeral, to))
    shared = labeled_expand(KEM_ID, agreed, b"shared_secret", enc + to, 32)
    key, nonce = hpke_key_and_nonce(shared, info)
    return enc + crypto_aead_chacha20poly1305_ietf_encrypt(text, aad, nonce, key)


def check_hpke_against_the_rfc() -> None:
    """RFC 9180, appendix A.2.1, first encryption."""
    sealed = hpke_seal(
        bytes.fromhex("f4ec9b33b792c372c1d2c2063507b684ef925b8c75a42dbcbf57d63ccd381600"),
        bytes.fromhex("4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a"),
        b"Ode on a Grecian Urn",
        b"Count-0",
        b"Beauty is truth, truth beauty",
    )
    assert sealed.hex() == (
        "1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a"
        "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db"
        "21993c62ce81883d2dd1b51a28"
    )


# --- Section 6: sealed parts and wrapped keys ----------------------------------------------


def padded(text: bytes) -> bytes:
    out = text + b"\x80"
    return out + bytes(-len(out) % 64)


def sealed_part(log: bytes, sequence: int, index: int, name: str, text: bytes) -> Json:
    key_id, key, nonce = (
        fixed("key id " + name, 16),
        fixed("data key " + name),
        fixed(f"nonce {name} {sequence} {index} {len(text)}", 12),
    )
    aad = label("xunji/sealed/v1") + log + struct.pack(">QB", sequence, index) + key_id
    box = crypto_aead_chacha20poly1305_ietf_encrypt(padded(text), aad, nonce, key)
    return {
        "log": log,
        "sequence": sequence,
        "index": index,
        "key_id": key_id,
        "data_key": key,
        "nonce": nonce,
        "text": text,
        "padded": padded(text),
        "associated_data": aad,
        "sealed": nonce + box,
    }


def wrapped_key(bureau: bytes, to: bytes, subject: bytes, name: str) -> Json:
    key_id, key, ephemeral = (
        fixed("key id " + name, 16),
        fixed("data key " + name),
        fixed("ephemeral " + name),
    )
    info = label("xunji/data-key/v1") + bureau + key_id + subject
    return {
        "bureau": bureau,
        "key_id": key_id,
        "subject": subject,
        "data_key": key,
        "ephemeral_private": ephemeral,
        "info": info,
        "wrapped": hpke_seal(ephemeral, to, info, b"", key),
    }


# --- Sections 3, 4 and 7: header, signature, chain, envelope ---------------------------------


def header_bytes(fields: Json, body: bytes, parts: list[Json]) -> bytes:
    tag = fields["tag"].encode("ascii")
    out = b"XJ" + bytes([fields.get("version", 1), fields.get("suite", SUITE)])
    out += fields["log"] + struct.pack(">Q", fields["sequence"]) + fields["previous"]
    out += struct.pack(">qh", fields["happened_at"], fields["utc_offset"])
    out += fields["boot"] + struct.pack(">Q", fields["uptime"])
    out += struct.pack(">Q", fields["checkpoint_size"]) + fields["checkpoint_root"]
    out += fields["actor"] + struct.pack(">I", fields.get("body_size", len(body))) + sha256(body)
    out += bytes([len(tag)]) + tag + bytes([len(parts)])
    for part in parts:
        size = part.get("size", len(part["sealed"]))
        out += part["key_id"] + struct.pack(">I", size) + sha256(part["sealed"])
    return out


def envelope_bytes(header: bytes, signature: bytes, body: bytes | None, parts: list[Any]) -> bytes:
    """None stands for erased."""
    out = b"\x01" + struct.pack(">H", len(header)) + header + signature
    for piece in [body, *parts]:
        out += b"\x00" if piece is None else b"\x01" + piece
    return out


class Writer:
    """One log being written, entry by entry."""

    def __init__(self, name: str) -> None:
        self.name, self.seed, self.boot = name, fixed("signing " + name), fixed("boot " + name, 16)
        self.log, self.previous, self.entries = NONE32, NONE32, []

    def write(self, tag: str, body: str, texts: list[tuple[str, bytes]], **more: Any) -> Json:  # noqa: ANN401
        sequence, raw = len(self.entries) + 1, body.encode()
        parts = [
            sealed_part(self.log, sequence, index, name, text)
            for index, (name, text) in enumerate(texts)
        ]
        fields = {
            "log": self.log,
            "sequence": sequence,
            "previous": self.previous,
            "happened_at": 1_772_410_500_000_000 + 61_000_001 * sequence,
            "utc_offset": 480,
            "boot": self.boot,
            "uptime": 12_345 + 61_000 * sequence,
            "checkpoint_size": 0,
            "checkpoint_root": NONE32,
            "actor": NONE16,
            "tag": tag,
            **more,
        }
        header = header_bytes(fields, raw, parts)
        signature = sign("xunji/entry/v1", self.seed, header)
        self.previous = sha256(header + signature)
        if sequence == 1:
            self.log = self.previous
        self.entries.append(
            {
                **fields,
                "text_id": f"{self.log.hex()}:{sequence}",
                "body": body,
                "body_hash": sha256(raw),
                "parts": parts,
                "header": header,
                "signature": signature,
                "hash": self.previous,
                "envelope": envelope_bytes(header, signature, raw, [p["sealed"] for p in parts]),
                "envelope_without_body": envelope_bytes(
                    header, signature, None, [p["sealed"] for p in parts]
                ),
                "envelope_without_parts": envelope_bytes(
                    header, signature, raw, [None for _ in parts]
                ),
                "envelope_with_nothing": envelope_bytes(
                    header, signature, None, [None for _ in parts]
                ),
            }
        )
        return self.entries[-1]


# --- Section 8: leaves, roots ----------------------------------------------------------------


def store(entry: Json, position: int) -> None:
    """Give an entry its place in the history."""
    received = 1_772_413_200_000_000 + 7_000_003 * position
    leaf = struct.pack(">BQq", 1, position, received) + entry["header"] + entry["signature"]
    entry |= {
        "position": position,
        "received_at": received,
        "record": struct.pack(">q", received) + entry["envelope"],
        "record_with_nothing": struct.pack(">q", received) + entry["envelope_with_nothing"],
        "leaf": leaf,
        "leaf_hash": sha256(b"\0" + leaf),
    }


def root(leaf_hashes: list[bytes]) -> bytes:
    """RFC 9162, section 2.1.1, word for word."""
    if not leaf_hashes:
        return sha256(b"")
    if len(leaf_hashes) == 1:
        return leaf_hashes[0]
    k = 1
    while k * 2 < len(leaf_hashes):
        k *= 2
    return sha256(b"\x01" + root(leaf_hashes[:k]) + root(leaf_hashes[k:]))


# --- Sections 8, 9, 10: what the server and the roots sign --------------------------------------


def statement(name: str, seed: bytes, layout: str, fields: Json) -> Json:
    magic = {"checkpoint": b"XK", "receipt": b"XR", "certificate": b"XC"}[name]
    signed = magic + bytes([1, SUITE]) + struct.pack(layout, *fields.values())
    signature = sign(f"xunji/{name}/v1", seed, signed)
    return {**fields, "signature": signature, "bytes": signed + signature}


def certificate(bureau: bytes, root_seed: bytes, role: int, serial: int, key: bytes) -> Json:
    fields = {
        "bureau": bureau,
        "role": role,
        "serial": serial,
        "not_before": 1_767_196_800_000_000,
        "not_after": 1_924_963_200_000_000 + serial,
        "public_key": key,
    }
    return statement("certificate", root_seed, ">32sBIqq32s", fields)


# --- Section 11 -------------------------------------------------------------------------------


def batch_bytes(
    log: bytes, after: int, keys: list[Json], serial: int, entries: list[bytes]
) -> bytes:
    out = b"XB\x01" + log + struct.pack(">QH", after, len(keys))
    for key in keys:
        out += key["key_id"] + key["subject"] + struct.pack(">I", serial) + key["wrapped"]
    out += struct.pack(">H", len(entries))
    for envelope in entries:
        out += struct.pack(">I", len(envelope)) + envelope
    return out


# --- The vectors --------------------------------------------------------------------------------


def put(data: bytes, at: int, new: bytes) -> bytes:
    """Write over `data` from `at` on."""
    return data[:at] + new + data[at + len(new) :]


def refused_headers(entry: Json) -> dict[str, bytes]:
    head, part, body = entry["header"], entry["parts"][0], entry["body"].encode()
    tag_at, count_at = 202, 203 + len(entry["tag"])

    def header(parts: list[Json] = entry["parts"], **more: Any) -> bytes:  # noqa: ANN401
        return header_bytes({**entry, **more}, body, parts)

    return {
        "bad magic": put(head, 0, b"XK"),
        "version 2": header(version=2),
        "version 0": header(version=0),
        "suite 2": header(suite=2),
        "suite 0": header(suite=0),
        "sequence 0": header(sequence=0),
        "trailing byte": head + b"\0",
        "cut byte": head[:-1],
        "empty": b"",
        "only the fixed fields": head[:tag_at],
        "tag without version": header(tag="sample-noted"),
        "tag with version 0": header(tag="sample-noted.v0"),
        "tag with leading zero": header(tag="sample-noted.v01"),
        "tag in capitals": header(tag="Sample-noted.v1"),
        "tag with two hyphens": header(tag="sample--noted.v1"),
        "tag with a newline": header(tag="sample-noted.v1\n"),
        "tag with a byte over 127": put(head, tag_at + 1, b"\xe9"),
        "no tag": header(tag=""),
        "tag of 65 letters": header(tag="a" * 62 + ".v1"),
        "tag length runs over the end": put(head, tag_at, b"\xff"),
        "part count 17": header([part] * 17),
        "part count more than parts": put(head, count_at, b"\x03"),
        "part count less than parts": put(head, count_at, b"\x00"),
        "body size 0": header(body_size=0),
        "body size 1": header(body_size=1),
        "body size 65537": header(body_size=65_537),
        "sealed size not padded": header([{**part, "size": 93}]),
        "sealed size below the least": header([{**part, "size": 28}]),
        "sealed size over the most": header([{**part, "size": 65_564 + 64}]),
        "genesis that names a log": header(sequence=1, previous=NONE32),
        "genesis with an entry before": header(sequence=1, log=NONE32),
    }


def refused_envelopes(entry: Json) -> dict[str, bytes]:
    envelope, length = entry["envelope"], len(entry["header"])
    flag_at = 3 + length + 64
    return {
        "version 2": put(envelope, 0, b"\x02"),
        "flag 2 for the body": put(envelope, flag_at, b"\x02"),
        "flag 2 for a part": put(envelope, flag_at + 1 + len(entry["body"].encode()), b"\x02"),
        "trailing byte": envelope + b"\0",
        "cut byte": envelope[:-1],
        "cut after the signature": envelope[:flag_at],
        "empty": b"",
        "header length one more": put(envelope, 1, struct.pack(">H", length + 1)),
        "header length one less": put(envelope, 1, struct.pack(">H", length - 1)),
        "suite 2 inside": put(envelope, 3 + 3, b"\x02"),
        "body erased but there": put(envelope, flag_at, b"\x00"),
    }


def refused_batches(batch: bytes) -> dict[str, bytes]:
    """Of a batch with one key: its entries are counted at 161, the first length is at 163."""
    (first_length,) = struct.unpack_from(">I", batch, 163)
    return {
        "bad magic": put(batch, 0, b"XJ"),
        "version 2": put(batch, 2, b"\x02"),
        "trailing byte": batch + b"\0",
        "cut byte": batch[:-1],
        "one key more than there is": put(batch, 43, struct.pack(">H", 2)),
        "one entry more than there is": put(batch, 161, struct.pack(">H", 3)),
        "entry length one more": put(batch, 163, struct.pack(">I", first_length + 1)),
        "entry length 2^32 - 1": put(batch, 163, b"\xff" * 4),
    }


def refused_statements(data: bytes) -> dict[str, bytes]:
    return {
        "bad magic": put(data, 0, b"XJ"),
        "version 2": put(data, 2, b"\x02"),
        "suite 2": put(data, 3, b"\x02"),
        "trailing byte": data + b"\0",
        "cut byte": data[:-1],
    }


def refused(entry: Json, batch: bytes, statements: Json) -> list[Json]:
    """What no reader may accept. `what` names what the bytes claim to be."""
    groups = {
        "header": refused_headers(entry),
        "envelope": refused_envelopes(entry),
        "batch": refused_batches(batch),
        **{what: refused_statements(data) for what, data in statements.items()},
    }
    return [
        {"name": name, "hex": data, "what": what}
        for what, group in groups.items()
        for name, data in group.items()
    ]


def in_json(value: Any) -> Any:  # noqa: ANN401
    """Bytes as hex, the rest as it is."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {name: in_json(member) for name, member in value.items()}
    if isinstance(value, list):
        return [in_json(member) for member in value]
    return value


def identities() -> Json:
    rows = [NONE16, bytes(range(16)), b"\xff" * 16, fixed("officer", 16)]
    good = id_text(rows[1])
    return {
        "good": [{"hex": row, "text": id_text(row)} for row in rows],
        "refused": [
            good.upper(),
            good + "======",
            good[:-1],
            good + "a",
            good[:-1] + "z",  # the two spare bits are not zero
            good[:-1] + "1",
            good[:-1] + "\n",
            good + "\n",
            "",
        ],
    }


def genesis_body(name: str, bureau: bytes, **more: Any) -> str:  # noqa: ANN401
    members = {
        "salt": salt_text("genesis " + name),
        "bureau": bureau.hex(),
        "device": id_text(fixed("device " + name, 16)),
        "signing_key": public(fixed("signing " + name)).hex(),
        "sealing_key": crypto_scalarmult_base(fixed("sealing " + name)).hex(),
        **more,
    }
    return json.dumps(members, separators=(",", ":"))


def tablet_log(bureau: bytes) -> Writer:
    """A genesis, then entries with 0, 1 and 2 sealed parts."""
    log, officer = Writer("tablet"), fixed("officer", 16)
    log.write("log-opened.v1", genesis_body("tablet", bureau, role="tablet"), [])
    log.write("sample-seen.v1", f'{{"salt":"{salt_text("2")}"}}', [], actor=officer)
    log.write(
        "sample-noted.v1",
        f'{{"salt":"{salt_text("3")}", "note":"\\u6cb3 and 河", "unknown":[1.50,null]}}',
        [("person", '{"name":"王小明"}'.encode())],
        actor=officer,
        checkpoint_size=3,
        checkpoint_root=fixed("a root seen"),
        happened_at=-1,
        utc_offset=-210,
    )
    log.write(
        "sample-signed.v12",
        f'{{"salt":"{salt_text("4")}"}}',
        [("person", b"x" * 63), ("inspection", b"x" * 64)],
        actor=officer,
        boot=fixed("boot again", 16),
        uptime=2**64 - 1,
    )
    return log


def office_log(bureau: bytes, certified: bytes) -> Writer:
    log = Writer("office")
    opened = genesis_body("office", bureau, role="office", certificate=certified.hex())
    log.write("log-opened.v1", opened, [])
    log.write("a.v1", f'{{"salt":"{salt_text("b2")}"}}', [])
    log.write("a" * 61 + ".v1", f'{{"salt":"{salt_text("b3")}"}}', [("person", b"")])
    return log


def paddings(log: bytes) -> list[Json]:
    texts = [b"t" * length for length in (0, 1, 62, 63, 64, 127, 128)]
    rows = [sealed_part(log, 9, 15, "person", text) for text in texts]
    return [
        *rows,
        sealed_part(log, 2**64 - 1, 0, "person", b"yes\x80\0"),
        sealed_part(log, 9, 15, "person", b"no"),
    ]


def certificates(bureau: bytes, first: bytes, second: bytes, keys: dict[str, bytes]) -> list[Json]:
    """The first root certifies the second and the office, the second all others."""
    rows = [
        (first, 0, 1, public(second)),
        (first, 1, 2, keys["office"]),
        (second, 2, 3, keys["checkpoint"]),
        (second, 3, 4, keys["sealing"]),
        (second, 4, 2**32 - 1, keys["access"]),
    ]
    return [
        {"root_public": public(seed), **certificate(bureau, seed, role, serial, key)}
        for seed, role, serial, key in rows
    ]


def signed_by_the_server(bureau: bytes, stamp: bytes, last: Json, history_root: bytes) -> Json:
    checkpoint = {
        "bureau": bureau,
        "epoch": 1,
        "size": 7,
        "root": history_root,
        "made_at": 1_772_420_000_000_000,
    }
    receipt = {
        "bureau": bureau,
        "epoch": 1,
        "log": last["log"],
        "sequence": last["sequence"],
        "entry_hash": last["hash"],
        "position": last["position"],
        "received_at": last["received_at"],
        "backed_up": 5,
    }
    return {
        "public": public(stamp),
        "checkpoint": statement("checkpoint", stamp, ">32sIQ32sq", checkpoint),
        "receipt": statement("receipt", stamp, ">32sI32sQ32sQqQ", receipt),
    }


def batches(log: bytes, key: Json, envelopes: list[bytes]) -> list[Json]:
    """One with a key and two entries, and a whole log without keys."""
    rows = [(2, [key], envelopes[2:]), (0, [], envelopes)]
    return [
        {
            "log": log,
            "after": after,
            "keys": len(keys),
            "entries": entries,
            "bytes": batch_bytes(log, after, keys, 4, entries),
        }
        for after, keys, entries in rows
    ]


# --- Section 12: pictures ------------------------------------------------------------------


def picture() -> Json:
    taken = b"\x89PNG\r\n\x1a\n" + fixed("what was taken", 200)
    key, nonce = fixed("picture key"), fixed("picture nonce", 12)
    aad = label("xunji/picture/v1")
    stored = nonce + crypto_aead_chacha20poly1305_ietf_encrypt(taken, aad, nonce, key)
    return {
        "taken": taken,
        "key": key,
        "nonce": nonce,
        "stored": stored,
        "name": sha256(stored),
        "part": json.dumps({"key": key.hex(), "sha256": sha256(taken).hex()}),
    }


def vectors() -> Json:
    first, sealing, stamp = fixed("first root"), fixed("sealing key"), fixed("checkpoint key")
    bureau = sha256(label("xunji/bureau/v1") + bytes([SUITE]) + public(first))
    keys = {
        "office": public(fixed("signing office")),
        "checkpoint": public(stamp),
        "sealing": crypto_scalarmult_base(sealing),
        "access": public(fixed("access")),
    }
    certified = certificates(bureau, first, fixed("second root"), keys)
    tablet, office = tablet_log(bureau), office_log(bureau, certified[1]["bytes"])
    a, b = tablet.entries, office.entries
    history = [a[0], b[0], a[1], a[2], b[1], a[3], b[2]]
    for position, entry in enumerate(history, 1):
        store(entry, position)
    roots = [root([entry["leaf_hash"] for entry in history[:size]]) for size in range(8)]
    wrapped = wrapped_key(bureau, keys["sealing"], fixed("subject", 16), "person")
    pushes = batches(tablet.log, wrapped, [entry["envelope"] for entry in a])
    server = signed_by_the_server(bureau, stamp, a[3], roots[7])
    statements = {
        "certificate": certified[1]["bytes"],
        "checkpoint": server["checkpoint"]["bytes"],
        "receipt": server["receipt"]["bytes"],
    }
    return {
        "suite": SUITE,
        "identities": identities(),
        "bureau": {"first_root_private": first, "first_root": public(first), "id": bureau},
        "logs": [
            {"id": one.log, "private": one.seed, "public": public(one.seed), "entries": one.entries}
            for one in (tablet, office)
        ],
        "roots": roots,
        "sealed": paddings(tablet.log),
        "picture": picture(),
        "wrapped": {"sealing_private": sealing, "serial": 4, **wrapped},
        "certificates": certified,
        "server": server,
        "batches": pushes,
        "refused": refused(a[2], pushes[0]["bytes"], statements),
    }


def main() -> None:
    check_hpke_against_the_rfc()
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    text = json.dumps(in_json(vectors()), indent=1, ensure_ascii=False) + "\n"
    (folder / "vectors.json").write_bytes(text.encode())


if __name__ == "__main__":
    main()
