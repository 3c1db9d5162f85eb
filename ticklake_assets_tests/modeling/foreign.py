"""Markets that the product's own generator does not draw: nulls that look like something, and other patterns.

    held = foreign_market("bounce", seed=7)

All start from one random walk with clustered volatility and spread regimes; a kind changes one thing of it. Prices are
in pips until they are quoted. Sigma is a minute's standard deviation, about a pip.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from ticklake_assets.core.features import features_of_day
from ticklake_assets.core.instruments import Instrument, instrument_of
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import DayFeatures, Floats, Ints, Quotes
from ticklake_assets.modeling.fitting.event_rows import joined
from ticklake_assets_tests.modeling.markets import FIRST, SyntheticMarket, events_of

FIRST_TEST = 10
"""The first test day: 8 days to train on and 2 to validate on come before."""
_SYMBOL = "SYNEUR"
_MINUTE_US = 60_000_000
_MINUTES = 1_440
_TICKS = 30_000
_PERSISTENCE, _SHOCK = 0.98, 0.15
"""Of the logarithm of a minute's volatility: clusters of most of an hour, a factor of two up and down."""
_SPREADS, _SPREAD_ODDS, _SPREAD_MINUTES = (0.4, 0.6, 1.2), (0.8, 0.15, 0.05), 10


