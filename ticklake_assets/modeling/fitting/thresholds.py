"""Choose the act threshold by simulated trades on validation days, from a small grid."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from math import sqrt

import numpy as np

from ticklake_assets.core.instruments import Instrument
from ticklake_assets.core.metrics import sharpe
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import Events, Floats, Quotes
from ticklake_assets.modeling.deployed.decision import Prediction, Thresholds, decide, market_events
from ticklake_assets.modeling.deployed.document import Document
from ticklake_assets.modeling.fitting.event_rows import trading_days
from ticklake_assets.modeling.trading.simulation import simulate_day

QUANTILES = (0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
"""Of the validation confidences; few, because each candidate is one more chance to choose noise."""
LEAST_TRADES_A_DAY = 25
"""A candidate with fewer hardly brings the trades that the gates ask for, and its t value is luck: at 20 the highest
threshold, with some 40 trades on two days, was taken too often, and strong markets missed the t bound by it."""

NEVER = 2.0
"""An act threshold above any probability."""

QuotesOf = Callable[[date], Quotes]
"""Loads the clean quotes of a trading day; one day is held at a time."""


class Candidate(Document):
    """One act threshold, judged on the validation days: one selection of the ledger."""

    quantile: float
    act: float
    trades: int
    daily_net_pips: tuple[float, ...]
    """By validation day that has events, in order."""
    daily_trades: tuple[int, ...]
    trade_net_pips: tuple[float, ...]

    @property
    def trades_nothing(self) -> bool:
        """Whether this is the choice not to trade."""
        return self.act >= NEVER

    @property
    def acts_at(self) -> str:
        """The threshold as people read it."""
        return "never" if self.trades_nothing else f"{self.act:.3f}"

    @property
    def net_pips(self) -> float:
        return sum(self.daily_net_pips)

    @property
    def nets_by_day(self) -> list[Floats]:
        """`trade_net_pips` of each validation day."""
        return np.split(np.array(self.trade_net_pips), np.cumsum(self.daily_trades)[:-1])


def judge_candidates(
    events: Events,
    predictions: Sequence[Prediction],
    limits: Thresholds,
    quotes_of: QuotesOf,
    instrument: Instrument,
) -> tuple[Candidate, ...]:
    """Simulate every candidate on every day; `limits` carry the anomaly thresholds, their act is not used."""
    market = market_events(events)
    levels = [between_scores([p.confidence for p in predictions], quantile) for quantile in QUANTILES]
    nets: list[list[float]] = [[] for _ in levels]
    counts: list[list[int]] = [[] for _ in levels]
    trades: list[list[float]] = [[] for _ in levels]
    for day in trading_days(events):
        symbol_day = SymbolDay(instrument.symbol, day)
        rows = np.flatnonzero((events.ts_us >= symbol_day.start_us) & (events.ts_us < symbol_day.end_us))
        quotes = quotes_of(day)
        for index, act in enumerate(levels):
            thresholds = limits._replace(act=act)
            decisions = [
                decide(market[row], predictions[row], thresholds, instrument) for row in rows.tolist()
            ]
            run = simulate_day(symbol_day, quotes, decisions, instrument)
            nets[index].append(run.net / instrument.pip)
            counts[index].append(len(run.trades))
            trades[index].extend(trade.net / instrument.pip for trade in run.trades)
    return tuple(
        Candidate(
            quantile=quantile,
            act=act,
            trades=len(done),
            daily_net_pips=tuple(net),
            daily_trades=tuple(count),
            trade_net_pips=tuple(done),
        )
        for quantile, act, net, count, done in zip(QUANTILES, levels, nets, counts, trades, strict=True)
    )


def choose(candidates: Sequence[Candidate], days: int) -> Candidate:
    """The most certain profit among candidates with trades enough (where none has, the lowest), or not to trade.

    What lost on the days that it was chosen on has nothing to say for it, so that such a fold trades nothing.
    """
    certain = certainty([np.array(each.trade_net_pips) for each in candidates], days)
    enough = [place for place, each in enumerate(candidates) if each.trades >= LEAST_TRADES_A_DAY * days]
    best = candidates[max(enough, key=lambda place: certain[place])] if enough else candidates[0]
    return best if best.net_pips > 0 else no_trade(days)


def no_trade(days: int) -> Candidate:
    """The choice not to trade: no probability reaches its threshold."""
    none = (0,) * days
    return Candidate(
        quantile=1.0, act=NEVER, trades=0, daily_net_pips=none, daily_trades=none, trade_net_pips=()
    )


def certainty(nets: Sequence[Floats], days: int) -> Floats:
    """t value of each candidate's trades of so many days, averaged with its neighbours on the grid.

    A peak that they don't share is luck: by net alone 12 of 18 strong synthetic markets passed the gates, by this all
    but two. A neighbour with too few trades a day says nothing about it.
    """
    certain = np.array([sharpe(each) * sqrt(len(each)) for each in nets])
    speaks = np.array([len(each) >= LEAST_TRADES_A_DAY * days for each in nets])
    places = np.arange(len(nets))
    return np.array(
        [certain[(places == at) | (speaks & (np.abs(places - at) == 1))].mean() for at in places.tolist()]
    )


def between_scores(confidences: Sequence[float], quantile: float) -> float:
    """Midpoint between the two distinct scores around a quantile: no score seen lies on the threshold."""
    scores = np.unique(np.array(confidences))
    if len(scores) < 2:
        return float(scores[0]) / 2
    above = int(np.clip(np.searchsorted(scores, np.quantile(confidences, quantile)), 1, len(scores) - 1))
    return float((scores[above - 1] + scores[above]) / 2)
