"""The tablet's side of the sync, over HTTP: hand in the log, fetch work, keep receipts.

What is refused for good stops with words for a person; everything else is tried again for
ever. Nothing here touches the screen or the log's writer: `SyncLoop` is a thread of its own.
"""

from base64 import b64encode
from collections.abc import Callable, Sequence
from random import Random
from threading import Event, Thread
from time import monotonic
from typing import Final

import httpx
import msgspec
import zstandard
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from msgspec import Struct

from events import batch as batches
from events import envelope, sync
from events.batch import Batch
from events.clock import Clock
from events.envelope import Entry
from events.errors import ConflictError, FolderError, MalformedError, Refusal, StorageError
from events.ids import id_bytes
from events.public_keys import signing_key
from events.pull import Page, authorization
from events.sealing import WrappedKey
from events.statements import Certificate, Checkpoint, Receipt, Role, bureau_of, trusted
from events.sync import Outbox, Turn
from mobile import pinned
from mobile.device_key import DeviceKeys
from mobile.device_log import DeviceLog
from mobile.line import (
    CONFLICT,
    OK,
    BusyError,
    LineError,
    Problem,
    RefusedError,
    read,
    refusal,
    send,
)
from mobile.picture_sender import PictureSender
from mobile.sqlite_reference import Card
from mobile.tablet_folder import Sealing, TabletFolder

SIMULATED_AT: Final = "Xunji-Simulated-At"

_COMPRESSED_FROM: Final = 512
_UNCERTIFIED: Final = "uncertified"
_MISTRUSTED: Final = frozenset({"not-enrolled", "revoked"})
_FOR_EVER: Final = 2**62  # µs
_REFUSED_FOR: Final = 3_600_000_000  # µs until a picture that was refused is tried again
_ROUND: Final = 60.0  # seconds of pictures, then the lists are fetched again


class UnknownKeyError(Exception):
    """A receipt is signed with a key that we know no certificate of: not yet, or never."""


class Stopped(Struct, frozen=True):
    """Why sending stopped, in the office's words where it gave any."""

    code: str
    title: str = ""
    todo: str = ""


class Received(Struct):
    """The answer to a push; hex as docs/format.md has it."""

    receipt: str
    held: int
    checkpoint: str | None = None


class SealingKey(Struct):
    serial: int
    key: str


class Welcome(Struct):
    """The answer to an enrolment."""

    bureau: str
    name: str
    first_root: str
    certificates: list[str]
    sealing: SealingKey
    device_name: str = ""
    townships: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    receipt: str = ""


class Bureau(Struct):
    """What a server says of itself."""

    bureau: str


