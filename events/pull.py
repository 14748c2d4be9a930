"""What a tablet fetches: how its request is signed, and what it is sent. Without network.

    tablet: what is new for me since cursor c?      authorization → header
    office: these documents, these doorstep cards,  Page
            and cursor d for the next time

A document is JSON that stands by itself; `backend.references` says what is in it. Cards are
sealed to the tablet's key under a purpose that names bureau, log, object and time: one cannot
be passed off as another, or as lasting longer.
"""

import re
from collections.abc import Sequence
from struct import Struct as Layout
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from msgspec import Raw, Struct

from events.errors import MalformedError
from events.ids import HashText, Id, id_bytes

_REQUEST_LABEL: Final = b"xunji/request/v1\0"
_CARD_LABEL: Final = b"xunji/card/v1\0"
_TIME = Layout(">q")
_AUTHORIZATION = re.compile(
    r"Xunji log=([0-9a-f]{64}), ?at=(-?[0-9]{1,18}), ?signature=([0-9a-f]{128})"
)


class SignedRequest(Struct, frozen=True):
    """What an Authorization header says: whose log (32 bytes), when (µs), and the signature."""

    log: bytes
    at: int
    signature: bytes

    def is_by(self, key: Ed25519PublicKey, bureau: bytes, method: str, target: str) -> bool:
        """Tell whether `key` signed this request for `target`, the path with its query."""
        try:
            key.verify(self.signature, _signed(bureau, self.log, self.at, method, target))
        except InvalidSignature:
            return False
        return True


def authorization(
    key: Ed25519PrivateKey, bureau: bytes, log: bytes, at: int, method: str, target: str
) -> str:
    """Return the value of the Authorization header; `target` is the path with its query."""
    signature = key.sign(_signed(bureau, log, at, method, target))
    return f"Xunji log={log.hex()}, at={at}, signature={signature.hex()}"


def read_authorization(value: str) -> SignedRequest:
    """Read an Authorization header; `MalformedError` where it is none of ours."""
    found = _AUTHORIZATION.fullmatch(value)
    if found is None:
        msg = "not a signed request"
        raise MalformedError(msg)
    log, at, signature = found.groups()
    return SignedRequest(bytes.fromhex(log), int(at), bytes.fromhex(signature))


def _signed(bureau: bytes, log: bytes, at: int, method: str, target: str) -> bytes:
    line = f"{method} {target}".encode()
    return _REQUEST_LABEL + bureau + log + _TIME.pack(at) + line


def card_purpose(bureau: bytes, log: bytes, key: str, expires: int) -> bytes:
    """Return the purpose for `events.sealing.seal_to`: the card of object `key` until `expires`."""
    return _CARD_LABEL + bureau + log + id_bytes(key) + _TIME.pack(expires)


class Document(Struct, frozen=True, omit_defaults=True):
    """What the office has under `key` of `view` as of `position`; `gone`: null, drop yours."""

    view: str
    key: str
    position: int
    document: Raw
    gone: bool = False


class Card(Struct, frozen=True):
    """Name and address of the household `object`, for the doorstep of one assignment.

    `sealed` is hex: HPKE to the tablet's sealing key with `card_purpose`. It must be destroyed
    at `expires` (µs), and as soon as `subject` is erased.
    """

    object: Id
    subject: Id
    assignment: Id
    sealed: str
    expires: int


class Page(Struct, frozen=True):
    """A part of what is new. `more`: ask again at once with `cursor`. `reset`: forget all first.

    `position` is up to where the documents of a whole round count. `erased` are subjects whose
    keys were destroyed. Certificates are hex (docs/format.md, section 10). `authority` is PEM:
    whom to believe from now on when a server says that it is the office's; empty: as before.
    `sign_ins` are those of officers on this tablet that hold; None: the server does not say.
    """

    bureau: HashText
    epoch: int
    position: int
    cursor: str
    more: bool
    reset: bool
    documents: Sequence[Document]
    cards: Sequence[Card]
    erased: Sequence[Id]
    certificates: Sequence[str]
    authority: str = ""
    sign_ins: Sequence[Id] | None = None
