"""Forms of pages send all their fields: an empty one asks for nothing."""

from urllib.parse import parse_qsl, urlencode

from litestar.types import ASGIApp, Receive, Scope, Send


class Forms:
    """Wraps the application: takes empty fields out of what a page is asked."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] in ("GET", "HEAD"):
            query = scope["query_string"]
            if (b"=&" in query or query.endswith(b"=")) and _is_of_a_page(scope):
                filled = parse_qsl(query.decode("latin-1"))
                scope["query_string"] = urlencode(filled).encode()
        await self._app(scope, receive, send)


def _is_of_a_page(scope: Scope) -> bool:
    """Tell whether a browser asks; a tablet signs its query, which stays as it is."""
    headers = dict(scope["headers"])
    return b"hx-request" in headers or b"text/html" in headers.get(b"accept", b"")
