from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticklake_assets.core.broker import ByPrice
from ticklake_assets.core.costs import round_turn_cost
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.labels import label_day
from ticklake_assets.core.orders import DAY_END, LONG, NO_ENTRY, SHORT, STOP, TARGET, TIME
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import Quotes
from ticklake_assets.modeling.deployed.decision import (
    NO_SIDE,
    Decision,
    MarketEvent,
    Prediction,
    Thresholds,
    decide,
    market_events,
)
from ticklake_assets.modeling.fitting.event_rows import of_days
from ticklake_assets.modeling.trading.simulation import (
    NO_ENTRY_REASON,
    POSITION_OPEN,
    Trade,
    equity,
    falls,
    simulate_day,
    spread_costs,
)
from ticklake_assets_tests.modeling.markets import FIRST, market

DAY = SymbolDay("SYNEUR", date(2024, 1, 2))
KNOWN = instrument_of("SYNEUR").charging(slippage_pips=0.5, commission=ByPrice(fixed=0.15e-4))
COST = round_turn_cost(KNOWN, 1.1, 1.1)
SECOND = 1_000_000


def quotes(*rows: tuple[float, float]) -> Quotes:
    """Quotes of (seconds into the day, bid in points above 1.1); the spread is 4 points."""
    ts_us = np.array([DAY.start_us + round(second * SECOND) for second, _ in rows])
    bid = np.array([round(1.1 + points * 1e-5, 5) for _, points in rows])
    ask = np.array([round(each + 4e-5, 5) for each in bid])
    return Quotes(ts_us, bid, ask, np.ones(len(rows)), np.ones(len(rows)))


def signal(
    second: float, side: int = LONG, anchor: float = 0, width: float = 50, horizon: float = 600
) -> Decision:
    """A decision as `decide` makes it for a quote with bid `anchor` points above 1.1."""
    ts_us = DAY.start_us + round(second * SECOND)
    base = 1.1 + (anchor + (4 if side == LONG else 0)) * 1e-5
    stop, target = round(base - side * width * 1e-5, 5), round(base + side * width * 1e-5, 5)
    return Decision(ts_us, side, (), ts_us + 200_000, stop, target, ts_us + round(horizon * SECOND))


def test_a_trade_is_entered_after_latency_and_closed_at_the_quote_beyond() -> None:
    run = simulate_day(
        DAY, quotes((0, 0), (0.1, 2), (0.3, 1), (5, -20), (9, 60), (10, 0)), [signal(0)], KNOWN
    )
    (trade,) = run.trades
    assert (trade.entry, trade.exit, trade.outcome) == (1.10005, 1.1006, TARGET)
    assert trade.net == pytest.approx(55e-5 - COST)
    assert trade.worst == pytest.approx((-20 - 5) * 1e-5 - COST)
    assert trade.entry_us == DAY.start_us + 300_000
    assert run.exposure == pytest.approx(8.7 / 86_400)


def test_a_position_over_the_rollover_pays_swap_and_one_before_it_does_not() -> None:
    """2024-01-02 is a Tuesday; New York's 17:00 is 22:00 UTC."""
    known, night = KNOWN.charging(swap_long_pips=0.7, swap_short_pips=9.0), 22 * 3_600
    stream = quotes((night - 900, 0), (night - 800, 0), (night - 60, 60), (night - 50, 60), (night + 9, 200))
    run = simulate_day(DAY, stream, [signal(night - 900, horizon=1e4), signal(night - 60, LONG, 60)], known)
    before, over = run.trades
    assert (before.swap, over.swap) == (0.0, pytest.approx(0.7 * known.pip))
    assert before.net == pytest.approx(before.exit - before.entry - COST)
    assert over.net == pytest.approx(over.exit - over.entry - COST - over.swap)


