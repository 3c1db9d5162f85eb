"""A seeded synthetic market with a planted pattern of stated strength (docs/ticks.md, The synthetic market).

A hidden flow z in {-1, 0, 1} tilts the quoted sizes at every strength; the price drifts with z in proportion
to the strength. At strength 0 the sizes still show z, and z says nothing about the price: pure noise.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from ticklake_assets.core.calendar import sessions, week_sessions
from ticklake_assets.core.clock import SYSTEM_CLOCK, Clock
from ticklake_assets.core.instruments import Instrument, instrument_of
from ticklake_assets.core.symbol_day import MICROS_PER_DAY, SymbolDay
from ticklake_assets.core.tables import Floats, Ints
from ticklake_assets.sources.dirt import DirtPlan, GroundTruth, inject
from ticklake_assets.sources.source import TICK_SCHEMA, empty_day, refuse_unfinished

_HOUR_US = 3_600_000_000
_ACTIVITY_HOURS = np.array([0, 6, 12, 16, 20])
_ACTIVITY = np.array([0.35, 1.3, 1.7, 1.0, 0.35])
_MEAN_ACTIVITY = float((_ACTIVITY * np.diff(np.append(_ACTIVITY_HOURS, 24))).sum() / 24)

_REGIME_S = 600.0
"""Mean life of a hidden flow and of a spread regime, seconds."""
_FLOWS, _FLOW_ODDS = np.array([-1.0, 0.0, 1.0]), np.array([0.25, 0.5, 0.25])
_SPREADS, _SPREAD_ODDS = np.array([1.0, 1.5, 3.0]), np.array([0.8, 0.15, 0.05])
_ROLLOVER_HOUR, _ROLLOVER_SPREAD = 21, 2.5

_LEVEL_PIPS = 11_000.0
"""Price around which days open: 1.10 for EURUSD, 110 for USDJPY."""
_LEVEL_PULL = 0.01
"""Share of its distance from the level that the opening price loses a day: it stays positive for centuries,
and within a day the pull is far below the spread."""
_LEVEL_MEMORY_DAYS = 2_000
"""0.99 ** 2000 is 2e-9: older days no longer show in the price."""
_LEVEL_ORIGIN = date(1900, 1, 1).toordinal()
_OPEN_SHARE_OF_FX, _OPEN_SHARE_OF_SEVEN_DAYS = (1, 1, 1, 1, 0.9, 0, 0.1), (1,) * 7
_A_SATURDAY = date(2024, 1, 6)


@dataclass(frozen=True)
class Market:
    """The shape of a synthetic market."""

    sigma_1m_pips: float = 1.0
    """Standard deviation of the noise in a minute, pips, on the average of the day."""
    spread_pips: float = 0.4
    """Spread of the calm regime, pips; a quote is never narrower than a point."""
    ticks_a_day: int = 30_000


_MARKETS = {"SYNJPY": Market(sigma_1m_pips=1.9, spread_pips=2.1)}


def market_of(symbol: str) -> Market:
    """The shape that a symbol's synthetic days have unless another is given."""
    return _MARKETS.get(symbol, Market())


@dataclass(frozen=True)
class SyntheticSource:
    """The synthetic market as a tick source: any symbol that has metadata, any finished day."""

    seed: int
    strength: float
    dirty: bool = False
    market: Market | None = None
    """None: the symbol's own (SYNEUR 1 pip a minute and 0.4 pip spread, SYNJPY 1.9 and 2.1)."""
    clock: Clock = SYSTEM_CLOCK

    def fetch_day(self, day: SymbolDay) -> pa.Table:
        refuse_unfinished(day, self.clock.now())
        return self._day(day)[0]

    def coverage(self, symbol: str) -> tuple[date, date] | None:
        instrument_of(symbol)
        return None

    def ground_truth(self, day: SymbolDay) -> GroundTruth:
        """Name every dirty row of the day and the rule that must catch it."""
        return self._day(day)[1]

    def _day(self, day: SymbolDay) -> tuple[pa.Table, GroundTruth]:
        table = synthetic_day(day, self.seed, self.strength, self.market)
        if not self.dirty:
            return table, GroundTruth(())
        return inject(table, day, self.seed, DirtPlan.for_rows(table.num_rows))


