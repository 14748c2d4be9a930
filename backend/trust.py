"""Whom the history tells us to believe: certificates, their revocation, the office's logs.

A certificate proves itself: a root signed it. Everything else the office says counts only in
a log whose genesis names a certified key, for as long as that key is trusted.
"""

from bisect import bisect_right
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from msgspec import Struct

from events import chain, vocabulary
from events.clock import microseconds
from events.envelope import Record
from events.errors import MalformedError, UnverifiedError
from events.office import KeyCertified, KeyRevoked, LogOpened
from events.public_keys import signing_key
from events.statements import Certificate, Role, trusted

TAGS: Final = tuple(vocabulary.tag_of(kind) for kind in (LogOpened, KeyCertified, KeyRevoked))

_ROLES: Final = {"office": Role.OFFICE, "access": Role.ACCESS}


class OfficeLog(Struct, frozen=True):
    """A log that an office process writes: its public key and that key's certificate."""

    key: Ed25519PublicKey
    role: Role
    serial: int


class Trust:
    """A fold over `TAGS`, in the order of the history."""

    def __init__(self, bureau: bytes, first_root: bytes) -> None:
        self.bureau = bureau
        self.first_root = first_root
        self.certificates: dict[bytes, Certificate] = {}
        self.revoked: dict[int, int] = {}
        self.logs: dict[bytes, OfficeLog] = {}
        self._edges: list[int] = []
        self._spans: dict[int, dict[int, Certificate]] = {}

    def take(self, record: Record, log: bytes) -> None:
        """Learn from a record of `log` what it says of keys."""
        if record.entry.header.tag not in TAGS:
            return
        match vocabulary.decode(record.entry.header.tag, record.entry.body):
            case LogOpened() as opening:
                self._open(record, log, opening)
            case KeyCertified() as published if self.believes(record, log):
                self._certify(published.certificate)
            case KeyRevoked() as revocation if self.believes(record, log):
                self._revoke(revocation.serial, microseconds(revocation.at))
            case _:
                return

    def believes(self, record: Record, log: bytes) -> bool:
        """Tell whether the office itself said this: its log, its key, trusted when it came."""
        return self.is_office(log, record.received_at) and chain.signed(
            record.entry, self.logs[log].key
        )

    def is_office(self, log: bytes, at: int, role: Role = Role.OFFICE) -> bool:
        """Tell whether `log` is written with a key that is certified for `role` at an instant."""
        known = self.logs.get(log)
        if known is None or known.role != role:
            return False
        certificate = self.at(at).get(known.serial)
        return certificate is not None and certificate.key == known.key.public_bytes_raw()

    def at(self, instant: int) -> dict[int, Certificate]:
        """Return the certificates that hold at an instant, by serial."""
        span = bisect_right(self._edges, instant)
        if span not in self._spans:
            self._spans[span] = trusted(
                self.certificates.values(), self.revoked, self.bureau, self.first_root, instant
            )
        return self._spans[span]

    def current(self, role: Role, instant: int) -> Certificate:
        """Return the newest certificate of a role; `UnverifiedError` where none holds."""
        found = [one for one in self.at(instant).values() if one.role == role]
        if not found:
            raise UnverifiedError(0, f"no key is certified for {role.name.lower()} now")
        return max(found, key=lambda one: one.serial)

    def next_serial(self) -> int:
        """Return the serial of the next certificate: they rise."""
        return max((one.serial for one in self.certificates.values()), default=0) + 1

    def is_ours(self, certificate: Certificate) -> bool:
        """Tell whether the first root, or one that it led to, signed a certificate."""
        roots = [one.key for one in self.certificates.values() if one.role == Role.ROOT]
        return any(
            certificate.is_signed_by(signing_key(root)) for root in (self.first_root, *roots)
        )

    def _open(self, record: Record, log: bytes, opening: LogOpened) -> None:
        role = _ROLES.get(opening.role)
        if role is None or opening.certificate is None or opening.bureau != self.bureau.hex():
            return
        certificate = self._certify(opening.certificate)
        key = bytes.fromhex(opening.signing_key)
        if certificate is None or (certificate.key, certificate.role) != (key, role):
            return
        public = signing_key(key)
        if record.entry.hash == log and chain.signed(record.entry, public):
            self.logs[log] = OfficeLog(public, role, certificate.serial)

    def _certify(self, text: str) -> Certificate | None:
        """Keep a certificate that some root of ours has signed; return it."""
        try:
            raw = bytes.fromhex(text)
            certificate = Certificate.decode(raw)
        except (ValueError, MalformedError):
            return None
        if raw in self.certificates:
            return certificate
        if certificate.bureau != self.bureau or not self.is_ours(certificate):
            return None
        self.certificates[raw] = certificate
        self._changed()
        return certificate

    def _revoke(self, serial: int, at: int) -> None:
        self.revoked[serial] = min(at, self.revoked.get(serial, at))
        self._changed()

    def _changed(self) -> None:
        edges = {one.not_before for one in self.certificates.values()}
        edges |= {one.not_after + 1 for one in self.certificates.values()}
        self._edges = sorted(edges | set(self.revoked.values()))
        self._spans.clear()
