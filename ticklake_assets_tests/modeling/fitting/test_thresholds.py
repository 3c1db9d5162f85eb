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
    certainty,
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
    # Too few trades can neither be chosen nor speak for a neighbour.
    assert choose([*grid, candidate(0.9, few, 3.0)], 1) is grid[1]
    assert choose([*grid, candidate(0.9, few + 1, 3.0)], 1).quantile == 0.9


def test_a_peak_that_no_neighbour_shares_is_luck() -> None:
    means = (0.3, 0.5, 0.5, -0.6, 0.9, -0.6, -0.6)
    grid = [candidate(quantile, 100, mean) for quantile, mean in zip(QUANTILES, means, strict=True)]
    assert choose(grid, 1).quantile == 0.5


def test_without_trades_enough_the_lowest_threshold_stays() -> None:
    grid = [candidate(0.3, 5, 1.0), candidate(0.9, 2, 5.0)]
    assert choose(grid, 1) is grid[0]


@pytest.mark.parametrize(
    "means", [(-1.0, -0.5, -0.1), (-0.5, 0.0, -0.5), (0.5, -0.1, 0.5)], ids=["loss", "nothing", "best loses"]
)
def test_what_loses_where_it_is_chosen_trades_nothing(means: tuple[float, ...]) -> None:
    counts = (30, 100, 30) if means[0] > 0 else (90, 90, 90)
    grid = [
        candidate(quantile, count, mean)
        for quantile, count, mean in zip((0.3, 0.5, 0.7), counts, means, strict=True)
    ]
    chosen = choose(grid, 2 if means[0] > 0 else 1)
    assert chosen.trades_nothing
    assert (chosen.net_pips, chosen.trades, len(chosen.nets_by_day)) == (0.0, 0, 2 if means[0] > 0 else 1)
    assert not any(each.trades_nothing for each in grid)


def test_three_equal_wins_are_no_certainty() -> None:
    equal = np.full(3, 1.1) + np.array([0.0, 2e-16, 4e-16])
    busy = np.tile([1.0, -0.9], 40)
    assert certainty([equal, busy], 1)[0] == pytest.approx(certainty([busy], 1)[0] / 2)
    assert certainty([busy, equal], 1)[0] == certainty([busy], 1)[0]


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
