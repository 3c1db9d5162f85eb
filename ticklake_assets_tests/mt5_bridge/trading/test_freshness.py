"""Each doubt alone, just within its limit and just beyond it."""

from __future__ import annotations

from typing import Any

import pytest

from mt5_bridge.trading.freshness import Clocks, Doubt, FreshnessLimits, doubt
from mt5_bridge.trading.words import Quote
from ticklake_assets_tests.mt5_bridge.orders import make_signal

_LIMITS = FreshnessLimits(
    signal_age_seconds=2, clock_skew_seconds=1, quote_age_seconds=3, spread_times=2, distance_share=0.5
)
_TS = 1_000_000_000
_SEEN = Quote(_TS, 1, 1.09995, 1.10005)


def _doubt(**changes: Any) -> Doubt | None:
    asked: dict[str, Any] = {
        "signal": make_signal(_TS, stop=1.0990, target=1.1020),
        "seen": _SEEN,
        "standing": _SEEN,
        "now_us": _TS,
        "clocks": Clocks(),
    }
    return doubt(_LIMITS, **(asked | changes))


def _standing(middle: float = 1.1, spread: float = 0.0001, ts_us: int = _TS) -> Quote:
    return Quote(ts_us, 2, middle - spread / 2, middle + spread / 2)


@pytest.mark.parametrize(
    ("within", "beyond", "reason"),
    [
        ({"now_us": _TS + 2_000_000}, {"now_us": _TS + 2_000_001}, Doubt.SIGNAL_OLD),
        ({"now_us": _TS - 1_000_000}, {"now_us": _TS - 1_000_001}, Doubt.SIGNAL_FROM_FUTURE),
        ({"clocks": Clocks(terminal=1.0)}, {"clocks": Clocks(terminal=1.01)}, Doubt.TERMINAL_CLOCK),
        ({"clocks": Clocks(terminal=-900.0)}, {"clocks": Clocks(terminal=1.01)}, Doubt.TERMINAL_CLOCK),
        ({"clocks": Clocks(endpoint=1.0)}, {"clocks": Clocks(endpoint=1.01)}, Doubt.ENDPOINT_CLOCK),
        ({"clocks": Clocks(endpoint=-1.0)}, {"clocks": Clocks(endpoint=-1.01)}, Doubt.ENDPOINT_CLOCK),
        ({}, {"standing": None}, Doubt.QUOTE_MISSING),
        (
            {"standing": _standing(ts_us=_TS - 3_000_000)},
            {"standing": _standing(ts_us=_TS - 3_000_001)},
            Doubt.QUOTE_OLD,
        ),
        (
            {"standing": _standing(spread=0.000199)},
            {"standing": _standing(spread=0.000201)},
            Doubt.SPREAD_WIDE,
        ),
        ({"standing": _standing(1.10049)}, {"standing": _standing(1.10051)}, Doubt.PRICE_AWAY),
        ({"standing": _standing(1.09951)}, {"standing": _standing(1.09949)}, Doubt.PRICE_AWAY),
    ],
)
def test_a_signal_is_trusted_up_to_each_limit(
    within: dict[str, Any], beyond: dict[str, Any], reason: Doubt
) -> None:
    assert _doubt(**within) is None
    assert _doubt(**beyond) is reason