class SyncClient:
    """One tablet's conversation with the office. Not for several threads at once."""

    def __init__(
        self,
        folder: TabletFolder,
        log: DeviceLog,
        clock: Clock,
        http: httpx.Client,
        *,
        sees_checkpoints: bool = True,
    ) -> None:
        self._folder = folder
        self._sees_checkpoints = sees_checkpoints
        self._log = log
        self._clock = clock
        self._http = http
        self._keys: DeviceKeys = folder.keys(folder.current.number)
        self._bureau = bytes.fromhex(folder.tablet.bureau)
        self._press = zstandard.ZstdCompressor(level=3)
        self.outbox = _outbox(folder, log.log)
        self._sender = PictureSender(http, self._authorized)
        self._refused_pictures: dict[str, int] = {}  # until when each rests

    # ── handing in ─────────────────────────────────────────────────────────────────

    def push(self) -> Turn:
        """Send what comes next, once. Returns whose turn it then is.

        Raises `LineError` where it should be tried again; what stops sending is kept, and
        said by `stopped`.
        """
        batch = sync.next_push(self.outbox, self._log.store, self._log.log, self._wrapped)
        if batch is None:
            return Turn.STOP if self.outbox.stopped else Turn.REST
        answer = self._post(batch)
        if answer.status_code == OK:
            self._receive(read(answer, Received))
        elif answer.status_code == CONFLICT:
            self._rewind(read(answer, Problem))
        else:
            self._refused(answer)
        if self.outbox.stopped:
            return Turn.STOP
        return Turn.PUSH if self.outbox.held < self._log.held.sequence else Turn.REST

    def push_all(self) -> int:
        """Send until all is held or a person has to look; return how far it is held."""
        while self.push() is Turn.PUSH:
            pass
        return self.outbox.held

    def stopped(self) -> Stopped | None:
        """Return why sending stopped, None while it goes on."""
        return stopped(self._folder, self._log.log)

    def forget_expired(self) -> int:
        """Destroy the doorstep cards whose time is over, also where nobody answers any more."""
        return self._folder.reference.drop_expired(self._clock.now().at)

    def resume(self) -> None:
        """Try again after a person looked."""
        self.outbox = Outbox(self.outbox.held)
        self._folder.reference.keep(_kept(self._log.log, self.outbox, None))

    def try_again(self) -> None:
        """Go on where a person asks for it and the network may be another one by now."""
        self._refused_pictures.clear()
        if self.outbox.stopped in {_UNCERTIFIED, *_MISTRUSTED}:
            self.resume()

    def _wrapped(self, entries: Sequence[Entry]) -> Sequence[WrappedKey]:
        key = self._folder.tablet.sealing
        if key is None:
            msg = "the office's sealing key is not known yet"
            raise LineError(msg)
        to = X25519PublicKey.from_public_bytes(bytes.fromhex(key.key))
        return self._log.keyring.wrapped_for(entries, key.serial, to)

    def _post(self, batch: Batch) -> httpx.Response:
        raw = batches.encode(batch)
        headers = {"Content-Type": batches.CONTENT_TYPE}
        if len(raw) >= _COMPRESSED_FROM:
            raw = self._press.compress(raw)
            headers["Content-Encoding"] = "zstd"
        return send(self._http, "POST", "/sync/log", content=raw, headers=headers)

    def _receive(self, received: Received) -> None:
        """Take a receipt; where its key is new to us, ask for the certificates first, once.

        If nobody certified that key, somebody else answers in the office's place: stop.
        """
        try:
            self._take_receipt(received)
        except UnknownKeyError:
            self._fetch_certificates()
            try:
                self._take_receipt(received)
            except UnknownKeyError:
                self._stop(RefusedError(_UNCERTIFIED))

    def _take_receipt(self, received: Received) -> None:
        """Keep a receipt that is signed and says what we know; refuse any other."""
        receipt = Receipt.decode(_hex(received.receipt))
        if not self._signed(receipt, receipt.received_at):
            raise UnknownKeyError
        if receipt.log != self._log.log or not self._is_ours(receipt):
            self._stop(RefusedError("receipt"))
            return
        self._see(received.checkpoint)
        self.outbox = sync.received(self.outbox, receipt.sequence)
        self._folder.reference.keep_receipt(
            self._log.log,
            receipt.sequence,
            receipt.position,
            receipt.encode(),
            {
                **_kept(self._log.log, self.outbox, None),
                "last-sync": str(self._clock.now().at).encode(),
            },
        )

    def _is_ours(self, receipt: Receipt) -> bool:
        """Whether the entry that a receipt names is the one we wrote."""
        if not 0 < receipt.sequence <= self._log.held.sequence:
            return False
        (own,) = self._log.store.read_log(self._log.log, receipt.sequence - 1, 1)
        return own.record().entry.hash == receipt.hash

    def _signed(self, statement: Receipt | Checkpoint, at: int) -> bool:
        if statement.bureau != self._bureau:
            return False
        keys = [one.key for one in self._trusted(at).values() if one.role == Role.CHECKPOINT]
        return any(statement.is_signed_by(signing_key(key)) for key in keys)

    def _trusted(self, at: int) -> dict[int, Certificate]:
        tablet = self._folder.tablet
        return trusted(
            [Certificate.decode(_hex(one)) for one in tablet.certificates],
            {},
            self._bureau,
            _hex(tablet.first_root),
            at,
        )

    def _see(self, checkpoint: str | None) -> None:
        if checkpoint and self._sees_checkpoints:
            newest = Checkpoint.decode(_hex(checkpoint))
            if self._signed(newest, newest.made_at):
                self._log.see(newest.size, newest.root)

    def _rewind(self, problem: Problem) -> None:
        conflict = ConflictError(problem.held, _hex(problem.held_hash))
        self.outbox = sync.rewound(self.outbox, self._log.store, self._log.log, conflict)
        why = Stopped(self.outbox.stopped) if self.outbox.stopped else None
        self._folder.reference.keep(_kept(self._log.log, self.outbox, why))

    def _refused(self, answer: httpx.Response) -> None:
        self._stop(refusal(answer))

    def _stop(self, refused: RefusedError) -> None:
        self.outbox = sync.refused(self.outbox, refused.code)
        why = Stopped(refused.code, refused.title, refused.todo)
        self._folder.reference.keep(_kept(self._log.log, self.outbox, why))

    # ── pictures ───────────────────────────────────────────────────────────────────

    def send_pictures(self, enough: Callable[[], bool] = lambda: False) -> int:
        """Send those that wait, until it is `enough`; return how many are left to send at once.

        What was recorded meanwhile goes first. One that the office refuses is tried again after
        `_REFUSED_FOR`, one that it is busy with in the next round: neither holds up another.
        """
        now = self._clock.now().at
        self._folder.pictures.forget_old(now)
        waiting = [
            name
            for name in self._folder.pictures.waiting()
            if self._refused_pictures.get(name, 0) <= now
        ]
        for sent, name in enumerate(waiting):
            if enough():
                return len(waiting) - sent
            self._send_picture(name)
            self.push_all()
        return 0

    def _send_picture(self, name: str) -> None:
        now = self._clock.now().at
        try:
            self._sender.send(name, self._folder.pictures.read(name))
        except RefusedError:
            self._refused_pictures[name] = now + _REFUSED_FOR
        except BusyError:
            pass
        else:
            self._folder.pictures.sent(name, now)

    def _authorized(self, method: str, target: str) -> str:
        at = self._clock.now().at
        return authorization(self._keys.signing, self._bureau, self._log.log, at, method, target)

    # ── fetching ───────────────────────────────────────────────────────────────────

    def pull(self) -> int:
        """Fetch all that is new in our scope; return how many documents changed.

        A page is kept whole before the next is asked for. What was erased at the office is
        erased here: its keys are destroyed. Where the office was restored from a backup, all
        that it may have lost is pushed again.
        """
        changed, held = 0, self.outbox.held
        while True:
            asked = self._folder.officers.sign_ins()
            page = self._next_page()
            self._take(page)
            if page.sign_ins is not None:
                now = self._clock.now().at
                self._folder.officers.settle(asked, page.sign_ins, now)
            changed += len(page.documents)
            if not page.more:
                self.forget_expired()
                if self.outbox.stopped in _MISTRUSTED:  # it answers again
                    self.resume()
                if self.outbox.held < held:
                    self.push_all()
                return changed

    def _fetch_certificates(self) -> None:
        """Learn the keys the office has now; the documents of the page wait for `pull`."""
        self._learn(self._next_page().certificates)

    def _next_page(self) -> Page:
        cursor = self._folder.reference.kept("cursor") or b""
        return self._page(cursor.decode())

    def _page(self, cursor: str) -> Page:
        target = "/sync/pull" + (f"?cursor={cursor}" if cursor else "")
        signed = self._authorized("GET", target)
        answer = send(self._http, "GET", target, headers={"Authorization": signed})
        if answer.status_code != OK:
            refused = refusal(answer)
            if refused.code in _MISTRUSTED:
                self._mistrusted(refused)
            raise refused
        page = read(answer, Page)
        if page.bureau != self._folder.tablet.bureau:
            raise RefusedError("foreign")
        return page

    def _mistrusted(self, refused: RefusedError) -> None:
        """Stop until a person looks. Our records stay; names and addresses of others do not."""
        self._stop(refused)
        if refused.code == "revoked":
            self._folder.reference.drop_expired(_FOR_EVER)

    def _begin_again(self, page: Page) -> dict[str, bytes]:
        """Return what to keep where the office has lost records: nothing counts as held then."""
        reference = self._folder.reference
        epoch, told = int(reference.kept("epoch") or 1), int(reference.kept("told") or 0)
        if page.epoch == epoch and page.position >= told:
            return {}
        self._folder.pictures.send_again()
        self.outbox = Outbox(0, self.outbox.stopped)
        return _kept(self._log.log, self.outbox, self.stopped())

    def _take(self, page: Page) -> None:
        for subject in page.erased:
            self._log.keyring.forget(id_bytes(subject))
        if page.erased:  # whoever is on them: none stays open
            self._folder.pictures.close(())
        self._learn(page.certificates)
        log = self._log.log
        self._folder.reference.take(
            page.documents,
            [
                Card(one.object, one.subject, log, _hex(one.sealed), one.expires)
                for one in page.cards
            ],
            kept={
                "cursor": page.cursor.encode(),
                "told": str(page.position).encode(),
                "epoch": str(page.epoch).encode(),
                **self._begin_again(page),
            },
            erased=page.erased,
            reset=page.reset,
        )

        if self._http.base_url.scheme == "https":  # whom those believed now vouch for
            pinned.change(self._folder.path, page.authority)

    def _learn(self, certificates: Sequence[str]) -> None:
        """Keep the certificates we are sent; the newest sealing key is wrapped for from now on."""
        known = self._folder.tablet.certificates
        if set(certificates) <= set(known):
            return
        merged = (*known, *(one for one in certificates if one not in known))
        self._folder.keep(certificates=merged)
        now = self._clock.now().at
        found = [one for one in self._trusted(now).values() if one.role == Role.SEALING]
        if found:
            newest = max(found, key=lambda one: one.serial)
            self._folder.keep(sealing=Sealing(newest.serial, newest.key.hex()))


