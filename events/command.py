"""The command `xunji`: one group, assembled from what each package contributes.

A package names a list of Click commands under the entry-point group `xunji.commands`. These
lists are loaded for every call, so their modules import Kivy, Litestar and the like only inside
the commands' functions.
"""

import gettext
import os
from collections.abc import Iterable, Sequence
from enum import IntEnum
from importlib.metadata import entry_points, version
from unicodedata import east_asian_width

import click

from events.language import LOCALEDIR, Language, language, translation


class Exit(IntEnum):
    """What the exit code tells a script."""

    OK = 0
    FAILED = 1
    USAGE = 2
    NO_DATA = 3
    BUSY = 4
    NETWORK = 5


class CommandError(click.ClickException):
    """A command could not do what was asked; the message says what to do about it."""

    def __init__(self, exit_code: Exit, message: str) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def main() -> None:
    """Run `xunji` as the shell calls it."""
    spoken = language()
    speak_click(spoken)
    group(spoken, plugged_in())(prog_name="xunji")


def plugged_in() -> list[click.Command]:
    """Load the commands of all packages, by name."""
    found: list[click.Command] = []
    for point in entry_points(group="xunji.commands"):
        contributed: Sequence[click.Command] = point.load()
        found += contributed
    return sorted(found, key=lambda command: command.name or "")


def group(spoken: Language, commands: Iterable[click.Command]) -> click.Group:
    """Assemble the one command, with its help in the language spoken."""
    _ = translation("events", LOCALEDIR, spoken).gettext
    meaning = {
        Exit.OK: _("done"),
        Exit.FAILED: _("what was asked for failed: a difference found, or it does not verify"),
        Exit.USAGE: _("wrong use of the command"),
        Exit.NO_DATA: _("the data folder is missing or not one of Xunji"),
        Exit.BUSY: _("busy: another process holds it"),
        Exit.NETWORK: _("the other side cannot be reached"),
    }
    codes = "\n".join(f"  {code.value}  {text}" for code, text in meaning.items())
    assembled = click.Group(
        name="xunji",
        help=_("Xunji: field inspections as a record that nobody can change."),
        epilog=f"\b\n{_('Exit codes:')}\n{codes}\n\n"
        + _("Language: XUNJI_LANG=zh or en; otherwise that of your locale."),
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    for command in commands:
        assembled.add_command(command)
    return click.version_option(version("xunji"), prog_name="xunji")(assembled)


def speak_click(spoken: Language) -> None:
    """Let Click's own words, and the processes we start, follow the language."""
    os.environ["XUNJI_LANG"] = os.environ["LANGUAGE"] = spoken
    gettext.bindtextdomain("click", str(LOCALEDIR))
    gettext.textdomain("click")
    click.Context.formatter_class = WideFormatter


class WideFormatter(click.HelpFormatter):
    """Lays out help where Chinese letters fill two columns; Click takes each for one.

    While Click measures, each such letter carries a filler that is dropped at the end.
    """

    FILLER = "\0"

    def write_text(self, text: str) -> None:
        super().write_text(self._widened(text))

    def write_dl(
        self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2
    ) -> None:
        wide = [(self._widened(term), self._widened(meaning)) for term, meaning in rows]
        super().write_dl(wide, col_max, col_spacing)

    def getvalue(self) -> str:
        return super().getvalue().replace(self.FILLER, "")

    def _widened(self, text: str) -> str:
        return "".join(
            letter + self.FILLER if east_asian_width(letter) in "WF" else letter for letter in text
        )