def test_no_position_is_held_over_the_weekend_and_a_gap_is_paid_in_full() -> None:
    """Friday closes at 17:00 New York; positions a minute before, at the market. Sunday's gap meets nobody."""
    friday = SymbolDay("EURUSD", date(2024, 1, 5))
    known = instrument_of("EURUSD").charging(slippage_pips=0.0, commission=ByPrice())
    close = 22 * 3_600 - 60
    seconds, bids = (close - 120, close - 100, close, close + 30), (0, 3, 5, -400)
    stream = quotes(*zip(seconds, bids, strict=True))
    moved = stream._replace(ts_us=stream.ts_us - DAY.start_us + friday.start_us)
    order = signal(close - 120, horizon=1_800)
    shift = friday.start_us - DAY.start_us
    order = order._replace(
        ts_us=order.ts_us + shift,
        earliest_entry_us=order.earliest_entry_us + shift,
        horizon_end_us=order.horizon_end_us + shift,
    )
    (trade,) = simulate_day(friday, moved, [order], known).trades
    assert (trade.outcome, trade.exit_us) == (DAY_END, friday.start_us + close * SECOND)
    assert trade.swap == 0.0
    assert trade.net == pytest.approx(-2e-5)


def test_a_gap_through_the_stop_is_filled_where_the_market_reopens() -> None:
    """A feed that is silent for an hour: the stop lies 50 points below, the next quote 400."""
    run = simulate_day(DAY, quotes((0, 0), (1, 0), (3_600, -400)), [signal(0, horizon=7_200)], KNOWN)
    (trade,) = run.trades
    assert (trade.outcome, trade.exit) == (STOP, 1.096)
    assert trade.net == pytest.approx(-404e-5 - COST)


def test_a_short_pays_the_ask_on_its_way_out() -> None:
    run = simulate_day(DAY, quotes((0, 0), (1, 0), (2, 20), (3, 60)), [signal(0, SHORT)], KNOWN)
    (trade,) = run.trades
    assert (trade.entry, trade.exit, trade.outcome) == (1.1, 1.10064, STOP)
    assert trade.net == pytest.approx(-64e-5 - COST)
    assert trade.worst == trade.net


def test_signals_while_busy_are_recorded_and_the_closing_quote_frees() -> None:
    stream = quotes((0, 0), (1, 0), (5, 10), (8, 60), (9, 60), (20, 120))
    run = simulate_day(DAY, stream, [signal(0), signal(5, SHORT, 10), signal(8, LONG, 60)], KNOWN)
    assert run.refused == ((DAY.start_us + 5 * SECOND, POSITION_OPEN),)
    assert [trade.signal_us for trade in run.trades] == [DAY.start_us, DAY.start_us + 8 * SECOND]


def test_an_event_before_the_closing_quote_of_the_same_time_finds_the_symbol_busy() -> None:
    stream = quotes((0, 0), (1, 0), (8, 10), (8, 60), (9, 60), (20, 120))
    run = simulate_day(DAY, stream, [signal(0), signal(8, LONG, 10)], KNOWN)
    assert [trade.outcome for trade in run.trades] == [TARGET]
    assert run.refused == ((DAY.start_us + 8 * SECOND, POSITION_OPEN),)


def test_the_last_quote_of_the_day_frees_nobody() -> None:
    """That no quote follows it, and so that the position ends there, nobody knows yet."""
    run = simulate_day(DAY, quotes((0, 0), (1, 0), (5, 10)), [signal(0), signal(5, LONG, 10)], KNOWN)
    assert [trade.outcome for trade in run.trades] == [DAY_END]
    assert run.refused == ((DAY.start_us + 5 * SECOND, POSITION_OPEN),)


def test_a_missed_order_is_recorded_and_frees_the_symbol() -> None:
    stream = quotes((0, 0), (1, 80), (2, 80), (3, 90), (700, 81))
    run = simulate_day(DAY, stream, [signal(0), signal(1, LONG, 80)], KNOWN)
    assert run.refused == ((DAY.start_us, NO_ENTRY_REASON),)
    assert [trade.outcome for trade in run.trades] == [TIME]


