"""The paper terminal against the order table: `core.orders` walks, `core.labels` outcomes, case by case."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mt5_bridge.errors import OrderRefused, TerminalError
from mt5_bridge.paper.costs import trade_cost
from mt5_bridge.paper.terminal import PaperTerminal
from mt5_bridge.trading.words import Cost, Fill, Order, OrderReport, OrderState, Outcome, Quote
from ticklake_assets.core.broker import ByPrice
from ticklake_assets.core.costs import trade_costs
from ticklake_assets.core.features import features_of_day
from ticklake_assets.core.instruments import Instrument, instrument_of
from ticklake_assets.core.labels import day_end_us, label_day
from ticklake_assets.core.live_cleaner import clean_day_live
from ticklake_assets.core.orders import LONG, NO_ENTRY, NOWHERE, SHORT, orders_at, walk
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import OrderOutcomes, Quotes
from ticklake_assets.sources.synthetic import Market, synthetic_day
from ticklake_assets_tests.mt5_bridge.orders import FACTS, flat, make_order, make_quotes, open_log
from ticklake_assets_tests.mt5_bridge.served_facts import facts_of

_OUTCOMES = (Outcome.NO_ENTRY, Outcome.TARGET, Outcome.STOP, Outcome.TIME, Outcome.DAY_END)


def _trade(order: Order, quotes: list[Quote], cost: Cost | None = None) -> OrderReport:
    """Place one order and show the terminal the quotes and the end of the day."""
    with TemporaryDirectory() as folder, open_log(Path(folder) / "terminal.jsonl") as log:
        terminal = PaperTerminal(log, cost or flat(0.0))
        terminal.place(order)
        for quote in quotes:
            terminal.advance(order.symbol, quote)
        terminal.end_of_day(order.symbol)
        report = terminal.find(order.intent_id)
        assert report is not None
        return report


def _seen(report: OrderReport) -> tuple[str, int | None, int | None]:
    """Outcome, entry seq, exit seq."""
    if report.position is None:
        assert report.state is OrderState.NO_ENTRY
        return "no_entry", None, None
    assert report.position.exit is not None
    return str(report.position.outcome), report.position.entry.seq, report.position.exit.seq


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([(1, 1.1, 1.10002), (1.2, 1.1, 1.10002), (2, 1.10012, 1.10014)], ("target", 2, 3)),
        ([(1.2, 1.1, 1.10002), (2, 1.0999, 1.0999)], ("stop", 1, 2)),
        ([(1.2, 1.1, 1.10002), (10.9, 1.1, 1.1), (11, 1.10011, 1.1002)], ("time", 1, 3)),
        ([(1.2, 1.1, 1.10002), (11, 1.10012, 1.1002)], ("target", 1, 2)),
        ([(1.2, 1.1, 1.10002), (86_340, 1.1, 1.1)], ("time", 1, 2)),
        ([(1.2, 1.1, 1.10002), (3, 1.1, 1.1)], ("day_end", 1, 2)),
        ([(1.2, 1.1, 1.10002)], ("day_end", 1, 1)),
        ([(1.2, 1.10012, 1.10014)], ("no_entry", None, None)),
        ([(1.2, 1.0999, 1.1)], ("no_entry", None, None)),
        ([(11, 1.1, 1.1)], ("no_entry", None, None)),
        ([], ("no_entry", None, None)),
    ],
)
def test_a_long_order_by_the_table(
    rows: list[tuple[float, float, float]], expected: tuple[str, int | None, int | None]
) -> None:
    assert _seen(_trade(make_order(), make_quotes(*rows))) == expected


def test_the_earlier_of_day_end_and_horizon_names_the_exit() -> None:
    quotes = make_quotes((1.2, 1.1, 1.10002), (20, 1.1, 1.10002))
    assert _seen(_trade(make_order(day_end_us=9_000_000), quotes)) == ("day_end", 1, 2)
    assert _seen(_trade(make_order(day_end_us=11_000_000), quotes)) == ("time", 1, 2)


def test_a_short_order_pays_the_bid_and_the_ask_and_its_costs() -> None:
    order = make_order(side="short", stop=1.10012, target=1.0999)
    report = _trade(order, make_quotes((1.2, 1.1, 1.10002), (2, 1.09985, 1.0999)), partial(trade_cost, FACTS))
    assert report.position is not None
    assert report.position.outcome is Outcome.TARGET
    assert report.position.net == pytest.approx(1.1 - 1.0999 - 2 * 0.1e-4 - 0.05e-4)


_AMOUNTS = st.floats(0, 1e-3)
_PIPS = st.floats(-5, 5)


@st.composite
def _charged(draw: st.DrawFn) -> Instrument:
    """A symbol at costs of any kind."""
    return instrument_of(draw(st.sampled_from(["EURUSD", "GBPJPY", "SYNEUR"]))).charging(
        slippage_pips=draw(st.floats(0, 3)),
        slippage_by_hour=tuple(draw(st.lists(st.floats(0.5, 5), min_size=24, max_size=24))),
        markup_pips=draw(st.floats(0, 3)),
        commission=ByPrice(draw(_AMOUNTS), draw(_AMOUNTS)),
        minimum_commission=ByPrice(draw(_AMOUNTS), draw(_AMOUNTS)),
        swap_long_pips=draw(_PIPS),
        swap_short_pips=draw(_PIPS),
        nights=tuple(draw(st.lists(st.integers(0, 3), min_size=7, max_size=7))),
    )


@given(_charged(), st.integers(0, 10 * 365), st.integers(0, 86_399), st.integers(0, 86_399), st.data())
def test_costs_are_those_of_labels_and_simulator_to_the_bit(
    known: Instrument, day: int, first: int, second: int, data: st.DataObject
) -> None:
    """Whatever is charged: positions of both sides on any UTC day, whatever its daylight saving."""
    symbol_day = SymbolDay(known.symbol, date(2019, 1, 1) + timedelta(days=day))
    start, end = (symbol_day.start_us + each * 1_000_000 for each in sorted((first, second)))
    entry, leave = (data.draw(st.floats(0.5, 200)) for _ in range(2))
    for side, name in ((LONG, "long"), (SHORT, "short")):
        columns = np.array([start]), np.array([entry]), np.array([end]), np.array([leave])
        (expected,) = trade_costs(symbol_day, known, side, *columns).total
        found = trade_cost(facts_of(known), name, Fill(start, 1, entry), Fill(end, 2, leave))
        assert found == expected


_PRICES = st.integers(109_980, 110_020)


@st.composite
def _orders_and_quotes(draw: st.DrawFn) -> tuple[Order, list[Quote]]:
    """Small grids, so that touches at equal prices, equal times and passed horizons are common."""
    times = sorted(draw(st.lists(st.integers(0, 30), max_size=12)))
    quotes = []
    for seq, second in enumerate(times, start=1):
        bid = draw(_PRICES)
        quotes.append(Quote(second * 1_000_000, seq, bid / 1e5, (bid + draw(st.integers(0, 6))) / 1e5))
    side = draw(st.sampled_from(["long", "short"]))
    anchor, width, sign = draw(_PRICES), draw(st.integers(1, 20)), 1 if side == "long" else -1
    order = make_order(
        side=side,
        earliest_entry_us=draw(st.integers(0, 31)) * 1_000_000,
        stop=(anchor - sign * width) / 1e5,
        target=(anchor + sign * width) / 1e5,
        horizon_end_us=draw(st.integers(0, 40)) * 1_000_000,
        day_end_us=draw(st.integers(0, 40)) * 1_000_000,
    )
    return order, quotes


@settings(max_examples=150)
@given(_orders_and_quotes())
def test_any_order_on_any_quotes_ends_as_the_order_table_says(case: tuple[Order, list[Quote]]) -> None:
    order, quotes = case
    outcome, entry, exit_ = walk(
        np.array([quote.ts_us for quote in quotes], dtype=np.int64),
        np.array([quote.bid for quote in quotes], dtype=np.float64),
        np.array([quote.ask for quote in quotes], dtype=np.float64),
        0,
        LONG if order.side == "long" else SHORT,
        order.earliest_entry_us,
        order.stop,
        order.target,
        order.horizon_end_us,
        order.day_end_us,
    )
    report = _trade(order, quotes)
    if outcome == NO_ENTRY:
        assert _seen(report) == ("no_entry", None, None)
    else:
        assert entry != NOWHERE
        assert _seen(report) == (str(_OUTCOMES[outcome]), entry + 1, exit_ + 1)


@settings(max_examples=150)
@given(_orders_and_quotes())
def test_any_order_on_any_quotes_ends_as_a_slow_reading_of_the_table_says(
    case: tuple[Order, list[Quote]],
) -> None:
    order, quotes = case
    assert _seen(_trade(order, quotes)) == _read_the_table(order, quotes)


def _read_the_table(order: Order, quotes: list[Quote]) -> tuple[str, int | None, int | None]:
    """The table's sentences, one filter each, over the whole list."""

    def beyond(quote: Quote) -> str | None:
        price = quote.bid if order.side == "long" else quote.ask
        won = price >= order.target if order.side == "long" else price <= order.target
        lost = price <= order.stop if order.side == "long" else price >= order.stop
        return "target" if won else "stop" if lost else None

    end = min(order.horizon_end_us, order.day_end_us)
    arrivals = [quote for quote in quotes if quote.ts_us >= order.earliest_entry_us]
    if not arrivals or arrivals[0].ts_us >= end or beyond(arrivals[0]):
        return "no_entry", None, None
    entry, later = arrivals[0], arrivals[1:]
    exits = [quote for quote in later if beyond(quote) or quote.ts_us >= end]
    if not exits:
        return "day_end", entry.seq, arrivals[-1].seq
    timed = "time" if order.horizon_end_us <= order.day_end_us else "day_end"
    return beyond(exits[0]) or timed, entry.seq, exits[0].seq


