"""Links from one answer to the next."""

from typing import Any
from urllib.parse import urlencode

from litestar import Request


def next_link(request: Request[Any, Any, Any], **changed: object) -> str:
    """Return this request's path and query with `changed` parameters: the way to the rest."""
    query = [
        (name, value) for name, value in request.query_params.multi_items() if name not in changed
    ]
    query += [(name, str(value)) for name, value in changed.items()]
    return f"{request.url.path}?{urlencode(query)}"
