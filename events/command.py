"""The command `xunji`: one group, assembled from what each package contributes.

A package names a list of Click commands under the entry-point group `xunji.commands`. These
lists are loaded for every call, so their modules import Kivy, Litestar and the like only inside
the commands' functions.
"""

import gettext
import os
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from importlib.metadata import entry_points, version
from pathlib import Path
from typing import TypeVar
from unicodedata import east_asian_width

import click

from events import errors
from events.language import LOCALEDIR, language, translation

_ = translation("events", LOCALEDIR, language()).gettext


class FailedError(click.ClickException):
    """What was asked for failed: a difference found, or something that does not verify."""

    exit_code = 1


class NoDataError(click.ClickException):
    """The data folder is missing, or not one of ours."""

    exit_code = 3


class BusyError(click.ClickException):
    """Another process holds the data folder, the port or the like."""

    exit_code = 4


class NetworkError(click.ClickException):
    """The other side cannot be reached."""

    exit_code = 5


EXIT_CODES = {
    0: _("done"),
    FailedError.exit_code: _("what was asked for failed: a difference, or it does not verify"),
    click.UsageError.exit_code: _("wrong use of the command"),
    NoDataError.exit_code: _("the data folder is missing or not one of Xunji"),
    BusyError.exit_code: _("busy: another process holds it"),
    NetworkError.exit_code: _("the other side cannot be reached"),
}

# What is refused deep inside, where nobody knows the language; others say themselves what is wrong.
SENTENCES = {
    errors.ConflictError.code: _("the log is held to another length: try again"),
    errors.UnverifiedError.code: _("it does not verify: the bytes are not what they claim to be"),
    errors.ForkedError.code: _("the log was written twice: the tablet was copied or restored"),
    errors.ForeignError.code: _("it was written for another bureau or another log"),
    errors.MalformedError.code: _("it does not follow the format, or is damaged"),
    errors.TooLargeError.code: _("it is larger than the format allows"),
    errors.ErasedError.code: _("this person's data was erased"),
    errors.StorageError.code: _(
        "the disk or a file on it failed, so nothing was recorded; check space, rights and the disk"
    ),
    errors.DatabaseFailedError.code: _(
        "the database did not answer or refused: it is down, has no majority, or a right was "
        "withdrawn; what was acknowledged is kept, the last may be recorded or not; see to the "
        "database, then try again"
    ),
}

MONGODB = "XUNJI_MONGODB"  # names the database that keeps a folder's history, if one does
_Command = TypeVar("_Command", bound=Callable[..., object])


@contextmanager
def _environment(name: str, value: str) -> Generator[None]:
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


def _for_this_command(context: click.Context, _option: click.Parameter, uri: str | None) -> None:
    """Let whoever opens the folder find the URI, also in the processes we start."""
    if uri is not None:
        context.with_resource(_environment(MONGODB, uri))


def data_option(command: _Command) -> _Command:
    """Add what every command says that works on a data folder, in the same words."""
    for option in (_mongodb_option, _data_option):
        command = option(command)
    return command


_data_option = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="XUNJI_DATA",
    show_envvar=True,
    required=True,
    help=_("The data folder."),
)
_mongodb_option = click.option(
    "--mongodb",
    metavar="URI",
    envvar=MONGODB,
    show_envvar=True,
    expose_value=False,
    callback=_for_this_command,
    help=_("The MongoDB database with the history, where it is not in the folder."),
)


def in_words(refusal: errors.Refusal) -> str:
    """Return a refusal in the language of whoever types; what was found follows in brackets."""
    sentence = SENTENCES.get(refusal.code)
    return (
        _("{sentence} ({found})").format(sentence=sentence, found=refusal)
        if sentence
        else str(refusal)
    )


def failure(refusal: errors.Refusal) -> click.ClickException:
    """Return a refusal as a command ends with it: said, and with its documented exit code."""
    match refusal:
        case errors.FolderError():
            return NoDataError(in_words(refusal))
        case errors.BusyError():
            return BusyError(in_words(refusal))
        case errors.UnreachableError() | errors.DatabaseFailedError():
            return NetworkError(in_words(refusal))
        case _:
            return FailedError(in_words(refusal))


def main() -> None:
    """Run `xunji` as the shell calls it."""
    speak_click()
    group(plugged_in())(prog_name="xunji")


def plugged_in() -> list[click.Command]:
    """Load the commands that the installed packages contribute."""
    found: list[click.Command] = []
    for point in entry_points(group="xunji.commands"):
        contributed: Sequence[click.Command] = point.load()
        found += contributed
    return found


def group(commands: Iterable[click.Command]) -> click.Group:
    """Assemble the one command."""
    codes = "\n".join(f"  {code}  {meaning}" for code, meaning in EXIT_CODES.items())
    exits = "\n".join(["\b", _("Exit codes:"), codes])
    assembled = click.Group(
        name="xunji",
        help=_("Xunji: field inspections as a record that nobody can change."),
        epilog=exits + "\n\n" + _("Language: XUNJI_LANG=zh or en; otherwise that of your locale."),
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    for command in commands:
        assembled.add_command(command)
    return click.version_option(version("xunji"), prog_name="xunji")(assembled)


def speak_click() -> None:
    """Let Click's own words, and the processes we start, follow the language."""
    os.environ["XUNJI_LANG"] = os.environ["LANGUAGE"] = language()
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
