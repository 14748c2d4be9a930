"""What README says exists, exists."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from events import vocabulary
from events.command import group, plugged_in

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
FORMAT = (ROOT / "docs" / "format.md").read_text()


@pytest.mark.parametrize(
    "path", sorted(set(re.findall(r"`((?:\w+|\.)[\w./-]*/[\w./-]*)`", README)))
)
def test_each_path_of_the_readme_is_there(path: str) -> None:
    assert (ROOT / path).exists() or path == "keys/root.key"


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#:]+)\)", README))))
def test_each_link_of_the_readme_leads_somewhere(link: str) -> None:
    assert (ROOT / link).is_file()


@pytest.mark.parametrize("command", sorted(set(re.findall(r"xunji ([a-z]+) ", README))))
def test_each_command_of_the_readme_can_be_called(command: str) -> None:
    result = CliRunner().invoke(group(plugged_in()), [command, "--help"])

    assert result.exit_code == 0, result.output


@pytest.mark.parametrize(
    "target", sorted(set(re.findall(r"(?:`|^)make ([a-z]+)", README, re.MULTILINE)))
)
def test_each_target_of_the_readme_is_in_the_makefile(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


def test_the_tags_that_the_format_names_are_in_the_vocabulary() -> None:
    named = set(re.findall(r"`([a-z-]+\.v\d+)`", FORMAT))

    assert named
    assert named <= set(vocabulary.types())