# ── enrolling ──────────────────────────────────────────────────────────────────────


def ask_bureau(http: httpx.Client) -> bytes:
    """Ask a server whose it is. What it says is proved by its root when we enrol."""
    answer = send(http, "GET", "/sync/bureau")
    if answer.status_code != OK:
        raise refusal(answer)
    return _hex(read(answer, Bureau).bureau)


def is_known(folder: TabletFolder, http: httpx.Client) -> bool:
    """Ask whether the office knows the log being written; also one that it revoked is known."""
    asking = batches.encode(Batch(_hex(folder.current.log), 0, ()))
    headers = {"Content-Type": batches.CONTENT_TYPE}
    answer = send(http, "POST", "/sync/log", content=asking, headers=headers)
    return answer.status_code in {OK, CONFLICT} or refusal(answer).code != "not-enrolled"


def enrol(folder: TabletFolder, code: str, http: httpx.Client) -> Welcome:
    """Hand in the genesis of the log being written, with a one-time code; keep the answer.

    Safe to repeat: the same log and code get the same answer. Raises `RefusedError` where the
    code is not valid, `LineError` where nobody answered.
    """
    first = folder.genesis()
    asked = {"code": code, "genesis": b64encode(envelope.encode(first)).decode()}
    answer = send(http, "POST", "/sync/enrol", json=asked)
    if answer.status_code != OK:
        raise refusal(answer)
    welcome = read(answer, Welcome)
    _believe(welcome, folder)
    log = folder.tablet.logs[-1]
    # What was fetched was for another log; and an office that forgot ours holds nothing of it.
    folder.reference.keep({"cursor": b"", **_kept(_hex(log.log), Outbox(), None)})
    folder.keep(
        logs=(*folder.tablet.logs[:-1], msgspec.structs.replace(log, enrolled=True)),
        server=str(http.base_url).rstrip("/"),
        name=welcome.device_name,
        bureau_name=welcome.name,
        first_root=welcome.first_root,
        townships=welcome.townships,
        domains=welcome.domains,
        certificates=tuple(welcome.certificates),
        sealing=Sealing(welcome.sealing.serial, welcome.sealing.key),
    )
    return welcome


