"""Who looked at what, for the auditor; and what was changed of accounts."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Protocol

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter, SkipValidation
from msgspec import Struct

from backend.office import Office
from backend.opening import PartRef, open_for
from backend.pages import wall
from backend.people.people import People
from backend.people.reader import Reader
from backend.people.rights import Right
from backend.people.signing_in import Given, Rendering
from backend.problems import ProblemError
from events import vocabulary
from events.envelope import received_at_of
from events.errors import ErasedError, UnverifiedError
from events.ids import NOBODY, id_text
from events.office import AccountChanged, AccountOpened, SensitiveDataViewed
from events.store import EventStore

PAGE: Final = 100
_ACCOUNTS: Final = tuple(vocabulary.tag_of(one) for one in (AccountOpened, AccountChanged))
_MOST: Final = 1_000


class Look(Struct, frozen=True):
    """Somebody looked at somebody's data. `sequence` is that of the access log."""

    sequence: int
    at: str
    viewer: str
    subjects: tuple[str, ...]
    purpose: str


class AccountLine(Struct, frozen=True):
    """Something was done with an account. Without `by`: at the console."""

    position: int
    at: str
    account: str
    what: str
    role: str
    by: str
    key: str = ""


class Opening(Protocol):
    """Opens sealed parts for whoever reads: recorded first, then shown."""

    def __call__(
        self, purpose: str, parts: Sequence[PartRef]
    ) -> list[bytes | ErasedError | UnverifiedError]:
        """Return the texts in their order; for those that do not open, why."""
        ...


def opening_for(
    reader: NamedDependency[SkipValidation[Reader]],
    office: NamedDependency[SkipValidation[Office]],
) -> Opening:
    """Return how a page opens sealed parts: the dependency `opening`."""

    def opened(
        purpose: str, parts: Sequence[PartRef]
    ) -> list[bytes | ErasedError | UnverifiedError]:
        if not reader.may(Right.READ_PEOPLE_SEALED):
            raise ProblemError("no-right", role=reader.role.value)
        return open_for(office, f"account:{reader.account}", purpose, parts)

    return opened


@get(
    "/access-log",
    include_in_schema=False,
    sync_to_thread=True,
    opt={"right": Right.READ_ACCESS_LOG},
)
def access_log(
    request: Request[Any, Any, Any],
    office: NamedDependency[SkipValidation[Office]],
    people: Given,
    pages: Rendering,
    before: Annotated[int | None, QueryParameter(ge=1, le=2**62)] = None,
) -> Response[Any]:
    """Show who looked at what, the newest first, and what was changed of accounts."""
    log = bytes.fromhex(office.folder.own_log("access").log)
    last = office.store.held(log).sequence
    until = min(last, before - 1) if before else last
    first = max(0, until - PAGE)
    names = _names(people)
    looks = _looks(office.store, log, first, until - first, names)
    return pages.render(
        request,
        "access_log.html",
        looks=looks[::-1],
        older=first + 1 if first > 1 else 0,
        total=max(0, last - 1),
        changes=_changes(office.store, names)[::-1] if before is None else (),
    )


def _names(people: People) -> Mapping[str, str]:
    return {one.account: f"{one.person} ({one.name})" for one in people.accounts.all()}


def _looks(
    store: EventStore, log: bytes, first: int, most: int, names: Mapping[str, str]
) -> list[Look]:
    found: list[Look] = []
    for stored in store.read_log(log, first, most) if most > 0 else ():
        entry = stored.record().entry
        fact = vocabulary.decode(stored.tag, entry.body)
        if isinstance(fact, SensitiveDataViewed):
            kind, _, who = fact.viewer.partition(":")
            viewer = names.get(who, who) if kind == "account" else fact.viewer
            at = wall(entry.header.happened_at)
            found.append(Look(stored.sequence, at, viewer, fact.subjects, fact.purpose))
    return found


def _changes(store: EventStore, names: Mapping[str, str]) -> list[AccountLine]:
    """Return what was done with accounts; of many things, the newest."""
    found: list[AccountLine] = []
    after = 0
    while page := store.read(after, _MOST, _ACCOUNTS):
        for stored in page:
            entry = stored.record().entry
            fact = vocabulary.decode(stored.tag, entry.body)
            if isinstance(fact, AccountOpened | AccountChanged):
                actor = entry.header.actor
                by = "" if actor == NOBODY else id_text(actor)
                found.append(
                    AccountLine(
                        stored.position,
                        wall(received_at_of(stored.state)),
                        names.get(fact.account, fact.account),
                        "opened" if isinstance(fact, AccountOpened) else fact.change,
                        fact.role,
                        names.get(by, by),
                        (isinstance(fact, AccountChanged) and fact.key) or "",
                    )
                )
        after = page[-1].position
        found = found[-PAGE:]
    return found
