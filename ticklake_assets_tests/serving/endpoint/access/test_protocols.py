"""Callers that take their time, and too many of them: real sockets against real servers."""

from __future__ import annotations

import socket
import time
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import ConnectionClosedError
from websockets.sync.client import connect

from serving.endpoint.access.tokens import TokenFile
from ticklake_assets_tests.serving.endpoint_process import endpoint_process
from ticklake_assets_tests.serving.raw_socket import HANDSHAKE, answer_of, connected, rest_of, text_frame
from ticklake_assets_tests.serving.running_endpoint import RunningEndpoint, running_endpoint

_HALF = "GET /v1/models HTTP/1.1\r\nHost: x\r\nX-Slow: "
_TICK = '{"seq":%d,"ts_us":%d,"bid":1.1,"ask":1.2,"bid_size":1,"ask_size":1}'


def _is_up(url: str) -> bool:
    """A new connection each time, answered within a second."""
    return httpx.get(url + "/healthz", timeout=1).json() == {"status": "ok"}


@contextmanager
def _closing(sockets: list[socket.socket]) -> Iterator[None]:
    with ExitStack() as stack:
        for each in sockets:
            stack.enter_context(each)
        yield


@pytest.mark.parametrize("without", [(), ("httptools",)])
def test_300_half_sent_requests_do_not_keep_health_from_answering_and_end(
    tmp_path: Path, without: tuple[str, ...]
) -> None:
    """With either of the two parsers that uvicorn takes, and fewer open files at first than there are requests."""
    settings = {"TICKLAKE_ENDPOINT_TIMEOUT_S": "1"}
    with endpoint_process(tmp_path, variables=settings, without=without, open_files=256) as (_, url):
        began = time.monotonic()
        silent = [connected(url) for _ in range(150)]
        slow = [connected(url, _HALF) for _ in range(150)]
        with _closing(silent + slow):
            while time.monotonic() - began < 0.8:
                assert _is_up(url)
                for each in slow:
                    each.sendall(b"x")  # a byte now and then does not buy time
                time.sleep(0.05)
            ends = [rest_of(each) for each in silent + slow]
            assert time.monotonic() - began < 5
        assert _is_up(url)
    assert ends[:150] == [b""] * 150
    assert all(
        end.startswith(b"HTTP/1.1 408 ") and b"The request's head came too slowly" in end
        for end in ends[150:]
    )


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEndpoint]:
    """It waits 0.3 s for a head, 1.8 s for a body, 0.9 s for a reader; 8 connections, 2 streams of an address."""
    home = tmp_path_factory.mktemp("home")
    with running_endpoint(home, endpoint_timeout_s=0.3, endpoint_connections=8) as running:
        yield running


def test_a_half_sent_body_ends(hasty: RunningEndpoint) -> None:
    head = f"POST /v1/bundles HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {hasty.token}\r\nContent-Length: 100\r\n\r\n"
    began = time.monotonic()
    with connected(hasty.url, head + "half") as slow:
        status, headers, said = answer_of(slow)
    assert 1.7 < time.monotonic() - began < 6
    assert (status, said) == (
        408,
        {"error": "The request's body came too slowly. Expected all of it within 1.8 s"},
    )
    assert len(headers["x-request-id"]) == 16


