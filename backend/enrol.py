"""A tablet becomes one of the bureau's: `POST /sync/enrol`."""

from base64 import b64decode
from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated, Any, Final

from anyio import to_thread
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, SkipValidation
from msgspec import Meta, Struct

from backend.problems import ProblemError, on_problem
from backend.simulated import advance, received_at
from backend.sync import Intake
from events.batch import Batch
from events.errors import MalformedError, NotEnrolledError, RevokedError
from events.office import DeviceEnrolled

_LONGEST: Final = 16_384  # characters of base64


class Application(Struct, frozen=True):
    """The one-time code, and the first entry of the tablet's log as base64 of its envelope."""

    code: Annotated[str, Meta(min_length=1, max_length=64)]
    genesis: Annotated[str, Meta(min_length=1, max_length=_LONGEST)]


class SealingKey(Struct, frozen=True):
    """For whom the tablet wraps data keys: serial of the certificate, X25519 key in hex."""

    serial: int
    key: str


class Bureau(Struct, frozen=True):
    """What a tablet needs to know of its bureau. Keys and certificates in hex."""

    bureau: str
    name: str
    first_root: str
    certificates: Sequence[str]
    sealing: SealingKey


class Name(Struct, frozen=True):
    """Whose server this is: what a tablet's log begins with. Proved at enrolment."""

    bureau: str


class Welcome(Struct, frozen=True):
    """The tablet is enrolled: its scope, and a receipt for its genesis. Empty scope: all."""

    bureau: str
    name: str
    first_root: str
    certificates: Sequence[str]
    sealing: SealingKey
    device: str
    device_name: str
    townships: Sequence[str]
    domains: Sequence[str]
    receipt: str
    position: int
    received_at: int


class Registrar(Struct, frozen=True):
    """Enrols tablets. `admit` spends the code and records the enrolment; `bureau` describes us."""

    intake: Intake
    admit: Callable[[bytes, str], DeviceEnrolled]
    bureau: Callable[[], Bureau]

    def enrol(self, application: Application, at: int | None = None) -> Welcome:
        """Enrol a tablet and take in its genesis. The same again answers the same."""
        genesis = _genesis(application.genesis)
        with self.intake.turn:
            advance(self.intake.clock, at)
            fact = self._admitted(genesis, application.code)
            received = self.intake.take_batch(Batch(bytes.fromhex(fact.log), 0, (genesis,)))
        us = self.bureau()
        return Welcome(
            us.bureau,
            us.name,
            us.first_root,
            us.certificates,
            us.sealing,
            fact.device,
            fact.name,
            fact.townships,
            fact.domains,
            received.receipt,
            received.position,
            received.received_at,
        )

    def _admitted(self, genesis: bytes, code: str) -> DeviceEnrolled:
        try:
            return self.admit(genesis, code)
        except RevokedError:
            raise
        except NotEnrolledError as refused:
            raise ProblemError("enrolment-code") from refused


def _genesis(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except ValueError as broken:  # binascii's own, or letters beyond ASCII
        msg = "the genesis is not base64"
        raise MalformedError(msg) from broken


def _no_json(request: Request[Any, Any, Any], broken: Exception) -> Response[bytes]:
    """Answer a body that no decoder gets through: text that is not UTF-8, a thousand brackets."""
    del broken
    return on_problem(request, ProblemError("bad-request"))


@get("/sync/bureau", tags=["sync"], summary="Whose server this is", sync_to_thread=False)
def bureau_of_server(bureau: NamedDependency[SkipValidation[bytes]]) -> Name:
    """Tell the bureau's number, which is public: a tablet asks before it is anybody's."""
    return Name(bureau.hex())


@post(
    "/sync/enrol",
    status_code=200,
    tags=["sync"],
    summary="Enrol a tablet with a one-time code",
    exception_handlers={UnicodeDecodeError: _no_json, RecursionError: _no_json},
)
async def enrol(
    request: Request[Any, Any, Any],
    data: JSONBody[Application],
    registrar: NamedDependency[SkipValidation[Registrar]],
    simulated: NamedDependency[bool],
) -> Welcome:
    """Spend the code, trust the log, take in its genesis. Retry-safe for the same log."""
    if request.content_type[0] != "application/json":  # a form of another page is none
        raise ProblemError("media-type", accepted=["application/json"])
    at = received_at(request) if simulated else None
    return await to_thread.run_sync(partial(registrar.enrol, data, at))
