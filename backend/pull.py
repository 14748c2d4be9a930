"""A tablet fetches what is new for it: `GET /sync/pull`.

A round goes through the views, one after the other, with the documents touched behind the
position where the last round began. What changes meanwhile comes again in the next round;
nothing is missed, and a document may come twice.
"""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta, timezone
from functools import partial
from hashlib import sha256
from typing import Annotated, Any, Final, TypeAlias

import msgspec
from anyio import to_thread
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter, SkipValidation
from msgspec import Meta, Raw, Struct, structs

from backend.enrolments import Enrolled
from backend.logs import say
from backend.office import Office
from backend.opening import Opener, PartRef
from backend.problems import ProblemError
from backend.references import TELLS, Scope, Told
from backend.simulated import advance, received_at
from events import vocabulary
from events.clock import CHINA, microseconds, moment
from events.errors import ErasedError, FolderError, MalformedError, UnverifiedError
from events.ids import id_bytes
from events.office import PersonalDataErased
from events.public_keys import signing_key
from events.pull import Card, Document, Page, card_purpose, read_authorization
from events.register import ObjectListed, ObjectRevised
from events.sealing import seal_to
from projections import objects as register
from projections.objects import Listed
from projections.views import Condition, Query, ViewStore, view_of

MOST_DOCUMENTS: Final = 500
MOST_BYTES: Final = 1_048_576
_SCANNED: Final = 2_000  # rows looked at for one page, told or not
_ERASURES: Final = 10_000
_CLOCKS_MAY_DIFFER: Final = 10 * 60 * 1_000_000  # µs
_NULL: Final = Raw(b"null")
_VIEWS: Final = tuple(TELLS)
_ERASED_TAG: Final = vocabulary.tag_of(PersonalDataErased)
_LISTING_TAGS: Final = frozenset(map(vocabulary.tag_of, (ObjectListed, ObjectRevised)))


_Count: TypeAlias = Annotated[int, Meta(ge=0, le=2**62)]


class Cursor(Struct, frozen=True, array_like=True):
    """Where a tablet stands: all before `base` was told; `target` is where this round counts to.

    `view`, `position` and `key` are the last row looked at in it; `target` 0: between rounds.
    """

    history: bytes
    epoch: int
    scope: bytes
    base: _Count = 0
    target: _Count = 0
    view: _Count = 0
    position: _Count = 0
    key: str = ""

    def text(self) -> str:
        """Return its opaque spelling."""
        return urlsafe_b64encode(msgspec.msgpack.encode(self)).rstrip(b"=").decode()

    @classmethod
    def read(cls, text: str) -> "Cursor | None":
        """Read one; None where it is none of ours."""
        try:
            raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
            return msgspec.msgpack.decode(raw, type=cls)
        except (msgspec.MsgspecError, binascii.Error, ValueError):
            return None


class _Gathered(Struct):
    """A page being filled."""

    documents: list[Document]
    size: int = 0
    scanned: int = 0


