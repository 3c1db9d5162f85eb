"""One rule for backtest and live: the simulator with risk, and the paper terminal with risk, quote by quote."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from mt5_bridge.paper.costs import trade_cost
from mt5_bridge.paper.terminal import PaperTerminal
from mt5_bridge.risk.desk import RiskDesk
from mt5_bridge.risk.facts import Closed, Fact, Filled, Released
from mt5_bridge.risk.limits import Limits
from mt5_bridge.risk.words import Account, Allowed, Proposal, Refused, money
from mt5_bridge.trading.words import Fill, Order, OrderReport, OrderState, Quote
from ticklake_assets.core.instruments import Instrument, instrument_of
from ticklake_assets.core.labels import day_end_us
from ticklake_assets.core.live_cleaner import clean_day_live
from ticklake_assets.core.orders import LONG, SHORT, order_at
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import Quotes
from ticklake_assets.modeling.deployed.decision import Decision
from ticklake_assets.modeling.trading.risked import Lots, RiskBook, RiskPlan, terms_of
from ticklake_assets.modeling.trading.simulation import simulate_day
from ticklake_assets.sources.folder import FolderSource
from ticklake_assets.storage.partitions.tick_rows import in_time_order
from ticklake_assets_tests.core.dirty_days import with_day
from ticklake_assets_tests.core.quote_builders import quotes_of
from ticklake_assets_tests.mt5_bridge.orders import open_log
from ticklake_assets_tests.mt5_bridge.paper.test_same_trades import DAY, DAY_END, KNOWN, crowded_markets
from ticklake_assets_tests.mt5_bridge.served_facts import facts_of

RATE = Decimal("0.9173")
BALANCE = Decimal(10_000)


def plan_of(draw: st.DrawFn) -> RiskPlan:
    """Limits that these markets meet: stops of a few points, and trades a second apart."""
    table: dict[str, Any] = {
        "trade": {
            "risk_percent": draw(st.sampled_from([Decimal("0.01"), Decimal("0.5")])),
            "max_lots": "unlimited",
        },
        "exposure": {"symbol_times": draw(st.sampled_from([2, "unlimited"])), "margin_percent": 100},
        "day": {
            "trades": draw(st.sampled_from([2, "unlimited", "unlimited"])),
            "loss_percent": draw(st.sampled_from([Decimal("0.2"), 2])),
            "clock": "utc",
        },
        "drawdown": {"percent": draw(st.sampled_from([Decimal("0.1"), 10]))},
        "streak": {"losses": draw(st.sampled_from([1, 2, "unlimited", "unlimited"])), "pause_minutes": 1},
        "slippage": {"pips": draw(st.sampled_from([Decimal("0.1"), "unlimited"])), "fills": 1},
        "weekend": "unlimited",
        "rollover": draw(
            st.sampled_from(["unlimited", {"start": "16:58", "end": "17:01", "zone": "America/New_York"}])
        ),
    }
    return RiskPlan(Limits.model_validate(table), BALANCE, "USD", RATE, "a test", Lots(step=Decimal("0.05")))


class Traded(NamedTuple):
    refused: list[tuple[int, str]]
    results: list[Decimal]
    facts: list[Fact]
    balance: Decimal


@st.composite
def lively_markets(draw: st.DrawFn) -> tuple[Quotes, list[Decision]]:
    """Signals at every other quote, with room to be entered, and moves that end them soon."""
    steps = draw(
        st.lists(st.tuples(st.sampled_from([0, 1, 20]), st.integers(-9, 9)), min_size=20, max_size=80)
    )
    time_us, bid = draw(st.sampled_from([DAY.start_us, DAY_END - 60_000_000])), 110_000
    rows, decisions = list[tuple[int, float, float, float, float]](), list[Decision]()
    for number, (gap_s, move) in enumerate(steps):
        time_us, bid = time_us + gap_s * 1_000_000, bid + move
        is_first = not rows or gap_s > 0
        rows.append((time_us, bid / 1e5, (bid + 1) / 1e5, 1.0, 1.0))
        if is_first and number % 2 == 0:
            side, width = draw(st.sampled_from([LONG, SHORT])), draw(st.integers(8, 25))
            anchor = bid + 1 if side == LONG else bid
            stop, target = (anchor - side * width) / 1e5, (anchor + side * width) / 1e5
            decisions.append(
                Decision(time_us, side, (), time_us + 200_000, stop, target, time_us + 90_000_000)
            )
    return quotes_of(rows), decisions


@st.composite
def cases(draw: st.DrawFn) -> tuple[Quotes, list[Decision], RiskPlan]:
    return (*draw(st.one_of(lively_markets(), lively_markets(), crowded_markets())), plan_of(draw))


@settings(max_examples=70, deadline=None)
@given(cases())
def test_the_same_orders_are_refused_sized_and_paid(case: tuple[Quotes, list[Decision], RiskPlan]) -> None:
    _assert_same(DAY, KNOWN, *case)


def test_a_real_day_of_a_pair_in_yen(shared_data: Path) -> None:
    """A signal every 200 quotes, on an account in dollars, by limits that let it lose long enough."""
    day, known = SymbolDay("GBPJPY", date(2012, 12, 12)), instrument_of("GBPJPY", "dukascopy")
    source = FolderSource(shared_data / "dukascopy" / "GBPJPY")
    quotes = clean_day_live(day, in_time_order(with_day(day, source.fetch_day(day))))
    events = np.unique(np.searchsorted(quotes.ts_us, quotes.ts_us[::200]))  # the first quote of each time
    decisions = []
    for number, at in enumerate(events.tolist()):
        ts_us, bid, ask = int(quotes.ts_us[at]), float(quotes.bid[at]), float(quotes.ask[at])
        order = order_at(SHORT if number % 3 else LONG, ts_us, bid, ask, 0.06, 1_200_000_000, known)
        decisions.append(Decision(ts_us, order.side, (), *order[1:]))
    limits = Limits.model_validate({"day": {"trades": 40, "loss_percent": 30}, "drawdown": {"percent": 40}})
    plan = RiskPlan(limits, BALANCE, "USD", Decimal("0.0121"), "a test")
    book = _assert_same(day, known, quotes, decisions, plan)
    assert len(book.trades) > 40
    assert {each.reason for each in book.refused} >= {"trades_a_day", "rollover"}
    assert book.balance - BALANCE == sum(each.net for each in book.trades)


def _assert_same(
    day: SymbolDay, known: Instrument, quotes: Quotes, decisions: list[Decision], plan: RiskPlan
) -> RiskBook:
    book = RiskBook(plan, known)
    run = simulate_day(day, quotes, decisions, known, book)
    live = _live(day, known, quotes, decisions, plan)
    assert live.refused == [(refusal.signal_us, refusal.reason) for refusal in book.refused]
    assert live.results == [each.net for each in book.trades]
    assert live.facts == book.facts
    assert live.balance == book.balance
    assert len(run.trades) == len(book.trades)
    return book


def _live(
    day: SymbolDay, known: Instrument, quotes: Quotes, decisions: list[Decision], plan: RiskPlan
) -> Traded:
    """What the bridge does: the terminal moves on, what it reports becomes facts, then the signal is asked about."""
    costs, day_end = facts_of(known), day_end_us(day, known)
    waiting = {decision.ts_us: decision for decision in decisions}
    facts: list[Fact] = []
    refused: list[tuple[int, str]] = []
    results: list[Decimal] = []
    desk, terms = RiskDesk(plan.limits, 0, record=facts.append), terms_of(known, plan.lots)
    asked: dict[str, tuple[Proposal, Allowed]] = {}

    def note(report: OrderReport, now_us: int) -> None:
        proposal, allowed = asked[report.intent_id]
        name, position = report.intent_id, report.position
        if report.state is OrderState.NO_ENTRY:
            desk.take(Released(ts_us=now_us, intent_id=name))
        elif position and position.exit is None:
            slipped = proposal.slippage_pips(position.entry.price)
            desk.take(Filled(ts_us=now_us, intent_id=name, volume=allowed.volume, slippage_pips=slipped))
        elif position and position.exit:
            net = money(position.net, allowed.volume, terms, plan.rate)
            results.append(net)
            desk.take(Closed(ts_us=position.exit.ts_us, intent_id=name, net=net))

    with ExitStack() as opened:
        folder = Path(opened.enter_context(TemporaryDirectory()))
        terminal = PaperTerminal(
            opened.enter_context(open_log(folder / "t.jsonl")), partial(trade_cost, costs)
        )
        columns = (column.tolist() for column in quotes)
        for seq, (ts_us, bid, ask, _, _) in enumerate(zip(*columns, strict=True), start=1):
            for report in terminal.advance(day.symbol, Quote(ts_us, seq, bid, ask)):
                note(report, ts_us)
            decision = waiting.pop(ts_us, None)
            if decision is None or terminal.busy(day.symbol):
                continue
            side = "long" if decision.side == LONG else "short"
            at = Fill(ts_us, seq, ask if side == "long" else bid)
            proposal = Proposal(
                f"{day.symbol}-{ts_us}-{decision.side}", terms, side, ts_us, bid, ask, decision.stop,
                trade_cost(costs, side, at, Fill(ts_us, seq, decision.stop)),
            )  # fmt: skip
            account = Account("USD", plan.balance + sum(results), rates={terms.quote: plan.rate})
            verdict = desk.ask(proposal, account)
            if isinstance(verdict, Refused):
                refused.append((ts_us, verdict.reason.value))
                continue
            asked[proposal.intent_id] = proposal, verdict
            order = Order(
                proposal.intent_id, day.symbol, side, decision.earliest_entry_us, decision.stop, decision.target,
                decision.horizon_end_us, day_end,
            )  # fmt: skip
            terminal.place(order)
        for report in terminal.end_of_day(day.symbol):
            decision_end = next(
                each.horizon_end_us for each in decisions if f"-{each.ts_us}-" in report.intent_id
            )
            note(report, min(decision_end, day_end))
    return Traded(refused, results, facts, plan.balance + sum(results))
