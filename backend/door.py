"""What every request passes, whatever it asks for: the Host check, a request id, one log line."""

import logging
import re
from collections.abc import Callable
from secrets import token_hex
from time import perf_counter

from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from backend import problems
from backend.logs import say
from backend.reach import Reach

# Pages load from here only, run no inline script and style, and are framed by nobody.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
SECURITY_HEADERS = (
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
)
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


async def secure(message: Message, scope: Scope) -> None:
    """Add the security headers to an answer (`before_send`)."""
    if message["type"] != "http.response.start":
        return
    headers = list(message.get("headers", []))
    present = {name.lower() for name, _ in headers}
    headers += [pair for pair in SECURITY_HEADERS if pair[0] not in present]
    if scope["scheme"] == "https":
        headers.append((b"strict-transport-security", b"max-age=31536000"))
    if b"cache-control" not in present:
        headers.append((b"cache-control", b"no-store"))
    headers.append((b"x-request-id", scope["state"].get("request_id", "").encode()))
    message["headers"] = headers


class Door:
    """Wraps the application: nothing inside is reached by a Host that is not the server's."""

    def __init__(
        self,
        app: ASGIApp,
        clock: Callable[[], float] = perf_counter,
        reach: Reach = Reach(),  # noqa: B008  frozen
    ) -> None:
        self._app = app
        self._reach = reach
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = self._clock()
        headers: dict[bytes, bytes] = dict(scope["headers"])
        request_id = _request_id(headers)
        scope.setdefault("state", {})["request_id"] = request_id
        status = 0
        sent = 0

        async def counted(message: Message) -> None:
            nonlocal status, sent
            if message["type"] == "http.response.start":
                status = message["status"]
            elif message["type"] == "http.response.body":
                sent += len(message.get("body", b""))
            await send(message)

        try:
            host = headers.get(b"host", b"").decode("latin-1")
            refusal = self._reach.refusal(scope, host)
            if refusal is None:
                await self._app(scope, receive, counted)
            else:
                await problems.refuse(scope, counted, refusal)
        finally:
            _log(scope, status, sent, self._clock() - started)


def _request_id(headers: dict[bytes, bytes]) -> str:
    given = headers.get(b"x-request-id", b"").decode("latin-1")
    return given if _REQUEST_ID.fullmatch(given) else token_hex(8)


def _log(scope: HTTPScope, status: int, sent: int, seconds: float) -> None:
    # The path and no query: filters may name what somebody looks for.
    say(
        "request",
        logging.INFO if status and status < 500 else logging.ERROR,  # noqa: PLR2004  server fault
        id=scope["state"]["request_id"],
        method=scope["method"],
        path=scope["path"][:200],
        status=status,
        bytes=sent,
        ms=round(seconds * 1000, 2),
        **scope["state"].get("counts", {}),
    )
