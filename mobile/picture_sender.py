"""Handing in pictures, each by a resumable upload (tus 1.0): docs/format.md, section 12.

What arrived before the line broke is not sent again. The office answers that it has the whole
only once it compared its SHA-256 and made it durable.
"""

from collections.abc import Callable
from typing import Final

import httpx

from events.pictures import CONTENT_TYPE, TUS_VERSION, upload_metadata
from mobile.line import CONFLICT, REFUSED, BusyError, LineError, refusal, send

_PATH: Final = "/sync/pictures"
_NOT_FOUND: Final = 404
_LOCKED: Final = 423
_ANSWERS: Final = frozenset({200, 201, 204, _NOT_FOUND, CONFLICT, _LOCKED})
_VERSION: Final = {"Tus-Resumable": TUS_VERSION}


class PictureSender:
    """Sends pictures. `authorize` signs for a method and a target."""

    def __init__(self, http: httpx.Client, authorize: Callable[[str, str], str]) -> None:
        self._http = http
        self._authorize = authorize

    def send(self, name: str, stored: bytes) -> None:
        """Send a picture, or what of it is not there yet; returns once the office has it durably.

        `LineError`: try again, it goes on from there; `BusyError`: others need not wait for it.
        `RefusedError`: the office will not take it.
        """
        held = self._held(name)
        if held is None:
            named = {"Upload-Length": str(len(stored)), "Upload-Metadata": upload_metadata(name)}
            held = self._hand_in("POST", _PATH, stored, named)
        elif held < len(stored):
            at = {"Upload-Offset": str(held)}
            held = self._hand_in("PATCH", f"{_PATH}/{name}", stored[held:], at)
        if held != len(stored):
            msg = f"the office has {held} of {len(stored)} bytes of a picture"
            raise LineError(msg)

    def _held(self, name: str) -> int | None:
        """Return how much of a picture the office has; None of one that it never heard of."""
        answer = self._ask("HEAD", f"{_PATH}/{name}", {})
        return None if answer.status_code == _NOT_FOUND else _offset(answer)

    def _hand_in(self, method: str, target: str, content: bytes, headers: dict[str, str]) -> int:
        answer = self._ask(method, target, {"Content-Type": CONTENT_TYPE, **headers}, content)
        return _offset(answer)

    def _ask(
        self, method: str, target: str, headers: dict[str, str], content: bytes = b""
    ) -> httpx.Response:
        signed = {"Authorization": self._authorize(method, target), **_VERSION, **headers}
        answer = send(
            self._http, method, target, known=_ANSWERS, headers=signed, content=content or None
        )
        if answer.status_code in REFUSED:
            raise refusal(answer)
        if answer.status_code in {CONFLICT, _LOCKED}:  # a request before is not at its end yet
            raise BusyError(refusal(answer).title)
        return answer


def _offset(answer: httpx.Response) -> int:
    said = answer.headers.get("Upload-Offset", "")
    if not (said.isascii() and said.isdigit()):
        msg = "the answer is not the office's"
        raise LineError(msg)
    return int(said)
