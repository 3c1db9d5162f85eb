from __future__ import annotations

from serving.endpoint.counters import Counters


def test_counts_have_the_names_of_the_wire() -> None:
    counters = Counters()
    counters.ticks, counters.late = 3, 1
    counters.quarantined["spike"] += 2
    counters.latency.record(50)
    assert counters.as_dict() == {
        "ticks": 3,
        "signals": 0,
        "predictions": 0,
        "quarantined": {"spike": 2},
        "late": 1,
        "malformed": 0,
        "p50_ms": 5e-5,
        "p99_ms": 5e-5,
    }