def _believe(welcome: Welcome, folder: TabletFolder) -> None:
    """Raise `RefusedError` unless the bureau's first root stands behind the answer."""
    ours = folder.tablet.bureau
    if welcome.bureau != ours or bureau_of(_hex(welcome.first_root)).hex() != ours:
        raise RefusedError("foreign")
    if folder.tablet.first_root and folder.tablet.first_root != welcome.first_root:
        raise RefusedError("foreign")
    root = signing_key(_hex(welcome.first_root))
    sealing = [
        one
        for one in (Certificate.decode(_hex(text)) for text in welcome.certificates)
        if one.serial == welcome.sealing.serial and one.role == Role.SEALING
    ]
    if not any(
        one.key.hex() == welcome.sealing.key and (one.is_signed_by(root) or len(sealing) == 1)
        for one in sealing
    ):
        raise RefusedError("foreign")


def _hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError as broken:
        msg = "not hexadecimal"
        raise MalformedError(msg) from broken


# ── what is kept between two starts ────────────────────────────────────────────────


class _Kept(Struct):
    held: int = 0
    stopped: str | None = None
    title: str = ""
    todo: str = ""


def _name(log: bytes) -> str:
    return f"outbox:{log.hex()}"


def _kept(log: bytes, outbox: Outbox, why: Stopped | None) -> dict[str, bytes]:
    kept = _Kept(outbox.held, outbox.stopped, why.title if why else "", why.todo if why else "")
    return {_name(log): msgspec.json.encode(kept)}


