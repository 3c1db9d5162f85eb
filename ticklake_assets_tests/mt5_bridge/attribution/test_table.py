"""The table of a whole day makes the simulator's trades, to the bit, on crowded markets."""

from __future__ import annotations

from hypothesis import given, settings

from mt5_bridge.attribution.documents import Quotes as Columns
from mt5_bridge.attribution.documents import Wanted
from mt5_bridge.attribution.table import ByHand, trade_by_table
from mt5_bridge.trading.words import Outcome
from ticklake_assets.core.orders import LONG
from ticklake_assets.core.tables import Quotes
from ticklake_assets.modeling.deployed.decision import Decision
from ticklake_assets.modeling.trading.simulation import simulate_day
from ticklake_assets_tests.mt5_bridge.paper.test_same_trades import (
    DAY,
    DAY_END,
    KNOWN,
    OUTCOMES,
    crowded_markets,
)


@settings(max_examples=300)
@given(crowded_markets())
def test_like_the_simulator(case: tuple[Quotes, list[Decision]]) -> None:
    quotes, decisions = case
    columns = Columns(quotes.ts_us.tolist(), quotes.bid.tolist(), quotes.ask.tolist())
    simulated = simulate_day(DAY, quotes, decisions, KNOWN)
    walked = trade_by_table(columns, [_wanted(each) for each in decisions])
    found = []
    for each in walked:
        into, out = (columns.ask, columns.bid) if each.key.side == "long" else (columns.bid, columns.ask)
        times = columns.ts_us[each.entry], columns.ts_us[each.exit]
        outcome = OUTCOMES.index(each.outcome) + 1
        found.append((each.key.signal_us, times[0], into[each.entry], times[1], out[each.exit], outcome))
    assert found == [
        (trade.signal_us, trade.entry_us, trade.entry, trade.exit_us, trade.exit, trade.outcome)
        for trade in simulated.trades
    ]


def test_a_hand_ends_a_position_at_the_newest_quote_and_frees_the_symbol() -> None:
    columns = Columns([0, 10, 20, 30, 40, 50], [1.0] * 6, [1.1] * 6)
    one, two = (
        Wanted(
            signal_us=ts_us,
            side="long",
            earliest_entry_us=ts_us + 10,
            stop=0.5,
            target=2.0,
            horizon_end_us=ts_us + 1000,
            day_end_us=2000,
        )
        for ts_us in (0, 30)
    )
    walked = trade_by_table(columns, [one, two], {one.key: ByHand(25, Outcome.MANUAL)})
    assert [(each.entry, each.exit, each.outcome) for each in walked] == [
        (1, 2, Outcome.MANUAL),
        (4, 5, Outcome.DAY_END),
    ]
    assert [each.exit for each in trade_by_table(columns, [one, two])] == [5]


def _wanted(decision: Decision) -> Wanted:
    return Wanted(
        signal_us=decision.ts_us,
        side="long" if decision.side == LONG else "short",
        earliest_entry_us=decision.earliest_entry_us,
        stop=decision.stop,
        target=decision.target,
        horizon_end_us=decision.horizon_end_us,
        day_end_us=DAY_END,
    )