@pytest.mark.parametrize(
    ("symbol", "charged"),
    [("SYNEUR", ("SYNEUR", None)), ("SYNJPY", ("SYNJPY", None)), ("SYNEUR", ("EURUSD", "dukascopy"))],
)
def test_acting_on_each_event_alone_gives_gold_labels(
    symbol: str, charged: tuple[str, str | None], tmp_path: Path
) -> None:
    """Law 5, event by event: both sides' orders, to the bit of the net result; once at a broker's costs and latency."""
    day = SymbolDay(symbol, date(2024, 1, 17))
    instrument = replace(instrument_of(symbol), costs=instrument_of(*charged).costs)
    table = synthetic_day(day, 5, 1.0, Market(ticks_a_day=1500)).to_pydict()
    times = [round(ts.timestamp() * 1e6) for ts in table["ts_event"]]
    columns = (table[name] for name in ("bid", "ask", "bid_size", "ask_size"))
    quotes = clean_day_live(day, zip(times, *columns, strict=True))
    events = features_of_day(day, quotes)
    labels = label_day(day, quotes, events, instrument)
    assert len(events.ts_us) > 50
    stream = [
        Quote(ts, seq, bid, ask)
        for seq, (ts, bid, ask) in enumerate(zip(*(c.tolist() for c in quotes[:3]), strict=True), start=1)
    ]
    facts = facts_of(instrument)
    for side, name, outcomes in ((LONG, "long", labels.long), (SHORT, "short", labels.short)):
        orders = orders_at(
            side, events.ts_us, *events.context.T[:2], labels.width, labels.horizon_us, instrument
        )
        with open_log(tmp_path / f"{name}.jsonl") as log:
            terminal = PaperTerminal(log, partial(trade_cost, facts))
            for row in range(0, len(events.ts_us), 3):
                order = Order(
                    f"{row:016}",
                    f"{symbol}-{row}",
                    name,
                    int(orders.earliest_entry_us[row]),
                    float(orders.stop[row]),
                    float(orders.target[row]),
                    int(orders.horizon_end_us[row]),
                    day_end_us(day, instrument),
                )
                terminal.place(order)
                for quote in _after(stream, quotes, int(events.ts_us[row])):
                    terminal.advance(order.symbol, quote)
                terminal.end_of_day(order.symbol)
                report = terminal.find(order.intent_id)
                assert report is not None
                _assert_is_label(report, outcomes, row)


