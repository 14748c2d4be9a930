"""What was written once can be read for ever, and what cannot be read breaks nothing."""

import json
import re
from base64 import urlsafe_b64decode
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw, structs

from events import header, vocabulary
from events.errors import MalformedError, TooLargeError
from events.facts import Fact, body
from events.header import MAX_BODY
from events.inspections import AnswerRecorded, CorrectionRecorded, HomeVisitCompleted
from events.office import LogOpened
from events.register import CertificateRevoked, OfficerLeft
from events.vocabulary import Unknown
from tests.strategies import U64, facts, fixed, fixed_id, genesis_fact, json_values, struct_of

FOLDER = Path(__file__).parent / "golden"
GOLDEN = {path.stem: path.read_bytes() for path in sorted(FOLDER.glob("*.json"))}
SALT = bytes(range(16))

each_golden = pytest.mark.parametrize("tag", GOLDEN)
tags = st.sampled_from(sorted(vocabulary.types()))


def members(raw: bytes) -> dict[str, Any]:
    return json.loads(raw)


def with_member(raw: bytes, name: str, value: object) -> bytes:
    return json.dumps({**members(raw), name: value}).encode()


# ── golden samples ─────────────────────────────────────────────────────────────────


def test_every_tag_has_a_golden_sample_and_no_tag_was_lost() -> None:
    """Renaming a fact renames its tag, and what is written under the old one is lost."""
    assert set(vocabulary.types()) == set(GOLDEN)


@each_golden
def test_a_golden_sample_is_read_and_loses_nothing(tag: str) -> None:
    fact = vocabulary.decode(tag, GOLDEN[tag])

    assert type(fact) is vocabulary.types()[tag]
    assert vocabulary.tag_of(type(fact)) == tag
    expected = members(GOLDEN[tag])
    assert members(body(fact, urlsafe_b64decode(expected["salt"] + "=="))) == expected


@each_golden
def test_a_golden_sample_is_a_body_of_the_format(tag: str) -> None:
    sample = members(GOLDEN[tag])

    assert next(iter(sample)) == "salt"
    assert len(urlsafe_b64decode(sample["salt"] + "==")) == 16
    assert len(GOLDEN[tag]) <= MAX_BODY


@each_golden
def test_what_a_reader_does_not_know_it_ignores(tag: str) -> None:
    known = json.dumps(members(GOLDEN[tag])).encode()
    newer = with_member(GOLDEN[tag], "from_the_future", {"deep": [1, None, "x"]})

    assert vocabulary.decode(tag, newer) == vocabulary.decode(tag, known)


@each_golden
def test_a_tag_is_one_that_a_header_takes(tag: str) -> None:
    genesis = header.Header(bytes(32), 1, bytes(32), 0, tag, 2, bytes(32))

    assert header.decode(header.encode(genesis)).tag == tag


def test_credit_codes_in_samples_are_of_no_division() -> None:
    codes = re.findall(rb'"uscc": "(..)(.{6}).{10}"', b"".join(GOLDEN.values()))

    assert codes
    assert {division for _, division in codes} == {b"999999"}


# ── bodies ─────────────────────────────────────────────────────────────────────────


@given(facts, st.binary(min_size=16, max_size=16))
def test_every_fact_comes_back(fact: Fact, salt: bytes) -> None:
    raw = body(fact, salt)

    assert vocabulary.decode(vocabulary.tag_of(type(fact)), raw) == fact
    assert b"\n" not in raw


@given(facts, st.binary(min_size=16, max_size=16))
def test_a_body_starts_with_its_salt(fact: Fact, salt: bytes) -> None:
    raw = body(fact, salt)

    assert re.match(rb'\{"salt":"[A-Za-z0-9_-]{22}"[,}]', raw)
    assert urlsafe_b64decode(raw[9:31] + b"==") == salt
    assert next(iter(members(raw))) == "salt"


@pytest.mark.parametrize("kind", vocabulary.types().values(), ids=vocabulary.types())
def test_no_fact_has_a_salt_of_its_own(kind: type[Fact]) -> None:
    assert "salt" not in {field.encode_name for field in structs.fields(kind)}


def test_a_fact_without_members_is_only_a_salt() -> None:
    class NothingSaid(Fact, frozen=True):
        pass

    assert body(NothingSaid(), SALT) == b'{"salt":"AAECAwQFBgcICQoLDA0ODw"}'


def test_two_equal_facts_have_two_bodies() -> None:
    assert body(genesis_fact(), SALT) != body(genesis_fact(), fixed("another salt", 16))


# ── what cannot be read ────────────────────────────────────────────────────────────


