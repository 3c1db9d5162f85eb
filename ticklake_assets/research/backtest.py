"""A user's own signals through the product's simulator: the same walk of each order as labels, test and paper broker.

A signal is known at `ts_event`. Its order is anchored at the quote that is known then, arrives a latency later, and is
filled at the first quote from there on (the table in `core/orders.py`), so no figure knows what a trader could not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from ticklake_assets.core.instruments import Instrument, instrument_of
from ticklake_assets.core.metrics import sharpe
from ticklake_assets.core.rounding import rounded
from ticklake_assets.core.symbol_day import MICROS_PER_DAY
from ticklake_assets.modeling.trading.simulation import DayRun, falls, simulate_day
from ticklake_assets.research.asked import expect_symbol
from ticklake_assets.research.quotes import quote_days
from ticklake_assets.research.signals import Signals
from ticklake_assets.research.trades import refused_table, trade_table

NO_QUOTES = "no_quotes"
"""Reason of a signal on a day that has no quotes."""


@dataclass(frozen=True, repr=False)
class Figures:
    """What the trades come to; pips are the instrument's. Shown by six digits, exact as values."""

    signals: int
    """That asked for an order: side 1 or -1."""
    trades: int
    wins: int
    """Trades with a net above 0."""
    net_pips: float
    """After all costs."""
    cost_pips: float
    """Slippage, commission, mark-up and swap; the feed's own spread is in the prices."""
    drawdown_pips: float
    """Deepest fall of the equity, marked at every quote of a position's life."""
    sharpe: float
    """Mean over standard deviation of a trade's net; not annualised, 0 for fewer than two trades."""
    exposure: float
    """Share of the days' time spent in a position."""
    days: int
    """Days with quotes."""

    def as_dict(self) -> dict[str, float]:
        return asdict(self)

    def __repr__(self) -> str:
        told = {
            name: rounded(value) if isinstance(value, float) else value
            for name, value in asdict(self).items()
        }
        return f"Figures({', '.join(f'{name}={value}' for name, value in told.items())})"


@dataclass(frozen=True)
class Backtest:
    """The trades, the signals that became none, and the figures."""

    trades: pa.Table
    """`research.trades.TRADES`: a closed position a row, in the order of time."""
    refused: pa.Table
    """`research.trades.REFUSED`: a signal that became no position a row, with the reason."""
    figures: Figures


def simulate(signals: Any, quotes: Any, costs: Instrument | str) -> Backtest:
    """Trade signals one after the other: one position at a time, closed before the day's end.

    Args:
        signals: a table of Arrow, Polars or pandas, a row a signal, in the order of time. Columns:
            `ts_event` (timestamp with zone): when the signal is known. `side`: 1 long, -1 short, 0 none.
            `horizon_us` (int64 microseconds, or a duration): longest holding time from `ts_event`.
            Either `width` (price units, rounded up to points): distance of stop and target from the anchor, the
            ask of a long, the bid of a short; or `stop` and `target` (price units, rounded to points).
            Others are ignored.
        quotes: clean quotes of the symbol in the order of time: `lake.ticks(...)`, read day by day, or a table.
            Columns: `ts_event` (timestamp with zone), `bid` and `ask` (price units).
        costs: `lake.instrument(symbol, profile)`, or a symbol: with its costs by TICKLAKE_COSTS.

    A signal while a position is open, before a day's first quote, on a day without quotes, or whose order found no
    entry is no trade; `refused` has it with its reason. A position that is open pays for the night at 17:00 New York.

    Raises:
        DataError: columns are missing, null, not finite, unordered, or a barrier is on the wrong side.
    """
    if isinstance(costs, str):
        expect_symbol(costs)
        costs = instrument_of(costs)
    given = Signals.of(signals, costs)
    runs = list(_runs(given, quotes, costs))
    trades = [trade for run in runs for trade in run.trades]
    refused = [
        *(pair for run in runs for pair in run.refused),
        *((ts_us, NO_QUOTES) for ts_us in given.outside([run.day for run in runs])),
    ]
    pip, net = costs.pip, np.array([trade.net for trade in trades])
    spent = sum(t.slippage + t.commission + t.markup + t.swap for t in trades)
    figures = Figures(
        signals=given.orders,
        trades=len(trades),
        wins=int((net > 0).sum()),
        net_pips=float(net.sum()) / pip,
        cost_pips=spent / pip,
        drawdown_pips=float(max(falls(trades), default=0.0)) / pip,
        sharpe=sharpe(net),
        exposure=sum(t.exit_us - t.entry_us for t in trades) / (MICROS_PER_DAY * max(len(runs), 1)),
        days=len(runs),
    )
    return Backtest(trade_table(trades, costs), refused_table(refused), figures)


def _runs(given: Signals, quotes: Any, instrument: Instrument) -> Iterator[DayRun]:
    for day, held in quote_days(quotes, instrument.symbol):
        decisions, unanchored = given.on(day, held, instrument)
        run = simulate_day(day, held, decisions, instrument)
        yield run._replace(refused=(*unanchored, *run.refused))
