from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticklake_assets.modeling.fitting.event_rows import of_days, trading_days
from ticklake_assets.modeling.fitting.thresholds import (
    LEAST_TRADES_A_DAY,
    QUANTILES,
    Candidate,
    between_scores,
    choose,
    judge_candidates,
)
from ticklake_assets_tests.modeling.markets import market, run_fold


def candidate(quantile: float, trades: int, mean: float) -> Candidate:
    nets = tuple(mean + (1.0 if place % 2 else -1.0) for place in range(trades))
    return Candidate(
        quantile=quantile,
        act=quantile,
        trades=trades,
        daily_net_pips=(sum(nets),),
        daily_trades=(trades,),
        trade_net_pips=nets,
    )


def test_the_most_certain_profit_with_trades_enough_is_chosen() -> None:
    few = LEAST_TRADES_A_DAY - 1
    grid = [
        candidate(0.3, 80, 0.1),
        candidate(0.5, 60, 0.4),
        candidate(0.7, 40, 0.4),
        candidate(0.8, 36, 0.1),
    ]
    assert choose(grid, 1) is grid[1]
    # The last one has too few trades itself, but speaks for its neighbour.
    assert choose([*grid, candidate(0.9, few, 3.0)], 1) is grid[3]


def test_a_peak_that_no_neighbour_shares_is_luck() -> None:
    means = (0.3, 0.5, 0.5, -0.6, 0.9, -0.6, -0.6)
    grid = [candidate(quantile, 100, mean) for quantile, mean in zip(QUANTILES, means, strict=True)]
    assert choose(grid, 1).quantile == 0.5


def test_without_trades_enough_the_lowest_threshold_stays() -> None:
    grid = [candidate(0.3, 5, -1.0), candidate(0.9, 2, 5.0)]
    assert choose(grid, 1) is grid[0]


@given(st.lists(st.integers(200, 999), min_size=2, max_size=60, unique=True), st.floats(0.0, 1.0))
def test_no_score_lies_on_a_threshold(mils: list[int], quantile: float) -> None:
    scores = [each / 1000 for each in mils]
    act = between_scores(scores, quantile)
    ordered = sorted(scores)
    assert ordered[0] <= act <= ordered[-1]
    above = [score for score in scores if score >= act]
    assert 0 < len(above) < len(scores)
    assert act not in scores


def test_of_equal_scores_all_or_none_act() -> None:
    assert between_scores([0.4, 0.4, 0.4], 0.5) == 0.2


def test_candidates_are_simulated_day_by_day_and_higher_ones_trade_less() -> None:
    run, (known, events, quotes, _) = run_fold(), market()
    unseen = of_days(events, run.fold.validate, "validate")
    loaded: list[object] = []

    def quotes_of(day: object) -> object:
        loaded.append(day)
        return quotes[day]  # type: ignore[index]

    predictions = run.bundle.scorer().score_rows(unseen.features)
    grid = judge_candidates(unseen, predictions, run.bundle.thresholds, quotes_of, known)  # type: ignore[arg-type]
    assert loaded == trading_days(unseen)
    assert [each.act for each in grid] == sorted(each.act for each in grid)
    assert [each.trades for each in grid] == sorted((each.trades for each in grid), reverse=True)
    for each in grid:
        assert each.net_pips == pytest.approx(float(np.sum(each.trade_net_pips)))
        assert len(each.daily_net_pips) == 2
    assert grid == run.validated.candidates
