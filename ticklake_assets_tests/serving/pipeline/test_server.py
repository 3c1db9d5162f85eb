"""Where the pages may listen, and who may connect."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import httpx
import pytest

from serving.pipeline.access.people import People
from serving.pipeline.server import serve
from stack.certificate import new_certificate
from ticklake_assets.core.errors import SetupError
from ticklake_assets.instance.processes import running
from ticklake_assets.loopback import free_port, is_listening
from ticklake_assets.settings import Settings


@pytest.mark.parametrize("host", ["0.0.0.0", "::", ""])
def test_wider_it_listens_with_people_and_tls_alone(settings: Settings, tmp_path: Path, host: str) -> None:
    with pytest.raises(SetupError, match="or TLS"):
        serve(settings, host, 0)
    behind = settings.model_copy(update={"pages_behind_proxy": "10.0.0.5"})
    certificate, key = tmp_path / "own.crt", tmp_path / "own.key"
    for file, text in zip((certificate, key), new_certificate(), strict=True):
        file.write_text(text)
    over_tls = settings.model_copy(update={"pages_tls_cert": certificate, "pages_tls_key": key})
    for chosen in (behind, over_tls):
        with pytest.raises(SetupError, match="Expected people who may sign in"):
            serve(chosen, host, 0)
    People(settings.pages_home).add("anna", "a long password of hers", ["see"])
    with pytest.raises(SetupError, match="or TLS"):
        serve(settings, host, 0)


@contextmanager
def _served(home: Path, log: Path, **variables: str) -> Iterator[int]:
    port = free_port()
    command = [sys.executable, "-m", "serving.pipeline", "--port", str(port)]
    environment = {"TICKLAKE_HOME": str(home), "TICKLAKE_PAGES_URL": f"http://127.0.0.1:{port}", **variables}
    with running(command, log, partial(is_listening, port), environment=environment, timeout_s=60):
        yield port


def test_a_slow_request_is_answered_and_a_proxy_is_not_believed_by_everybody(tmp_path: Path) -> None:
    """Through the real server: half a body ends, and a stranger's X-Forwarded-For changes nothing."""
    with _served(tmp_path / "home", tmp_path / "log") as port:
        with socket.create_connection(("127.0.0.1", port), 5) as half:
            half.sendall(b"POST /enter HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000000\r\n\r\n")
            assert b" 413 " in half.recv(100)
        answer = httpx.get(f"http://127.0.0.1:{port}/healthz", headers={"X-Forwarded-Proto": "https"})
        assert "strict-transport-security" not in answer.headers
        assert answer.is_success