def _after(stream: list[Quote], quotes: Quotes, ts: int) -> list[Quote]:
    return stream[int(np.searchsorted(quotes.ts_us, ts, side="right")) :]


def _assert_is_label(report: OrderReport, labels: OrderOutcomes, row: int) -> None:
    position = report.position
    if position is None:
        assert labels.outcome[row] == NO_ENTRY
        return
    assert position.exit is not None
    assert position.outcome == _OUTCOMES[labels.outcome[row]]
    assert (position.entry.ts_us, position.entry.price) == (labels.entry_us[row], labels.entry[row])
    assert (position.exit.ts_us, position.exit.price) == (labels.exit_us[row], labels.exit[row])
    assert position.net == labels.net[row]


def test_one_position_a_symbol_and_one_order_an_intent(tmp_path: Path) -> None:
    with open_log(tmp_path / "terminal.jsonl") as log:
        terminal = PaperTerminal(log, flat(0.0))
        terminal.place(make_order("first"))
        with pytest.raises(OrderRefused, match="SYNEUR has a live order first"):
            terminal.place(make_order("second"))
        with pytest.raises(OrderRefused, match="Order first exists"):
            terminal.place(make_order("first"))
        terminal.place(make_order("other", symbol="SYNJPY"))
        assert terminal.find("second") is None


