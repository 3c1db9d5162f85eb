from __future__ import annotations

import socket
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from typer.testing import CliRunner

from serving.endpoint.access.listening import Listening
from ticklake_assets.cli import app
from ticklake_assets.core.errors import SetupError
from ticklake_assets.settings import Settings
from ticklake_assets_tests.serving.raw_socket import connected, rest_of
from ticklake_assets_tests.serving.running_endpoint import running_endpoint


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """One for 127.0.0.1 that signs itself, and its key."""
    folder, key = tmp_path_factory.mktemp("tls"), ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")]), datetime.now(UTC)
    here = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .add_extension(here, critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "key.pem").write_bytes(key.private_bytes(*private))
    return folder / "cert.pem", folder / "key.pem"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.0.0.7", "::1"])
def test_this_machine_needs_nothing_more(host: str) -> None:
    assert Listening.of(Settings(), host).scheme == "http"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "192.0.2.1"])
def test_beyond_it_tokens_do_not_travel_in_the_clear(host: str, certificate: tuple[Path, Path]) -> None:
    with pytest.raises(SetupError, match=r"or TLS \(--tls-cert and --tls-key\), or a proxy that has it"):
        Listening.of(Settings(), host)
    cert, key = certificate
    assert Listening.of(Settings(endpoint_tls_cert=cert, endpoint_tls_key=key), host).scheme == "https"
    assert Listening.of(Settings(endpoint_behind_proxy="10.0.0.5, 10.1.0.0/24"), host).scheme == "http"


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"endpoint_tls_cert": "cert.pem"}, "Expected both --tls-cert and --tls-key, was .*cert.pem alone"),
        ({"endpoint_tls_key": "key.pem"}, "Expected both --tls-cert and --tls-key, was .*key.pem alone"),
        ({"endpoint_tls_cert": "key.pem", "endpoint_tls_key": "key.pem"}, "Expected a PEM certificate"),
        ({"endpoint_tls_cert": "none", "endpoint_tls_key": "key.pem"}, "No such file"),
        (
            {"endpoint_behind_proxy": "example.org"},
            "Expected addresses or networks like 10.0.0.5,10.1.0.0/24",
        ),
    ],
)
def test_what_cannot_be_is_said(
    certificate: tuple[Path, Path], settings: dict[str, str], complaint: str
) -> None:
    folder = certificate[0].parent
    placed = {
        name: value if name.endswith("proxy") else str(folder / value) for name, value in settings.items()
    }
    with pytest.raises(SetupError, match=complaint):
        Listening.of(Settings.model_validate(placed), "127.0.0.1")


def test_it_speaks_tls_and_nothing_else(tmp_path: Path, certificate: tuple[Path, Path]) -> None:
    cert, key = certificate
    with running_endpoint(tmp_path, endpoint_tls_cert=cert, endpoint_tls_key=key) as endpoint:
        trusting = ssl.create_default_context(cafile=str(cert))
        url = endpoint.url.replace("http", "https")
        assert httpx.get(url + "/healthz", verify=trusting).json() == {"status": "ok"}
        with pytest.raises(httpx.TransportError):
            httpx.get(endpoint.url + "/healthz")


def test_who_does_not_begin_tls_is_not_waited_for(tmp_path: Path, certificate: tuple[Path, Path]) -> None:
    cert, key = certificate
    settings = {"endpoint_tls_cert": cert, "endpoint_tls_key": key, "endpoint_timeout_s": 0.3}
    with running_endpoint(tmp_path, **settings) as endpoint:
        silent = [connected(endpoint.url, timeout_s=5) for _ in range(50)]
        trusting = ssl.create_default_context(cafile=str(cert))
        assert httpx.get(endpoint.url.replace("http", "https") + "/healthz", verify=trusting).is_success
        assert [rest_of(each) for each in silent] == [b""] * 50
        for each in silent:
            each.close()


def test_only_the_proxy_and_this_machine_may_connect(tmp_path: Path) -> None:
    """Seen from another address of this machine, where it has one."""
    own = _own_address()
    with running_endpoint(tmp_path, host="0.0.0.0", endpoint_behind_proxy="192.0.2.1") as endpoint:
        assert httpx.get(endpoint.url + "/healthz").is_success
        with pytest.raises(httpx.TransportError):
            httpx.get(endpoint.url.replace("127.0.0.1", own) + "/healthz")
    with running_endpoint(tmp_path, host="0.0.0.0", endpoint_behind_proxy=f"{own}/32") as endpoint:
        assert httpx.get(endpoint.url.replace("127.0.0.1", own) + "/healthz").is_success


def _own_address() -> str:
    """The address that this machine would send from; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            pytest.skip("this machine has no address but 127.0.0.1")
        return str(probe.getsockname()[0])


def test_the_command_refuses_in_one_line(tmp_path: Path) -> None:
    words = ["endpoint", "--port", "8979", "--host", "0.0.0.0"]
    done = CliRunner().invoke(app, words, env={"TICKLAKE_HOME": str(tmp_path)})
    assert done.exit_code == 1
    assert "Expected an address of this machine alone, like 127.0.0.1, or TLS" in done.output
    assert list(tmp_path.iterdir()) == []