def test_an_erased_body_is_unknown() -> None:
    assert vocabulary.decode("log-opened.v1", None) == Unknown("log-opened.v1", "erased")


@pytest.mark.parametrize("tag", ["moon-inspected.v1", "log-opened.v2", "log-opened", ""])
def test_an_unknown_tag_is_unknown_and_kept(tag: str) -> None:
    assert vocabulary.decode(tag, b'{"salt":""}') == Unknown(tag, "tag", b'{"salt":""}')


BROKEN = {
    "nothing": b"",
    "no object": b"[]",
    "null": b"null",
    "no members": b"{}",
    "cut": b'{"salt":"AAECAwQFBgcICQoLDA0ODw","inspec',
    "two objects": b"{}{}",
    "not UTF-8": b'{"inspection":"\xff"}',
    "half a surrogate": b'{"inspection":"\\ud800"}',
    "byte order mark": b"\xef\xbb\xbf{}",
    "no finite number": b'{"value":1e999}',
    "a number of many digits": b'{"value":' + b"9" * 60_000 + b"}",
    "deep lists": b'{"value":' + b"[" * 32_000 + b"]" * 32_000 + b"}",
    "deep objects": b'{"value":' + b'{"a":' * 10_000 + b"1" + b"}" * 10_001,
    "deep where nobody looks": b'{"new":' + b"[" * 32_000 + b"]" * 32_000 + b"}",
    "deeper than a body": b"[" * 5_000_000,
    "larger than a body": b'{"value":"' + b"x" * 20_000_000,
}


@pytest.mark.parametrize("raw", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("kind", [AnswerRecorded, CorrectionRecorded, LogOpened])
def test_a_broken_body_is_unknown_and_kept(kind: type[Fact], raw: bytes) -> None:
    fact = vocabulary.decode(vocabulary.tag_of(kind), raw)

    assert isinstance(fact, Unknown)
    assert fact.reason.startswith("body: ")
    assert len(fact.reason) < 130
    assert fact.body is raw


@given(tags, st.binary(max_size=200))
def test_no_bytes_make_the_reader_fail(tag: str, raw: bytes) -> None:
    assert isinstance(vocabulary.decode(tag, raw), Unknown | Fact)


@given(tags, st.data(), json_values)
def test_no_member_makes_the_reader_fail(tag: str, data: st.DataObject, value: object) -> None:
    name = data.draw(st.sampled_from(list(members(GOLDEN[tag]))), "member")

    assert isinstance(vocabulary.decode(tag, with_member(GOLDEN[tag], name, value)), Unknown | Fact)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("device", "A" * 26),
        ("device", "a" * 25),
        ("device", "a" * 26 + "\n"),
        ("device", "a" * 25 + "b"),
        ("bureau", "0" * 63),
        ("bureau", "0" * 64 + "\n"),
        ("role", "root"),
        ("continues", {"log": "0" * 64, "sequence": 0}),
    ],
)
def test_what_a_type_does_not_allow_is_unknown(name: str, value: object) -> None:
    raw = with_member(GOLDEN["log-opened.v1"], name, value)

    assert isinstance(vocabulary.decode("log-opened.v1", raw), Unknown)


@pytest.mark.parametrize("at", ["2026-08-01T00:00:00", "2026-08-01", "yesterday", 0])
def test_an_instant_without_a_zone_is_unknown(at: object) -> None:
    raw = with_member(GOLDEN["key-revoked.v1"], "at", at)

    assert isinstance(vocabulary.decode("key-revoked.v1", raw), Unknown)


# ── corrections ────────────────────────────────────────────────────────────────────


def corrected(raw: bytes) -> CorrectionRecorded:
    fact = vocabulary.decode("correction-recorded.v1", raw)
    assert isinstance(fact, CorrectionRecorded)
    return fact


def test_a_correction_holds_the_fact_that_takes_the_place() -> None:
    correction = corrected(GOLDEN["correction-recorded.v1"])

    assert vocabulary.replacement(correction) == HomeVisitCompleted(
        visit=correction.visit, result="in"
    )


@pytest.mark.parametrize("absent", ["left out", "null"])
def test_a_correction_without_a_fact_takes_back(absent: str) -> None:
    sample = members(GOLDEN["correction-recorded.v1"])
    del sample["fact"]
    if absent == "null":
        sample["fact"] = None

    assert vocabulary.replacement(corrected(json.dumps(sample).encode())) is None


def test_a_correction_by_what_we_cannot_read_is_unknown() -> None:
    raw = with_member(GOLDEN["correction-recorded.v1"], "fact", {"result": "elsewhere"})

    assert isinstance(vocabulary.replacement(corrected(raw)), Unknown)


