"""Market time against a plain sum of what passed at each speed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from serving.pipeline.sandbox.asked import FASTEST
from serving.pipeline.sandbox.pace import Pace

_STEPS = st.one_of(
    st.tuples(st.just("wait"), st.integers(0, 20)),
    st.tuples(st.just("speed"), st.sampled_from([1, 10, 60])),
    st.tuples(st.just("paused"), st.booleans()),
)


@given(st.lists(_STEPS, max_size=30))
def test_ticks_are_due_when_the_market_has_come_to_them(steps: list[tuple[str, int]]) -> None:
    now = 0.0
    pace = Pace(1.0, lambda: now)
    times_us = [second * 1_000_000 for second in range(200)]
    passed, speed, paused, done = 0.0, 1, False, 0
    for name, value in steps:
        if name == "wait":
            now += value
            passed += 0 if paused else value * speed
        elif name == "speed":
            pace.change(speed=float(value))
            speed = value
        else:
            pace.change(paused=bool(value))
            paused = bool(value)
        if not paused:  # in pause nothing is sent, also not what was due
            done = min(int(passed) + 1, len(times_us))
        assert pace.due(times_us, done if paused else 0) == done


def test_the_fastest_is_all_there_is_in_batches() -> None:
    pace, times_us = Pace(FASTEST), list(range(1000))
    assert [pace.due(times_us, done) for done in (0, 256, 900)] == [256, 512, 1000]


def test_a_speed_after_the_fastest_goes_on_from_where_it_was() -> None:
    now = 0.0
    pace = Pace(FASTEST, lambda: now)
    times_us = [second * 1_000_000 for second in range(1000)]
    assert pace.due(times_us, 256) == 512
    pace.change(speed=10.0)
    now += 1.0
    assert pace.due(times_us, 512) <= 512 + 10
