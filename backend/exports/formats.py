"""Which kind of file is asked for."""

from typing import Any, Final, Literal, TypeAlias

from litestar import Request

from backend.people.reader import Reader
from backend.people.rights import Right
from backend.problems import ProblemError

Format: TypeAlias = Literal["csv", "xlsx", "jsonl"]

MEDIA_TYPES: Final[dict[Format, str]] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "jsonl": "application/jsonl",
}


def table_format(request: Request[Any, Any, Any], named: str) -> Format | None:
    """Return as which file a table is asked for: by `format`, else by Accept; None as no file.

    To read a list is one right, to carry it away another: who has not got it is refused.
    """
    kind = _asked(request, named)
    if kind is not None:
        require_export(request)
    return kind


def require_export(request: Request[Any, Any, Any]) -> None:
    """Refuse whoever may not carry away what they may read."""
    reader: object = request.scope["user"] if "user" in request.scope else None  # noqa: SIM401  typed so
    if isinstance(reader, Reader) and not reader.may(Right.EXPORT):
        raise ProblemError("no-right", role=reader.role.value)


def _asked(request: Request[Any, Any, Any], named: str) -> Format | None:
    accept = request.headers.get("accept", "")
    if not named and "application/json" in accept.replace(MEDIA_TYPES["jsonl"], ""):
        return None
    for kind, media_type in MEDIA_TYPES.items():
        if named == kind or (not named and media_type.partition(";")[0] in accept):
            return kind
    return None
