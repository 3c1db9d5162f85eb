from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticklake_assets.core.schemas import CONTEXT, names
from ticklake_assets.modeling.judging.regimes import SESSIONS, Condition, by_regime
from ticklake_assets.modeling.trading.simulation import Trade
from ticklake_assets_tests.modeling.markets import market, run_fold

HOUR_US = 3_600_000_000


def trade(hour: int = 9, net: float = 0.0003, side: int = 1) -> Trade:
    at = hour * HOUR_US + 1
    return Trade(
        signal_us=at,
        side=side,
        entry_us=at + 1,
        entry=1.1,
        exit_us=at + 2,
        exit=1.1,
        outcome=1,
        slippage=0.0,
        commission=0.0,
        markup=0.0,
        swap=0.0,
        net=net,
        worst=0.0,
        best=net,
        fall=0.0,
    )


def condition(volatility: float = 1.0, spread: float = 0.4) -> Condition:
    return Condition(volatility_pips=volatility, spread_pips=spread)


def test_the_sessions_are_the_day() -> None:
    assert [start for _, start, _ in SESSIONS] == [0, *(end for _, _, end in SESSIONS[:-1])]
    assert SESSIONS[-1][2] == 24


@given(
    st.lists(
        st.tuples(
            st.integers(0, 23),
            st.integers(-9, 9),
            st.sampled_from([0.1, 0.5, 0.5, 2.0, 7.0]),
            st.floats(0, 9),
        ),
        min_size=1,
        max_size=60,
    )
)
def test_each_split_has_every_trade_once(drawn: list[tuple[int, int, float, float]]) -> None:
    trades = [trade(hour, pips * 1e-4) for hour, pips, _, _ in drawn]
    conditions = [condition(volatility, spread) for _, _, spread, volatility in drawn]
    found = by_regime(trades, conditions, 1e-4)
    for by in ("side", "volatility", "spread", "session"):
        split = [regime for regime in found if regime.by == by]
        assert sum(regime.trades for regime in split) == len(trades)
        assert sum(regime.net_pips for regime in split) == pytest.approx(
            sum(each[1] for each in drawn), abs=1e-6
        )
        hits = sum(round(regime.hit_rate * regime.trades) for regime in split)
        assert hits == sum(each[1] > 0 for each in drawn)
        assert all(regime.trades for regime in split)


def test_thirds_and_hours_are_where_they_belong() -> None:
    trades = [trade(*each) for each in ((1, -1e-4), (8, 2e-4, -1), (13, 3e-4))]
    found = by_regime(trades, [condition(0.5), condition(1.0), condition(3.0)], 1e-4)
    by_name = {(regime.by, regime.name): regime for regime in found}
    assert by_name["volatility", "calm"].net_pips == pytest.approx(-1)
    assert by_name["volatility", "calm"].bounds == "to 0.5 pips a minute"
    assert by_name["volatility", "wild"].bounds == "above 1 pips a minute"
    assert by_name["volatility", "wild"].hit_rate == 1
    assert by_name["session", "Asia"].hit_rate == 0
    assert [by_name["side", each].net_pips for each in ("long", "short")] == pytest.approx([2, 2])
    assert by_name["session", "overlap"].net_pips == pytest.approx(3)
    assert Counter(regime.by for regime in found)["spread"] == 1, "one spread, so one kind"
    assert by_regime([], [], 1e-4) == ()


def test_a_tested_trade_knows_the_market_at_its_signal() -> None:
    run, (known, _, _, features) = run_fold(), market()
    assert sum(len(day.conditions) for day in run.record.test.days) == run.record.test.trades
    column = names(CONTEXT).index
    for day in run.record.test.days:
        made = features[day.day]
        for each, seen in zip(day.trades, day.conditions, strict=True):
            (at,) = np.flatnonzero(made.ts_us == each.signal_us)
            context = made.context[at]
            assert seen.volatility_pips == pytest.approx(context[column("sigma_1m")] / known.pip, rel=1e-9)
            spread = context[column("ask")] - context[column("bid")]
            assert seen.spread_pips == pytest.approx(spread / known.pip, abs=1e-6)
