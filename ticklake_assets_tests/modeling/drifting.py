"""Markets that nobody planted a pattern in: a random walk with clustered volatility, spread regimes and a drift."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np

from ticklake_assets.core.features import features_of_day
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import DayFeatures, Floats, Quotes
from ticklake_assets_tests.modeling.markets import FIRST, SyntheticMarket, events_of, joined

_MINUTE_US = 60_000_000
_MINUTES = 1_440
_TICKS = 30_000
_PERSISTENCE, _SHOCK = 0.98, 0.15
"""Of the logarithm of a minute's volatility: clusters of most of an hour, a factor of two up and down."""


def drifting_market(
    seed: int, drift_pips: float, days: int = 16, symbol: str = "SYNEUR", *, free: bool = False
) -> SyntheticMarket:
    """A market from `FIRST` on that drifts so many pips a day; `free` has a point of spread and no slippage."""
    instrument = instrument_of(symbol)
    if free:
        instrument = replace(instrument, slippage_pips=0.0)
    rng = np.random.default_rng([seed, round(drift_pips), free])
    level, volatility = 11_000.0, 0.0
    quotes: dict[date, Quotes] = {}
    features: dict[date, DayFeatures] = {}
    events = []
    for day in (SymbolDay(symbol, FIRST + timedelta(days=offset)) for offset in range(days)):
        mid, volatility, offset_us = _walk(rng, level, volatility, drift_pips)
        level = float(mid[-1])
        spread = np.full(len(mid), 0.1) if free else _spreads(rng, offset_us)
        today = quotes[day.trading_day] = _quotes(
            rng, day, mid, spread, offset_us, instrument.pip, instrument.digits
        )
        features[day.trading_day] = features_of_day(day, today)
        events.append(events_of(day, today, features[day.trading_day], instrument))
    return SyntheticMarket(instrument, joined(events), quotes, features)


def _walk(
    rng: np.random.Generator, level: float, volatility: float, drift_pips: float
) -> tuple[Floats, float, Floats]:
    """Mid in pips at each tick, the last minute's log volatility, and the ticks' times in whole milliseconds."""
    logs = np.empty(_MINUTES)
    for minute in range(_MINUTES):
        volatility = _PERSISTENCE * volatility + _SHOCK * rng.standard_normal()
        logs[minute] = volatility
    offset_us = np.sort(rng.choice(86_399_000, _TICKS, replace=False)) * 1_000
    sigma = np.exp(logs)[offset_us // _MINUTE_US]  # pips a minute
    minutes = np.diff(offset_us, prepend=0) / _MINUTE_US
    steps = sigma * np.sqrt(minutes) * rng.standard_normal(_TICKS) + drift_pips / _MINUTES * minutes
    return level + np.cumsum(steps), volatility, offset_us


def _spreads(rng: np.random.Generator, offset_us: Floats) -> Floats:
    """Pips: calm, and minutes of two wider regimes."""
    regime = rng.choice([0.4, 0.6, 1.2], size=_MINUTES // 10, p=[0.8, 0.15, 0.05])
    return regime[(offset_us // (10 * _MINUTE_US)).astype(np.int64)]


def _quotes(
    rng: np.random.Generator,
    day: SymbolDay,
    mid: Floats,
    spread: Floats,
    offset_us: Floats,
    pip: float,
    digits: int,
) -> Quotes:
    point = 10.0**-digits
    bid = np.round((mid - spread / 2) * pip / point) * point
    ask = np.maximum(np.round((mid + spread / 2) * pip / point), np.round(bid / point) + 1) * point
    sizes = np.round(np.exp(rng.normal(0.5, 0.6, (2, len(mid)))), 2)
    return Quotes(day.start_us + offset_us, np.round(bid, digits), np.round(ask, digits), *sizes)
