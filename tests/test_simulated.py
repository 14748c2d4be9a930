"""The tablet without a screen: the same seed and commands give the same bytes."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import Raw

from backend.office import Office
from backend.rotating import root_of, rotate
from events import chain
from events.answers import Given
from events.chain import Head
from events.checklists import bundled
from events.clock import SetClock, SystemClock
from events.envelope import Entry
from events.inspections import (
    AnswerRecorded,
    ArrivalLocated,
    CertificateShown,
    InspectionCancelled,
    InspectionCompleted,
    InspectionVoided,
)
from events.pull import Document
from events.questionnaire import problem
from mobile.device_log import DeviceLog
from mobile.place import Place
from mobile.simulated import Enrol, Inspect, Push, SimulatedTablet, serve
from mobile.tablet_folder import TabletFolder
from tests.server import Codes, found, serving, site
from tests.tablets import ASSISTANT, BUREAU, LEAD, MORNING, PLACES

HOUR = 3_600_000_000
GENERAL = Place(
    object=LEAD, object_type="charity", domain="charity", township="440804003", at=(110.4, 21.2)
)


def tablet(path: Path, seed: int = 1) -> SimulatedTablet:
    from random import Random

    if not TabletFolder.exists(path):
        folder = TabletFolder.begin(path, BUREAU, Random(seed).randbytes)
        folder.open_log(SetClock(MORNING))
        folder.close()
    return SimulatedTablet(path, seed)


def visit(kind: str = "street_patrol", number: int = 0, **more: object) -> Inspect:
    place = PLACES.get(kind, GENERAL)
    given = {"kind": kind, "object": place.object, "place": place, "officers": (LEAD, ASSISTANT)}
    return Inspect(at=MORNING + number * HOUR, **(given | more))


def log_of(simulated: SimulatedTablet) -> DeviceLog:
    assert simulated._parts
    return simulated._parts[0]


def entries(simulated: SimulatedTablet) -> list[Entry]:
    log = log_of(simulated)
    return [one.record().entry for one in log.store.read_log(log.log, 0, 10_000)]


def facts(simulated: SimulatedTablet, kind: type) -> list[Any]:
    return [one.fact for one in log_of(simulated).read() if isinstance(one.fact, kind)]


def played(path: Path, *commands: Inspect, seed: int = 1) -> SimulatedTablet:
    simulated = tablet(path, seed)
    for command in commands:
        simulated.do(command)
    return simulated


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    commands = [
        visit(kind, number, after=("correct",), persons=({"SP-10": "minor"},))
        for number, kind in enumerate(bundled())
    ]
    one, two = (played(tmp_path / name, *commands) for name in ("one", "two"))
    other = played(tmp_path / "other", *commands, seed=2)
    assert [e.raw for e in entries(one)] == [e.raw for e in entries(two)]
    assert entries(one)[0].raw != entries(other)[0].raw
    key = one._folder.keys(1).signing.public_key()  # type: ignore[union-attr]
    run = entries(one)
    assert chain.verify(run, Head(), run[0].hash, key).sequence == len(run) > 80


@pytest.mark.parametrize("kind", list(bundled()))
def test_a_visit_nobody_described_is_whole_and_finds_nothing(tmp_path: Path, kind: str) -> None:
    simulated = played(tmp_path / "t", visit(kind))
    (done,) = facts(simulated, InspectionCompleted)
    assert done.unanswered == ()
    assert done.outcome == "nothing_found"
    assert len(done.crew) == 2
    form = bundled()[kind]
    for fact in facts(simulated, AnswerRecorded):
        if fact.value is not msgspec.UNSET:
            assert problem(form.question(fact.question), Given(fact.value)) is None


@pytest.mark.parametrize(
    "object_type", [o.value for o in bundled()["funeral_order"].question("FU-02").options]
)
def test_every_branch_of_the_funeral_form_is_filled(tmp_path: Path, object_type: str) -> None:
    place = msgspec.structs.replace(PLACES["funeral_order"], object_type=object_type)
    (done,) = facts(
        played(tmp_path / "t", visit("funeral_order", place=place)), InspectionCompleted
    )
    assert done.unanswered == ()
    assert done.sets["inspection.object_type"] == object_type


def test_what_is_wanted_is_answered_where_it_may_be(tmp_path: Path) -> None:
    wanted = {"SP-08": "yes", "SP-06": "part"}
    person = {"SP-10": "adult", "SP-16": "refuse", "SP-17": ["informed", "nonsense"]}
    simulated = played(tmp_path / "t", visit(answers=wanted, persons=(person, {"SP-10": "minor"})))
    (done,) = facts(simulated, InspectionCompleted)
    assert done.sets["segment.coverage"] == "part"
    assert done.unanswered == ()
    texts = [one.texts for one in log_of(simulated).read()]
    assert (b'["informed"]',) in texts
    assert (b'"minor_protect"',) in texts or (b'"accept_station"',) in texts


def test_faults_are_recorded_as_they_would_happen(tmp_path: Path) -> None:
    simulated = played(
        tmp_path / "t",
        visit("street_patrol", 0, faults=("far_away",)),
        visit("street_patrol", 1, faults=("weak_fix",)),
        visit("street_patrol", 2, faults=("unanswered",)),
        visit("street_patrol", 3, faults=("clock_jump",)),
        visit("street_patrol", 4, officers=(LEAD,)),
    )
    done = facts(simulated, InspectionCompleted)
    assert [one.band for one in facts(simulated, ArrivalLocated)[:2]] == ["more", "le500"]
    assert len(done[2].unanswered) == 1
    assert len(done[4].crew) == 1
    jumped = [one for one in entries(simulated) if one.header.happened_at > MORNING + 20 * HOUR]
    assert jumped
    assert jumped[0].header.uptime < 20 * HOUR // 1_000


def test_certificates_are_shown_unless_the_fault_says_not(tmp_path: Path) -> None:
    simulated = tablet(tmp_path / "t")
    for officer in (LEAD, ASSISTANT):
        told = {
            "officer": officer,
            "name": "x",
            "certificates": [
                {"certificate": officer, "number": "1", "valid": [None, "2028-01-01"]}
            ],
        }
        assert simulated._folder
        simulated._folder.reference.take(
            [Document("officers", officer, 1, Raw(msgspec.json.encode(told)))]
        )
    simulated.do(visit("funeral_order", 0))
    simulated.do(visit("funeral_order", 1, faults=("certificate_not_shown",)))
    assert [one.officer for one in facts(simulated, CertificateShown)] == [LEAD, ASSISTANT, LEAD]


def test_what_comes_after_is_played(tmp_path: Path) -> None:
    simulated = played(
        tmp_path / "t",
        visit("funeral_order", 0, after=("correct", "correct_again")),
        visit("street_patrol", 3, after=("void",)),
        visit("street_patrol", 5, after=("cancel",)),
    )
    from events.inspections import CorrectionRecorded

    assert len({one.supersedes for one in facts(simulated, CorrectionRecorded)}) >= 1
    assert facts(simulated, InspectionVoided)[0].approver == ASSISTANT
    assert len(facts(simulated, InspectionCancelled)) == 1


def used(run: list[Entry]) -> set[bytes]:
    """Nonces of sealed parts, and salts of bodies: what must be random."""
    nonces = {part[:12] for one in run for part in one.sealed if part}
    return nonces | {one.body[9:31] for one in run if one.body}


def test_a_new_start_never_repeats_a_nonce(tmp_path: Path) -> None:
    first = played(tmp_path / "t", visit(answers={"SP-08": "yes"}))
    before = used(entries(first))
    count = len(entries(first))
    first.close()
    again = played(tmp_path / "t", visit(answers={"SP-08": "yes"}))
    after = used(entries(again)[count:])
    assert after
    assert not before & after


def test_lines_are_answered_one_by_one_and_failures_are_said(tmp_path: Path) -> None:
    simulated = SimulatedTablet(tmp_path / "t", 1)
    lines = ['{"do":"push","at":1}', "nonsense", "", '{"do":"quit"}', '{"do":"push","at":2}']
    replies = [json.loads(one) for one in serve(iter(lines), simulated)]
    assert [one["ok"] for one in replies] == [False, False, True]
    assert "not enrolled" in replies[0]["error"]


def test_a_tablet_process_works_with_a_server_process(tmp_path: Path) -> None:
    clock = SystemClock()
    now = clock.now().at
    office = found(tmp_path / "office", clock)
    codes = Codes(office.codes_file, clock, os.urandom)
    code = codes.issue("T", (), (), 3_600)
    codes.close()
    with serving(tmp_path / "office") as served:
        commands: list[dict[str, Any]] = [
            {"do": "enrol", "code": code, "server": served.address, "at": now - HOUR},
            {**msgspec.to_builtins(visit()), "do": "inspect", "at": now - HOUR},
            {"do": "push", "at": now},
            {"do": "pull", "at": now},
            {"do": "quit"},
        ]
        xunji = Path(sys.executable).with_name("xunji")
        done = subprocess.run(
            [xunji, "simulate-tablet", "--data", tmp_path / "t", "--seed", "3"],
            input="\n".join(map(json.dumps, commands)),
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
    replies = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["ok"] for one in replies] == [True] * 5, replies
    assert replies[2]["held"] == replies[1]["sequence"]
    assert replies[2]["waiting"] == 0


def test_a_new_key_for_receipts_does_not_end_the_handing_in(tmp_path: Path) -> None:
    with site(tmp_path / "office", clock=SetClock(MORNING)) as here:
        simulated = SimulatedTablet(tmp_path / "t", 1)
        simulated._http = here.client
        simulated.do(Enrol(here.code(), str(here.client.base_url), MORNING))
        simulated.do(Push(MORNING))
        with Office(here.folder, "console", here.clock, os.urandom) as console:
            rotate(console, "checkpoint", root_of(here.folder, None))
        here.clock.at += HOUR  # type: ignore[attr-defined]
        simulated.do(visit())

        pushed = simulated.do(Push(MORNING + HOUR))

        assert pushed["waiting"] == 0
        assert pushed["entries"] > 0
        assert simulated._folder
        simulated._folder.close()
