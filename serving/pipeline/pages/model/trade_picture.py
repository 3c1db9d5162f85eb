"""One trade among the quotes around it: signal, entry, barriers and exit, read from clean ticks and gold's labels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np

from serving.pipeline.answers import ask
from serving.pipeline.pages.model.figures import Figures, Mark, Series, thinned
from serving.pipeline.pages.model.trades import signal_us
from ticklake_assets.core.broker import Costs
from ticklake_assets.core.errors import MissingDataError
from ticklake_assets.core.instruments import Instrument
from ticklake_assets.core.orders import LONG, SHORT, Order, order_at
from ticklake_assets.core.tables import Floats, Ints
from ticklake_assets.modeling.report.trades import TradeLine
from ticklake_assets.research.columns import times_us
from ticklake_assets.research.lake import Lake

_MOST = 3000
"""Points of a picture: more than it has pixels across."""
_LEAST_AROUND_US = 60_000_000
_NEAR = 0.15
"""Of a trade's life, below which two labels would overlap."""
_AROUND = 0.3
"""Of the trade's life, before and after it."""


class Quotes(NamedTuple):
    ts_us: Ints
    bid: Floats
    ask: Floats


@dataclass(frozen=True)
class Picture:
    trade: TradeLine
    figures: Figures
    order: Order | None
    """Its barriers; None where gold has the event no more."""
    problem: str
    """Why there are no barriers."""
    digits: int
    """Of a price."""


def picture_of(lake: Lake, trade: TradeLine, symbol: str, costs: Costs) -> Picture:
    """Raises MissingDataError where the lake has no clean quotes of that day any more."""
    instrument = replace(lake.instrument(symbol), costs=costs)
    signal, exit_us = signal_us(trade), _us(trade.exit_time)
    around = max(_LEAST_AROUND_US, int(_AROUND * (exit_us - signal)))
    quotes = _quotes(lake, symbol, trade.signal[:10], signal - around, exit_us + around)
    answer = ask(_order, lake, trade, symbol, quotes, instrument)
    figures = _figures(trade, quotes, answer.value, instrument.digits)
    return Picture(trade, figures, answer.value, answer.problem, instrument.digits)


def _quotes(lake: Lake, symbol: str, day: str, first_us: int, last_us: int) -> Quotes:
    rows = lake.ticks(symbol, day, day, columns=["ts_event", "bid", "ask"]).to_arrow()
    times = times_us(rows, "ticks")
    inside = slice(*np.searchsorted(times, [first_us, last_us + 1]))
    return Quotes(times[inside], rows["bid"].to_numpy()[inside], rows["ask"].to_numpy()[inside])


def _order(lake: Lake, trade: TradeLine, symbol: str, quotes: Quotes, instrument: Instrument) -> Order:
    """The order that answered the event: the first quote of its time, and the width and horizon of its label."""
    signal, day = signal_us(trade), trade.signal[:10]
    rows = lake.labels(symbol, day, day, columns=["ts_event", "width", "horizon_us"]).to_arrow()
    found, at = np.flatnonzero(times_us(rows, "labels") == signal), int(np.searchsorted(quotes.ts_us, signal))
    if not found.size or at == len(quotes.ts_us) or quotes.ts_us[at] != signal:
        raise MissingDataError(
            f"Gold has no event of {symbol} at {trade.signal} any more, so its barriers are unknown. Expected the day "
            "as it was tested, was another: ticks or rules have changed since"
        )
    width, horizon = (
        float(rows["width"][int(found[0])].as_py()),
        int(rows["horizon_us"][int(found[0])].as_py()),
    )
    side = LONG if trade.side == "long" else SHORT
    return order_at(side, signal, float(quotes.bid[at]), float(quotes.ask[at]), width, horizon, instrument)


def _figures(trade: TradeLine, quotes: Quotes, order: Order | None, digits: int) -> Figures:
    kept = thinned(quotes.bid.tolist(), quotes.ask.tolist(), _MOST)
    times = quotes.ts_us[kept]
    held = (times >= _us(trade.entry_time)) & (times <= _us(trade.exit_time))
    lines = {"entry": (trade.entry, "warn")}
    if order:
        lines |= {"target": (order.target, "good"), "stop": (order.stop, "bad")}
    return Figures(
        x="time",
        series=[
            Series(label="bid", digits=digits, kind="step"),
            Series(label="ask", digits=digits, kind="step"),
            *(Series(label=name, digits=digits, colour=colour) for name, (_, colour) in lines.items()),
        ],
        columns=[
            (times / 1e6).tolist(),
            quotes.bid[kept].tolist(),
            quotes.ask[kept].tolist(),
            *([price if inside else None for inside in held] for price, _ in lines.values()),
        ],
        marks=_marks(trade),
    )


def _marks(trade: TradeLine) -> list[Mark]:
    """Its moments; where signal and entry would lie on each other one label says both."""
    signal, entry, left = (at / 1e6 for at in (signal_us(trade), _us(trade.entry_time), _us(trade.exit_time)))
    is_near = entry - signal < _NEAR * (left - signal)
    return [
        Mark(x=signal, label="" if is_near else "signal"),
        Mark(x=entry, label=f"{'signal, ' if is_near else ''}{trade.side}"),
        Mark(x=left, label=trade.ended, kind="good" if trade.net_pips > 0 else "bad"),
    ]


def _us(text: str) -> int:
    at = datetime.fromisoformat(text).astimezone(UTC)
    return int(at.timestamp()) * 1_000_000 + at.microsecond
