"""The demo's progress in the terminal: a bar where there is one, a line now and then where not."""

import sys
import time
from types import TracebackType
from typing import Final, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from backend.demo.building import Progress
from backend.words import _
from events.clock import CHINA, moment

_EVERY: Final = 10.0  # seconds between two lines where no terminal is


class Showing:
    """Shows how far the demo is, on standard error."""

    def __init__(self) -> None:
        self._console = Console(file=sys.stderr)
        self._bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[entries]}"),
            TimeRemainingColumn(),
            console=self._console,
            disable=not self._console.is_terminal,
        )
        self._task = self._bar.add_task(_("Building the district"), total=None, entries="")
        self._said_at = time.monotonic()

    def __enter__(self) -> Self:
        self._bar.start()
        self.say(_("Listing areas, items, officers and objects of the demo district …"))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def update(self, progress: Progress) -> None:
        """Show how far it is."""
        day = f"{moment(progress.at, CHINA):%Y-%m-%d}"
        entries = _("{count} entries").format(count=progress.entries)
        self._bar.update(
            self._task,
            total=progress.total,
            completed=progress.done,
            description=day,
            entries=entries,
        )
        if self._bar.disable and time.monotonic() - self._said_at > _EVERY:
            self._said_at = time.monotonic()
            self.say(f"{day}  {progress.done}/{progress.total}  {entries}")

    def say(self, words: str) -> None:
        """Say something above the bar."""
        self._console.print(words, highlight=False)
