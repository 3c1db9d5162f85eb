from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.endpoint.telemetry.counters import Counters, SymbolCounters
from serving.endpoint.telemetry.stages import Stage
from ticklake_assets.core.quotes import RULES
from ticklake_assets.core.rule_kernel import KEPT, LATE
from ticklake_assets.journal.verdicts import FUTURE
from ticklake_assets_tests.serving.endpoint.telemetry.counted import batch_of, signal

FIRST_RULE = RULES[0].name


def test_counts_are_summed_over_symbols_under_the_names_of_the_wire() -> None:
    counters = Counters()
    assert counters.of("EURUSD") is counters.of("EURUSD")
    for symbol, ticks in (("EURUSD", 3), ("USDJPY", 4)):
        abstaining = signal("none", "incomplete_day", "feed_stale")
        counters.of(symbol).took(
            batch_of([KEPT] * ticks + [LATE, 1, FUTURE], [[abstaining, signal("long")], []])
        )
    counters.of("EURUSD").took_tick(KEPT, [signal("long")], event=True)
    counters.latency.record(50)
    assert counters.as_dict() == {
        "ticks": 14,
        "events": 5,
        "signals": 3,
        "predictions": 5,
        "abstentions": {"incomplete_day": 2, "feed_stale": 2},
        "quarantined": {FIRST_RULE: 2},
        "late": 2,
        "malformed": 0,
        "p50_ms": 5e-5,
        "p99_ms": 5e-5,
        "stages": {Stage.TOTAL: {"count": 1, "p50_ms": 5e-5, "p99_ms": 5e-5}},
    }
    assert counters.of("EURUSD").ticks == {"clean": 4, "late": 1, "quarantined": 1, "future": 1}
    assert counters.of("EURUSD").signals == {"none": 1, "long": 1}


SIGNALS = st.lists(
    st.builds(signal, st.sampled_from(["long", "short", "none"]), st.sampled_from(["a", "b"])), max_size=2
)


@given(
    st.lists(st.tuples(st.sampled_from([KEPT, LATE, FUTURE, *range(1, len(RULES) + 1)]), st.none() | SIGNALS))
)
def test_a_batch_counts_as_its_ticks_do(ticks: list[tuple[int, list[dict[str, object]] | None]]) -> None:
    one, other = SymbolCounters(), SymbolCounters()
    for code, signals in ticks:
        one.took_tick(code, signals or [], event=signals is not None)
    other.took(
        batch_of([code for code, _ in ticks], [signals for _, signals in ticks if signals is not None])
    )
    for name in ("ticks", "quarantined", "events", "predictions", "signals", "abstentions"):
        assert getattr(one, name) == getattr(other, name)


def test_connections_are_those_that_are_open() -> None:
    counters = Counters()
    with counters.connected("stream"), counters.connected("stream"):
        assert counters.connections == {"stream": 2}
        with pytest.raises(OSError, match="gone"), counters.connected("signals"):
            raise OSError("gone")
    assert counters.connections.total() == 0