def _load(folder: TabletFolder, log: bytes) -> _Kept:
    raw = folder.reference.kept(_name(log))
    return msgspec.json.decode(raw, type=_Kept) if raw else _Kept()


def _outbox(folder: TabletFolder, log: bytes) -> Outbox:
    kept = _load(folder, log)
    return Outbox(kept.held, kept.stopped)


def held_by_office(folder: TabletFolder, log: bytes) -> int:
    """Return how far the office holds a log of ours, by its receipts."""
    return _load(folder, log).held


def stopped(folder: TabletFolder, log: bytes) -> Stopped | None:
    """Return why sending stopped, None while it goes on."""
    kept = _load(folder, log)
    return Stopped(kept.stopped, kept.title, kept.todo) if kept.stopped else None


# ── for ever ───────────────────────────────────────────────────────────────────────


class Backoff:
    """How long to wait after a failure: doubling to a limit, with jitter; seconds."""

    def __init__(self, dice: Random, *, least: float = 2.0, most: float = 300.0) -> None:
        self._dice = dice
        self._least = least
        self._most = most
        self._failures = 0

    def failed(self, asked: float = 0.0) -> float:
        """Return how long to wait now; never less than the office asked for."""
        longest = min(self._most, self._least * 2.0**self._failures)
        self._failures = min(self._failures + 1, 32)
        return max(asked, longest * self._dice.uniform(0.5, 1.0))

    def worked(self) -> None:
        self._failures = 0


class Status(Struct, frozen=True):
    """What the sync is doing. `next_try` is seconds from when it was said.

    `offline`: nobody answered, and `failure` is the machine's word for why.
    """

    syncing: bool = False
    failure: str = ""
    offline: bool = False
    next_try: float = 0.0
    pulled: int = 0


class SyncLoop:
    """Pushes and pulls in a thread of its own until told to stop; never gives up."""

    def __init__(
        self,
        client: SyncClient,
        said: Callable[[Status], None],
        *,
        backoff: Backoff | None = None,
        rest: float = 60.0,
    ) -> None:
        self._client = client
        self._said = said
        self._backoff = backoff or Backoff(Random())  # noqa: S311  jitter
        self._rest = rest
        self._wake = Event()
        self._asked = Event()
        self._end = Event()
        self._thread = Thread(target=self._run, name="sync", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """Sync now: something was recorded, or the network is back."""
        self._wake.set()

    def ask(self) -> None:
        """Sync now because a person asks for it, also where a foreign answer stopped it."""
        self._asked.set()
        self._wake.set()

    def stop(self, timeout: float = 5.0) -> None:
        """End the thread; a request under way is waited for at most `timeout` seconds."""
        self._end.set()
        self._wake.set()
        self._thread.join(timeout)

    def _run(self) -> None:
        while not self._end.is_set():
            self._wake.clear()
            wait = self._once()
            if not self._end.is_set():
                self._wake.wait(wait)

    def _once(self) -> float:
        """Sync once; return how long to rest."""
        self._said(Status(syncing=True))
        try:
            if self._asked.is_set():
                self._asked.clear()
                self._client.try_again()
            self._client.forget_expired()
            self._client.push_all()
            pulled = self._client.pull()
            left = self._client.send_pictures(self._enough())
        except LineError as failure:
            wait = self._backoff.failed(failure.after)
            self._said(Status(failure=str(failure), offline=True, next_try=wait))
            return wait
        except (RefusedError, Refusal, FolderError, StorageError) as failure:
            wait = self._backoff.failed()
            self._said(Status(failure=str(failure), next_try=wait))
            return wait
        self._backoff.worked()
        self._said(Status(pulled=pulled))
        return 0.0 if left else self._rest

    def _enough(self) -> Callable[[], bool]:
        until = monotonic() + _ROUND
        return lambda: self._end.is_set() or monotonic() > until
