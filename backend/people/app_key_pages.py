"""Making and revoking app keys: one's own, and, for the security administrator, everybody's."""

from typing import Any

from anyio import to_thread
from litestar import Request, Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath, SkipValidation, URLEncodedBody
from litestar.response import Redirect
from msgspec import Struct

from backend.office import Office
from backend.people import recording
from backend.people.app_key_list import KeyForm, day_in
from backend.people.app_keys import AppKey, Use
from backend.people.own_account import own_page, proven, tried
from backend.people.people import People
from backend.people.reader import Reader
from backend.people.rights import Right
from backend.people.signing_in import Given, Rendering, Signed
from backend.problems import ProblemError

Recording = NamedDependency[SkipValidation[Office]]


class RevokeForm(Struct, frozen=True):
    """Nothing but the token of the session."""

    csrf: str = ""


@post("/account/keys", include_in_schema=False, opt={"right": Right.EXPORT, "narrows": True})
async def make_key(
    request: Request[Any, Any, Any],
    data: URLEncodedBody[KeyForm],
    people: Given,
    pages: Rendering,
    visit: Signed,
    office: Recording,
) -> Response[Any]:
    """Make an app key after the password was typed again; show it once."""

    def make() -> Response[Any]:
        account = proven(people, visit, data.password, request)
        made, text = people.app_keys.make(account, data.purpose, _uses(data), day_in(data.until))
        recording.changed(office, account, "key-made", visit.reader, made.key)
        told = {"made": made, "made_text": text}
        return own_page(request, people, pages, visit, about_keys=told)

    def again(fault: str) -> Response[Any]:
        typed = {"key_fault": fault, "typed": data}
        return own_page(request, people, pages, visit, about_keys=typed)

    return await tried(make, again)


@post("/account/keys/{key:str}/revoke", include_in_schema=False, opt={"right": Right.SIGNED_IN})
async def revoke_own_key(
    data: URLEncodedBody[RevokeForm],  # noqa: ARG001  its token is read by the guard
    key: FromPath[str],
    people: Given,
    visit: Signed,
    office: Recording,
) -> Response[Any]:
    """End one of one's own keys at once."""

    def revoke() -> Response[Any]:
        found = people.app_keys.by_id(key)
        if found is None or found.account != visit.reader.account:
            raise ProblemError("not-found")
        _revoke(people, office, found, visit.reader)
        return Redirect("/account#keys", status_code=303)

    return await to_thread.run_sync(revoke)


@post(
    "/accounts/keys/{key:str}/revoke",
    include_in_schema=False,
    opt={"right": Right.MANAGE_ACCOUNTS},
)
async def revoke_key(
    data: URLEncodedBody[RevokeForm],  # noqa: ARG001  its token is read by the guard
    key: FromPath[str],
    people: Given,
    office: Recording,
    reader: NamedDependency[SkipValidation[Reader]],
) -> Response[Any]:
    """End anybody's key at once."""

    def revoke() -> Response[Any]:
        found = people.app_keys.by_id(key)
        if found is None:
            raise ProblemError("not-found")
        _revoke(people, office, found, reader)
        return Redirect("/accounts#keys", status_code=303)

    return await to_thread.run_sync(revoke)


def _revoke(people: People, office: Office, key: AppKey, by: Reader) -> None:
    account = people.accounts.by_id(key.account)
    people.app_keys.revoke(key.key)
    if account is not None:
        recording.changed(office, account, "key-revoked", by, key.key)


def _uses(data: KeyForm) -> list[Use]:
    said = data.uses if isinstance(data.uses, list) else [data.uses]
    return [one for one in Use if one.value in said]
