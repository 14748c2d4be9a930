"""What a server is told when it starts: from the command line and the environment, once."""

from ipaddress import ip_address
from pathlib import Path
from typing import Final

from msgspec import Struct

from backend.tianditu import Tianditu

DEFAULT_PORT: Final = 8420
LOOPBACK_NAMES: Final = frozenset({"localhost", "127.0.0.1", "[::1]", "::1"})


class Settings(Struct, frozen=True):
    """How one server runs. Seconds and counts; `port` 0 takes any that is free."""

    data: Path = Path()
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    certificate: Path | None = None  # PEM, with its chain
    key: Path | None = None
    authority: Path | None = None  # PEM: what tablets are to believe from now on
    names: tuple[str, ...] = ()  # by which the server is reached; else those of the certificate
    proxies: tuple[str, ...] = ()  # addresses whose X-Forwarded-* is believed
    simulated: bool = False  # received_at comes from the request; demo folders only
    poll_seconds: float = 1.0  # how often to look for what other processes appended
    quiet_seconds: float = 1.0  # signatures are checked once no push came for so long
    checkpoint_every: int = 10_000  # records
    shutdown_seconds: int = 20
    replay_most: int = 5_000_000  # records of a history that may be replayed by a request
    card_days: int = 14  # how long after its due day a tablet may read a doorstep card
    tianditu: Tianditu | None = None  # the base map of the coverage map; without it none is asked


def is_loopback(host: str) -> bool:
    """Tell whether `host` is reachable from this machine only."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def names_this_machine(host_header: str) -> bool:
    """Tell whether a request's Host names the loopback.

    Any other name got here by a changed DNS answer: a page elsewhere reaching for this server.
    """
    name, colon, port = host_header.rpartition(":")
    if not colon or not port.isdigit():
        name = host_header
    return name.lower() in LOOPBACK_NAMES
