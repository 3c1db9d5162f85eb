from __future__ import annotations

import gzip
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from ticklake_assets.core.clock import SYSTEM_CLOCK
from ticklake_assets.core.errors import SourceError, TransientError
from ticklake_assets.sources.hour_client import HourClient, Politeness
from ticklake_assets_tests.sources.fake_clock import FakeClock
from ticklake_assets_tests.sources.feed_server import FeedServer, Misdeed, feed_server

_QUICK = Politeness(requests_per_second=1e6, timeout_s=5, attempts=4, first_wait_s=1, longest_wait_s=20)


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with feed_server() as feed:
        feed.content["hour"] = b"ticks"
        yield feed


def _check(data: bytes) -> int:
    if data != b"ticks":
        raise SourceError(f"Expected ticks, was {data!r}")
    return len(data)


def _fetch(server: FeedServer, fake: FakeClock, politeness: Politeness = _QUICK) -> tuple[bytes, int] | None:
    client = HourClient(politeness, fake.clock)
    try:
        return client.fetch(f"{server.url}/hour", _check)
    finally:
        client.close()


def _back_offs(fake: FakeClock) -> list[float]:
    return [pause for pause in fake.pauses_s if pause > 0.01]


@pytest.mark.parametrize(
    "misdeed",
    [
        Misdeed(status=503),
        Misdeed(status=500),
        Misdeed(status=429),
        Misdeed(status=408),
        Misdeed(cut=2),
        Misdeed(garble=True),
        Misdeed(drop=True),
    ],
)
def test_what_is_temporary_is_tried_again(server: FeedServer, misdeed: Misdeed) -> None:
    server.misdeeds["hour"] = [misdeed, misdeed]
    fake = FakeClock()
    assert _fetch(server, fake) == (b"ticks", 5)
    assert server.requests["hour"] == 3
    first, second = _back_offs(fake)
    assert 0.5 <= first <= 1 <= second <= 2


def test_a_slow_answer_times_out_and_is_tried_again(server: FeedServer) -> None:
    server.misdeeds["hour"] = [Misdeed(delay_s=0.6)]
    politeness = Politeness(requests_per_second=1e6, timeout_s=0.3)
    assert _fetch(server, FakeClock(), politeness) == (b"ticks", 5)
    assert server.requests["hour"] == 2


def test_the_jitter_is_seeded(server: FeedServer) -> None:
    waits = []
    for seed in (1, 1, 2):
        server.misdeeds["hour"] = [Misdeed(status=503)] * 3
        fake = FakeClock()
        _fetch(server, fake, Politeness(requests_per_second=1e6, seed=seed))
        waits.append(_back_offs(fake))
    assert waits[0] == waits[1] != waits[2]


@pytest.mark.parametrize(
    ("retry_after", "wait_s"),
    [("7", 7), ("Sat, 01 Aug 2026 00:00:09 GMT", 9), ("Fri, 31 Jul 2026 00:00:00 GMT", 0), ("900", 20)],
)
def test_the_server_may_name_the_wait(server: FeedServer, retry_after: str, wait_s: float) -> None:
    server.misdeeds["hour"] = [Misdeed(status=429, retry_after=retry_after)]
    fake = FakeClock(datetime(2026, 8, 1, tzinfo=UTC))
    assert _fetch(server, fake) == (b"ticks", 5)
    assert sum(fake.pauses_s) == pytest.approx(wait_s, abs=0.01)


def test_a_server_that_stays_down_is_a_transient_error(server: FeedServer) -> None:
    server.misdeeds["hour"] = [Misdeed(status=503)] * 9
    with pytest.raises(
        TransientError, match=r"/hour: still failing after 4 attempts. Expected 200 OK, was 503"
    ):
        _fetch(server, FakeClock())
    assert server.requests["hour"] == 4


def test_no_server_is_a_transient_error() -> None:
    with feed_server() as feed:
        pass
    with pytest.raises(TransientError, match=r"still failing after 4 attempts.*ConnectError"):
        _fetch(feed, FakeClock())


def test_content_that_stays_wrong_is_its_own_error(server: FeedServer) -> None:
    server.content["hour"] = b"<html>"
    with pytest.raises(SourceError, match="Expected ticks, was b'<html>'"):
        _fetch(server, FakeClock())
    assert server.requests["hour"] == 4


@pytest.mark.parametrize("status", [400, 401, 403, 451])
def test_a_refusal_is_not_repeated(server: FeedServer, status: int) -> None:
    server.misdeeds["hour"] = [Misdeed(status=status)]
    with pytest.raises(SourceError, match=f"/hour: refused. Expected 200 OK, was {status}"):
        _fetch(server, FakeClock())
    assert server.requests["hour"] == 1


def test_no_such_page_is_none(server: FeedServer) -> None:
    del server.content["hour"]
    assert _fetch(server, FakeClock()) is None
    assert server.requests["hour"] == 1


def test_a_stop_ends_a_long_back_off(server: FeedServer) -> None:
    server.misdeeds["hour"] = [Misdeed(status=503)]
    client = HourClient(Politeness(first_wait_s=60), SYSTEM_CLOCK)
    threading.Timer(0.2, client.stop).start()
    started = time.monotonic()
    with pytest.raises(TransientError, match="the download was stopped"):
        client.fetch(f"{server.url}/hour", _check)
    client.close()
    assert time.monotonic() - started < 10


def test_an_answer_may_be_packed_and_has_a_bound(server: FeedServer) -> None:
    server.misdeeds["hour"] = [Misdeed(content=gzip.compress(b"ticks"), gzipped=True)]
    assert _fetch(server, FakeClock()) == (b"ticks", 5)
    server.misdeeds["hour"] = [Misdeed(content=gzip.compress(bytes(80 << 20), 1), gzipped=True)]
    with pytest.raises(SourceError, match="hour: Expected an hour of at most 64 MiB, was a longer answer"):
        _fetch(server, FakeClock())
    assert server.requests["hour"] == 2, "it isn't asked for again"
