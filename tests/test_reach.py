"""From where a server is reached: over TLS, behind a named proxy, or from its own machine."""

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from backend.reach import Reach, ReachError, reach
from backend.settings import Settings
from events.clock import SystemClock
from events.errors import FolderError
from mobile import pinned
from tests.server import found, serving, signed_in


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an authority (ca.pem), and a server's certificate and key of its own."""
    folder = tmp_path_factory.mktemp("tls")
    root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in "12")
    root = _certificate("Bureau CA", root_key, "Bureau CA", root_key, is_authority=True)
    leaf = _certificate("xunji.test", key, "Bureau CA", root_key, is_authority=False)
    (folder / "ca.pem").write_bytes(root)
    (folder / "server.pem").write_bytes(leaf)
    (folder / "server.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return folder


def _certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: str,
    by: ec.EllipticCurvePrivateKey,
    *,
    is_authority: bool,
) -> bytes:
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()), critical=False
        )
        .add_extension(
            x509.KeyUsage(
                digital_signature=True,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=is_authority,
                crl_sign=is_authority,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
    )
    if not is_authority:
        names = [x509.DNSName("xunji.test"), x509.IPAddress(ip_address("127.0.0.1"))]
        made = made.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return made.sign(by, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::"])  # noqa: S104  refused
def test_beyond_this_machine_nothing_is_served_unencrypted(host: str) -> None:
    with pytest.raises(ReachError, match="encrypted"):
        reach(Settings(host=host), demo=False)


def test_a_demonstration_stays_on_this_machine(authority: Path) -> None:
    settings = Settings(
        host="10.0.0.7", certificate=authority / "server.pem", key=authority / "server.key"
    )

    with pytest.raises(ReachError, match="demonstration"):
        reach(settings, demo=True)


def test_a_server_answers_to_the_names_of_its_certificate(authority: Path) -> None:
    settings = Settings(
        host="10.0.0.7", certificate=authority / "server.pem", key=authority / "server.key"
    )

    assert reach(settings, demo=False).names == {"xunji.test", "127.0.0.1"}


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (Settings(host="10.0.0.7", certificate=Path("x")), "no certificate"),
        (Settings(host="10.0.0.7", key=Path("x")), "together"),
        (Settings(host="10.0.0.7", proxies=("10.0.0.5",)), "--name"),
    ],
)
def test_what_does_not_fit_together_is_refused_with_words(settings: Settings, said: str) -> None:
    with pytest.raises(ReachError, match=said):
        reach(settings, demo=False)


@pytest.mark.parametrize(
    ("peer", "host", "forwarded", "refused", "scheme"),
    [
        ("127.0.0.1", "localhost:8420", {}, None, "http"),
        ("127.0.0.1", "xunji.test", {}, "insecure", "http"),
        ("127.0.0.1", "evil.example", {}, "host", "http"),
        ("10.0.0.5", "xunji.test", {"proto": "https", "for": "172.16.0.9"}, None, "https"),
        ("10.0.0.5", "xunji.test", {"proto": "http", "for": "172.16.0.9"}, "insecure", "http"),
        ("10.0.0.5", "xunji.test", {}, "insecure", "http"),
        ("10.0.0.6", "xunji.test", {"proto": "https"}, "insecure", "http"),
        ("10.0.0.6", "localhost", {"proto": "https"}, "insecure", "http"),
        ("10.0.0.5", "evil.example", {"proto": "https"}, "host", "https"),
    ],
)
def test_only_the_named_proxy_is_believed(
    peer: str, host: str, forwarded: dict[str, str], refused: str | None, scheme: str
) -> None:
    here = Reach(frozenset({"xunji.test"}), frozenset({"10.0.0.5"}))
    headers = [(f"x-forwarded-{name}".encode(), text.encode()) for name, text in forwarded.items()]
    scope: Any = {"client": (peer, 1), "scheme": "http", "headers": headers}

    assert here.refusal(scope, host) == refused
    assert scope["scheme"] == scheme
    if refused is None and forwarded:
        assert scope["client"][0] == "172.16.0.9"


def test_of_what_a_caller_adds_itself_nothing_is_believed() -> None:
    here = Reach(frozenset({"xunji.test"}), frozenset({"10.0.0.5"}))
    headers = [(b"x-forwarded-for", b"1.2.3.4, 172.16.0.9"), (b"x-forwarded-proto", b"https")]
    scope: Any = {"client": ("10.0.0.5", 1), "scheme": "http", "headers": headers}

    here.refusal(scope, "xunji.test")

    assert scope["client"][0] == "172.16.0.9"


def test_over_tls_the_cookie_is_bound_to_the_host_and_the_tablet_believes_one_authority(
    tmp_path: Path, authority: Path
) -> None:
    data = tmp_path / "data"
    found(data, SystemClock())
    pinned.keep(tmp_path / "tablet", authority / "ca.pem")
    context = pinned.context(tmp_path / "tablet")
    assert isinstance(context, ssl.SSLContext)
    options = ("--certificate", authority / "server.pem", "--key", authority / "server.key")
    with serving(data, *map(str, options)) as served:
        session = signed_in(data)["xunji"]
        with httpx.Client(verify=context, base_url=served.address) as tablet:
            told = tablet.get("/sync/bureau")
            whole = tablet.get("/account", headers={"cookie": f"__Host-xunji={session}"})
            plain = tablet.get("/account", headers={"cookie": f"xunji={session}"})
        with httpx.Client(base_url=served.address) as other, pytest.raises(httpx.ConnectError):
            other.get("/sync/bureau")

    assert served.address.startswith("https://")
    assert (told.status_code, whole.status_code, plain.status_code) == (200, 200, 401)
    assert told.headers["strict-transport-security"] == "max-age=31536000"


def test_what_is_no_certificate_is_not_kept(tmp_path: Path) -> None:
    (tmp_path / "x.pem").write_text("nothing")

    with pytest.raises(FolderError):
        pinned.keep(tmp_path / "tablet", tmp_path / "x.pem")
    assert pinned.context(tmp_path / "tablet") is True