def test_an_order_that_no_quote_answers_keeps_the_symbol_until_its_horizon() -> None:
    stream = quotes((0, 0), (0.1, 0), (700, 0), (701, 0), (1400, 0))
    decisions = [signal(0, horizon=300), signal(0.1), signal(700)]
    run = simulate_day(DAY, stream, decisions, KNOWN)
    assert run.refused == (
        (DAY.start_us, NO_ENTRY_REASON),
        (DAY.start_us + 100_000, POSITION_OPEN),
    )
    assert [trade.signal_us for trade in run.trades] == [DAY.start_us + 700 * SECOND]


def test_abstentions_and_no_sides_ask_for_nothing() -> None:
    quiet = [signal(0)._replace(side=NO_SIDE), signal(0)._replace(abstain=("out_of_distribution",))]
    run = simulate_day(DAY, quotes((0, 0), (1, 0), (9, 60)), quiet, KNOWN)
    assert (run.trades, run.refused, run.net) == ((), (), 0.0)


def test_a_day_without_quotes_trades_nothing() -> None:
    assert simulate_day(DAY, Quotes.empty(), [], KNOWN).trades == ()


@pytest.mark.parametrize("side", [LONG, SHORT])
@pytest.mark.parametrize("symbol", ["SYNEUR", "SYNJPY"])
def test_acting_on_every_event_gives_the_labels_of_those_taken(side: int, symbol: str) -> None:
    known, events, day_quotes, _ = market(symbol, days=3)
    always = Prediction(0.9 if side == SHORT else 0.05, 0.05, 0.9 if side == LONG else 0.05, 0.0, ())
    taken = 0
    for day in day_quotes:
        today = of_days(events, [day], "trade")
        decisions = [decide(event, always, Thresholds(0.5, 9.0, ()), known) for event in market_events(today)]
        run = simulate_day(SymbolDay(symbol, day), day_quotes[day], decisions, known)
        labels = today.long if side == LONG else today.short
        row = {int(ts_us): place for place, ts_us in enumerate(today.ts_us)}
        for trade in run.trades:
            place = row[trade.signal_us]
            assert trade.outcome == labels.outcome[place]
            assert (trade.entry_us, trade.entry) == (labels.entry_us[place], labels.entry[place])
            assert (trade.exit_us, trade.exit) == (labels.exit_us[place], labels.exit[place])
            assert trade.net == labels.net[place]
        for ts_us, reason in run.refused:
            assert reason != NO_ENTRY_REASON or labels.outcome[row[ts_us]] == NO_ENTRY
        assert len(run.trades) + len(run.refused) == len(today.ts_us)
        taken += len(run.trades)
    assert taken > 150


@pytest.mark.parametrize(
    "charged", [("EURUSD", "dukascopy"), ("GBPJPY", "raw_spread"), ("USDCAD", "spread_only")]
)
def test_a_broker_s_costs_and_latencies_are_those_of_the_labels(charged: tuple[str, str]) -> None:
    """Law 5 at every profile: what is drawn event by event is what the labels drew for the whole day."""
    synthetic, _, day_quotes, features = market(days=3)
    known = replace(synthetic, costs=instrument_of(*charged).costs)
    day, seen, stream = SymbolDay("SYNEUR", FIRST), features[FIRST], day_quotes[FIRST]
    labels = label_day(day, stream, seen, known)
    context = zip(seen.ts_us.tolist(), seen.context, strict=True)
    events = [MarketEvent.at(ts_us, row, known) for ts_us, row in context]
    row_of = {event.ts_us: row for row, event in enumerate(events)}
    delays = set()
    for side, outcomes in ((LONG, labels.long), (SHORT, labels.short)):
        sure = Prediction(0.9 if side == SHORT else 0.0, 0.1, 0.9 if side == LONG else 0.0, 0.0, ())
        decisions = [decide(event, sure, Thresholds(0.5, 9.0, ()), known) for event in events]
        delays |= {each.earliest_entry_us - each.ts_us for each in decisions}
        trades = simulate_day(day, stream, decisions, known).trades
        assert len(trades) > 20
        for trade in trades:
            row = row_of[trade.signal_us]
            assert (trade.entry_us, trade.exit_us) == (outcomes.entry_us[row], outcomes.exit_us[row])
            assert trade.net == outcomes.net[row]
    assert delays == {each * 1000 for each in known.costs.latency_ms}