@given(struct_of(CorrectionRecorded))
def test_a_correction_s_fact_is_kept_byte_for_byte(correction: CorrectionRecorded) -> None:
    kept = corrected(body(structs.replace(correction, fact=Raw(b'{"a" : 1.50}')), SALT))

    assert isinstance(kept.fact, Raw)
    assert bytes(kept.fact) == b'{"a" : 1.50}'


# ── tags and versions ──────────────────────────────────────────────────────────────


class OfficerGone(Fact, frozen=True):
    """An old shape of `OfficerLeft`."""

    who: str

    def upcast(self) -> Fact:
        return OfficerGoneV2(officer=self.who)


class OfficerGoneV2(Fact, frozen=True):
    """A shape between: upcasts lead on until the newest."""

    officer: str

    def upcast(self) -> Fact:
        return OfficerLeft(officer=self.officer, valid_to=msgspec.convert("2026-09-30", date))


def test_an_old_shape_becomes_the_new_one(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = msgspec.json.Decoder(OfficerGone).decode
    monkeypatch.setitem(vocabulary._decoders, "officer-gone.v1", reader)

    fact = vocabulary.decode("officer-gone.v1", body(OfficerGone(who=fixed_id("officer")), SALT))

    assert fact == OfficerLeft(officer=fixed_id("officer"), valid_to=date(2026, 9, 30))


def test_a_tag_is_made_from_the_name_and_the_version() -> None:
    assert vocabulary._tag(OfficerGone) == "officer-gone.v1"
    assert vocabulary._tag(OfficerGoneV2) == "officer-gone.v2"
    assert vocabulary.tag_of(CertificateRevoked) == "certificate-revoked.v1"


# ── headers ────────────────────────────────────────────────────────────────────────

sixteen = st.binary(min_size=16, max_size=16)
thirty_two = st.binary(min_size=32, max_size=32)
parts = st.builds(
    header.Part, sixteen, st.integers(1, 1024).map(lambda blocks: 64 * blocks + 28), thirty_two
)
headers = st.builds(
    header.Header,
    log=thirty_two,
    sequence=st.integers(2, 2**64 - 1),
    previous=thirty_two,
    happened_at=st.integers(header.EARLIEST, header.LATEST),
    tag=st.from_regex(r"[a-z0-9]{1,9}(-[a-z0-9]{1,9}){0,3}\.v[1-9][0-9]{0,3}", fullmatch=True),
    body_size=st.integers(2, MAX_BODY),
    body_hash=thirty_two,
    utc_offset=st.integers(-header.MOST_OFFSET, header.MOST_OFFSET),
    boot=sixteen,
    uptime=U64,
    checkpoint_size=U64,
    checkpoint_root=thirty_two,
    actor=sixteen,
    parts=st.lists(parts, max_size=16).map(tuple),
)


@given(headers)
def test_every_header_comes_back(drawn: header.Header) -> None:
    raw = header.encode(drawn)

    assert header.decode(raw) == drawn
    assert len(raw) == 204 + len(drawn.tag) + 52 * len(drawn.parts)


@given(headers, st.data())
def test_a_header_that_is_read_is_written_the_same(
    drawn: header.Header, data: st.DataObject
) -> None:
    raw = bytearray(header.encode(drawn))
    at = data.draw(st.integers(0, len(raw) - 1), "byte")
    raw[at] = data.draw(st.integers(0, 255), "value")

    try:
        read = header.decode(bytes(raw))
    except (MalformedError, TooLargeError):
        return
    assert header.encode(read) == bytes(raw)


@pytest.mark.parametrize(
    "change",
    [
        {"happened_at": header.EARLIEST - 1},
        {"happened_at": header.LATEST + 1},
        {"utc_offset": 1_440},
        {"utc_offset": -1_440},
    ],
)
@given(headers)
def test_a_moment_that_no_calendar_has_is_refused(
    change: dict[str, int], drawn: header.Header
) -> None:
    with pytest.raises(MalformedError):
        header.encode(structs.replace(drawn, **change))


def test_a_number_that_not_every_reader_can_hold_is_unknown() -> None:
    members = json.loads(GOLDEN["inspection-completed.v1"])

    for large in (2**53, 10**30):
        content = json.dumps({**members, "answered": large}).encode()
        assert isinstance(vocabulary.decode("inspection-completed.v1", content), Unknown)


def test_a_genesis_has_no_sealed_parts() -> None:
    part = header.Part(bytes(16), 92, bytes(32))
    drawn = header.Header(bytes(32), 1, bytes(32), 0, "log-opened.v1", 2, bytes(32))
    header.encode(drawn)

    with pytest.raises(MalformedError):
        header.encode(structs.replace(drawn, parts=(part,)))
