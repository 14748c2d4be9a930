"""What only a root key can do: certify the keys of the office. And opening a log with one."""

from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from msgspec import Struct

from events.clock import Clock, Entropy
from events.office import LogOpened
from events.statements import Certificate, Role
from events.store import EventStore
from events.writer import genesis

SKEW: Final = 86_400_000_000  # one day, in microseconds
VALIDITY: Final = 3_653 * 86_400_000_000  # ten years, in microseconds


class Root(Struct, frozen=True):
    """A root key at work for its bureau."""

    bureau: bytes
    key: Ed25519PrivateKey

    def certify(
        self, key: Ed25519PrivateKey | X25519PrivateKey, role: Role, serial: int, at: int
    ) -> Certificate:
        """Certify a key for ten years from `at` on, and a day before: clocks are set back."""
        public = key.public_key().public_bytes_raw()
        blank = Certificate(self.bureau, int(role), serial, at - SKEW, at + VALIDITY, public)
        return blank.sign(self.key)


def open_log(
    store: EventStore, key: Ed25519PrivateKey, opening: LogOpened, clock: Clock, entropy: Entropy
) -> bytes:
    """Record the genesis of a new log; return the log's id."""
    now = clock.now()
    first = genesis(opening, key, now, entropy(16))
    store.append(first.hash, 0, [first], now.at)
    return first.hash
