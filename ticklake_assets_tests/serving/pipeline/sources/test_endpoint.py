"""The endpoint asked for real; and what is said where nobody, a stranger, or another home's endpoint answers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from serving.pipeline.answers import ServiceDown
from serving.pipeline.sources.endpoint import EndpointSource
from ticklake_assets.core.errors import MissingDataError, SetupError
from ticklake_assets_tests.serving.running_endpoint import running_endpoint


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EndpointSource]:
    with running_endpoint(tmp_path_factory.mktemp("home")) as running:
        assert running.token
        yield EndpointSource(running.url, running.settings.keys_dir / "endpoint.token")


def test_it_says_what_the_endpoint_says(source: EndpointSource) -> None:
    assert source.models() == []
    assert source.in_service("SYNEUR")["champion"] is None
    assert source.stats()["ticks"] == 0
    assert source.watch("SYNEUR") is None
    assert not source.breaker("SYNEUR")["open"]
    assert source.by_hand("SYNEUR", "open", "news")["open"]
    assert source.breaker("SYNEUR")["hand_reason"] == "news"
    assert not source.by_hand("SYNEUR", "close", "over")["open"]


def test_what_it_does_not_know_is_missing(source: EndpointSource) -> None:
    with pytest.raises(MissingDataError, match="ABCDEF"):
        source.breaker("ABCDEF")


def test_nobody_is_down_with_the_next_step(source: EndpointSource) -> None:
    with pytest.raises(ServiceDown, match=r"127\.0\.0\.1:9 .*`ticklake endpoint`"):
        replace(source, url="http://127.0.0.1:9").stats()


def test_another_homes_endpoint_does_not_take_the_token(source: EndpointSource, tmp_path: Path) -> None:
    token = tmp_path / "endpoint.token"
    with pytest.raises(SetupError, match="start the endpoint once"):
        replace(source, token_file=token).stats()
    token.write_text("of-another-home")
    with pytest.raises(SetupError, match="TICKLAKE_ENDPOINT_URL"):
        replace(source, token_file=token).stats()


@pytest.mark.parametrize("status", [200, 404, 500])
def test_a_stranger_at_the_address_is_down(source: EndpointSource, status: int) -> None:
    class Stranger(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(b"<h1>Welcome</h1>")

        def log_message(self, *_: object) -> None:
            """Nothing on the terminal."""

    with HTTPServer(("127.0.0.1", 0), Stranger) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        with pytest.raises(ServiceDown):
            replace(source, url=f"http://127.0.0.1:{server.server_port}").stats()
        server.shutdown()
