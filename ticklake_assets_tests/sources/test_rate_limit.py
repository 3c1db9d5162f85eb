from __future__ import annotations

import threading

import pytest

from ticklake_assets.core.clock import SYSTEM_CLOCK
from ticklake_assets.sources.rate_limit import RateLimit
from ticklake_assets_tests.sources.fake_clock import FakeClock

_NEVER = threading.Event()


def test_requests_are_a_gap_apart() -> None:
    fake = FakeClock()
    limit = RateLimit(4, fake.clock)
    for _ in range(4):
        limit.wait(_NEVER)
    assert fake.pauses_s == pytest.approx([0.25] * 3)


def test_unused_time_is_not_saved_up() -> None:
    fake = FakeClock()
    limit = RateLimit(4, fake.clock)
    fake.clock.pause(10, _NEVER)
    limit.wait(_NEVER)
    limit.wait(_NEVER)
    assert fake.pauses_s == pytest.approx([10, 0.25])


def test_everybody_waits_while_held() -> None:
    fake = FakeClock()
    limit = RateLimit(1_000, fake.clock)
    limit.hold(7)
    limit.hold(3)
    limit.wait(_NEVER)
    assert fake.pauses_s == pytest.approx([7])


def test_threads_share_the_limit() -> None:
    limit = RateLimit(100, SYSTEM_CLOCK)
    sent: list[float] = []

    def send() -> None:
        for _ in range(5):
            limit.wait(_NEVER)
            sent.append(SYSTEM_CLOCK.monotonic())

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(sent) - min(sent) >= 0.18


def test_a_stop_ends_the_wait() -> None:
    limit = RateLimit(1, SYSTEM_CLOCK)
    limit.hold(60)
    stop = threading.Event()
    stop.set()
    started = SYSTEM_CLOCK.monotonic()
    limit.wait(stop)
    assert SYSTEM_CLOCK.monotonic() - started < 5
