"""Builders of orders, signals and quotes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mt5_bridge.append_log import ChainedLog
from mt5_bridge.trading.words import Cost, Order, Quote
from mt5_bridge.wire.contract import ByPrice, CostFacts, Signal, SymbolFacts

FACTS = SymbolFacts(
    symbol="SYNEUR",
    digits=5,
    point=1e-5,
    pip=1e-4,
    stops_level_points=0,
    costs=CostFacts(
        profile="tests",
        slippage_pips=0.1,
        slippage_by_hour=(1.0,) * 24,
        markup_pips=0.0,
        commission=ByPrice(share=0.0, fixed=0.025e-4),
        minimum_commission=ByPrice(share=0.0, fixed=0.0),
        swap_long_pips=0.0,
        swap_short_pips=0.0,
        nights=(1, 1, 3, 1, 1, 0, 0),
    ),
)


def flat(cost: float) -> Cost:
    """The same cost for every position."""
    return lambda side, entry, leave: cost


class _QuickLog(ChainedLog):
    """Waits for no disk: in tests processes die, and no machine."""

    def _sync(self) -> None:
        pass


def open_log(path: Path) -> ChainedLog:
    return _QuickLog(path, {"account": "tests"})


def make_signal(ts_us: int = 1_000_000, **changes: Any) -> Signal:
    """A tradable long signal around 1.10000 with a horizon of 10 seconds."""
    fields: dict[str, Any] = {
        "signal_id": f"signal-{ts_us}",
        "symbol": "SYNEUR",
        "ts_us": ts_us,
        "side": "long",
        "p_short": 0.1,
        "p_neither": 0.2,
        "p_long": 0.7,
        "threshold": 0.5,
        "anomaly": 1.0,
        "abstain": (),
        "earliest_entry_us": ts_us + 200_000,
        "stop": 1.09990,
        "target": 1.10012,
        "horizon_end_us": ts_us + 10_000_000,
        "day_end_us": 86_340_000_000,
        "tradable": True,
        "bundle": "b" * 64,
    }
    return Signal.model_validate(fields | changes)


def make_order(intent_id: str = "a" * 16, **changes: Any) -> Order:
    fields: dict[str, Any] = {
        "intent_id": intent_id,
        "symbol": "SYNEUR",
        "side": "long",
        "earliest_entry_us": 1_200_000,
        "stop": 1.09990,
        "target": 1.10012,
        "horizon_end_us": 11_000_000,
        "day_end_us": 86_340_000_000,
    }
    return Order(**(fields | changes))


def make_quotes(*rows: tuple[float, float, float]) -> list[Quote]:
    """Quotes from (seconds, bid, ask), numbered from 1."""
    return [
        Quote(round(seconds * 1e6), seq, bid, ask) for seq, (seconds, bid, ask) in enumerate(rows, start=1)
    ]
