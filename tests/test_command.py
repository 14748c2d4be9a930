"""The command `xunji`: two languages, exit codes, nothing heavy before it is needed."""

import os
import subprocess
import sys
from pathlib import Path
from unicodedata import east_asian_width

import click
import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from click.testing import CliRunner

from events import command, errors
from events.command import EXIT_CODES, WideFormatter, data_option, group, plugged_in
from events.language import LOCALEDIR, Language, language, translation

HEAVY = {"kivy", "litestar", "uvicorn", "eventsourcing", "httpx", "cryptography", "rich"}

HELP_THEN_MODULES = """
import sys
from events.command import main
try:
    main()
finally:
    print(*sys.modules, file=sys.stderr)
"""


def xunji(*arguments: str, speaking: Language = "en") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from events.command import main; main()", *arguments],
        env=os.environ | {"XUNJI_LANG": speaking, "COLUMNS": "80", "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8", "LC_MESSAGES": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": ""}, "zh"),
        ({"LC_ALL": "C", "XUNJI_LANG": "zh-Hans"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "XUNJI_LANG": "en"}, "en"),
        ({"LANG": "ZH_tw"}, "zh"),
    ],
)
def test_the_language_is_ours_then_that_of_the_locale(
    environment: dict[str, str], expected: Language
) -> None:
    assert language(environment) == expected


def test_without_a_catalogue_words_stay_as_they_are(tmp_path: Path) -> None:
    assert translation("events", tmp_path, "zh").gettext("done") == "done"


def test_every_word_of_the_command_has_its_chinese() -> None:
    used = {found[2] for found in extract_from_dir(Path(command.__file__).parent)}
    with (LOCALEDIR / "zh/LC_MESSAGES/events.po").open("rb") as opened:
        said = {message.id for message in read_po(opened) if message.id and message.string}

    assert used == said


@pytest.mark.parametrize(
    ("speaking", "words"),
    [
        ("en", ["Usage: xunji", "Options:", "Exit codes:", "busy", "Show this message and exit."]),
        ("zh", ["用法: xunji", "选项:", "退出码：", "占用", "显示本说明后退出。"]),
    ],
)
def test_help_speaks_the_language(speaking: Language, words: list[str]) -> None:
    help_page = xunji("--help", speaking=speaking)

    assert help_page.returncode == 0
    assert [word for word in words if word not in help_page.stdout] == []


def test_a_wrong_use_is_answered_in_the_language_and_with_2() -> None:
    refused = xunji("no-such-command", speaking="zh")

    assert refused.returncode == 2
    assert "错误：没有命令 'no-such-command'" in refused.stderr


def test_the_version_is_known() -> None:
    assert xunji("--version").stdout.startswith("xunji, version ")


def test_help_loads_nothing_heavy() -> None:
    imported = subprocess.run(
        [
            sys.executable,
            "-c",
            HELP_THEN_MODULES,
            "--help",
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stderr.split()

    assert "backend.commands" in imported
    assert "mobile.commands" in imported
    assert HEAVY & set(imported) == set()


def test_no_two_packages_contribute_the_same_command() -> None:
    names = [contributed.name for contributed in plugged_in()]

    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize(
    "error",
    [command.FailedError, command.NoDataError, command.BusyError, command.NetworkError],
)
def test_a_refusal_says_why_and_ends_with_its_documented_code(
    error: type[click.ClickException],
) -> None:
    @click.command("refuse")
    def refuse() -> None:
        raise error("the reason, and what to do")

    ended = CliRunner().invoke(group([refuse]), ["refuse"])

    assert ended.exit_code == error.exit_code
    assert ended.exit_code in EXIT_CODES
    assert "the reason, and what to do" in ended.output


def test_the_data_folder_may_come_from_the_environment(tmp_path: Path) -> None:
    @click.command("where")
    @data_option
    def where(data: Path) -> None:
        click.echo(data)

    told = CliRunner().invoke(group([where]), ["where"], env={"XUNJI_DATA": str(tmp_path)})

    assert told.output.strip() == str(tmp_path)


def test_chinese_help_fits_the_terminal() -> None:
    sentence = "相同的种子得到相同的检查、相同的照片和相同的地图，因此可以反复比较。" * 3
    page = WideFormatter(width=60)

    page.write_text(sentence)
    page.write_dl([("--seed 数字", sentence), ("--data", "短")])

    lines = page.getvalue().splitlines()
    assert max(map(columns, lines)) <= 61
    assert {
        columns(line[: line.index(word)])
        for line in lines
        for word in ("相同的种", "短")
        if line.startswith("--") and word in line
    } == {13}
    assert "".join("".join(lines).split()).count(sentence) >= 1


def columns(line: str) -> int:
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in line)


@pytest.mark.parametrize(
    ("refusal", "code"),
    [
        (errors.FolderError("它不在那里"), 3),
        (errors.BusyError("有人在写"), 4),
        (errors.StorageError("the store failed: disk I/O error"), 1),
        (errors.UnverifiedError(7, "signature"), 1),
    ],
)
def test_a_refusal_from_deep_inside_ends_with_its_code_and_what_was_found(
    refusal: errors.Refusal, code: int
) -> None:
    ended = command.failure(refusal)

    assert ended.exit_code == code
    assert str(refusal) in ended.message


def test_each_refusal_that_knows_no_language_has_a_sentence_in_it() -> None:
    kinds = {kind for kind in vars(errors).values() if isinstance(kind, type)}
    # these say it where they are raised
    speaking = {"refused", "folder", "busy", "not-enrolled", "revoked", "unreachable"}

    assert {kind.code for kind in kinds if issubclass(kind, errors.Refusal)} == {
        *command.SENTENCES,
        *speaking,
    }
