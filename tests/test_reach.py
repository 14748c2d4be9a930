"""From where a server is reached: over TLS, behind a named proxy, or from its own machine."""

import os
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

from backend.reach import Reach, ReachError, authority_of, reach
from backend.settings import Settings
from events.clock import SystemClock
from events.errors import FolderError
from mobile import enrolling, pinned
from mobile.sync_client import SyncClient
from mobile.tablet_folder import TabletFolder
from tests.server import found, serving, signed_in
from tests.test_end_to_end import code


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an authority (ca.pem), and a server's certificate and key of its own."""
    folder = tmp_path_factory.mktemp("tls")
    root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in "12")
    root = _certificate("Bureau CA", root_key, "Bureau CA", root_key, is_authority=True)
    leaf = _certificate("xunji.test", key, "Bureau CA", root_key, is_authority=False)
    (folder / "ca.pem").write_bytes(root)
    (folder / "server.pem").write_bytes(leaf)
    (folder / "server.key").write_bytes(_pem(key))
    (folder / "ca.key").write_bytes(_pem(root_key))
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


def test_a_new_certificate_of_the_same_authority_needs_nothing_on_the_tablets(
    tmp_path: Path, authority: Path
) -> None:
    found(tmp_path / "data", SystemClock())
    pinned.keep(tmp_path / "tablet", authority / "ca.pem")
    for turn in ("first", "second"):
        options = _issued(tmp_path / turn, "Bureau CA", _key_of(authority))
        with serving(tmp_path / "data", *options) as served:
            assert _answers(tmp_path / "tablet", served.address)


def test_a_new_authority_is_handed_over_while_the_old_one_still_vouches(
    tmp_path: Path, authority: Path
) -> None:
    """Old; old with both named; new alone: a tablet follows, one that was asleep does not."""
    data, key = tmp_path / "data", ec.generate_private_key(ec.SECP256R1())
    found(data, SystemClock())
    new = _certificate("Bureau CA 2", key, "Bureau CA 2", key, is_authority=True)
    both, alone = tmp_path / "both.pem", tmp_path / "new.pem"
    both.write_bytes((authority / "ca.pem").read_bytes() + new)
    alone.write_bytes(new)
    older = _issued(tmp_path / "older", "Bureau CA", _key_of(authority))
    newer = _issued(tmp_path / "newer", "Bureau CA 2", key)
    awake, asleep = tmp_path / "awake", tmp_path / "asleep"
    for path in (awake, asleep):
        pinned.keep(path, authority / "ca.pem")
    clock = SystemClock()

    def syncs(path: Path, address: str) -> None:
        with httpx.Client(base_url=address, verify=pinned.context(path), timeout=60) as http:
            given = "" if TabletFolder.exists(path) else code(data)
            folder = enrolling.prepare(path, http, given, clock, os.urandom)
            try:
                SyncClient(folder, folder.device_log(clock), clock, http).pull()
            finally:
                folder.close()

    with serving(data, *older) as served:
        for path in (awake, asleep):
            syncs(path, served.address)
    with serving(data, *older, "--authority", str(both)) as served:
        syncs(awake, served.address)
    with serving(data, *newer, "--authority", str(alone)) as served:
        syncs(awake, served.address)
        assert not _answers(asleep, served.address)

    assert (awake / pinned.FILE).read_bytes() == new
    assert (asleep / pinned.FILE).read_bytes() == (authority / "ca.pem").read_bytes()


def test_an_authority_is_never_replaced_at_one_stroke(tmp_path: Path, authority: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    other = _certificate("Another", key, "Another", key, is_authority=True).decode()
    ours = (authority / "ca.pem").read_text()

    assert not pinned.change(tmp_path, other)  # none was pinned: the system's are believed
    pinned.keep(tmp_path, authority / "ca.pem")
    assert not pinned.change(tmp_path, other)
    assert not pinned.change(tmp_path, "nothing")
    assert not pinned.change(tmp_path, "")
    assert not pinned.change(tmp_path, ours)
    assert (tmp_path / pinned.FILE).read_text() == ours
    assert pinned.change(tmp_path, ours + other)
    assert pinned.change(tmp_path, other)


def test_a_server_names_no_authority_that_its_own_certificate_is_not_of(
    tmp_path: Path, authority: Path
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    other = tmp_path / "other.pem"
    other.write_bytes(_certificate("Another", key, "Another", key, is_authority=True))
    own = {"certificate": authority / "server.pem", "key": authority / "server.key"}

    assert authority_of(Settings()) == ""
    assert authority_of(Settings(authority=authority / "ca.pem", **own))
    with pytest.raises(ReachError, match="own certificate"):
        authority_of(Settings(authority=other, **own))
    with pytest.raises(ReachError, match="not the certificate"):
        authority_of(Settings(authority=authority / "server.key"))


def _key_of(authority: Path) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key((authority / "ca.key").read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key


def _issued(folder: Path, issuer: str, by: ec.EllipticCurvePrivateKey) -> tuple[str, ...]:
    """Make a server's certificate and key; return the options that serve with them."""
    folder.mkdir()
    key = ec.generate_private_key(ec.SECP256R1())
    leaf = _certificate("xunji.test", key, issuer, by, is_authority=False)
    (folder / "server.pem").write_bytes(leaf)
    (folder / "server.key").write_bytes(_pem(key))
    return tuple(
        str(one) for one in ("--certificate", folder / "server.pem", "--key", folder / "server.key")
    )


def _answers(tablet: Path, address: str) -> bool:
    with httpx.Client(verify=pinned.context(tablet), base_url=address, timeout=60) as http:
        try:
            return http.get("/sync/bureau").status_code == 200
        except httpx.ConnectError:
            return False


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def test_the_first_link_names_the_server_as_people_reach_it(
    tmp_path: Path, authority: Path
) -> None:
    found(tmp_path / "data", SystemClock())
    options = ("--certificate", authority / "server.pem", "--key", authority / "server.key")
    with serving(tmp_path / "data", *map(str, options)) as served:
        assert served.process.stdout is not None
        link = [served.process.stdout.readline() for _ in range(2)][1].strip()
    port = served.address.rpartition(":")[2]
    assert link.startswith(f"https://xunji.test:{port}/join?link=")
    proxied = ("--trusted-proxy", "127.0.0.1", "--name", "xunji.example")
    with serving(tmp_path / "data", *proxied) as served:
        assert served.process.stdout is not None
        link = [served.process.stdout.readline() for _ in range(2)][1].strip()
    assert link.startswith("https://xunji.example/join?link=")


def test_what_is_no_certificate_is_not_kept(tmp_path: Path) -> None:
    (tmp_path / "x.pem").write_text("nothing")

    with pytest.raises(FolderError):
        pinned.keep(tmp_path / "tablet", tmp_path / "x.pem")
    assert pinned.context(tmp_path / "tablet") is True
