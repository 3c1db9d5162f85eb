"""Judge a report once more from its trades: what is signed for trading is what comes out, not what the file says.

    expect_recounted(report)      # before deploy/endpoint and promotion sign anything

Each trade's costs come from its fills and the fold's cost profile, day sums from the trades, the drawdown from the
trades' course, the benchmarks' shares from their draws, and every figure and gate from these. What no trade tells
(probabilities, validation, decision time, parity) is what was signed when it was made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isclose
from typing import Any

import numpy as np

from ticklake_assets.core.costs import trade_costs
from ticklake_assets.core.errors import BundleError
from ticklake_assets.core.instruments import Instrument
from ticklake_assets.core.symbol_day import MICROS_PER_DAY, SymbolDay
from ticklake_assets.modeling.judging.testing import BundleTest, SimulatedDay
from ticklake_assets.modeling.judging.walk_forward import WalkForwardReport, judge
from ticklake_assets.modeling.trading.simulation import Trade, falls

_AS_ANOTHER_MACHINE_SUMS = 1e-9
_OF_A_DAY = {
    "is_open",
    "signals",
    "net_pips",
    "net_pips_double_slippage",
    "slippage_cost_pips",
    "commission_cost_pips",
    "swap_cost_pips",
    "exposure",
}
"""What of a tested day follows from its trades, quotes and refused signals."""


def expect_recounted(report: WalkForwardReport) -> None:
    """BundleError names the first figure that does not follow from the trades."""
    for fold in report.folds:
        where = f"test of {fold.test.symbol}|{fold.as_of}"
        _expect(where, _stated_test(fold.test), _recounted_test(fold.test))
    rows = {row.name: row.value for row in report.gates.rows}
    openings = report.ledger.total if report.ledger else report.openings
    again = judge(report.folds, openings, rows.get("parity"), rows.get("decision_ms"), report.ledger)
    folds = {"folds": True}
    where = f"judgement of {report.symbol}|{report.as_of}"
    _expect(where, report.model_dump(exclude=folds), again.model_dump(exclude=folds))


def _recounted_test(test: BundleTest) -> dict[str, Any]:
    instrument = test.instrument
    trades = [trade for day in test.days for trade in day.trades]
    days = {str(day.day): _recounted_day(day, test.symbol, instrument) for day in test.days}
    return {"drawdown_pips": float(falls(trades).max(initial=0.0)) / instrument.pip, **days}


def _stated_test(test: BundleTest) -> dict[str, Any]:
    days = {str(day.day): {**day.model_dump(include=_OF_A_DAY), "orderly": True} for day in test.days}
    return {"drawdown_pips": test.drawdown_pips, **days}


def _recounted_day(day: SimulatedDay, symbol: str, instrument: Instrument) -> dict[str, Any]:
    trades, pip = day.trades, instrument.pip
    net, slippage, commission, swap = (
        sum(getattr(trade, name) for trade in trades) / pip
        for name in ("net", "slippage", "commission", "swap")
    )
    return {
        "is_open": day.ticks >= instrument.min_open_ticks,
        "signals": len(trades) + day.position_open + day.no_entry,
        "net_pips": net,
        "net_pips_double_slippage": net - slippage,
        "slippage_cost_pips": slippage,
        "commission_cost_pips": commission,
        "swap_cost_pips": swap,
        "exposure": sum(trade.exit_us - trade.entry_us for trade in trades) / MICROS_PER_DAY,
        "orderly": _is_orderly(day, SymbolDay(symbol, day.day), instrument),
    }


def _is_orderly(day: SimulatedDay, of: SymbolDay, instrument: Instrument) -> bool:
    """Whether the trades lie in their day, one after the other, each with its condition, costs and extremes."""
    times = [time for trade in day.trades for time in (trade.signal_us, trade.entry_us, trade.exit_us)]
    alone = all(
        one.exit_us <= other.signal_us for one, other in zip(day.trades, day.trades[1:], strict=False)
    )
    inside = all(of.start_us <= time < of.end_us for time in times)
    paid = all(
        isclose(
            trade.net,
            trade.side * (trade.exit - trade.entry)
            - (trade.slippage + trade.commission + trade.markup + trade.swap),
            abs_tol=_AS_ANOTHER_MACHINE_SUMS,
        )
        for trade in day.trades
    )
    charged = all(_is_charged(trade, of, instrument) for trade in day.trades)
    extremes = all(trade.worst <= trade.net <= trade.best and trade.fall >= 0 for trade in day.trades)
    return (
        alone
        and inside
        and paid
        and charged
        and extremes
        and times == sorted(times)
        and len(day.conditions) == len(day.trades)
    )


def _is_charged(trade: Trade, day: SymbolDay, instrument: Instrument) -> bool:
    """Whether a trade paid what the cost profile asks for its fills."""
    entry_us, exit_us = (np.array([time], dtype=np.int64) for time in (trade.entry_us, trade.exit_us))
    entry, exit_ = np.array([trade.entry]), np.array([trade.exit])
    asked = trade_costs(day, instrument, trade.side, entry_us, entry, exit_us, exit_)
    return all(
        isclose(getattr(trade, name), float(np.squeeze(cost)), abs_tol=_AS_ANOTHER_MACHINE_SUMS)
        for name, cost in asked._asdict().items()
    )


def _expect(where: str, stated: Mapping[str, Any], counted: Mapping[str, Any]) -> None:
    for path, (said, found) in _differences(stated, counted):
        raise BundleError(
            f"The {where} does not follow from its trades at {path}. Expected {found!r:.80}, was {said!r:.80}: "
            "test and judge it again"
        )


def _differences(stated: Any, counted: Any, path: str = "") -> Iterator[tuple[str, tuple[Any, Any]]]:
    if isinstance(stated, Mapping) and isinstance(counted, Mapping) and stated.keys() == counted.keys():
        for name in stated:
            yield from _differences(stated[name], counted[name], f"{path}.{name}".lstrip("."))
    elif (
        isinstance(stated, list | tuple) and isinstance(counted, list | tuple) and len(stated) == len(counted)
    ):
        for number, (one, other) in enumerate(zip(stated, counted, strict=True)):
            yield from _differences(one, other, f"{path}[{number}]")
    elif not _is_same(stated, counted):
        yield path, (stated, counted)


def _is_same(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return isclose(one, other, rel_tol=_AS_ANOTHER_MACHINE_SUMS, abs_tol=_AS_ANOTHER_MACHINE_SUMS)
    return bool(one == other)
