"""In which markets a chain earned its money: its trades by side, and by the market at their signals.

It describes and decides nothing: the borders are thirds of the same trades.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np

from ticklake_assets.core.instruments import Instrument
from ticklake_assets.core.orders import LONG, SHORT
from ticklake_assets.core.symbol_day import MICROS_PER_DAY
from ticklake_assets.core.tables import Events, Floats
from ticklake_assets.modeling.deployed.document import Document
from ticklake_assets.modeling.trading.simulation import Trade

_HOUR_US = MICROS_PER_DAY // 24
SESSIONS = (
    ("Asia", 0, 7),
    ("London", 7, 12),
    ("overlap", 12, 16),
    ("New York", 16, 21),
    ("rollover", 21, 24),
)
"""Name, first hour and the hour after the last, UTC, whatever the season; in the overlap London and New York trade."""
By = Literal["side", "volatility", "spread", "session"]


class Condition(Document):
    """The market at an event."""

    volatility_pips: float
    """Standard deviation of a one-minute change of mid, tau 30 min."""
    spread_pips: float


class Regime(Document):
    """The trades of a chain that were signalled in one kind of market."""

    by: By
    name: str
    bounds: str
    """What belongs to it."""
    trades: int
    net_pips: float
    hit_rate: float
    """Share of trades with a profit after costs."""


def conditions_of(events: Events, features: Sequence[str], instrument: Instrument) -> Mapping[int, Condition]:
    """The market at each event by its time; `features` name the columns of the events' matrix."""
    sigma_bp = events.features[:, list(features).index("sigma_bp")]
    volatility = sigma_bp * 1e-4 * (events.bid + events.ask) / 2 / instrument.pip
    spread = (events.ask - events.bid) / instrument.pip
    return {
        ts_us: Condition(volatility_pips=sigma, spread_pips=round(width, 6))
        for ts_us, sigma, width in zip(
            events.ts_us.tolist(), volatility.tolist(), spread.tolist(), strict=True
        )
    }


def by_regime(trades: Sequence[Trade], conditions: Sequence[Condition], pip: float) -> tuple[Regime, ...]:
    """Split the trades four times; each split has every trade once, kinds of market without a trade are left out."""
    if not trades:
        return ()
    nets = np.array([trade.net for trade in trades]) / pip
    volatility = np.array([each.volatility_pips for each in conditions])
    spread = np.array([each.spread_pips for each in conditions])
    return (
        *_sides(np.array([trade.side for trade in trades]), nets),
        *_thirds("volatility", ("calm", "usual", "wild"), volatility, "pips a minute", nets),
        *_thirds("spread", ("narrow", "usual", "wide"), spread, "pips", nets),
        *_sessions(np.array([trade.signal_us for trade in trades]), nets),
    )


def _sides(side: np.typing.NDArray[np.int64], nets: Floats) -> list[Regime]:
    named = ((LONG, "long", "buys at the ask"), (SHORT, "short", "sells at the bid"))
    found = [_regime("side", name, bounds, nets[side == each]) for each, name, bounds in named]
    return [regime for regime in found if regime.trades]


def _thirds(by: By, names: Sequence[str], values: Floats, unit: str, nets: Floats) -> list[Regime]:
    """Low, middle and high values; equal values stay together, so that thirds of few levels are uneven."""
    low, high = np.quantile(values, [1 / 3, 2 / 3], method="inverted_cdf").tolist()
    bounds = (f"to {low:.3g} {unit}", f"to {high:.3g} {unit}", f"above {high:.3g} {unit}")
    place = np.searchsorted([low, high], values, side="left")
    found = [
        _regime(by, *named, nets[place == at]) for at, named in enumerate(zip(names, bounds, strict=True))
    ]
    return [regime for regime in found if regime.trades]


def _sessions(signal_us: np.typing.NDArray[np.int64], nets: Floats) -> list[Regime]:
    hour = signal_us % MICROS_PER_DAY // _HOUR_US
    found = [
        _regime("session", name, f"{start:02}-{end:02} h UTC", nets[(hour >= start) & (hour < end)])
        for name, start, end in SESSIONS
    ]
    return [regime for regime in found if regime.trades]


def _regime(by: By, name: str, bounds: str, nets: Floats) -> Regime:
    hits = float(np.mean(nets > 0)) if len(nets) else 0.0
    return Regime(
        by=by, name=name, bounds=bounds, trades=len(nets), net_pips=float(nets.sum()), hit_rate=hits
    )
