"""The lake's connection, against servers that are not as they should be."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from ticklake_assets.core.errors import SetupError, TransientError
from ticklake_assets.resources.lake import Lake


class Server(ThreadingHTTPServer):
    """Answers each method with one status, and notes what it was asked."""

    def __init__(self, **statuses: int) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.statuses = statuses
        self.asked: list[str] = []

    def lake(self) -> Lake:
        return Lake(url="s3://bucket", endpoint=f"http://127.0.0.1:{self.server_port}")


class _Answer(BaseHTTPRequestHandler):
    server: Server

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked.append(f"{self.command} {self.path}")
        self.send_response(self.server.statuses[self.command])
        self.send_header("ETag", '"1"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_HEAD(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with Server(HEAD=200, PUT=200) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("write", ["create", "put"])
def test_a_server_that_would_make_the_bucket_is_asked_for_it_first(server: Server, write: str) -> None:
    server.statuses["HEAD"] = 404
    with pytest.raises(SetupError, match=r"Expected the bucket 'bucket' on .*, was no such bucket"):
        getattr(server.lake().store, write)("a", b"")
    assert server.asked == ["HEAD /bucket"]


def test_the_bucket_is_looked_for_once_and_by_who_may(server: Server) -> None:
    server.statuses["HEAD"] = 403
    store = server.lake().store
    store.create("a", b"")
    store.put("b", b"")
    assert server.asked == ["HEAD /bucket", "PUT /bucket/a", "PUT /bucket/b"]


def test_a_server_that_cannot_store_is_said_soon(server: Server) -> None:
    server.statuses["PUT"] = 500
    with pytest.raises(TransientError, match=r"s3://bucket/a on .* was 500 500: is its disk full\?$"):
        server.lake().store.create("a", b"")
    assert server.asked.count("PUT /bucket/a") == 2


def test_an_address_that_is_none_is_one_line() -> None:
    with pytest.raises(
        SetupError, match=r"\(TICKLAKE_S3_ENDPOINT\)\. Expected an address .*, was 'nonsense'$"
    ):
        _ = Lake(url="s3://bucket", endpoint="nonsense").store


def test_a_profile_that_is_missing_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "corp")
    with pytest.raises(SetupError, match=r"AWS\. Expected a usable S3 set-up, was .*\(corp\)[^\n]*$"):
        _ = Lake(url="s3://bucket").store
