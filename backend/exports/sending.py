"""A table as an answer: a file with what it was computed from, and the checksum of its rows.

The file is written before it is sent, to memory while it is small and then to disk: so its
checksum stands in the header, memory does not grow with rows, and a slow reader holds up nobody.
"""

from collections.abc import Callable, Generator, Iterable
from tempfile import SpooledTemporaryFile
from typing import IO, Any, Final

from litestar import Request
from litestar.response import Stream

from backend import measure_words as naming
from backend.as_of import AsOf
from backend.exports import csv_file, xlsx_file
from backend.exports.about import about, title
from backend.exports.checksum import Counted, Row, line
from backend.exports.formats import MEDIA_TYPES, Format, table_format
from backend.exports.words import column_head, words_of
from backend.pages import Words, language_of
from events.language import Language

_IN_MEMORY: Final = 1 << 20  # bytes
_CHUNK: Final = 1 << 16
_WORKED_DOWN: Final = frozenset(
    {"caps", "causes", "due", "follow-ups", "goals", "joint-visits", "procedure", "recoveries"}
)
"""Lists that people print and go through."""


def _(message: str) -> str:
    """Mark a text for the catalogue."""
    return message


def as_table(
    request: Request[Any, Any, Any],
    name: str,
    rows: Iterable[Row],
    as_of: AsOf,
    *,
    spoken: Words | None = None,
) -> Stream:
    """Return rows as the file that was asked for; CSV where none was named.

    Heads are in the reader's language in Excel, and in CSV where `spoken` or people work down
    the list; else names as they are in JSON, for programs.
    """
    kind = table_format(request, request.query_params.get("format", "")) or "csv"
    counted = Counted(rows)
    file = SpooledTemporaryFile[bytes](max_size=_IN_MEMORY)
    try:
        _write(kind, counted, file, name, as_of, language_of(request), spoken)
    except BaseException:
        file.close()
        raise
    size = file.tell()
    file.seek(0)
    attached = f"xunji-{name}-{as_of.position}-{as_of.today.isoformat()}.{kind}"
    return Stream(
        _sent(file),
        media_type=MEDIA_TYPES[kind],
        headers={
            "content-disposition": f'attachment; filename="{attached}"',
            "content-length": str(size),
            "xunji-as-of": as_of.header,
            "xunji-rows": str(counted.rows),
            "xunji-rows-sha256": counted.checksum,
        },
    )


def _write(
    kind: Format,
    rows: Counted,
    file: IO[bytes],
    name: str,
    as_of: AsOf,
    language: Language,
    spoken: Words | None,
) -> None:
    match kind:
        case "jsonl":
            for row in rows:
                file.write(line(row))
        case "csv":
            csv_file.write(rows, file, _heads(name, language, spoken))
        case "xlsx":
            words = words_of(language)
            xlsx_file.write(
                rows,
                file,
                lambda member: column_head(member, language),
                xlsx_file.Titles(
                    words.gettext(_("About")), words.gettext(_("Rows")), title(name, language)
                ),
                lambda is_cut: about(rows, as_of, language, is_cut=is_cut),
            )


def _heads(listed: str, language: Language, spoken: Words | None) -> Callable[[str], str]:
    if spoken is not None:
        return lambda name: naming.head(name, spoken)
    return (lambda name: column_head(name, language)) if listed in _WORKED_DOWN else str


def _sent(file: IO[bytes]) -> Generator[bytes]:
    with file:
        while chunk := file.read(_CHUNK):
            yield chunk
