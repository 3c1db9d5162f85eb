"""How far a chain's figures could be others: shown, judged by nobody.

    spread = uncertainty_of([trades of each test day], openings=5, pip=instrument.pip)

Days are drawn, and not trades: those of a day hang together. Draws are seeded: the same trades give the same numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, sqrt
from typing import NamedTuple

import numpy as np

from ticklake_assets.core.metrics import design_effect, expected_best_sharpe, sharpe, sharpe_variance
from ticklake_assets.core.tables import Floats, Ints
from ticklake_assets.modeling.deployed.document import Document
from ticklake_assets.modeling.trading.simulation import Trade, falls

DRAWS = 2_000
_TAIL = 0.05
_CERTAIN = 1.6448536269514722
"""Standard normal deviations of 95 %."""


class Interval(Document):
    """The 5 % and the 95 % quantile of the draws."""

    low: float
    high: float


class Uncertainty(Document):
    """Money in pips."""

    net_pips: Interval
    """Of as many days, drawn with replacement (a bootstrap in blocks of a day), as are the next two."""
    trade_sharpe: Interval
    drawdown_pips: Interval
    shuffled_drawdown_pips: Interval
    """Of the same trades in a random order."""
    deeper_orders: float
    """Share of those orders that fall at least as deep as the trades did in theirs. Few: the losses came together."""
    days: int
    days_to_decide: int | None
    """Days after which this result would be decided, were the later ones like these; None where it is neither a gain
    nor a loss."""
    unseen_loss_share: float
    """A loss that comes in at most this share of the trades may well (5 %) not have come yet."""


class Pieces(NamedTuple):
    """Trades or days as pieces of an equity curve in pips, each from 0 on; columns of shape (pieces,)."""

    net: Floats
    low: Floats
    """Lowest point of the curve, marked within trades."""
    high: Floats
    fall: Floats
    """Deepest fall within the piece."""


def uncertainty_of(days: Sequence[Sequence[Trade]], openings: int, pip: float) -> Uncertainty | None:
    """Of the trades of each test day in time order; None for fewer than two days or trades."""
    trades = [trade for day in days for trade in day]
    if len(days) < 2 or len(trades) < 2:
        return None
    rng = np.random.default_rng(1)
    nets = [np.array([trade.net for trade in day]) / pip for day in days]
    single = pieces_of(trades, pip)
    drawn = rng.integers(0, len(days), (DRAWS, len(days)))
    orders = rng.permuted(np.tile(np.arange(len(trades)), (DRAWS, 1)), axis=1)
    shuffled, actual = deepest_falls(single, orders), float(falls(trades).max()) / pip
    by_day = Pieces(*(np.array(column) for column in zip(*(_whole(day, pip) for day in days), strict=True)))
    effect = design_effect(nets)
    return Uncertainty(
        net_pips=_interval(by_day.net[drawn].sum(axis=1)),
        trade_sharpe=_interval(_sharpes(nets, drawn)),
        drawdown_pips=_interval(deepest_falls(by_day, drawn)),
        shuffled_drawdown_pips=_interval(shuffled),
        deeper_orders=float(np.mean(shuffled >= actual * (1 - 1e-9))),
        days=len(days),
        days_to_decide=days_to_decide(nets, openings),
        unseen_loss_share=1 - _TAIL ** (effect / len(trades)),
    )


def days_to_decide(days: Sequence[Floats], openings: int) -> int | None:
    """Days like these, on which the deflated Sharpe ratio would say 95 %; of a loss, that it is one.

    Bailey & Lopez de Prado, The Sharpe Ratio Efficient Frontier (2012), eq. 11, the minimum track record length,
    1 + spread (1.645 / (SR - SR*))^2, in effective trades: SR* is here the best of `openings`, which itself falls with
    the root of their number, so that 1 + ((1.645 sqrt(spread) + best) / SR)^2 solves it. A loss is held against 0.
    """
    nets = np.concatenate(days)
    ratio, effective = sharpe(nets), len(nets) / design_effect(days)
    if ratio == 0.0:
        return None
    best = expected_best_sharpe(openings, 1.0) if ratio > 0 else 0.0
    wanted = 1 + ((_CERTAIN * sqrt(sharpe_variance(nets)) + best) / ratio) ** 2
    return ceil(wanted / effective * len(days))


def deepest_falls(pieces: Pieces, rows: Ints) -> Floats:
    """Deepest fall of each row of pieces, one after the other; `rows` has shape (draws, pieces)."""
    closed, peak, deepest = (np.zeros(len(rows)) for _ in range(3))
    for at in rows.T:
        deepest = np.maximum(deepest, np.maximum(pieces.fall[at], peak - (closed + pieces.low[at])))
        peak = np.maximum(peak, closed + pieces.high[at])
        closed = closed + pieces.net[at]
    return deepest


def pieces_of(trades: Sequence[Trade], pip: float) -> Pieces:
    """Each trade a piece: its worst, best and last mark, and where it started."""
    net, low, high, fall = (
        np.array([getattr(trade, name) for trade in trades]) / pip
        for name in ("net", "worst", "best", "fall")
    )
    return Pieces(net, np.minimum(0.0, low), np.maximum(0.0, high), fall)


def _whole(trades: Sequence[Trade], pip: float) -> tuple[float, float, float, float]:
    """A day as one piece."""
    single = pieces_of(trades, pip)
    before = np.concatenate([[0.0], np.cumsum(single.net)])
    low, high = before[:-1] + single.low, before[:-1] + single.high
    fall = float(falls(trades).max(initial=0.0)) / pip
    return float(before[-1]), float(low.min(initial=0.0)), float(high.max(initial=0.0)), fall


def _sharpes(days: Sequence[Floats], drawn: Ints) -> Floats:
    """Sharpe ratio by trade of each draw of days; 0 where there is no spread."""
    counts, sums, squares = (
        np.array([measure(day) for day in days])[drawn].sum(axis=1)
        for measure in (len, np.sum, lambda day: float(day @ day))
    )
    mean = sums / np.maximum(counts, 1)
    variance = (squares - counts * mean**2) / np.maximum(counts - 1, 1)
    has_spread = variance > 1e-12 * np.maximum(mean**2, 1e-300)
    return np.where(has_spread, mean / np.sqrt(np.where(has_spread, variance, 1.0)), 0.0)


def _interval(values: Floats) -> Interval:
    low, high = np.quantile(values, [_TAIL, 1 - _TAIL])
    return Interval(low=float(low), high=float(high))
