"""Law 5 in sequence: simulator and bridge take the same signals and make the same trades of them."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from mt5_bridge.paper.costs import trade_cost
from mt5_bridge.paper.terminal import PaperTerminal
from mt5_bridge.trading.bridge import Bridge
from mt5_bridge.trading.journal import Journal
from mt5_bridge.trading.words import Entry, Fate, OrderState
from mt5_bridge.wire.contract import Answer, Signal, Tick
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.labels import day_end_us
from ticklake_assets.core.orders import LONG, SHORT
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import Quotes
from ticklake_assets.modeling.deployed.decision import Decision
from ticklake_assets.modeling.trading.simulation import NO_ENTRY_REASON, POSITION_OPEN, DayRun, simulate_day
from ticklake_assets_tests.core.quote_builders import quotes_of
from ticklake_assets_tests.mt5_bridge.orders import make_signal, open_log
from ticklake_assets_tests.mt5_bridge.served_facts import facts_of

DAY = SymbolDay("SYNEUR", date(2024, 1, 17))
KNOWN = replace(instrument_of("SYNEUR"), costs=instrument_of("EURUSD", "dukascopy").costs)
DAY_END = day_end_us(DAY, KNOWN)
OUTCOMES = ("target", "stop", "time", "day_end")


@st.composite
def crowded_markets(draw: st.DrawFn) -> tuple[Quotes, list[Decision]]:
    """Many quotes a time and few points a move: events, exits and day ends share times again and again."""
    gaps = st.sampled_from([0, 0, 0, 1, 100_000, 200_000, 1_000_000])
    steps = draw(st.lists(st.tuples(gaps, st.integers(-4, 4), st.booleans()), min_size=1, max_size=40))
    time_us = draw(st.sampled_from([DAY.start_us, DAY_END - 2_000_000, DAY_END - 1]))
    bid, rows = 110_000, list[tuple[int, float, float, float, float]]()
    decisions: list[Decision] = []
    for gap_us, move, is_event in steps:
        is_first = not rows or gap_us > 0
        time_us, bid = time_us + gap_us, bid + move
        rows.append((time_us, bid / 1e5, (bid + 1) / 1e5, 1.0, 1.0))
        if is_event and is_first:
            side, width = draw(st.sampled_from([LONG, SHORT])), draw(st.integers(1, 6))
            anchor = bid + 1 if side == LONG else bid
            stop, target = (anchor - side * width) / 1e5, (anchor + side * width) / 1e5
            horizon = time_us + draw(st.sampled_from([200_000, 1_000_000, 60_000_000]))
            decisions.append(Decision(time_us, side, (), time_us + 200_000, stop, target, horizon))
    return quotes_of(rows), decisions


@settings(max_examples=120)
@given(crowded_markets())
def test_on_markets_with_many_quotes_a_time(case: tuple[Quotes, list[Decision]]) -> None:
    quotes, decisions = case
    simulated = simulate_day(DAY, quotes, decisions, KNOWN)
    entries = _bridged(quotes, decisions)
    assert _times(entries, Fate.DECLINED) == _refused(simulated, POSITION_OPEN)
    assert _times(entries, OrderState.NO_ENTRY) == _refused(simulated, NO_ENTRY_REASON)
    assert [_trade(entry) for entry in entries if entry.fate is OrderState.CLOSED] == [
        (trade.signal_us, trade.entry_us, trade.entry, trade.exit_us, trade.exit, trade.outcome, trade.net)
        for trade in simulated.trades
    ]


def _bridged(quotes: Quotes, decisions: list[Decision]) -> list[Entry]:
    """Quote by quote, each decision a signal that comes with the first quote of its time."""
    waiting = {decision.ts_us: decision for decision in decisions}
    with ExitStack() as opened:
        folder = Path(opened.enter_context(TemporaryDirectory()))
        logs = [opened.enter_context(open_log(folder / name)) for name in ("b.jsonl", "t.jsonl")]
        journal, terminal = Journal(logs[0]), PaperTerminal(logs[1], partial(trade_cost, facts_of(KNOWN)))
        bridge = Bridge(DAY.symbol, journal, terminal, trade_shadow=False)
        columns = (column.tolist() for column in quotes)
        for seq, (ts_us, *values) in enumerate(zip(*columns, strict=True), start=1):
            decision = waiting.pop(ts_us, None)
            signal = None if decision is None else _signal(decision)
            bridge.on_answer(Tick(seq, ts_us, *values), Answer(seq, "clean", None, signal))
        bridge.end_of_day()
        return list(journal.entries.values())


def _signal(decision: Decision) -> Signal:
    return make_signal(
        decision.ts_us,
        side="long" if decision.side == LONG else "short",
        earliest_entry_us=decision.earliest_entry_us,
        stop=decision.stop,
        target=decision.target,
        horizon_end_us=decision.horizon_end_us,
        day_end_us=DAY_END,
    )


def _times(entries: list[Entry], fate: Fate | OrderState) -> list[int]:
    return [entry.intent.ts_us for entry in entries if entry.fate is fate]


def _refused(run: DayRun, wanted: str) -> list[int]:
    return [ts_us for ts_us, reason in run.refused if reason == wanted]


def _trade(entry: Entry) -> tuple[int, int, float, int, float, int, float]:
    position = entry.position
    assert position is not None
    assert position.exit is not None
    assert position.outcome is not None
    outcome = OUTCOMES.index(position.outcome) + 1
    into, out = position.entry, position.exit
    return entry.intent.ts_us, into.ts_us, into.price, out.ts_us, out.price, outcome, position.net
