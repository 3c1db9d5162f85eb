"""The surface of net against cost and latency: its own cell is the chain, and it falls as costs rise."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticklake_assets.core.errors import DataError
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.modeling.deployed.decision import decide, market_events
from ticklake_assets.modeling.fitting.event_rows import of_days
from ticklake_assets.modeling.judging.cost_surface import (
    LATENCIES_MS,
    MULTIPLES,
    LateDay,
    day_latencies,
    packed,
    surface_of,
)
from ticklake_assets.modeling.judging.walk_forward import judge
from ticklake_assets.modeling.trading.simulation import simulate_day
from ticklake_assets_tests.modeling.markets import chain, market, run_fold
from ticklake_assets_tests.modeling.trading.test_simulation import DAY, quotes, signal


def test_the_cell_of_today_s_costs_and_latency_is_the_chain_itself() -> None:
    report = judge(chain(), 1, 1.0)
    own, *others = report.cost_surface.rows
    today = own.cells[MULTIPLES.index(1.0)]
    assert (own.latency_ms, own.trades) == (None, report.trades)
    assert (today.net_pips, today.daily_lower_bound_pips) == (report.net_pips, report.daily_lower_bound_pips)
    assert today.deflated_sharpe == report.deflated_sharpe
    assert [row.latency_ms for row in others] == list(LATENCIES_MS)


@pytest.mark.parametrize("openings", [1, 10**30, 10**250])
def test_the_cell_of_today_earns_where_both_gates_hold_and_nowhere_else(openings: int) -> None:
    """A chain that is the best of very many earns no more than its deflated Sharpe ratio says."""
    report = judge(chain(), openings, 1.0)
    passed = {row.name: row.passed for row in report.gates.rows}
    today = report.cost_surface.rows[0].cells[MULTIPLES.index(1.0)]
    assert passed["net_pips_a_day_lower_bound"]
    assert passed["deflated_sharpe"] == (openings == 1)
    assert today.verdict == ("earns" if openings == 1 else "undecided")


def test_a_latency_is_simulated_anew() -> None:
    """The synthetic venue takes 200 ms; orders that come a second late enter elsewhere, as this run does."""
    run, (_, events, quotes, _) = run_fold(), market()
    slow = run.bundle.instrument.charging(latency_ms=(1000,))
    scorer = run.bundle.scorer()
    for tested in run.record.test.days:
        today = of_days(events, [tested.day], "test")
        predictions = scorer.score_rows(today.features)
        decisions = [
            decide(event, each, run.bundle.thresholds, slow)
            for event, each in zip(market_events(today), predictions, strict=True)
        ]
        late = simulate_day(SymbolDay("SYNEUR", tested.day), quotes[tested.day], decisions, slow)
        assert tested.latencies[-1].net_pips == late.net / slow.pip != tested.net_pips
        assert tested.latencies[-1].trades == len(late.trades)
        assert tested.latencies[0].cost_pips == pytest.approx(tested.cost_pips)


def late_day(*trades: tuple[float, float]) -> LateDay:
    """A day of trades with these nets and costs."""
    nets, costs = np.array(trades).reshape(-1, 2).T
    return LateDay(
        latency_ms=None,
        trades=len(nets),
        net_pips=float(nets.sum()),
        cost_pips=float(costs.sum()),
        nets=packed(nets),
        costs=packed(costs),
    )


TENTHS = st.integers(-10_000, 10_000).map(lambda points: points / 10)
DAYS = st.lists(
    st.lists(st.tuples(TENTHS, TENTHS.map(abs)), max_size=5).map(lambda trades: (late_day(*trades),)),
    min_size=1,
    max_size=8,
)


@given(DAYS)
def test_net_falls_with_cost_and_is_zero_at_the_break_even(days: list[tuple[LateDay]]) -> None:
    surface = surface_of(days, 1)
    nets = [cell.net_pips for cell in surface.rows[0].cells]
    assert all(later <= earlier + 1e-9 for earlier, later in pairwise(nets))
    multiple = surface.break_even_multiple
    if multiple is not None and abs(multiple) < 1e6:
        at_it = sum(day.net_pips - (multiple - 1) * day.cost_pips for (day,) in days)
        assert at_it == pytest.approx(0, abs=1e-5)


def test_the_chain_s_surface_falls_at_every_latency() -> None:
    surface = judge(chain(), 1, 1.0).cost_surface
    for row in surface.rows:
        nets = [cell.net_pips for cell in row.cells]
        assert nets == sorted(nets, reverse=True)
    assert surface.break_even_multiple is not None
    assert surface.break_even_pips_a_trade is not None
    assert surface.cost_pips_a_trade is not None
    assert surface.break_even_pips_a_trade == pytest.approx(
        surface.break_even_multiple * surface.cost_pips_a_trade
    )


def test_a_cell_s_verdict_is_that_of_the_money_gates() -> None:
    def of(*nets: float) -> str:
        days = [(late_day((net, 1.0)),) for net in nets]
        return surface_of(days, 1).rows[0].cells[MULTIPLES.index(1.0)].verdict

    assert of(5.0, 6.0, 5.5) == "earns"
    assert of(5.0, -6.0, 5.5) == "undecided"
    assert of(5.0) == "undecided", "one day has no bound"
    assert of(-5.0, 4.0) == of(0.0, 0.0) == "loses"


@pytest.mark.parametrize(("swap", "cost"), [(2.0, 2.6), (-2.0, 0.6)])
def test_a_swap_that_is_paid_is_multiplied_and_a_credit_is_not(swap: float, cost: float) -> None:
    """Spread of 4 points, 0.1 pip of slippage a fill; the position is open at 22:00 UTC, 17:00 New York."""
    known, night = instrument_of("SYNEUR").charging(swap_long_pips=swap), 22 * 3_600
    stream = quotes((night - 60, 0), (night - 50, 0), (night + 9, 200))
    decisions = [signal(night - 60)]
    run = simulate_day(DAY, stream, decisions, known)
    own, *_ = day_latencies(DAY, stream, decisions, run, known)
    assert (own.trades, own.cost_pips) == (1, pytest.approx(cost))
    assert own.net_pips == pytest.approx(20 - 0.4 - 0.2 - swap)


def test_without_trades_there_is_nothing_to_break_even() -> None:
    surface = surface_of([(late_day(),)], 1)
    assert (surface.break_even_multiple, surface.break_even_pips_a_trade) == (None, None)


def test_folds_of_two_profiles_are_no_chain() -> None:
    first, *rest = chain()
    dearer = replace(first.test.costs, markup_pips=1.0)
    mixed = first.model_copy(update={"test": first.test.model_copy(update={"costs": dearer})})
    with pytest.raises(DataError, match="one cost profile"):
        judge([mixed, *rest], 1, 1.0)
