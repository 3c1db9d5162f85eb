"""The bridge's figures are the walk-forward's, of the same trades."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mt5_bridge.attribution.documents import Quotes as Columns
from mt5_bridge.backtest.figures import figures_of, life_of, sharpe
from mt5_bridge.trading.words import Fill, Outcome, Position
from ticklake_assets.core import metrics
from ticklake_assets.core.orders import LONG
from ticklake_assets.core.tables import Quotes
from ticklake_assets.modeling.deployed.decision import Decision
from ticklake_assets.modeling.judging.figures import trade_figures
from ticklake_assets.modeling.trading.simulation import Trade, falls, simulate_day
from ticklake_assets_tests.mt5_bridge.paper.test_same_trades import DAY, KNOWN, OUTCOMES, crowded_markets

CLOSE = 1e-12


def _position(trade: Trade) -> Position:
    outcome = Outcome(OUTCOMES[trade.outcome - 1])
    return Position(
        Fill(trade.entry_us, 0, trade.entry), Fill(trade.exit_us, 0, trade.exit), outcome, trade.net
    )


@settings(max_examples=200, deadline=None)
@given(crowded_markets())
def test_like_the_walk_forwards(case: tuple[Quotes, list[Decision]]) -> None:
    quotes, decisions = case
    trades = simulate_day(DAY, quotes, decisions, KNOWN).trades
    columns = Columns(quotes.ts_us.tolist(), quotes.bid.tolist(), quotes.ask.tolist())
    positions = [_position(trade) for trade in trades]
    lives = [
        life_of(position, "long" if trade.side == LONG else "short", columns)
        for position, trade in zip(positions, trades, strict=True)
    ]
    for life, trade in zip(lives, trades, strict=True):
        expected = trade.net, trade.worst, trade.best, trade.fall
        assert tuple(life) == pytest.approx(expected, rel=CLOSE, abs=CLOSE)
    half = len(positions) // 2
    found = figures_of([positions[:half], positions[half:], []], lives, KNOWN.pip)
    nets = np.array([trade.net for trade in trades]) / KNOWN.pip
    daily = np.array([nets[:half].sum(), nets[half:].sum(), 0.0])
    expected_figures = trade_figures(nets, daily)
    for name in ("hit_rate", "profit_factor", "average_pips", "daily_sharpe"):
        figure, expected_figure = getattr(found, name), getattr(expected_figures, name)
        is_same = figure is expected_figure is None or figure == pytest.approx(expected_figure, rel=1e-9)
        assert is_same, (name, figure, expected_figure)
    assert found.drawdown_pips == pytest.approx(float(falls(trades).max(initial=0.0)) / KNOWN.pip, rel=1e-9)
    assert found.net_pips == pytest.approx(float(daily.sum()), rel=1e-9, abs=1e-9)
    assert found.trade_sharpe == pytest.approx(metrics.sharpe(nets), rel=1e-9)
    assert sum(found.outcomes.values()) == found.trades == len(trades)


@given(st.lists(st.sampled_from([0.0, 1.0, -1.0, 1.0 + 1e-8, 3.5]), max_size=6))
def test_a_sharpe_ratio_of_what_does_not_differ_is_none(returns: list[float]) -> None:
    assert sharpe(returns) == pytest.approx(metrics.sharpe(np.array(returns)), rel=1e-6, abs=1e-12)


def test_without_a_trade_nothing_is_measured() -> None:
    found = figures_of([[], []], [], 1e-4)
    assert (found.trades, found.hit_rate, found.profit_factor, found.drawdown_pips) == (0, None, None, 0.0)
