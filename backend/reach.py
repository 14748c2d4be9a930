"""From where a server may be reached, and what it believes of where a request came from.

Loopback needs nothing. Beyond it, everything is encrypted: with a certificate of our own, or
behind a reverse proxy that is named and then alone may speak to us.
"""

from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from cryptography import x509
from litestar.types import HTTPScope
from msgspec import Struct

from backend.settings import Settings, is_loopback, names_this_machine
from backend.words import _

PLAIN: Final = "http"
_LOOPBACK: Final = "127.0.0.1"


class ReachError(Exception):
    """The server would be reachable in a way that is not safe; the message says what to do."""


class Reach(Struct, frozen=True):
    """The names a server answers to, and the proxies it believes."""

    names: frozenset[str] = frozenset()
    proxies: frozenset[str] = frozenset()

    def refusal(self, scope: HTTPScope, host: str) -> str | None:
        """Return the code of the problem with where a request comes from, if there is one.

        Of a trusted proxy, what it says of its caller is put into `scope` first.
        """
        peer = (scope["client"] or (_LOOPBACK, 0))[0]
        if peer in self.proxies:
            _forwarded(scope)
        elif self.proxies and not is_this_machine(peer):
            return "insecure"
        if names_this_machine(host):
            return None
        if _without_port(host) not in self.names:
            return "host"
        return "insecure" if scope["scheme"] == PLAIN else None


def reach(settings: Settings, *, demo: bool) -> Reach:
    """Return from where the server may be reached; `ReachError` where that would not be safe."""
    names = names_of(settings)
    found = Reach(frozenset(one.lower() for one in names), frozenset(settings.proxies))
    if (settings.certificate is None) != (settings.key is None):
        raise ReachError(_("--certificate and --key go together"))
    if settings.proxies and not names:
        raise ReachError(
            _("behind a proxy, say by which name people reach it: --name xunji.example.org")
        )
    if is_loopback(settings.host) and not found.names:
        return found
    if demo:
        raise ReachError(
            _("the passwords of a demonstration are known: it is served to this machine only")
        )
    if not is_loopback(settings.host) and not settings.certificate and not settings.proxies:
        raise ReachError(
            _(
                "--host {host} is refused: beyond this machine everything is encrypted. Give "
                "--certificate and --key, or name the reverse proxy: --trusted-proxy ADDRESS. "
                "Without either: 127.0.0.1, ::1 or localhost."
            ).format(host=settings.host)
        )
    return found


def authority_of(settings: Settings) -> str:
    """Return the authorities that tablets are to believe (PEM), "" where that stays as it is.

    `ReachError` where there is none in the file, or our own certificate is of none of them:
    tablets that believed it would not reach us any more.
    """
    if settings.authority is None:
        return ""
    try:
        pem = settings.authority.read_text("ascii")
        found = x509.load_pem_x509_certificates(pem.encode())
    except (OSError, ValueError) as broken:
        said = _("{path} is not the certificate of an authority (PEM): {why}")
        raise ReachError(said.format(path=settings.authority, why=broken)) from broken
    if settings.certificate is not None:
        chain = x509.load_pem_x509_certificates(settings.certificate.read_bytes())
        issuers = {one.issuer for one in chain}
        if not any(one.subject in issuers for one in found):
            said = _("{path} does not hold the authority of the server's own certificate")
            raise ReachError(said.format(path=settings.authority))
    return pem


def names_of(settings: Settings) -> Sequence[str]:
    """Return the names by which people reach the server: as it was told, else its certificate's."""
    return settings.names or _names_in(settings.certificate)


def _names_in(certificate: Path | None) -> Sequence[str]:
    """Return the names that a certificate is for."""
    if certificate is None:
        return ()
    try:
        found = x509.load_pem_x509_certificate(certificate.read_bytes())
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, x509.ExtensionNotFound) as broken:
        said = _("{path} is no certificate with names (PEM): {why}")
        raise ReachError(said.format(path=certificate, why=broken)) from broken
    addresses = [str(one) for one in names.get_values_for_type(x509.IPAddress)]
    return [*names.get_values_for_type(x509.DNSName), *addresses]


def _forwarded(scope: HTTPScope) -> None:
    """Take from the proxy's headers what it added itself: the last of each."""
    headers: dict[bytes, bytes] = dict(scope["headers"])
    caller = headers.get(b"x-forwarded-for", b"").decode("latin-1").rpartition(",")[2].strip()
    scheme = headers.get(b"x-forwarded-proto", b"").decode("latin-1").rpartition(",")[2].strip()
    scope["scheme"] = "https" if scheme == "https" else PLAIN
    if caller:
        scope["client"] = (caller[:64], 0)


def is_this_machine(peer: str) -> bool:
    """Tell whether a caller is this machine itself."""
    try:
        return ip_address(peer).is_loopback
    except ValueError:
        return True  # no address: a test's own, or a socket of this machine


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    bare = name if colon and port.isdigit() else host
    return bare.lower().strip("[]")
