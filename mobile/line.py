"""The line to the office: one request, and what its answer means for whoever sent it.

Either the office answered, or it refused for good (`RefusedError`), or it is worth trying again
later (`LineError`).
"""

from collections.abc import Collection
from typing import Any, Final, TypeVar

import httpx
import msgspec
from msgspec import Struct

TIMEOUT: Final = httpx.Timeout(30.0, connect=10.0)
OK: Final = 200
CONFLICT: Final = 409
REFUSED: Final = frozenset({400, 401, 403, 413, 415, 422})

T = TypeVar("T")


class LineError(Exception):
    """The office cannot be reached, or is busy: try again. `after`: seconds it asked for."""

    def __init__(self, message: str, after: float = 0.0) -> None:
        super().__init__(message)
        self.after = after


class BusyError(LineError):
    """The office is at this very thing just now: others need not wait for it."""


class RefusedError(Exception):
    """The office refused for a reason that trying again does not mend. In a person's words."""

    def __init__(self, code: str, title: str = "", todo: str = "") -> None:
        super().__init__(title or code)
        self.code = code
        self.title = title or code
        self.todo = todo


class Problem(Struct):
    """A refusal as the office words it (RFC 9457)."""

    code: str = ""
    title: str = ""
    next: str = ""
    held: int = 0
    held_hash: str = ""
    now: int = 0


def send(
    http: httpx.Client,
    method: str,
    path: str,
    *,
    known: Collection[int] = (OK, CONFLICT),
    **how: Any,  # noqa: ANN401  as httpx has it
) -> httpx.Response:
    """Send once; return an answer whose status is `known` to the caller, or a refusal.

    `LineError` where nobody answered, or somebody who has no time now.
    """
    try:
        answer = http.request(method, path, **how)
    except httpx.HTTPError as failure:
        raise LineError(str(failure) or type(failure).__name__) from failure
    if answer.status_code in known or answer.status_code in REFUSED:
        return answer
    raise LineError(f"HTTP {answer.status_code}", _asked_for(answer))


def refusal(answer: httpx.Response) -> RefusedError:
    """Return a refusal in the office's words."""
    try:
        problem = msgspec.json.decode(answer.content, type=Problem)
    except msgspec.MsgspecError:
        problem = Problem()
    code = problem.code or f"http-{answer.status_code}"
    return RefusedError(code, problem.title, problem.next)


def read(answer: httpx.Response, kind: type[T]) -> T:
    """Read the body of an answer; `LineError` where it is none of the office's."""
    try:
        return msgspec.json.decode(answer.content, type=kind)
    except msgspec.MsgspecError as broken:
        msg = "the answer is not the office's"  # a captive portal, perhaps
        raise LineError(msg) from broken


def _asked_for(answer: httpx.Response) -> float:
    value = answer.headers.get("retry-after", "")
    return float(value) if value.isascii() and value.isdigit() else 0.0
