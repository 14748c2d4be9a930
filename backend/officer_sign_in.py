"""An officer signs in on a tablet: `POST /sync/sign-in`.

Once with name and password; then the tablet believes a PIN of the officer's own for some weeks,
without network. What holds of that is told with every pull, so that a tablet forgets whoever
was locked, left, or lost the certificate.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial
from typing import Annotated, Any, Final

from anyio import to_thread
from litestar import Request, Response, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, SkipValidation
from msgspec import Meta, Struct

from backend.logs import say
from backend.people.accounts import Account
from backend.people.people import People, Waiting
from backend.people.rights import MAY_INSPECT
from backend.people.signing_in import who
from backend.people.tablet_sign_ins import TabletSignIn
from backend.problems import ProblemError
from backend.pull import Puller, target_of
from backend.simulated import advance, received_at
from events.clock import CHINA, moment
from projections import lists
from projections.lists import Certificate, Officer
from projections.posts import as_officer, holds
from projections.views import ViewStore, view_of

_LONGEST: Final = 256  # characters of anything that is typed


class Asked(Struct, frozen=True):
    """What the officer typed. `code`: of the second factor, where the account has one."""

    name: Annotated[str, Meta(min_length=1, max_length=_LONGEST)]
    password: Annotated[str, Meta(min_length=1, max_length=_LONGEST)]
    code: Annotated[str, Meta(max_length=_LONGEST)] = ""

    def __repr__(self) -> str:
        """Say nothing of it: not in a log, not in a traceback."""
        return "Asked(…)"


class Officers(Struct, frozen=True):
    """Who signed in where, and whether that still holds. `views` are those that are served."""

    people: People
    views: ViewStore

    def holding(self, device: str) -> Sequence[str]:
        """Return the sign-ins on a tablet that hold: by the account and by the register.

        Views that are being folded anew do not know yet what they knew then: they judge nobody.
        """
        begun = [one for one in self.people.on_tablets.of_device(device) if self._account_of(one)]
        position = self.views.position() if begun else 0
        known = self._officers([one.officer for one in begun if one.position <= position])
        today = self.today()
        return [
            one.sign_in
            for one in begun
            if (found := known.get(one.officer)) is None or _fault(found, today) is None
        ]

    def proven(self, asked: Asked, address: str) -> tuple[Account, Officer]:
        """Return whose name and password these are; `ProblemError` where nobody may inspect."""
        found = self.people.proven(asked.name, asked.password, asked.code, address)
        if isinstance(found, Waiting):
            raise ProblemError("sign-in-waiting", seconds=found.seconds)
        if found == "code":
            raise ProblemError("second-factor")
        if found is None:
            raise ProblemError("sign-in")
        key = found.officer
        if key is None or found.role not in MAY_INSPECT:
            raise ProblemError("no-officer")
        officer = self._officers([key]).get(key)
        fault = "no-officer" if officer is None else _fault(officer, self.today())
        if officer is None or fault is not None:
            raise ProblemError(fault or "no-officer")
        return found, officer

    def today(self) -> date:
        """Return the day it is in China."""
        return moment(self.people.clock.now().at, CHINA).date()

    def _account_of(self, begun: TabletSignIn) -> Account | None:
        """Return the account behind a sign-in while it may be used for that officer."""
        account = self.people.accounts.by_id(begun.account)
        if account is None or not self.people.accounts.holds(account):
            return None
        is_same = account.officer == begun.officer and account.role in MAY_INSPECT
        return account if is_same else None

    def _officers(self, keys: Sequence[str]) -> Mapping[str, Officer]:
        if not keys:
            return {}
        view = view_of(self.views.views, "officers")
        loaded = self.views.load("officers", sorted(set(keys)))
        return {key: lists.officer(key, view.decode(raw)) for key, raw in loaded.items()}


class Believed(Struct, frozen=True):
    """Whom the tablet may take at a PIN of their own, up to `trusted_until` (µs, ours: `at`)."""

    sign_in: str
    officer: str
    name: str
    certificate: str
    certificate_until: date
    trusted_until: int
    at: int


def sign_in(  # noqa: PLR0913, PLR0917  a signed request
    puller: Puller,
    officers: Officers,
    asked: Asked,
    authorization: str,
    method: str,
    target: str,
    address: str,
    at: int | None,
) -> Believed:
    """Let an officer sign in on the tablet that signed for it."""
    advance(puller.office.clock, at)
    _log, tablet = puller.identify(authorization, method, target)
    account, officer = officers.proven(asked, address)
    certificate, until = _certificate(officer, officers.today())
    begun = officers.people.on_tablets.begin(
        account,
        tablet.fact.device,
        officer.officer,
        position=officers.views.position(),
        named=tablet.fact.name,
    )
    say("officer", device=tablet.fact.device, account=account.account)
    return Believed(
        begun.sign_in,
        officer.officer,
        officer.name,
        certificate.number,
        until,
        begun.until,
        begun.began,
    )


def _fault(officer: Officer, today: date) -> str | None:
    """Return the problem that keeps an officer from inspecting today, None where there is none."""
    if not holds(as_officer(officer), today):
        return "no-officer"
    return None if officer.certified(today) else "no-certificate"


def _certificate(officer: Officer, today: date) -> tuple[Certificate, date]:
    """Return the certificate that holds longest from today on, and its last day."""
    holding = [
        (one.valid.end, one)
        for one in officer.certificates
        if one.valid and one.valid.start <= today <= one.valid.end
    ]
    until, found = max(holding, key=lambda pair: pair[0])
    return found, until


@post(
    "/sync/sign-in",
    status_code=200,
    tags=["sync"],
    summary="An officer signs in on a tablet, once with name and password",
)
async def officer_sign_in(
    request: Request[Any, Any, Any],
    data: JSONBody[Asked],
    puller: NamedDependency[SkipValidation[Puller]],
    tablet_officers: NamedDependency[SkipValidation[Officers]],
    simulated: NamedDependency[bool],
) -> Response[Believed]:
    """Signed by the tablet as `/sync/pull` is. Guessing waits as on the page of signing in.

    The tablet then takes a PIN of the officer's own until `trusted_until`; every pull names the
    sign-ins that still hold (`sign_ins`).
    """
    if request.content_type[0] != "application/json":  # a form of another page is none
        raise ProblemError("media-type", accepted=["application/json"])
    at = received_at(request) if simulated else None
    signed = (request.headers.get("authorization", "")[:400], request.method, target_of(request))
    found = await to_thread.run_sync(
        partial(sign_in, puller, tablet_officers, data, *signed, who(request)[0], at)
    )
    return Response(found, headers={"cache-control": "no-store"})
