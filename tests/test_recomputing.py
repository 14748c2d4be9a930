"""The auditor computes again what a tablet said of a patrol, from the track it sealed."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result
from msgspec import Raw, structs

from backend.commands import commands
from backend.erasing import erase
from backend.folder import DataFolder
from backend.office import Office
from backend.recomputing import Recomputed, recompute
from events import vocabulary
from events.command import group
from events.envelope import front
from events.facts import SealedPart, Visit
from events.ids import EntryRef, id_text
from events.inspections import CorrectionRecorded, SegmentCovered
from events.office import SensitiveDataViewed
from events.patrol_matching import matched
from events.register import ObjectListed, ObjectRevised
from events.tracks import Segment, TrackPoint, text_of, walk_of
from tests.bureau import NOON, Tablet, at_work, found, tablet_of, take_in

STREET = id_text(b"the street......")
LINE = Segment(((110.45, 21.24), (110.46, 21.24)))
OTHER = Segment(((110.45, 21.25), (110.46, 21.25)))


def walk(part: float, line: Segment = LINE) -> list[TrackPoint]:
    (west, lat), (east, _) = line.line[0], line.line[-1]
    steps = round(100 * part)
    return [
        TrackPoint(NOON + turn * 8_000_000, west + (east - west) * turn / 100, lat, 6.0)
        for turn in range(steps + 1)
    ]


class Patrols:
    """A street in the register, and a tablet that says what it walked there."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.tablet: Tablet = tablet_of(office)
        self.said = 0
        office.record(listed(LINE))

    def say(self, part: float, *, text: bytes | None = None, **claims: object) -> str:
        """Seal a walk of `part` and say what it gives, or what is claimed instead."""
        fact, sealed = self._fact(part, text)
        self.tablet.say(structs.replace(fact, **claims), [sealed])
        return fact.visit.inspection

    def _fact(self, part: float, text: bytes | None) -> tuple[SegmentCovered, bytes]:
        self.said += 1
        inspection = id_text(self.said.to_bytes(16))
        sealed = text or text_of(LINE, walk(part))
        given = matched(LINE, walk_of(text_of(LINE, walk(part))).points)
        visit = Visit(
            inspection=inspection, kind="street_patrol", nature="service", object=STREET,
            object_type="street_segment", domain="social_assistance", township="440804001",
            started_on="2025-06-15",  # type: ignore[arg-type]
        )  # fmt: skip
        fact = SegmentCovered(
            visit=visit, segment=STREET, walked="full", fraction=given.fraction,
            matching=given.version, sealed=(SealedPart("track", inspection),),
        )  # fmt: skip
        return fact, sealed

    def correct(self, part: float, **claims: object) -> None:
        fact, text = self._fact(part, None)
        told = structs.replace(fact, **claims)
        correction = CorrectionRecorded(
            visit=fact.visit, supersedes=EntryRef(self.tablet.log.hex(), 2), reason="wrong_entry",
            tag=vocabulary.tag_of(SegmentCovered), happened_at="2025-06-15T08:00:00Z",  # type: ignore[arg-type]
            fact=Raw(msgspec.json.encode(told)),
            sealed=(*fact.sealed, SealedPart("note", fact.visit.inspection)),
        )  # fmt: skip
        self.tablet.say(correction, [text, "现场录入有误".encode()])

    def hand_in(self, *, keys: bool = True) -> None:
        take_in(self.office, self.tablet.batch(keys=self.tablet.wrapped() if keys else ()))

    def recomputed(self) -> list[Recomputed]:
        self.hand_in()
        return list(recompute(self.office, "审计员", "抽查"))


def listed(line: Segment, **more: object) -> ObjectListed:
    return ObjectListed(
        object=STREET, object_type="street_segment", domain="social_assistance",
        township="440804001", valid_from="2025-01-01", name="海景路3段",
        attributes={"line": line.line}, **more,
    )  # type: ignore[arg-type]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    return found(tmp_path / "data")


@pytest.fixture
def patrols(folder: DataFolder) -> Iterator[Patrols]:
    with at_work(folder, "console") as office:
        yield Patrols(office)


def outcomes(patrols: Patrols) -> list[str]:
    return [one.outcome for one in patrols.recomputed()]


# ── what is found ──────────────────────────────────────────────────────────────────


def test_an_honest_tablet_s_fractions_come_out_the_same(patrols: Patrols) -> None:
    for part in (1.0, 0.5, 0.02):
        patrols.say(part)

    found = patrols.recomputed()

    assert [one.outcome for one in found] == ["same"] * 3
    assert [one.found for one in found] == [one.said for one in found]
    assert found[0].said == 1.0
    assert found[1].version == "pm-1"


def test_a_fraction_that_the_track_does_not_give_is_found(patrols: Patrols) -> None:
    liar = patrols.say(0.5, fraction=0.93)
    patrols.say(0.5)

    wrong, right = patrols.recomputed()

    assert (wrong.outcome, right.outcome) == ("differs", "same")
    assert (wrong.inspection, wrong.said, wrong.found) == (liar, 0.93, right.found)


def test_a_track_matched_to_a_line_of_its_own_is_found(patrols: Patrols) -> None:
    patrols.say(1.0, text=text_of(OTHER, walk(1.0, OTHER)))

    assert outcomes(patrols) == ["elsewhere"]