def test_positions_never_overlap() -> None:
    known, events, day_quotes, _ = market()
    today = of_days(events, [FIRST], "trade")
    rng = np.random.default_rng(1)
    decisions = [
        decide(event, Prediction(p, 0.0, 1 - p, 0.0, ()), Thresholds(0.6, 9.0, ()), known)
        for event, p in zip(market_events(today), rng.uniform(size=len(today.ts_us)).tolist(), strict=True)
    ]
    trades = simulate_day(SymbolDay("SYNEUR", FIRST), day_quotes[FIRST], decisions, known).trades
    assert all(later.signal_us >= earlier.exit_us for earlier, later in pairwise(trades))
    assert all(trade.worst <= trade.net for trade in trades)


@given(st.lists(st.integers(-60, 60), min_size=3, max_size=40))
def test_equity_ends_at_the_net_and_marks_every_fall(moves: list[int]) -> None:
    stream = quotes(*((2 * place, move) for place, move in enumerate([0, *moves])))
    decisions = [signal(2 * place, LONG, move, horizon=7) for place, move in enumerate([0, *moves])]
    run = simulate_day(DAY, stream, decisions, KNOWN)
    curve = equity(run.trades)
    assert len(curve) == len(falls(run.trades)) == 2 * len(run.trades)
    if run.trades:
        assert curve[-1] == pytest.approx(run.net)
        assert curve[0] == run.trades[0].worst
        assert falls(run.trades).max() == pytest.approx(fall_quote_by_quote(run.trades, stream))


def fall_quote_by_quote(trades: Sequence[Trade], stream: Quotes) -> float:
    """Deepest fall of a curve that has a point a quote of each position, all of them long."""
    curve, closed = [0.0], 0.0
    for trade in trades:
        held = (stream.ts_us >= trade.entry_us) & (stream.ts_us <= trade.exit_us)
        marks = stream.bid[held] - trade.entry - COST
        curve.extend(closed + marks)
        closed += marks[-1]
    return float((np.maximum.accumulate(curve) - curve).max())


def test_a_fall_within_a_trade_from_its_own_peak_counts() -> None:
    stream = quotes((0, 0), (1, 0), (5, 40), (9, 10), (12, 60))
    (trade,) = simulate_day(DAY, stream, [signal(0)], KNOWN).trades
    assert (trade.best, trade.fall) == pytest.approx((56e-5 - COST, 30e-5))
    assert falls([trade]).max() == pytest.approx(30e-5)


def test_a_trade_says_what_its_costs_are_of() -> None:
    known = KNOWN.charging(markup_pips=0.8)
    (trade,) = simulate_day(DAY, quotes((0, 0), (1, 0), (5, 60)), [signal(0)], known).trades
    told = trade.slippage, trade.commission, trade.markup, trade.swap
    assert told == pytest.approx((2 * 0.5 * 1e-4, 0.3e-4, 0.8e-4, 0.0))
    assert trade.net == pytest.approx(trade.exit - trade.entry - sum(told))


@pytest.mark.parametrize("side", [LONG, SHORT])
def test_the_spread_of_an_end_is_that_of_its_own_quote(side: int) -> None:
    """Several quotes share a time, and the one that touches the target need not be the first."""
    held = quotes((10, 0), (11, 0), (12, side * 10), (12, side * 80), (13, 0))
    wide = held._replace(
        bid=held.bid - np.array([0, 0, 40e-5, 0, 0]), ask=held.ask + np.array([0, 0, 40e-5, 0, 0])
    )
    run = simulate_day(DAY, wide, [signal(10, side)], KNOWN)
    assert [trade.outcome for trade in run.trades] == [TARGET]
    assert spread_costs(wide, run.trades) == pytest.approx([4e-5])
    assert spread_costs(wide, ()).tolist() == []
