"""Which kind of file is asked for."""

from typing import Any, Final, Literal, TypeAlias

from litestar import Request

Format: TypeAlias = Literal["csv", "xlsx", "jsonl"]

MEDIA_TYPES: Final[dict[Format, str]] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "jsonl": "application/jsonl",
}


def table_format(request: Request[Any, Any, Any], named: str) -> Format | None:
    """Return as which file a table is asked for: by `format`, else by Accept; None as no file."""
    accept = request.headers.get("accept", "")
    if not named and "application/json" in accept.replace(MEDIA_TYPES["jsonl"], ""):
        return None
    for kind, media_type in MEDIA_TYPES.items():
        if named == kind or (not named and media_type.partition(";")[0] in accept):
            return kind
    return None