class Puller:
    """Tells tablets what is new for them, and which `sign_ins` on them hold."""

    def __init__(
        self,
        office: Office,
        views: ViewStore,
        card_days: int,
        sign_ins: Callable[[str], Sequence[str]],
        authority: str = "",
    ) -> None:
        self.office = office
        self._sign_ins = sign_ins
        self._authority = authority
        self._views = views
        self._card_days = card_days
        self._opener = Opener(office.folder, office.vault)

    def answer(
        self,
        authorization: str,
        method: str,
        target: str,
        cursor: str,
        limit: int,
        at: int | None = None,
    ) -> Page:
        """Return a page to whoever signed for it."""
        advance(self.office.clock, at)
        log, tablet = self.identify(authorization, method, target)
        return self.page(log, tablet, cursor, limit)

    def identify(self, authorization: str, method: str, target: str) -> tuple[bytes, Enrolled]:
        """Return whose request this is; `ProblemError` where it is nobody's we trust."""
        now = self.office.clock.now().at
        try:
            signed = read_authorization(authorization)
        except MalformedError as none:
            raise ProblemError("unsigned", now=now) from none
        known = self.office.enrolments.tablet(signed.log)
        if known is None:
            raise ProblemError("not-enrolled")
        key = signing_key(known.key)
        if not signed.is_by(key, self.office.folder.bureau, method, target):
            raise ProblemError("unsigned", now=now)
        if known.last_trusted is not None:
            raise ProblemError("revoked")
        if abs(now - signed.at) > _CLOCKS_MAY_DIFFER:
            raise ProblemError("unsigned", now=now, reason="time")
        return signed.log, known

    def page(self, log: bytes, tablet: Enrolled, cursor: str, limit: int) -> Page:
        """Return what is new behind a cursor, a page of it."""
        scope = self._scope(tablet)
        start = self._start(scope)
        at = Cursor.read(cursor)
        reset = at is None or (at.history, at.epoch, at.scope) != _place(start)
        if at is None or reset:
            at = start
        first = not at.target
        if first:
            at = structs.replace(at, target=self._views.position())
        gathered = _Gathered([])
        reached = self._gather(at, scope, limit, gathered)
        self._complete(scope, gathered)
        return Page(
            bureau=self.office.folder.about.bureau,
            epoch=at.epoch,
            position=at.target,
            cursor=reached.text(),
            more=bool(reached.target),
            reset=reset,
            documents=gathered.documents,
            cards=self._cards(log, tablet, _objects_of(gathered.documents, at.base)),
            erased=self._erased(at.base, at.target) if first else (),
            certificates=self._certificates(),
            authority=self._authority,
            sign_ins=self._sign_ins(tablet.fact.device),
        )

    def _scope(self, tablet: Enrolled) -> Scope:
        fact = tablet.fact
        rows = self._views.select(
            Query(
                "assignments",
                columns=("object",),
                where=(("device", "=", fact.device), ("withdrawn", "=", 0)),
            )
        )
        assigned = frozenset(str(row.values[0]) for row in rows)
        return Scope(fact.device, fact.townships, fact.domains, assigned)

    def _complete(self, scope: Scope, gathered: _Gathered) -> None:
        """Add the objects of new assignments: they may lie outside the rest of the scope."""
        told = {one.key for one in gathered.documents if one.view == "objects"}
        wanted = [key for key in _assigned_in(gathered.documents) if key not in told]
        for row in self._views.select(
            Query("objects", columns=("position",), where=(("key", "in", wanted),), document=True)
        ):
            one = self._told("objects", row.key, row.document, scope)
            if one.document is not None:
                at = int(row.values[0])
                gathered.documents.append(Document("objects", row.key, at, one.document))

    def _start(self, scope: Scope) -> Cursor:
        said = msgspec.json.encode((sorted(scope.townships), sorted(scope.domains), _VIEWS))
        epoch = self.office.enrolments.roll().epoch
        return Cursor(self.office.folder.bureau[:8], epoch, sha256(said).digest()[:8])

    def _gather(self, at: Cursor, scope: Scope, limit: int, gathered: _Gathered) -> Cursor:
        """Fill a page; return where it ends."""
        while at.view < len(_VIEWS):
            rows = self._rows(at, scope)
            for row in rows:
                position = int(row.values[0])
                gathered.scanned += 1
                told = self._told(_VIEWS[at.view], row.key, row.document, scope)
                at = structs.replace(at, position=position, key=row.key)
                self._add(at, told, gathered)
                if len(gathered.documents) >= limit or gathered.size >= MOST_BYTES:
                    return at
            if gathered.scanned >= _SCANNED:
                return at
            if len(rows) < _SCANNED:
                at = structs.replace(at, view=at.view + 1, position=0, key="")
        return structs.replace(at, base=max(at.base, at.target), target=0, view=0)

    def _rows(self, at: Cursor, scope: Scope) -> Sequence[Any]:
        name = _VIEWS[at.view]
        where: list[Condition] = [("position", ">", at.base)]
        if not at.base:  # what was never told need not be taken back
            where += _narrowed(name, scope)
        return self._views.select(
            Query(
                name,
                columns=("position",),
                where=tuple(where),
                order=("position",),
                after=(at.position, at.key) if at.position else None,
                limit=_SCANNED,
                document=True,
            )
        )

    def _told(self, name: str, key: str, document: bytes, scope: Scope) -> Told:
        decoded = view_of(self._views.views, name).decode(document)
        return TELLS[name](key, decoded, scope)

    @staticmethod
    def _add(at: Cursor, told: Told, gathered: _Gathered) -> None:
        name = _VIEWS[at.view]
        if told.document is not None:
            gathered.documents.append(Document(name, at.key, at.position, told.document))
            gathered.size += len(bytes(told.document))
        elif told.gone and at.base:
            gathered.documents.append(Document(name, at.key, at.position, _NULL, gone=True))

    def _erased(self, after: int, until: int) -> list[str]:
        """Return the subjects that the office erased in between."""
        found: dict[str, None] = {}
        trust = self.office.enrolments.trust()
        for stored in self.office.store.read(after, _ERASURES, (_ERASED_TAG,)):
            record = stored.record()
            fact = vocabulary.decode(stored.tag, record.entry.body)
            office = trust.is_office(bytes.fromhex(stored.log), record.received_at)
            if stored.position <= until and office and isinstance(fact, PersonalDataErased):
                found[fact.subject] = None
        return list(found)

    def _certificates(self) -> list[str]:
        return [raw.hex() for raw in self.office.enrolments.trust().certificates]

    # ── cards for the doorstep ──

    def _cards(self, log: bytes, tablet: Enrolled, objects: Sequence[str]) -> Sequence[Card]:
        """Return the cards of those households that are assigned to this tablet.

        That they were opened is recorded once, before they are sent.
        """
        assigned = self._assigned(tablet.fact.device, objects)
        if not assigned:
            return ()
        to = X25519PublicKey.from_public_bytes(bytes.fromhex(tablet.fact.sealing_key))
        found = [
            card
            for key, (assignment, due_on) in assigned.items()
            if (card := self._card(log, to, key, assignment, due_on))
        ]
        if found:
            subjects = sorted({id_bytes(card.subject) for card in found})
            self.office.viewed(f"tablet:{tablet.fact.device}", subjects, "assignment")
        return found

    def _assigned(self, device: str, objects: Sequence[str]) -> Mapping[str, tuple[str, str]]:
        """Return for each object the assignment of this device that is still to be done."""
        if not objects:
            return {}
        rows = self._views.select(
            Query(
                "assignments",
                columns=("object", "due_on"),
                where=(("device", "=", device), ("withdrawn", "=", 0), ("object", "in", objects)),
                order=("due_on",),
            )
        )
        today = (self._today() - timedelta(days=self._card_days)).isoformat()
        waiting = [row for row in rows if str(row.values[1]) >= today]
        done = self._views.select(
            Query(
                "inspections",
                columns=("assignment",),
                where=(("assignment", "in", [row.key for row in waiting]), ("effective", "=", 1)),
            )
        )
        ended = {row.values[0] for row in done}
        return {
            str(row.values[0]): (row.key, str(row.values[1]))
            for row in waiting
            if row.key not in ended
        }

    def _today(self) -> date:
        return moment(self.office.clock.now().at, CHINA).date()

    def _card(
        self, log: bytes, to: X25519PublicKey, key: str, assignment: str, due_on: str
    ) -> Card | None:
        found = self._sealed_card(key)
        if found is None:
            return None
        part, subject = found
        expires = self._expiry(due_on)
        try:
            text = self._opener.open(part)
        except ErasedError:
            return None
        except (UnverifiedError, FolderError) as closed:
            say("card", assignment=assignment, refused=closed.code)
            return None
        purpose = card_purpose(self.office.folder.bureau, log, key, expires)
        return Card(key, subject, assignment, seal_to(text, to, purpose).hex(), expires)

    def _sealed_card(self, key: str) -> tuple[PartRef, str] | None:
        """Return the sealed part that holds the newest card of an object, and whose it is."""
        held = self._views.load("objects", [key]).get(key)
        if held is None:
            return None
        about = register.standing(register.decode_register(held).register.values())
        for listing in reversed(about.listings):
            for index, (name, subject) in enumerate(listing.sealed):
                if name == "card" and (part := self._part(listing, index)):
                    return part, subject
        return None

    def _part(self, listing: Listed, index: int) -> PartRef | None:
        (stored,) = self.office.store.read(listing.position - 1, 1)
        if stored.tag not in _LISTING_TAGS:  # adopted: its sealed parts stayed outside
            return None
        return PartRef(bytes.fromhex(stored.log), stored.record().entry, index)

    def _expiry(self, due_on: str) -> int:
        end = date.fromisoformat(due_on) + timedelta(days=self._card_days + 1)
        return microseconds(datetime.combine(end, time(), timezone(timedelta(minutes=CHINA))))