@dataclass
class Day:
    """One drawn day, tick by tick, before it is quoted; a kind changes it in place."""

    rng: np.random.Generator
    number: int
    """From 0 on."""
    offset_us: Ints
    minutes: Floats
    """Since the tick before."""
    sigma: Floats
    """Pips a minute."""
    steps: Floats
    """Changes of the mid, pips."""
    spread: Floats
    """Pips."""
    imbalance: Floats
    """Log odds of the bid's share of the quoted size."""
    bounce: Floats
    """What a quote is off the mid, pips."""
    lags: bool = False
    """Whether each side shows the mid of its own last update: one side is updated at a time."""

    @property
    def minute(self) -> Ints:
        return self.offset_us // _MINUTE_US

    def by_minute(self, values: Floats) -> Floats:
        """A value of each minute at every tick."""
        return values[self.minute]

    def lives(self, minutes: int, values: tuple[float, ...], odds: tuple[float, ...]) -> Floats:
        """A value a tick that is redrawn every so many minutes."""
        drawn = self.rng.choice(np.array(values), size=-(-_MINUTES // minutes), p=odds)
        return drawn[self.minute // minutes]


Kind = Callable[[Day], None]


def drift(pips_a_day: float) -> Kind:
    def change(day: Day) -> None:
        day.steps += pips_a_day / _MINUTES * day.minutes

    return change


def clustering(day: Day) -> None:
    """The walk itself."""


def autocorrelated(day: Day) -> None:
    """A quarter of each change comes again with the next quote: less than any spread pays for."""
    again = 0.25 * np.concatenate([[0.0], day.steps[:-1]])
    day.steps = (day.steps + again) / np.hypot(1.0, 0.25)


def bounce(day: Day) -> None:
    """Quotes jump around the mid by less than half a spread: reversals that nobody can trade."""
    day.bounce = 0.12 * day.rng.standard_normal(_TICKS)


def regime_breaks(day: Day) -> None:
    """Every third day volatility and spread change to another level."""
    level = (1.0, 2.5, 0.5)[day.number // 3 % 3]
    day.steps *= level
    day.spread *= level


def lagging(day: Day) -> None:
    """One side is updated a quote, the other still shows the mid of its own last update."""
    day.lags = True


def sign_flip(day: Day) -> None:
    """A flow that the sizes show moves the price one way until the tests begin, and then the other."""
    flow = day.lives(_SPREAD_MINUTES, (-1.0, 0.0, 1.0), (0.25, 0.5, 0.25))
    day.imbalance += 0.5 * flow
    day.steps += (1.0 if day.number < FIRST_TEST else -1.0) * 0.5 * day.sigma * flow * day.minutes


def momentum_bursts(day: Day) -> None:
    """Some 90 times a day the price runs 2 sigma a minute for five minutes; its first minute tells."""
    _runs(day, chance=0.07, minutes=5, size=2.0)


def time_of_day(day: Day) -> None:
    """At the same minutes of every day the price moves 0.7 sigma a minute for 20 minutes."""
    wave = np.array([1, 0, -1, 0, 0, -1, 0, 1, 0, 0])[np.arange(_MINUTES) // 20 % 10]
    day.steps += 0.7 * day.sigma * day.by_minute(wave.astype(float)) * day.minutes


def spread_signal(day: Day) -> None:
    """A narrow spread comes with a rise, a wider one with a fall."""
    regime = day.lives(_SPREAD_MINUTES, (-1.0, 0.0, 1.0), (0.25, 0.5, 0.25))
    day.spread = 0.5 - 0.2 * regime
    day.steps += 0.5 * day.sigma * regime * day.minutes


def rare_bursts(day: Day) -> None:
    """In 8 % of the time the sizes lean to one side, and the price runs 1.5 sigma a minute that way."""
    flow = day.lives(_SPREAD_MINUTES, (-1.0, 0.0, 1.0), (0.04, 0.92, 0.04))
    day.imbalance += 0.8 * flow
    day.steps += 1.5 * day.sigma * flow * day.minutes


def mean_reversion(scale: float, life: float) -> Kind:
    """A wider market, 85 % of whose variance a minute is a displacement of so many minutes' mean life."""

    def change(day: Day) -> None:
        at, kept = 0.0, np.empty(_TICKS)
        shocks, decays = scale * np.sqrt(0.85) * day.steps, np.exp(-day.minutes / life)
        for tick, (shock, decay) in enumerate(zip(shocks.tolist(), decays.tolist(), strict=True)):
            kept[tick] = at = at * decay + shock
        walk = scale * day.sigma * np.sqrt(0.15 * day.minutes) * day.rng.standard_normal(_TICKS)
        day.steps = np.diff(kept, prepend=0.0) + walk

    return change


def _runs(day: Day, chance: float, minutes: int, size: float) -> None:
    """Add runs of so many minutes that start with a chance a minute, up or down."""
    starts = day.rng.random(_MINUTES) < chance
    sides = np.where(day.rng.random(_MINUTES) < 0.5, -1.0, 1.0)
    speed, busy = np.zeros(_MINUTES), 0
    for minute in np.flatnonzero(starts).tolist():
        if minute >= busy:
            busy = minute + minutes
            speed[minute:busy] = size * sides[minute]
    day.steps += day.sigma * day.by_minute(speed) * day.minutes


NULLS: dict[str, Kind] = {
    "clustering": clustering,
    "autocorrelated": autocorrelated,
    "bounce": bounce,
    "regime breaks": regime_breaks,
    "lagging quotes": lagging,
    "sign flip": sign_flip,
}
"""Nothing can be earned after costs, or no longer."""
MARTINGALES = ("clustering", "regime breaks")
"""Nothing can be earned without costs either."""
DRIFTS: dict[str, Kind] = {"drift 80": drift(80.0), "drift 240": drift(240.0)}
PATTERNS: dict[str, Kind] = {
    "momentum bursts": momentum_bursts,
    "time of day": time_of_day,
    "spread signal": spread_signal,
    "rare bursts": rare_bursts,
    "mean reversion": mean_reversion(scale=2.0, life=5.0),
}
"""Each earns after costs, who sees it."""
WEAK_PATTERNS: dict[str, Kind] = {"weak mean reversion": mean_reversion(scale=1.0, life=10.0)}
"""Earns after costs, too little to be told from luck in six test days."""
KINDS = NULLS | DRIFTS | PATTERNS | WEAK_PATTERNS


def foreign_market(
    kind: str, seed: int, days: int, *, free: bool = False, as_broker: bool = False
) -> SyntheticMarket:
    """A market of a kind of `KINDS` from `FIRST` on, as SYNEUR.

    `free` has neither spread nor slippage, `as_broker` what EURUSD pays, commission and latency included.
    """
    instrument = instrument_of(_SYMBOL)
    if free:
        instrument = instrument.charging(slippage_pips=0.0)
    if as_broker:
        instrument = replace(instrument, costs=instrument_of("EURUSD").costs)
    quotes: dict[date, Quotes] = {}
    features: dict[date, DayFeatures] = {}
    events = []
    for day, today in zip(_days(days), foreign_quotes(kind, seed, days, free=free), strict=True):
        found = features_of_day(day, today)
        quotes[day.trading_day], features[day.trading_day] = today, found
        events.append(events_of(day, today, found, instrument))
    return SyntheticMarket(instrument, joined(events), quotes, features)


def foreign_quotes(kind: str, seed: int, days: int, *, free: bool = False) -> Iterator[Quotes]:
    """The quotes of its days, one after the other."""
    rng = np.random.default_rng([seed, *kind.encode(), free])
    level, volatility = 11_000.0, 0.0
    for number, day in enumerate(_days(days)):
        drawn, volatility = _drawn(rng, number, volatility)
        KINDS[kind](drawn)
        mid = level + np.cumsum(drawn.steps)
        level = float(mid[-1])
        today = _quoted(drawn, day, mid, instrument_of(_SYMBOL))
        yield today._replace(ask=today.bid) if free else today


def _days(count: int) -> list[SymbolDay]:
    return [SymbolDay(_SYMBOL, FIRST + timedelta(days=number)) for number in range(count)]


def _drawn(rng: np.random.Generator, number: int, volatility: float) -> tuple[Day, float]:
    """A day of the plain walk, and the log volatility of its last minute."""
    logs = np.empty(_MINUTES)
    for minute in range(_MINUTES):
        volatility = _PERSISTENCE * volatility + _SHOCK * rng.standard_normal()
        logs[minute] = volatility
    offset_us = np.sort(rng.choice(86_399_000, _TICKS, replace=False)) * 1_000
    minutes = np.diff(offset_us, prepend=0) / _MINUTE_US
    sigma = np.exp(logs)[offset_us // _MINUTE_US]
    steps = sigma * np.sqrt(minutes) * rng.standard_normal(_TICKS)
    off = rng.normal(0.0, 1.2, _TICKS)
    day = Day(rng, number, offset_us, minutes, sigma, steps, np.empty(0), off, np.zeros(_TICKS))
    day.spread = day.lives(_SPREAD_MINUTES, _SPREADS, _SPREAD_ODDS)
    return day, volatility


def _quoted(drawn: Day, day: SymbolDay, mid: Floats, instrument: Instrument) -> Quotes:
    """Prices on the point grid, never crossed."""
    points, rng = round(instrument.pip / instrument.point), drawn.rng
    seen = mid + drawn.bounce
    low, high = _as_of_own_update(rng, seen) if drawn.lags else (seen, seen)
    bid = np.rint((low - drawn.spread / 2) * points)
    ask = np.maximum(np.rint((high + drawn.spread / 2) * points), bid + 1)
    total, share = np.exp(rng.normal(1.0, 0.6, _TICKS)), 1 / (1 + np.exp(-drawn.imbalance))
    sizes = (np.maximum(0.01, np.round(total * part, 2)) for part in (share, 1 - share))
    factor = instrument.decimal_factor
    return Quotes(day.start_us + drawn.offset_us, bid / factor, ask / factor, *sizes)


def _as_of_own_update(rng: np.random.Generator, mid: Floats) -> tuple[Floats, Floats]:
    """The mid at each side's last update; a coin says which side a quote updates."""
    at, heads = np.arange(len(mid)), rng.random(len(mid)) < 0.5
    return tuple(mid[np.maximum.accumulate(np.where(own, at, 0))] for own in (heads, ~heads))  # type: ignore[return-value]
