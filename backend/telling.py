"""How measures are told: in the reader's language, and with those hidden who are to be."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from litestar import Request
from msgspec import Struct

from backend import measure_words as naming
from backend.pages import Pages, Words, language_of
from events.language import Language
from projections.figures import Figure, Measured, Part
from projections.hidden import Homes, hidden_across, hidden_of, reads
from projections.views import ViewReader

TOWNSHIP: Final = 9  # digits of a village's code that are its township's


class Both(Struct, frozen=True):
    """A name in both languages."""

    zh: str
    en: str


class FigureOut(Struct, frozen=True):
    """`done` of `of`, None where they are hidden; `key` is a figure's or a breakdown's value.

    `rate` is None and `words` `no objects` where there is nothing to cover.
    """

    key: str
    name: str
    done: int | None
    of: int | None
    rate: float | None
    words: str


class RowOut(Struct, frozen=True, omit_defaults=True):
    """A row behind a figure, or of a list: then without numbers."""

    key: str
    name: str
    done: int | None = None
    of: int | None = None


def both(name: str) -> Both:
    """Return what a measure is called, in both languages."""
    return Both(
        naming.measure_name(name, Pages.words("zh")), naming.measure_name(name, Pages.words("en"))
    )


def told(key: str, name: str, figure: Figure, hidden: str | None) -> FigureOut:
    """Return a figure as it is sent; where it is hidden, only `hidden`."""
    if hidden is not None:
        return FigureOut(key, name, None, None, None, hidden)
    return FigureOut(key, name, figure.numerator, figure.denominator, figure.rate, figure.words)


def overall(found: Mapping[str, Measured], homes: Homes, words: Words) -> Iterator[dict[str, Any]]:
    """Return measures as rows of a table, each figure of each."""
    for name, one in found.items():
        for key, figure in one.figures.items():
            said = told(key, "", figure, reads(figure, homes))
            yield {
                "measure": naming.measure_name(name, words),
                "figure": naming.called(key, words),
                **numbers(said, words),
            }


def numbers(said: FigureOut, words: Words) -> dict[str, Any]:
    """Return the members of a row that hold a figure."""
    return {
        "done": said.done,
        "of": said.of,
        "rate": said.rate,
        "words": naming.rate_words(said.words, words),
    }


def hidden_by(by: str, values: Mapping[str, Figure], homes: Homes) -> Mapping[str, str]:
    """Return what is hidden: of villages none alone in its township, whose sum may be told."""
    if by != "village":
        return hidden_of(values, homes)
    cells = {(value[:TOWNSHIP], value): figure for value, figure in values.items()}
    return {village: said for (_, village), said in hidden_across(cells, homes).items()}


class Teller:
    """Tells figures and rows in the reader's language, and hides who is to be hidden."""

    def __init__(self, request: Request[Any, Any, Any], homes: Homes) -> None:
        self.language: Language = language_of(request)
        self.words = Pages.words(self.language)
        self.homes = homes
        self.name_of: Callable[[str], str] = str

    def learn(
        self, views: ViewReader, keys: Iterable[str], by: Mapping[str, Mapping[str, Any]]
    ) -> None:
        """Look up what rows and values of breakdowns are called."""
        asked = {*keys, *(value for values in by.values() for value in values)}
        self.name_of = naming.namer(views, asked, self.language, self.words)

    def figure(self, key: str, figure: Figure) -> FigureOut:
        """Return a figure of a measure."""
        return told(key, naming.called(key, self.words), figure, reads(figure, self.homes))

    def is_hidden(self, figure: Figure) -> bool:
        """Tell whether a figure is hidden, and with it whatever else is told of it."""
        return reads(figure, self.homes) is not None

    def breakdown(self, by: str, values: Mapping[str, Figure]) -> list[FigureOut]:
        """Return the figures of a breakdown."""
        hidden = hidden_by(by, values, self.homes)
        of_types = naming.type_name if by == "object_type" else None
        return [
            told(
                value,
                of_types(value, self.language) if of_types else self.name_of(value),
                figure,
                hidden.get(value),
            )
            for value, figure in values.items()
        ]

    def row(self, part: Part) -> RowOut:
        """Return a row: one of a list has no numbers."""
        name = self.name_of(part.key)
        return RowOut(part.key, name, part.done, part.of) if part.of else RowOut(part.key, name)

    def rows(self, page: Iterable[Part]) -> Iterator[dict[str, Any]]:
        """Return rows as those of a table."""
        for one in map(self.row, page):
            yield {"key": one.key, "name": one.name, "done": one.done, "of": one.of}

    def lines(
        self, found: Measured, by: Mapping[str, Mapping[str, Figure]]
    ) -> Iterator[dict[str, Any]]:
        """Return figures, then breakdowns, as rows of a table."""
        for key, figure in found.figures.items():
            yield self._line("", self.figure(key, figure))
        for name, values in by.items():
            for said in self.breakdown(name, values):
                yield self._line(naming.called(name, self.words), said)

    def _line(self, by: str, said: FigureOut) -> dict[str, Any]:
        return {"by": by, "value": said.key, "name": said.name, **numbers(said, self.words)}