def _place(cursor: Cursor) -> tuple[bytes, int, bytes]:
    return cursor.history, cursor.epoch, cursor.scope


def _narrowed(name: str, scope: Scope) -> list[Condition]:
    if name == "assignments":
        return [("device", "=", scope.device)]
    if name != "objects":
        return []
    where: list[Condition] = []
    if scope.townships:
        where.append(("township", "in", list(scope.townships)))
    if scope.domains:
        where.append(("domain", "in", list(scope.domains)))
    return where


class _Assigned(Struct):
    object: str


def _objects_of(documents: Sequence[Document], base: int) -> list[str]:
    """Return the objects whose card may have to be sent with these documents.

    In a first round their assignments are still to come, and bring them.
    """
    found = [one.key for one in documents if base and one.view == "objects" and not one.gone]
    return list(dict.fromkeys([*found, *_assigned_in(documents)]))


def _assigned_in(documents: Sequence[Document]) -> list[str]:
    return [
        msgspec.json.decode(one.document, type=_Assigned).object
        for one in documents
        if one.view == "assignments" and not one.gone
    ]


def target_of(request: Request[Any, Any, Any]) -> str:
    """Return the path with its query, as it was sent and signed."""
    path = request.scope["raw_path"].partition(b"?")[0]
    query = request.scope["query_string"]
    return (path + (b"?" + query if query else b"")).decode("latin-1")