def test_a_line_that_the_register_once_had_is_good(patrols: Patrols) -> None:
    patrols.say(1.0)
    revised = ObjectRevised(**structs.asdict(listed(OTHER)))
    patrols.office.record(revised)

    assert outcomes(patrols) == ["same"]


@pytest.mark.parametrize(
    ("claims", "outcome"),
    [
        ({"matching": "pm-99"}, "unknown"),
        ({"matching": None}, "unknown"),
        ({"fraction": None}, "differs"),
        ({"text": b"no track"}, "unreadable"),
    ],
)
def test_what_cannot_be_computed_is_said(
    patrols: Patrols, claims: dict[str, Any], outcome: str
) -> None:
    patrols.say(1.0, **claims)

    assert outcomes(patrols) == [outcome]


def test_a_track_of_a_tablet_that_cannot_measure_is_measured_here(patrols: Patrols) -> None:
    patrols.say(1.0, fraction=None, matching=None)

    (found,) = patrols.recomputed()

    assert (found.outcome, found.said, found.found) == ("unsaid", None, 1.0)


def test_a_fraction_without_a_track_is_found(patrols: Patrols) -> None:
    fact, _text = patrols._fact(1.0, None)
    patrols.tablet.say(structs.replace(fact, sealed=()))

    assert outcomes(patrols) == ["untold"]


def test_what_was_not_measured_is_not_asked_about(patrols: Patrols) -> None:
    fact, _text = patrols._fact(1.0, None)
    patrols.tablet.say(structs.replace(fact, sealed=(), fraction=None, matching=None))

    assert outcomes(patrols) == []


def test_a_correction_is_computed_again_too(patrols: Patrols) -> None:
    patrols.say(0.5)
    patrols.correct(0.5, walked="part")
    patrols.correct(0.5, walked="part", fraction=1.0)

    assert outcomes(patrols) == ["same", "same", "differs"]


def test_a_track_is_found_wherever_it_stands_among_the_parts(patrols: Patrols) -> None:
    fact, text = patrols._fact(0.5, None)
    note = SealedPart("note", fact.visit.inspection)
    patrols.tablet.say(structs.replace(fact, sealed=(note, *fact.sealed)), [b"note", text])

    assert outcomes(patrols) == ["same"]


def test_an_erased_track_is_said_and_is_no_fault(patrols: Patrols) -> None:
    gone = patrols.say(1.0)
    patrols.say(1.0)
    patrols.hand_in()
    erase(patrols.office, gone, "pipl47")

    found = list(recompute(patrols.office, "审计员", "抽查"))

    assert [one.outcome for one in found] == ["erased", "same"]
    assert (found[0].said, found[0].found) == (1.0, None)


def test_a_key_that_never_came_is_said(patrols: Patrols) -> None:
    patrols.say(1.0)
    patrols.hand_in(keys=False)

    assert [one.outcome for one in recompute(patrols.office, "审计员", "抽查")] == ["unopened"]


def test_who_looked_is_recorded(patrols: Patrols) -> None:
    walked = {patrols.say(1.0), patrols.say(0.5)}

    patrols.recomputed()

    tag = vocabulary.tag_of(SensitiveDataViewed)
    (viewed,) = [
        vocabulary.decode(one.tag, front(one.state).body)
        for one in patrols.office.store.read(0, 100, (tag,))
    ]
    assert isinstance(viewed, SensitiveDataViewed)
    assert (viewed.viewer, viewed.purpose) == ("审计员", "抽查")
    assert set(viewed.subjects) == walked


# ── the command ────────────────────────────────────────────────────────────────────


def xunji(*arguments: str | Path) -> Result:
    return CliRunner().invoke(group(commands), [str(one) for one in arguments])


def asked(folder: DataFolder, *more: str) -> Result:
    return xunji("recompute", "--data", folder.path, "--as", "Audit", "--purpose", "p", *more)


def test_the_command_says_that_all_is_the_same(folder: DataFolder) -> None:
    with at_work(folder, "console") as office:
        patrols = Patrols(office)
        gone = patrols.say(1.0)
        patrols.say(0.4)
        patrols.hand_in()
        erase(office, gone, "pipl47")

    told = asked(folder)

    assert told.exit_code == 0
    assert "1 of 2 fractions are what their tracks give" in told.output
    assert "1 tracks are erased" in told.output


def test_the_command_fails_where_something_differs(folder: DataFolder) -> None:
    with at_work(folder, "console") as office:
        patrols = Patrols(office)
        liar = patrols.say(0.4, fraction=1.0)
        patrols.hand_in()

    told, report = asked(folder), asked(folder, "--json")

    assert told.exit_code == report.exit_code == 1
    assert liar in told.output
    assert "the track gives 0.4" in told.output
    (one,) = json.loads(report.stdout)
    assert one["outcome"] == "differs"


def test_nobody_looks_without_a_name_and_a_purpose(folder: DataFolder) -> None:
    assert xunji("recompute", "--data", folder.path).exit_code == 2
    assert xunji("recompute", "--data", folder.path, "--as", "Audit").exit_code == 2