def synthetic_day(day: SymbolDay, seed: int, strength: float, market: Market | None = None) -> pa.Table:
    """Draw one day from (seed, symbol, day) alone: days can be drawn in any order.

    Times increase strictly in whole milliseconds, prices are on the point grid, ask - bid >= 1 point. The
    last price of a day is about the first of the next.
    """
    instrument = instrument_of(day.symbol)
    market = market or market_of(day.symbol)
    rng = _generator(seed, day.symbol, day.trading_day.toordinal())
    offset_us, clock = _tick_times(rng, instrument.calendar, day, market)
    if len(offset_us) == 0:
        return empty_day()
    seconds = offset_us / 1e6
    flow = _regimes(rng, _FLOWS, _FLOW_ODDS, seconds)
    mid = _mid_pips(rng, instrument, day, seed, strength, market, offset_us, clock, flow)
    bid, ask = _quotes(rng, instrument, market, mid, seconds)
    bid_size, ask_size = _sizes(rng, flow)
    arrays = [pa.array(day.start_us + offset_us, pa.int64()).cast(TICK_SCHEMA.field("ts_event").type)]
    return pa.Table.from_arrays([*arrays, *map(pa.array, (bid, ask, bid_size, ask_size))], schema=TICK_SCHEMA)


def _generator(seed: int, symbol: str, stream: int) -> np.random.Generator:
    return np.random.Generator(
        np.random.PCG64(np.random.SeedSequence([seed, zlib.crc32(symbol.encode()), stream]))
    )


