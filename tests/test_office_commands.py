"""The office's and the auditor's commands: what they print, and how they end."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po
from click.testing import CliRunner, Result

import backend
from backend.codes import Codes
from backend.commands import commands
from backend.faults import MEANING
from backend.folder import DataFolder
from backend.quarantine import QuarantineFile
from events.clock import SystemClock
from events.command import group
from events.errors import ForkedError
from events.facts import SealedPart, Visit
from events.ids import id_text
from events.inspections import AnswerRecorded, InspectionStarted
from tests.bureau import Tablet, at_work, found, tablet_of, take_in

INSPECTION = id_text(b"the inspection..")
HOME = id_text(b"the home........")


def xunji(*arguments: str | Path) -> Result:
    return CliRunner().invoke(group(commands), [str(one) for one in arguments])


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    return DataFolder.create(tmp_path / "data", "District", os.urandom, SystemClock())


def inspected(folder: DataFolder) -> Tablet:
    """One inspection of a home, with a sealed answer, received two hours after it happened."""
    visit = Visit(
        inspection=INSPECTION,
        kind="low_income_recheck",
        nature="eligibility",
        object=HOME,
        object_type="low_income_household",
        domain="social_assistance",
        township="330106109",
        started_on="2025-06-15",  # type: ignore[arg-type]
    )
    clock = SystemClock()
    with at_work(folder, "server", at=clock.now().at) as office:
        tablet = tablet_of(office, name="T-07")
        tablet.clock.at = clock.now().at - 7_200_000_000
        tablet.say(InspectionStarted(visit=visit, checklist="lir", version=1))
        answer = AnswerRecorded(
            inspection=INSPECTION,
            kind="low_income_recheck",
            question="income",
            status="given",
            sealed=(SealedPart(name="value", subject=INSPECTION),),
        )
        tablet.say(answer, ["每月 800 元".encode()])
        take_in(office, tablet.batch(keys=tablet.wrapped()), at=clock.now().at)
    return tablet


def test_init_founds_a_bureau_and_tells_what_to_do_with_the_root(tmp_path: Path) -> None:
    made = xunji("init", "--data", tmp_path / "new", "--bureau", "District")

    assert made.exit_code == 0
    assert DataFolder.open(tmp_path / "new").about.bureau in made.output
    assert "root.key to offline storage" in made.output
    again = xunji("init", "--data", tmp_path / "new", "--bureau", "District")
    assert again.exit_code == 3


@pytest.mark.parametrize("command", ["enrol", "verify", "checkpoint", "show", "erase", "rotate"])
def test_without_a_data_folder_a_command_ends_with_3(tmp_path: Path, command: str) -> None:
    needs = {
        "enrol": ["--name", "T"],
        "show": ["--object", HOME],
        "erase": ["--subject", HOME, "--basis", "x"],
        "rotate": ["--role", "office"],
    }

    ended = xunji(command, "--data", tmp_path, *needs.get(command, []))

    assert ended.exit_code == 3
    assert "xunji init" in ended.output


def test_enrol_prints_a_code_that_holds_and_what_to_type(folder: DataFolder) -> None:
    told = xunji(
        "enrol", "--data", folder.path, "--name", "T 07", "--township", "330106109",
        "--domain", "funeral", "--hours", "1",
    )  # fmt: skip

    code = told.output.splitlines()[0]
    codes = Codes(folder.codes_file, SystemClock(), os.urandom)
    invitation = codes.redeem(code, b"l" * 32)
    codes.close()
    assert (invitation.name, invitation.townships) == ("T 07", ("330106109",))
    assert "1 hour." in told.output
    assert f"xunji tablet --server http://127.0.0.1:8420 --code {code}" in told.output


def test_revoke_names_how_far_a_log_is_trusted(folder: DataFolder) -> None:
    tablet = inspected(folder)

    told = xunji(
        "revoke", "--data", folder.path, "--device", tablet.device, "--all-held", "--reason", "lost"
    )

    assert told.exit_code == 0
    assert "up to entry 3" in told.output
    both = ["revoke", "--data", folder.path, "--device", tablet.device, "--reason", "x"]
    assert xunji(*both).exit_code == 2
    assert xunji(*both, "--all-held", "--last-trusted", "1").exit_code == 2
    assert xunji(*both[:4], HOME, *both[5:], "--all-held").exit_code == 1
    assert xunji(*both[:4], "nonsense", *both[5:], "--all-held").exit_code == 2


def test_a_history_that_verifies_says_so(folder: DataFolder) -> None:
    inspected(folder)
    xunji("checkpoint", "--data", folder.path)

    told = xunji("verify", "--data", folder.path)
    as_json = xunji("verify", "--data", folder.path, "--json")

    assert told.exit_code == as_json.exit_code == 0
    assert "Everything verifies." in told.output
    report = json.loads(as_json.stdout)
    assert (report["size"], report["checkpoints"], report["faults"]) == (12, 1, [])


def test_a_history_that_does_not_is_told_with_the_place_and_what_to_do(
    folder: DataFolder,
) -> None:
    import sqlite3

    inspected(folder)
    with sqlite3.connect(folder.path / "history.sqlite") as db:
        db.execute("DELETE FROM history WHERE rowid=11")
    db.close()

    told = xunji("verify", "--data", folder.path)
    as_json = xunji("verify", "--data", folder.path, "--json")

    assert told.exit_code == as_json.exit_code == 1
    assert "FAULT at position 11" in told.output
    assert MEANING["gap"] in told.output
    assert "restore the history from a backup" in told.output
    assert json.loads(as_json.stdout)["faults"][0]["position"] == 11


def test_show_replays_a_case_with_its_seals_closed(folder: DataFolder) -> None:
    inspected(folder)

    told = xunji("show", "--data", folder.path, "--inspection", INSPECTION)

    assert told.exit_code == 0
    assert [line.split()[-1] for line in told.output.splitlines() if line.startswith("#")] == [
        "inspection-started.v1",
        "answer-recorded.v1",
    ]
    assert "T-07" in told.output
    assert "received 120 minutes later" in told.output
    assert "value: [sealed]" in told.output
    assert "800" not in told.output
    of_object = xunji("show", "--data", folder.path, "--object", HOME)
    assert of_object.output == told.output


def test_show_opens_what_it_may_and_records_who_looked(folder: DataFolder) -> None:
    inspected(folder)
    case = ["show", "--data", folder.path, "--inspection", INSPECTION]

    assert xunji(*case, "--open").exit_code == 2
    told = xunji(*case, "--open", "--as", "auditor", "--purpose", "complaint 12")

    assert "value: 每月 800 元" in told.output
    with at_work(folder) as office:
        last = office.store.read(office.store.size() - 1, 1)[0].record().entry
    assert last.header.tag == "sensitive-data-viewed.v1"
    assert b"complaint 12" in (last.body or b"")


def test_what_was_erased_is_shown_as_erased(folder: DataFolder) -> None:
    inspected(folder)

    erased = xunji("erase", "--data", folder.path, "--subject", INSPECTION, "--basis", "pipl47")

    assert "1 key is destroyed" in erased.output
    case = ["show", "--data", folder.path, "--inspection", INSPECTION]
    assert "value: [erased]" in xunji(*case).output
    opened = xunji(*case, "--open", "--as", "auditor", "--purpose", "x").output
    assert "value: [erased]" in opened
    assert "800" not in opened
    assert xunji("verify", "--data", folder.path).exit_code == 0


def test_show_of_nothing_fails(folder: DataFolder) -> None:
    assert xunji("show", "--data", folder.path, "--object", HOME).exit_code == 1
    assert xunji("show", "--data", folder.path).exit_code == 2
    assert xunji("show", "--data", folder.path, "--inspection", "x").exit_code == 2


def test_rotate_says_where_the_new_key_is(folder: DataFolder) -> None:
    told = xunji("rotate", "--data", folder.path, "--role", "sealing", "--rewrap")

    assert told.exit_code == 0
    assert "sealing-6.key" in told.output
    assert "0 data keys wrapped anew" in told.output
    root = xunji("rotate", "--data", folder.path, "--role", "root")
    assert "offline storage" in root.output
    wrong = xunji("rotate", "--data", folder.path, "--role", "office", "--rewrap")
    assert wrong.exit_code == 2
    folder.keys.file("root").unlink()
    folder.keys.file("root-7").unlink()
    assert xunji("rotate", "--data", folder.path, "--role", "office").exit_code == 3


def test_adopt_lists_the_quarantine_and_takes_from_it(folder: DataFolder) -> None:
    with at_work(folder, "server", at=SystemClock().now().at) as office:
        tablet = tablet_of(office)
        tablet.record(1)
        take_in(office, tablet.batch())
        twin = Tablet(folder.bureau)
        twin.entropy(3)
        twin.record(2)
        quarantine = QuarantineFile(folder.quarantine_file, SystemClock())
        with pytest.raises(ForkedError):
            take_in(office, twin.batch(), quarantine)
        quarantine.close()

    listed = xunji("adopt", "--data", folder.path, "--list")
    assert "from entry 2: 2 entries, forked" in listed.output
    assert xunji("adopt", "--data", folder.path, "1").exit_code == 2
    assert xunji("adopt", "--data", folder.path, "7", "--reason", "x").exit_code == 1
    taken = xunji("adopt", "--data", folder.path, "1", "--reason", "copied")
    assert taken.exit_code == 0
    assert taken.output.count("Adopted entry") == 2
    again = xunji("adopt", "--data", folder.path, "1", "--reason", "copied")
    assert again.exit_code == 1
    assert "in the history already" in again.output


def test_a_bureau_and_a_tablet_have_a_name(folder: DataFolder, tmp_path: Path) -> None:
    for name in ("", " ", "x" * 201):
        assert xunji("init", "--data", tmp_path / "b", "--bureau", name).exit_code == 2
        assert xunji("enrol", "--data", folder.path, "--name", name).exit_code == 2


def test_an_empty_quarantine_says_so(folder: DataFolder) -> None:
    assert "empty" in xunji("adopt", "--data", folder.path, "--list").output


def test_erasing_what_nobody_knows_asks_to_check_the_id(folder: DataFolder) -> None:
    told = xunji("erase", "--data", folder.path, "--subject", "a" * 26, "--basis", "request")

    assert told.exit_code == 0
    assert "check the id" in told.output


def test_a_history_that_is_cut_to_nothing_is_named(folder: DataFolder) -> None:
    (folder.path / "history.sqlite").write_bytes(b"")

    ended = xunji("checkpoint", "--data", folder.path)

    assert ended.exit_code == 3
    assert "cut short" in ended.output


def test_the_console_works_while_the_server_runs(folder: DataFolder) -> None:
    inspected(folder)
    with at_work(folder, "server"):
        for arguments in (
            ["enrol", "--name", "T"],
            ["checkpoint"],
            ["show", "--object", HOME, "--open", "--as", "a", "--purpose", "b"],
            ["erase", "--subject", INSPECTION, "--basis", "x"],
            ["rotate", "--role", "sealing"],
            ["verify"],
        ):
            assert xunji(arguments[0], "--data", folder.path, *arguments[1:]).exit_code == 0
        busy = xunji("rotate", "--data", folder.path, "--role", "office")
    assert busy.exit_code == 4
    assert f"process {os.getpid()} " in busy.output


def test_every_word_has_its_chinese() -> None:
    package = Path(backend.__file__).parent
    used = {
        message if isinstance(message, str) else message[0]
        for file in package.rglob("*.py")
        if "from backend.words import" in file.read_text()
        for _line, message, _comments, _context in extract_from_file("python", file)
    }
    with (package / "locale/zh/LC_MESSAGES/office.po").open("rb") as opened:
        said = {
            message.id if isinstance(message.id, str) else message.id[0]
            for message in read_po(opened)
            if message.id and message.string
        }

    assert used == said


def test_the_commands_speak_chinese(folder: DataFolder) -> None:
    told = subprocess.run(
        [
            sys.executable, "-c", "from events.command import main; main()",
            "verify", "--data", folder.path,
        ],
        env=os.environ | {"XUNJI_LANG": "zh", "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )  # fmt: skip

    assert "全部通过验证。" in told.stdout


def test_a_seeded_folder_is_the_same_each_time(tmp_path: Path) -> None:
    one, two = (found(tmp_path / name) for name in ("one", "two"))

    reports = [
        json.loads(xunji("verify", "--data", folder.path, "--json").stdout) for folder in (one, two)
    ]

    assert reports[0] == reports[1]