@get("/sync/pull", tags=["sync"], summary="Fetch what is new for this tablet")
async def pull(
    request: Request[Any, Any, Any],
    puller: NamedDependency[SkipValidation[Puller]],
    simulated: NamedDependency[bool],
    cursor: Annotated[str, QueryParameter(max_length=400)] = "",
    limit: Annotated[int, QueryParameter(ge=1, le=MOST_DOCUMENTS)] = MOST_DOCUMENTS,
) -> Response[Page]:
    r"""Answers with documents in the tablet's scope, and cards for what it is assigned.

    Signed: `Authorization: Xunji log=<hex>, at=<µs>, signature=<hex>`, Ed25519 by the log's
    key over `"xunji/request/v1\0" ‖ bureau ‖ log ‖ at (i64) ‖ method ‖ space ‖ path?query`.
    401 carries `now`, the server's time in µs, where the clocks differ.
    """
    at = received_at(request) if simulated else None
    signed = (request.headers.get("authorization", "")[:400], request.method, target_of(request))
    page = await to_thread.run_sync(partial(puller.answer, *signed, cursor, limit, at))
    request.scope["state"]["counts"] = {
        "documents": len(page.documents),
        "cards": len(page.cards),
    }
    return Response(page, headers={"cache-control": "no-store"})