def test_an_open_position_without_a_quote_cannot_be_closed(tmp_path: Path) -> None:
    with open_log(tmp_path / "terminal.jsonl") as log:
        terminal = PaperTerminal(log, flat(0.0))
        terminal.place(make_order())
        terminal.advance("SYNEUR", make_quotes((1.2, 1.1, 1.10002))[0])
    with open_log(tmp_path / "terminal.jsonl") as log:
        reopened = PaperTerminal(log, flat(0.0))
        with pytest.raises(TerminalError, match="Expected a quote to close it"):
            reopened.end_of_day("SYNEUR")


def test_a_restarted_terminal_is_not_moved_by_quotes_before_its_fill(tmp_path: Path) -> None:
    """The first quote would have stopped the position that was opened after it."""
    quotes = make_quotes((0.5, 1.0999, 1.1), (1.2, 1.1, 1.10002), (2, 1.10012, 1.10014))
    with open_log(tmp_path / "terminal.jsonl") as log:
        terminal = PaperTerminal(log, flat(0.0))
        terminal.place(make_order())
        for quote in quotes[:2]:
            terminal.advance("SYNEUR", quote)
    with open_log(tmp_path / "terminal.jsonl") as log:
        reopened = PaperTerminal(log, flat(0.0))
        changes = [report.state for quote in quotes for report in reopened.advance("SYNEUR", quote)]
        report = reopened.find("a" * 16)
    assert changes == [OrderState.CLOSED]
    assert report is not None
    assert _seen(report) == ("target", 2, 3)


@settings(max_examples=60)
@given(_orders_and_quotes(), st.data())
def test_a_terminal_killed_anywhere_and_shown_the_day_again_ends_the_same(
    case: tuple[Order, list[Quote]], data: st.DataObject
) -> None:
    order, quotes = case
    with TemporaryDirectory() as folder:
        path = Path(folder) / "terminal.jsonl"
        with open_log(path) as log:
            terminal = PaperTerminal(log, flat(0.25))
            terminal.place(order)
            for quote in quotes[: data.draw(st.integers(0, len(quotes)))]:
                terminal.advance(order.symbol, quote)
        with open_log(path) as log:
            reopened = PaperTerminal(log, flat(0.25))
            for quote in quotes:
                reopened.advance(order.symbol, quote)
            reopened.end_of_day(order.symbol)
            assert reopened.find(order.intent_id) == _trade(order, quotes, flat(0.25))
