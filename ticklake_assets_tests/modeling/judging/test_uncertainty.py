from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticklake_assets.core.metrics import design_effect
from ticklake_assets.core.tables import Floats
from ticklake_assets.modeling.judging.evidence import evidence_of
from ticklake_assets.modeling.judging.uncertainty import (
    Uncertainty,
    days_to_decide,
    deepest_falls,
    pieces_of,
    uncertainty_of,
)
from ticklake_assets.modeling.trading.simulation import Trade, falls
from ticklake_assets_tests.modeling.markets import chain, market

DAYS = [day.trades for fold in chain() for day in fold.test.days]
PIP = market().instrument.pip


def trade(net: float, worst: float = 0.0, best: float = 0.0, fall: float = 0.0) -> Trade:
    """It ended after its best mark, so that it fell at least from there."""
    low, high = min(net, worst), max(net, best)
    return Trade(
        signal_us=0, side=1, entry_us=0, entry=1.0, exit_us=1, exit=1.0, outcome=1, slippage=0.0, commission=0.0,
        markup=0.0, swap=0.0, net=net, worst=low, best=high, fall=max(fall, high - net),
    )  # fmt: skip


def effect_of(days: Sequence[Sequence[Trade]]) -> float:
    return design_effect([np.array([each.net for each in day]) for day in days])


def told(days: Sequence[Sequence[Trade]], openings: int = 5) -> Uncertainty:
    found = uncertainty_of(days, openings, effect_of(days), 1.0)
    assert found is not None
    return found


def test_the_same_trades_give_the_same_numbers_and_survive_json() -> None:
    found = uncertainty_of(DAYS, 5, 1.3, PIP)
    assert found == uncertainty_of(DAYS, 5, 1.3, PIP)
    assert found is not None
    assert Uncertainty.model_validate_json(found.canonical()) == found
    net = sum(each.net for day in DAYS for each in day) / PIP
    assert found.net_pips.low < net < found.net_pips.high


def test_of_days_that_are_alike_nothing_is_uncertain_and_falls_are_the_trades() -> None:
    day = [trade(2.0, worst=-1.0, fall=1.0), trade(-3.0, worst=-4.0, fall=4.0), trade(4.0)]
    found = told([day] * 5)
    assert found.net_pips.low == found.net_pips.high == 15.0
    deepest = float(falls(day * 5).max())
    assert found.drawdown_pips.low == found.drawdown_pips.high == deepest == 4.0


marks = st.tuples(*[st.integers(-9, 9)] * 3, st.integers(0, 5))


@given(st.lists(marks, min_size=1, max_size=7), st.data())
def test_pieces_in_any_order_fall_as_the_equity_of_their_trades_does(
    drawn: list[tuple[int, int, int, int]], data: st.DataObject
) -> None:
    trades = [trade(*map(float, each)) for each in drawn]
    order = data.draw(st.lists(st.integers(0, len(trades) - 1), min_size=1, max_size=9))
    (found,) = deepest_falls(pieces_of(trades, 1.0), np.array([order]))
    assert found == falls([trades[place] for place in order]).max()


@given(
    st.lists(st.lists(marks, max_size=4), min_size=2, max_size=4).filter(lambda days: sum(map(len, days)) > 1)
)
def test_days_are_pieces_too(drawn: list[list[tuple[int, int, int, int]]]) -> None:
    """Where all days are one day, every draw of days is that day repeated."""
    day = [trade(*map(float, each)) for each in drawn[0] or [(1, 0, 0, 0)]]
    found = told([day] * len(drawn))
    assert found.drawdown_pips.low == found.drawdown_pips.high == falls(day * len(drawn)).max()


def test_the_interval_of_the_net_is_that_of_the_mean_of_days() -> None:
    rng = np.random.default_rng(3)
    days = [[trade(float(net)) for net in rng.normal(0.5, 1.0, 20)] for _ in range(40)]
    sums = np.array([sum(each.net for each in day) for day in days])
    found, error = told(days), float(sums.std() * np.sqrt(40))
    assert found.net_pips.low == pytest.approx(sums.sum() - 1.645 * error, abs=0.15 * error)
    assert found.net_pips.high == pytest.approx(sums.sum() + 1.645 * error, abs=0.15 * error)
    ratio = np.array([each.net for day in days for each in day])
    middle = (found.trade_sharpe.low + found.trade_sharpe.high) / 2
    assert middle == pytest.approx(ratio.mean() / ratio.std(), abs=0.02)


def test_losses_that_come_together_fall_deeper_than_in_other_orders() -> None:
    wins, losses = [trade(1.0)] * 60, [trade(-1.0, worst=-1.0, fall=1.0)] * 40
    together, spread = told([wins, losses, wins]), told([[*wins[:3], *losses[:2]]] * 20)
    assert together.deeper_orders < 0.01
    assert spread.deeper_orders > 0.9


def noise_of(mean: float, days: int = 6) -> list[Floats]:
    return list(mean + np.random.default_rng(4).standard_normal((days, 30)))


@pytest.mark.parametrize(("mean", "openings"), [(0.2, 5), (0.12, 5), (0.12, 200)])
def test_after_so_many_days_like_these_the_deflated_sharpe_is_met(mean: float, openings: int) -> None:
    days = noise_of(mean)
    needed = days_to_decide(days, openings, design_effect(days))
    assert needed is not None
    repeats = needed / len(days)
    enough, fewer = int(np.ceil(repeats * 1.05)), int(repeats * 0.95)
    assert evidence_of(days * enough, openings).deflated_sharpe >= 0.95
    assert fewer == 0 or evidence_of(days * fewer, openings).deflated_sharpe < 0.95


def test_a_loss_is_decided_sooner_than_a_gain_of_its_size_and_nothing_never() -> None:
    days = noise_of(0.1)
    gain, loss = days_to_decide(days, 5, 1.0), days_to_decide([-day for day in days], 5, 1.0)
    assert gain is not None
    assert loss is not None
    assert loss < gain
    assert days_to_decide([np.array([1.0, -1.0])] * 2, 5, 1.0) is None


def test_a_loss_that_was_not_seen_may_be_as_frequent_as_three_in_all_trades() -> None:
    # Hanley & Lippman-Hand, If Nothing Goes Wrong, Is Everything All Right? (1983).
    days = [[trade(float(net)) for net in day] for day in noise_of(0.1, 10)]
    effective = evidence_of(noise_of(0.1, 10), 5).effective_trades
    assert told(days).unseen_loss_share == pytest.approx(3 / effective, rel=0.02)


def test_of_one_day_or_one_trade_nothing_is_said() -> None:
    assert uncertainty_of([[trade(1.0), trade(2.0)]], 5, 1.0, 1.0) is None
    assert uncertainty_of([[trade(1.0)], []], 5, 1.0, 1.0) is None
    assert told([[trade(1.0)], [trade(1.0)]]).days_to_decide is None