def _tick_times(
    rng: np.random.Generator, calendar: str, day: SymbolDay, market: Market
) -> tuple[Ints, Floats]:
    """Offsets from the day's start (microseconds) and the share of the day's activity gone by then.

    Ticks are uniform in *activity time*, so the tick rate and the variance a minute both follow it.
    """
    edges, clock = _activity_clock(calendar, day)
    full_day = _MEAN_ACTIVITY * MICROS_PER_DAY
    count = round(market.ticks_a_day * float(clock[-1]) / full_day)
    if count == 0:
        return np.empty(0, dtype=np.int64), np.empty(0)
    drawn = np.interp(rng.uniform(0, clock[-1], count), clock, edges)
    offset_us = np.unique(drawn.astype(np.int64) // 1_000) * 1_000
    return offset_us, np.interp(offset_us, edges, clock) / clock[-1]


def _activity_clock(calendar: str, day: SymbolDay) -> tuple[Floats, Floats]:
    """Piecewise linear activity time over the day: edges (microseconds) and activity gone by at each."""
    opened = [(start - day.start_us, end - day.start_us) for start, end in sessions(calendar, day)]
    cuts = {
        0,
        MICROS_PER_DAY,
        *(int(hour) * _HOUR_US for hour in _ACTIVITY_HOURS),
        *(t for s in opened for t in s),
    }
    edges = np.array(sorted(cuts))
    is_open = np.array([any(start <= edge < end for start, end in opened) for edge in edges[:-1]])
    rate = _activity(edges[:-1]) * is_open
    return edges.astype(np.float64), np.concatenate([[0.0], np.cumsum(rate * np.diff(edges))])


def _activity(offset_us: Ints) -> Floats:
    """Tick rate of the hour, relative; the variance a minute follows it."""
    return _ACTIVITY[np.searchsorted(_ACTIVITY_HOURS, offset_us // _HOUR_US, side="right") - 1]


def _regimes(rng: np.random.Generator, values: Floats, odds: Floats, seconds: Floats) -> Floats:
    """A value a tick that is redrawn after exponential lives of mean `_REGIME_S`."""
    ends = np.cumsum(rng.exponential(_REGIME_S, size=1 + int(3 * 86_400 / _REGIME_S)))
    drawn: Floats = rng.choice(values, size=len(ends) + 1, p=odds)
    return drawn[np.searchsorted(ends, seconds, side="right")]


def _mid_pips(
    rng: np.random.Generator,
    instrument: Instrument,
    day: SymbolDay,
    seed: int,
    strength: float,
    market: Market,
    offset_us: Ints,
    clock: Floats,
    flow: Floats,
) -> Floats:
    """Student-t (5 degrees) noise plus the planted drift, tied at both ends to the days' opening levels.

    A Brownian path minus its own end plus an independent normal end is a Brownian path again, so the tie
    gives continuity from day to day without making noise predictable.
    """
    minutes = np.diff(offset_us, prepend=offset_us[0]) / 60e6
    sigma = market.sigma_1m_pips * np.sqrt(_activity(offset_us) / _MEAN_ACTIVITY)
    unit_t5 = rng.standard_t(5, len(clock)) / np.sqrt(5 / 3)
    noise = market.sigma_1m_pips * np.sqrt(1_440 / market.ticks_a_day) * unit_t5
    walk = np.cumsum(noise + strength * 0.5 * sigma * flow * minutes)
    opening, following = _levels(instrument, day, seed, strength, market)
    mid: Floats = opening + walk + (following - opening - walk[-1]) * clock
    return mid


def _levels(
    instrument: Instrument, day: SymbolDay, seed: int, strength: float, market: Market
) -> tuple[float, float]:
    """Opening prices of the day and of the next, pips: a mean-reverting walk over all days since 1900."""
    today = day.trading_day.toordinal() - _LEVEL_ORIGIN
    steps = _generator(seed, day.symbol, 0).standard_normal(today + 1)
    first = max(0, today + 1 - _LEVEL_MEMORY_DAYS)
    # 1900-01-01 was a Monday, so the index modulo 7 is the weekday.
    trades_on = week_sessions(instrument.calendar, SymbolDay(day.symbol, _A_SATURDAY))
    share = _OPEN_SHARE_OF_SEVEN_DAYS if trades_on else _OPEN_SHARE_OF_FX
    shares = np.array(share)[np.arange(first, today + 1) % 7]
    # Noise of a day plus the integral of the drift: z has variance 1/2 and lives 10 minutes.
    daily = market.sigma_1m_pips * np.sqrt(1_440 * (1 + 2.5 * strength**2))
    moves = steps[first:] * daily * np.sqrt(shares)
    fading = (1 - _LEVEL_PULL) ** np.arange(len(moves))[::-1]
    following = float(np.sum(moves * fading))
    opening = float(np.sum(moves[:-1] * fading[1:]))
    return _LEVEL_PIPS + opening, _LEVEL_PIPS + following


def _quotes(
    rng: np.random.Generator, instrument: Instrument, market: Market, mid_pips: Floats, seconds: Floats
) -> tuple[Floats, Floats]:
    """Bid and ask on the point grid around the mid; the spread widens by regime and at the rollover."""
    points_a_pip = round(instrument.pip / instrument.point)
    spread = market.spread_pips * _regimes(rng, _SPREADS, _SPREAD_ODDS, seconds)
    spread = np.where(seconds // 3_600 == _ROLLOVER_HOUR, spread * _ROLLOVER_SPREAD, spread)
    spread_points = np.maximum(1, np.rint(spread * points_a_pip))
    bid_points = np.rint(mid_pips * points_a_pip - spread_points / 2)
    factor = instrument.decimal_factor
    return bid_points / factor, (bid_points + spread_points) / factor


def _sizes(rng: np.random.Generator, flow: Floats) -> tuple[Floats, Floats]:
    """Sizes in millions whose imbalance has log-odds 2 * (0.25 z + 0.6 noise), whatever the strength."""
    log_odds = 2 * (0.25 * flow + 0.6 * rng.standard_normal(len(flow)))
    bid_share = 1 / (1 + np.exp(-log_odds))
    total = 4.0 * np.exp(0.5 * rng.standard_normal(len(flow)))
    return (
        np.maximum(0.01, np.round(total * bid_share, 2)),
        np.maximum(0.01, np.round(total * (1 - bid_share), 2)),
    )
