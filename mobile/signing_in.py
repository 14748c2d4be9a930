"""An officer's first sign-in on this tablet, and the one after the PIN was forgotten: online.

Name and password go to the office, signed for by the tablet, and are kept nowhere.
"""

from typing import Final, TypeVar
from urllib.parse import urlsplit

import httpx
import msgspec
from msgspec import Struct

from events.clock import Clock
from events.pull import authorization
from mobile.duty import Believed
from mobile.line import LineError, RefusedError
from mobile.tablet_folder import TabletFolder
from mobile.words import _, ngettext

_PATH: Final = "/sync/sign-in"
_OK: Final = 200
_BUSY: Final = 429
_OURS: Final = range(400, 500)
_HERE: Final = frozenset({"localhost", "127.0.0.1", "::1"})
SECOND_FACTOR: Final = "second-factor"
T = TypeVar("T")


class Typed(Struct, frozen=True):
    """What the officer typed. `code`: of the second factor, where the account has one."""

    name: str
    password: str
    code: str = ""

    def __repr__(self) -> str:
        """Say nothing of it: not in a log, not in a traceback."""
        return "Typed(…)"


class _Problem(Struct):
    code: str
    title: str = ""
    next: str = ""
    seconds: int = 0


def sign_in(folder: TabletFolder, http: httpx.Client, clock: Clock, typed: Typed) -> Believed:
    """Ask the office who this is.

    Raises `LineError` where nobody answers, `RefusedError` with words for the officer.
    """
    _require_private(http.base_url)
    log, tablet = folder.current, folder.tablet
    keys, bureau = folder.keys(log.number), bytes.fromhex(tablet.bureau)
    now = clock.now().at
    said = authorization(keys.signing, bureau, bytes.fromhex(log.log), now, "POST", _PATH)
    asked = msgspec.structs.asdict(typed)
    try:
        answer = http.post(_PATH, json=asked, headers={"Authorization": said})
    except httpx.HTTPError as failure:
        raise LineError(str(failure) or type(failure).__name__) from failure
    if answer.status_code == _OK:
        return _read(answer, Believed)
    if answer.status_code not in _OURS:
        msg = f"HTTP {answer.status_code}"
        raise LineError(msg)
    raise _refusal(_read(answer, _Problem))


def _refusal(problem: _Problem) -> RefusedError:
    if problem.seconds:
        minutes = -(-problem.seconds // 60)
        wait = ngettext(
            "Wait {n} minute, then try again.", "Wait {n} minutes, then try again.", minutes
        )
        return RefusedError(problem.code, problem.title, wait.format(n=minutes))
    return RefusedError(problem.code, problem.title, problem.next)


def _require_private(address: httpx.URL) -> None:
    """Refuse to say a password where others on the network could read it."""
    parts = urlsplit(str(address))
    if parts.scheme != "https" and parts.hostname not in _HERE:
        raise RefusedError(
            "insecure",
            _("The office's address is not encrypted"),
            _("Ask the administrator for the address that begins with https://."),
        )


def _read(answer: httpx.Response, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(answer.content, type=kind)
    except msgspec.MsgspecError as broken:
        msg = "the answer is not the office's"  # a captive portal, perhaps
        raise LineError(msg) from broken
