"""The simulated broker against the paper terminal: without faults the trades of the order table, to the bit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from mt5_bridge.append_log import ChainedLog
from mt5_bridge.paper.terminal import PaperTerminal
from mt5_bridge.simulated import constants as mt5
from mt5_bridge.simulated.server import Server
from mt5_bridge.trading.words import Order, Quote
from ticklake_assets_tests.mt5_bridge.orders import flat, make_order
from ticklake_assets_tests.mt5_bridge.simulated.brokers import (
    LOGIN,
    START_US,
    asked,
    eurusd,
    make_broker,
)

_LATENCY_US = 1_500_000


class _Trade(NamedTuple):
    """What became of an order: outcome, then time and price of entry and exit."""

    outcome: str
    entry: tuple[int, float] | None = None
    leave: tuple[int, float] | None = None


@st.composite
def _days(draw: st.DrawFn) -> tuple[Order, int, list[Quote]]:
    """An order that answers one of the quotes, on grids so small that touches and equal times are common."""
    seconds = sorted(draw(st.lists(st.integers(0, 30), min_size=1, max_size=14)))
    rows = []
    for seq, second in enumerate(seconds, start=1):
        bid = draw(st.integers(109_995, 110_005))
        ask = bid + draw(st.integers(0, 3))
        rows.append(Quote(START_US + second * 1_000_000, seq, bid / 1e5, ask / 1e5))
    event = draw(st.integers(0, len(rows) - 1))
    side = draw(st.sampled_from(["long", "short"]))
    sign, anchor, width = (
        (1 if side == "long" else -1),
        draw(st.integers(109_998, 110_003)),
        draw(st.integers(1, 7)),
    )
    ends = [rows[event].ts_us + draw(st.integers(0, 40)) * 1_000_000 for _ in range(2)]
    order = make_order(
        side=side,
        earliest_entry_us=rows[event].ts_us + _LATENCY_US,
        stop=(anchor - sign * width) / 1e5,
        target=(anchor + sign * width) / 1e5,
        horizon_end_us=ends[0],
        day_end_us=ends[1],
    )
    return order, event, rows


@settings(max_examples=200, deadline=None)
@given(_days(), st.sampled_from(["hedging", "netting"]))
def test_a_day_at_the_broker_is_the_day_of_the_table(case: tuple[Order, int, list[Quote]], mode: str) -> None:
    order, event, rows = case
    expected = _on_paper(order, event, rows)
    found = _at_the_broker(order, event, rows, mode)
    arrival = next((quote for quote in rows if quote.ts_us >= order.earliest_entry_us), None)
    if arrival is not None and arrival.ts_us >= order.end_us:
        # The one thing that a broker cannot know: the order is too late, and he fills it all the same.
        assert expected.outcome == "no_entry"
        assert found.entry in {None, (arrival.ts_us, arrival.ask if order.side == "long" else arrival.bid)}
    else:
        assert found == expected


def _on_paper(order: Order, event: int, rows: list[Quote]) -> _Trade:
    with TemporaryDirectory() as folder, ChainedLog(Path(folder) / "terminal.jsonl", {}) as log:
        terminal = PaperTerminal(log, flat(0.0))
        terminal.place(order)
        for quote in rows[event + 1 :]:
            terminal.advance(order.symbol, quote)
        if rows[event + 1 :]:
            terminal.end_of_day(order.symbol)
        report = terminal.find(order.intent_id)
        assert report is not None
        position = report.position
        if position is None or position.exit is None:
            return _Trade("no_entry")
        entry, leave = position.entry, position.exit
        return _Trade(str(position.outcome), (entry.ts_us, entry.price), (leave.ts_us, leave.price))


def _at_the_broker(order: Order, event: int, rows: list[Quote], mode: str) -> _Trade:
    """What a bridge does: it sends at the event, watches each quote, and closes by time."""
    broker = make_broker(eurusd(recorded_as="EURUSD"))
    broker = broker.model_copy(update={"accounts": (broker.accounts[0].model_copy(update={"mode": mode}),)})
    server = Server(broker, {"EURUSD": rows}, latency=lambda symbol, now_us: _LATENCY_US)
    for _ in range(event + 1):
        server.step()
    side, other = ("buy", "sell") if order.side == "long" else ("sell", "buy")
    answer = server.send(LOGIN, asked(side, sl=order.stop, tp=order.target))
    if answer.retcode != mt5.TRADE_RETCODE_DONE:
        assert answer.retcode in {mt5.TRADE_RETCODE_INVALID_STOPS, mt5.TRADE_RETCODE_PRICE_OFF}
        return _Trade("no_entry")
    ledger = server.accounts[LOGIN].ledger
    close = replace(asked(other), position=answer.order)
    timed = "time" if order.horizon_end_us <= order.day_end_us else "day_end"
    while ledger.positions:
        is_over = not server.step()
        if ledger.positions and (is_over or server.market.now_us >= order.end_us):
            timed = "day_end" if is_over else timed
            assert server.send(LOGIN, close).retcode == mt5.TRADE_RETCODE_DONE
    entry, leave = ledger.deals[1:]
    outcome = {mt5.DEAL_REASON_SL: "stop", mt5.DEAL_REASON_TP: "target"}.get(leave.reason, timed)
    return _Trade(outcome, (entry.time_us, entry.price), (leave.time_us, leave.price))
