from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.endpoint.access.rate_limit import _MOST_KEYS, RateLimit


class _Time:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_then_the_rate() -> None:
    time = _Time()
    limit = RateLimit(2.0, 3, time)
    assert [limit.take("a") for _ in range(3)] == [0.0] * 3
    assert limit.take("a") == pytest.approx(0.5)
    assert limit.take("b") == 0.0
    time.now += 0.5
    assert limit.take("a") == 0.0
    assert limit.take("a") == pytest.approx(0.5)
    time.now += 100
    assert [limit.take("a") > 0 for _ in range(4)] == [False] * 3 + [True]


@given(
    steps=st.lists(st.floats(0, 3), max_size=80),
    per_s=st.sampled_from([0.5, 1.0, 8.0]),
    burst=st.integers(1, 5),
)
def test_it_is_a_token_bucket(steps: list[float], per_s: float, burst: int) -> None:
    """The oracle fills by the time that passed and takes one a question."""
    time = _Time()
    limit, tokens = RateLimit(per_s, burst, time), float(burst)
    for step in steps:
        time.now += step
        tokens = min(tokens + step * per_s, burst)
        if abs(tokens - 1) < 1e-6:  # where rounding decides
            return
        goes_on = limit.take("a") == 0.0
        assert goes_on == (tokens >= 1)
        tokens -= goes_on


def test_many_addresses_are_forgotten_and_the_busy_are_kept() -> None:
    time = _Time()
    limit = RateLimit(1.0, 1, time)
    for number in range(_MOST_KEYS):
        limit.take(f"idle {number}")
    time.now += 2
    limit.take("busy")
    for number in range(_MOST_KEYS):
        limit.take(f"more {number}")
        assert len(limit._due) <= _MOST_KEYS + 1
    assert limit.take(f"more {_MOST_KEYS - 1}") > 0
