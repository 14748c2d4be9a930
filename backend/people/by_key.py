"""Who reads by an app key: HTTP Basic, over an encrypted line or on this machine.

The user name is the key's id or its owner's account; the password is the key. A session comes
first: whoever is signed in needs no key. Where no key is let in, none is looked at.
"""

from base64 import b64decode
from typing import Any, Final

from litestar import Request
from litestar.connection import ASGIConnection
from msgspec import Struct, structs

from backend.office import Office
from backend.people.app_keys import AppKey, AppKeys, id_in, use_of
from backend.people.people import People, reader_of
from backend.people.reader import Reader
from backend.people.rights import Right
from backend.problems import ProblemError
from backend.reach import is_this_machine

CHALLENGE: Final = 'Basic realm="Xunji", charset="UTF-8"'
LONGEST: Final = 512  # characters of the header
_SCHEME: Final = "basic "

Connection = ASGIConnection[Any, Any, Any, Any]


class KeyVisit(Struct, frozen=True):
    """A request that brought a key: which one, and who reads."""

    key: AppKey
    reader: Reader


class _Given(Struct, frozen=True):
    user: str
    key: str


def visit_by_key(connection: Connection, path: str) -> KeyVisit | None:
    """Return who reads by the key that a request brings; None where it brings none.

    A `ProblemError` where the key does not hold, is not for this, or where one has to wait.
    """
    use = use_of(path)
    if use is None or not isinstance(connection, Request) or connection.method != "GET":
        return None
    if not _is_browser(connection):
        connection.scope["state"]["challenge"] = CHALLENGE
    said = connection.headers.getall("authorization", [])
    if not any(one[: len(_SCHEME)].lower() == _SCHEME for one in said):
        return None
    address = connection.client.host if connection.client else ""
    if connection.scope["scheme"] != "https" and not is_this_machine(address):
        raise ProblemError("insecure")
    people: People = connection.app.state["people"]
    key = _known(people, said, address)
    reader = _reader(people, key)
    if use not in key.uses or not reader.may(Right.EXPORT):
        raise ProblemError("no-right", role=reader.role.value, uses=list(key.uses))
    _record(people.app_keys, connection.app.state["office"], key, path)
    if people.app_keys.touch(key, address):
        people.throttle.succeeded(*_counted(key.key, address))
    return KeyVisit(key, reader)


def _is_browser(request: Request[Any, Any, Any]) -> bool:
    """Tell whether a page asks: it would show a window for name and password, of no use there."""
    headers = request.headers
    return any(name in headers for name in ("sec-fetch-site", "sec-fetch-mode", "hx-request")) or (
        "text/html" in headers.get("accept", "")
    )


def _known(people: People, said: list[str], address: str) -> AppKey:
    """Return the key that was given; guessing is slowed down by where it comes from.

    Whoever has the right text of a key that ended is no guesser.
    """
    given = _read(said)
    counted = _counted(id_in(given.key), address)
    seconds = people.throttle.wait(*counted)
    if seconds:
        raise ProblemError("too-many", seconds=seconds)
    key = people.app_keys.checked(given.key)
    if key is None or not _names(people, given.user, key):
        people.throttle.failed(*counted)
        raise ProblemError("app-key", reason="wrong")
    if not people.app_keys.holds(key):
        raise ProblemError("app-key", reason="ended")
    return key


def _counted(key: str, address: str) -> tuple[str, str]:
    """Return what failures count for: the key there, and the place; apart from signing in."""
    return f"app key {key} {address}", f"app key {address}"


def _read(said: list[str]) -> _Given:
    """Read the header as far as it can be one of ours; what cannot fits no key."""
    if len(said) != 1 or len(said[0]) > LONGEST:
        return _Given("", "")
    try:
        text = b64decode(said[0][len(_SCHEME) :].strip(), validate=True).decode()
    except ValueError:
        return _Given("", "")
    user, _, key = text.partition(":")
    return _Given(user.strip(), key)


def _names(people: People, user: str, key: AppKey) -> bool:
    if user == key.key:
        return True
    named = people.accounts.by_name(user)
    return named is not None and named.account == key.account


def _reader(people: People, key: AppKey) -> Reader:
    account = people.accounts.by_id(key.account)
    if account is None or not people.accounts.holds(account) or not account.has_password:
        raise ProblemError("app-key", reason="account")
    return structs.replace(reader_of(account), by_key=True)


def _record(keys: AppKeys, office: Office, key: AppKey, path: str) -> None:
    """Put down, before anything is shown, who reads what; the same again once an hour."""
    if not keys.is_recorded(key, path):
        office.viewed(f"account:{key.account}", (), f"app key {key.key} {path}")
        keys.recorded(key, path)