def test_a_connection_that_is_not_used_again_ends_without_a_word(hasty: RunningEndpoint) -> None:
    with connected(hasty.url, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n") as idle:
        received = rest_of(idle)
    assert received.count(b"HTTP/1.1") == 1
    assert received.endswith(b'{"status":"ok"}')


def test_a_slow_second_request_ends_like_a_first(hasty: RunningEndpoint) -> None:
    with connected(hasty.url, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n") as slow:
        assert b"200" in slow.recv(1 << 16)
        slow.sendall(_HALF.encode())
        assert answer_of(slow)[0] == 408


def test_the_one_that_waited_longest_gives_way(hasty: RunningEndpoint) -> None:
    waiting = []
    for _ in range(5):
        waiting.append(connected(hasty.url, _HALF))
        time.sleep(0.02)
    with _closing(waiting):
        assert rest_of(waiting[0]) == b""
        assert answer_of(waiting[-1])[0] == 408


def test_streams_have_a_share_and_health_has_the_rest(hasty: RunningEndpoint) -> None:
    address, headers = hasty.url.replace("http", "ws"), {"Authorization": f"Bearer {hasty.token}"}
    with ExitStack() as open_streams:
        for day in (1, 2):
            url = f"{address}/v1/stream/EURUSD/2001-01-0{day}"
            open_streams.enter_context(connect(url, additional_headers=headers, proxy=None))
        with connected(
            hasty.url, HANDSHAKE.format(path="/v1/stream/EURUSD/2001-01-03", token=hasty.token)
        ) as third:
            status, _, said = answer_of(third)
        assert (status, said) == (503, {"error": "Expected at most 2 streams of one address, were 2"})
        with _closing([connected(hasty.url, _HALF) for _ in range(20)]):
            assert _is_up(hasty.url)
        assert hasty.get("/v1/models").status_code == 200
    assert _eventually_opens(hasty, "2001-01-03")


def test_a_stream_that_is_not_read_ends_and_frees_its_day(hasty: RunningEndpoint) -> None:
    path = "/v1/stream/EURUSD/2001-01-04"
    with connected(hasty.url, HANDSHAKE.format(path=path, token=hasty.token), window=4096) as deaf:
        ticks = (b"".join(text_frame(_TICK % (seq, seq)) for seq in range(n, n + 100)) for n in count(0, 100))
        with pytest.raises(
            ConnectionError
        ):  # once all buffers are full nothing more is taken, and then it is cut
            deque(map(deaf.sendall, ticks), maxlen=0)
        assert _eventually_opens(hasty, "2001-01-04")


def _eventually_opens(endpoint: RunningEndpoint, day: str) -> bool:
    headers = {"Authorization": f"Bearer {endpoint.token}"}
    for _ in range(50):
        try:
            with connect(
                f"{endpoint.url.replace('http', 'ws')}/v1/stream/EURUSD/{day}",
                additional_headers=headers,
                proxy=None,
            ):
                return True
        except Exception:
            time.sleep(0.1)
    return False


def test_a_stream_ends_with_its_token_and_others_go_on(hasty: RunningEndpoint) -> None:
    file, now = TokenFile(hasty.settings.keys_dir), datetime.now(UTC)
    secrets = [file.create(name, ["score"], now) for name in ("ending", "staying")]
    ending, staying = (
        connect(
            f"{hasty.url.replace('http', 'ws')}/v1/stream/EURUSD/2001-02-0{day}",
            additional_headers={"Authorization": f"Bearer {secret}"},
            proxy=None,
        )
        for day, secret in enumerate(secrets, 1)
    )
    with ending, staying:
        file.rotate("staying", now, timedelta(hours=1))
        file.revoke("ending")
        with pytest.raises(ConnectionClosedError) as ended:
            ending.recv(timeout=5)
        assert ended.value.rcvd is not None
        assert (ended.value.rcvd.code, ended.value.rcvd.reason) == (1008, "the token is no longer valid")
        staying.send('{"type":"resume"}')
        assert "resumed" in str(staying.recv(timeout=5))


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ("no HTTP at all\r\n\r\n", 400),
        ("GET /healthz HTTP/9.9\r\nbad header\r\n\r\n", 400),
        (HANDSHAKE.format(path="/v1/stream/EURUSD/2001-01-05", token="").replace("13", "7"), 400),
        ("GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 404),
        (HANDSHAKE.format(path="/nothing", token=""), 404),
    ],
)
def test_every_refusal_has_the_one_shape(hasty: RunningEndpoint, sent: str, status: int) -> None:
    with connected(hasty.url, sent) as caller:
        told, headers, said = answer_of(caller)
    assert (told, list(said), headers["content-type"]) == (status, ["error"], "application/json")
    assert len(headers["x-request-id"]) == 16
    assert said["error"]
