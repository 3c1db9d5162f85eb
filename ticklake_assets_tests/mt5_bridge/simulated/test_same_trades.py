"""The bridge's own terminal at a simulated broker: days of orders become the trades of the order table, to the bit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from mt5_bridge.errors import OrderRefused
from mt5_bridge.paper.terminal import PaperTerminal
from mt5_bridge.simulated.broker import Execution
from mt5_bridge.simulated.module import SimulatedMt5
from mt5_bridge.simulated.server import Server
from mt5_bridge.terminal.mt5 import Mt5Terminal, TradedSymbol
from mt5_bridge.ticks.broker_clock import MOST_BROKERS, BrokerClock
from mt5_bridge.trading.words import Order, OrderReport, OrderState, Outcome, Quote
from ticklake_assets_tests.mt5_bridge.orders import flat, open_log
from ticklake_assets_tests.mt5_bridge.simulated.brokers import START_US, account, make_broker

LATENCY_US = 200_000
COST = 0.3e-5
DAY_END_US = START_US + 30_000_000


class Case(NamedTuple):
    quotes: list[Quote]
    orders: dict[int, Order]
    """By the number of the quote after which they are sent."""


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Few points a move and many quotes a time: entries, exits and ends meet again and again."""
    gaps = st.sampled_from([0, 0, 1_000, 100_000, 200_000, 200_000, 1_000_000, 5_000_000])
    steps = draw(st.lists(st.tuples(gaps, st.integers(-4, 4), st.booleans()), min_size=2, max_size=40))
    now_us, bid, quotes, orders = START_US, 110_000, list[Quote](), dict[int, Order]()
    for number, (gap_us, move, is_event) in enumerate(steps):
        now_us, bid = now_us + gap_us, bid + move
        quotes.append(Quote(now_us, number + 1, bid / 1e5, (bid + 1) / 1e5))
        if is_event and (not number or gap_us):
            orders[number] = _order(draw, number, quotes[-1])
    return Case(quotes, {number: order for number, order in orders.items() if _meets_a_quote(order, quotes)})


def _meets_a_quote(order: Order, quotes: list[Quote]) -> bool:
    """Or there is none after it. One that arrives at its end is filled all the same: a broker knows of no horizon."""
    arrival = next((quote for quote in quotes if quote.ts_us >= order.earliest_entry_us), None)
    return arrival is None or arrival.ts_us < order.end_us


def _order(draw: st.DrawFn, number: int, quote: Quote) -> Order:
    """Wider than the spread: a barrier that is reached at sending is refused, where the table looks at the entry."""
    is_long = draw(st.booleans())
    anchor, sign = (quote.ask, 1) if is_long else (quote.bid, -1)
    stop, target = (round(anchor + sign * draw(st.integers(2, 6)) * side / 1e5, 5) for side in (-1, 1))
    return Order(
        intent_id=f"{number + 1:016x}",
        symbol="EURUSD",
        side="long" if is_long else "short",
        earliest_entry_us=quote.ts_us + LATENCY_US,
        stop=stop,
        target=target,
        horizon_end_us=quote.ts_us + draw(st.sampled_from([300_000, 1_000_000, 60_000_000])),
        day_end_us=DAY_END_US,
    )


@settings(max_examples=200, deadline=None)
@given(cases(), st.sampled_from(["netting", "hedging"]))
def test_trades_are_those_of_the_order_table(case: Case, mode: str) -> None:
    assert _at_the_broker(case, mode) == _on_paper(case)


def _on_paper(case: Case) -> list[Any]:
    with ExitStack() as opened:
        folder = Path(opened.enter_context(TemporaryDirectory()))
        terminal = PaperTerminal(opened.enter_context(open_log(folder / "t.jsonl")), flat(COST))
        newest: dict[str, OrderReport] = {}
        for number, quote in enumerate(case.quotes):
            _note(newest, terminal.advance("EURUSD", quote))
            order = case.orders.get(number)
            if order is not None and terminal.busy("EURUSD") is None:
                terminal.place(order)
        _note(newest, terminal.end_of_day("EURUSD"))
        return _told(newest)


def _at_the_broker(case: Case, mode: str) -> list[Any]:
    """The bridge reads the ticks after the market has moved: those that passed while an order was under way, too."""
    execution = Execution(fills_at="next", entry_latency_ms=LATENCY_US / 1e3, exit_latency_ms=0)
    owner = account(mode=mode, balance=Decimal(10_000_000))
    broker = make_broker(accounts=(owner,), execution=execution)
    mt5 = SimulatedMt5(Server(broker, {"EURUSD": case.quotes}))
    assert mt5.initialize()
    clock = BrokerClock.parse(MOST_BROKERS)
    symbols = {"EURUSD": TradedSymbol("EURUSD.m", flat(COST))}
    terminal = Mt5Terminal(mt5, mt5.clock, clock, symbols, lambda request: None)
    newest: dict[str, OrderReport] = {}
    for number, quote in _read(mt5, case.quotes):
        _note(newest, terminal.advance("EURUSD", quote))
        order = case.orders.get(number)
        if order is not None and terminal.busy("EURUSD") is None:
            try:
                terminal.place(order)
            except OrderRefused:
                continue
            report = terminal.find(order.intent_id)
            if report is not None:
                newest[order.intent_id] = report
    _note(newest, terminal.end_of_day("EURUSD"))
    return _told(newest)


def _read(mt5: SimulatedMt5, quotes: list[Quote]) -> Iterator[tuple[int, Quote]]:
    read = 0
    while True:
        passed = mt5.server.market.passed["EURUSD.m"]
        if read < passed:
            yield read, quotes[read]
            read += 1
        elif mt5.clock.is_over:
            return
        else:
            mt5.clock.sleep(0.05)


def _note(newest: dict[str, OrderReport], reports: list[OrderReport]) -> None:
    newest.update({report.intent_id: report for report in reports})


def _told(newest: dict[str, OrderReport]) -> list[Any]:
    """Trades in their order; what never became one is left out."""
    trades = []
    for intent_id, report in sorted(newest.items()):
        position = report.position
        if position is None:
            assert report.state in {OrderState.NO_ENTRY, OrderState.ACCEPTED}
            continue
        assert position.exit is not None
        assert isinstance(position.outcome, Outcome)
        into, out = position.entry, position.exit
        trades.append(
            (intent_id, into.ts_us, into.price, out.ts_us, out.price, position.outcome, position.net)
        )
    return trades
