"""The drop-in module: what its functions give, and what they leave in `last_error`."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from mt5_bridge.errors import SetupError
from mt5_bridge.simulated import constants as mt5
from mt5_bridge.simulated.broker import SimulatedBroker
from mt5_bridge.simulated.module import SimulatedMt5
from mt5_bridge.simulated.server import Server
from mt5_bridge.ticks.broker_clock import MOST_BROKERS, BrokerClock
from mt5_bridge.ticks.history import fetch_day
from mt5_bridge.trading.words import Quote
from ticklake_assets_tests.mt5_bridge.simulated.brokers import (
    LOGIN,
    START_US,
    account,
    eurusd,
    flat,
    make_broker,
    market_order,
    module,
    quotes,
    serve,
)

SERVER_S = START_US // 1_000_000 + 2 * 3600
"""The broker's clock is two hours ahead in winter."""
NO_CONNECTION = (-10004, "No IPC connection")


def test_nothing_answers_before_initialize_and_after_shutdown() -> None:
    terminal = SimulatedMt5(serve(flat(3)))
    assert terminal.last_error() == (0, "")
    for call in (
        terminal.account_info,
        terminal.terminal_info,
        terminal.positions_get,
        terminal.orders_total,
    ):
        assert (call(), terminal.last_error()) == (None, NO_CONNECTION)
    assert (terminal.symbol_select("EURUSD.m"), terminal.last_error()) == (False, NO_CONNECTION)
    assert (terminal.symbols_get(), terminal.last_error()[0]) == (None, -5)
    assert (terminal.version(), terminal.last_error()) == ((0, 0, ""), NO_CONNECTION)
    assert (terminal.market_book_add("EURUSD.m"), terminal.last_error()) == (False, (1, "Success"))
    assert terminal.initialize()
    assert terminal.account_info().login == LOGIN
    assert terminal.symbol_info("NONE") is None
    assert terminal.last_error() == (-4, "Terminal: Not found")
    assert terminal.shutdown()
    assert terminal.last_error() == (1, "Success")
    assert terminal.account_info() is None


def test_a_login_needs_its_password_and_server() -> None:
    broker = make_broker(accounts=(account(), account(login=7, currency="USD", kind="real", mode="netting")))
    terminal = SimulatedMt5(serve(flat(2), broker))
    assert not terminal.initialize(login=7, password="wrong")
    assert terminal.last_error()[0] == mt5.RES_E_AUTH_FAILED
    assert terminal.initialize(login=7, password="simulated", server="Ticklake-Demo")
    info = terminal.account_info()
    assert (info.login, info.trade_mode, info.margin_mode) == (7, mt5.ACCOUNT_TRADE_MODE_REAL, 0)
    assert not terminal.login(8)
    assert terminal.login(LOGIN)
    assert terminal.account_info().margin_mode == mt5.ACCOUNT_MARGIN_MODE_RETAIL_HEDGING


def test_a_symbol_is_told_with_its_grid_and_its_quote() -> None:
    terminal = module(flat(2), make_broker(eurusd(trade_stops_level=7, filling_mode=2)))
    info = terminal.symbol_info("EURUSD.m")
    assert (info.digits, info.point, info.trade_stops_level, info.filling_mode) == (5, 1e-5, 7, 2)
    assert (info.bid, info.ask, info.spread, info.time) == (1.1, 1.10002, 2, SERVER_S)
    assert (info.trade_exemode, info.currency_profit, info.trade_tick_value) == (2, "USD", 1.0)
    assert [each.name for each in terminal.symbols_get(group="*USD*,!GBP*")] == ["EURUSD.m"]
    assert terminal.symbols_get(group="*JPY*") == ()


def test_a_symbol_outside_the_market_watch_has_no_ticks() -> None:
    terminal = module(flat(5), make_broker(eurusd(selected=False)))
    assert terminal.symbol_info_tick("EURUSD.m") is None
    assert len(terminal.copy_ticks_from("EURUSD.m", 0, 10, mt5.COPY_TICKS_ALL)) == 0
    assert terminal.symbol_select("EURUSD.m", True)
    assert terminal.symbol_info_tick("EURUSD.m").bid == 1.1
    terminal.Buy("EURUSD.m", 0.1)
    assert not terminal.symbol_select("EURUSD.m", False)


def test_ticks_and_bars_are_those_that_have_happened_on_the_brokers_clock() -> None:
    terminal = module(quotes((0, 1.1, 1.1002), (30, 1.1, 1.1001), (70, 1.2, 1.2001), (80, 1.3, 1.3001)))
    for _ in range(2):
        terminal.clock.sleep(0.01)
    ticks = terminal.copy_ticks_range("EURUSD.m", SERVER_S, SERVER_S + 70, mt5.COPY_TICKS_ALL)
    assert ticks["time_msc"].tolist() == [(SERVER_S + second) * 1_000 for second in (0, 30, 70)]
    assert ticks["flags"].tolist() == [6, 4, 6]
    assert len(terminal.copy_ticks_range("EURUSD.m", SERVER_S + 1, SERVER_S + 69, mt5.COPY_TICKS_INFO)) == 1
    assert len(terminal.copy_ticks_from("EURUSD.m", SERVER_S, 2, mt5.COPY_TICKS_INFO)) == 2
    assert len(terminal.copy_ticks_from("EURUSD.m", SERVER_S, 2, mt5.COPY_TICKS_TRADE)) == 0
    bars = terminal.copy_rates_from_pos("EURUSD.m", mt5.TIMEFRAME_M1, 0, 10)
    assert bars.tolist() == [
        (SERVER_S, 1.1, 1.1, 1.1, 1.1, 2, 10, 0),
        (SERVER_S + 60, 1.2, 1.2, 1.2, 1.2, 1, 10, 0),
    ]
    assert (
        terminal.copy_rates_from("EURUSD.m", mt5.TIMEFRAME_M1, SERVER_S + 59, 5).tolist() == bars.tolist()[:1]
    )
    assert len(terminal.copy_rates_range("EURUSD.m", mt5.TIMEFRAME_H1, SERVER_S, SERVER_S + 60)) == 1


def test_the_bridge_reads_a_day_as_it_was_recorded_whatever_the_daylight_saving() -> None:
    for day in (date(2024, 1, 17), date(2024, 3, 10), date(2024, 7, 3), date(2024, 11, 3)):
        start = datetime(day.year, day.month, day.day, tzinfo=UTC)
        start_us = round(start.timestamp() * 1e6)
        rows = [Quote(start_us + n * 600_000_000, n + 1, 1.1 + n / 1e5, 1.2) for n in range(144)]
        server = serve(rows)
        terminal = SimulatedMt5(server)
        server.run_until(start_us + 86_400_000_000)
        assert terminal.initialize()
        clock = BrokerClock.parse(MOST_BROKERS)
        found = fetch_day(terminal, "EURUSD.m", day, clock, start + timedelta(days=2))  # type: ignore[arg-type]
        assert [(tick.ts_us, tick.bid) for tick in found.ticks] == [(row.ts_us, row.bid) for row in rows]


def test_an_order_is_checked_sent_and_found_everywhere() -> None:
    terminal = module(flat(5))
    request = market_order("buy", sl=1.099, tp=1.101, comment="tl-1", magic=5)
    check = terminal.order_check(request)
    assert (check.retcode, check.margin, check.margin_free, check.comment) == (0, 366.67, 9633.33, "Done")
    result = terminal.order_send(request)
    assert (result.retcode, result.price, result.volume) == (mt5.TRADE_RETCODE_DONE, 1.10002, 0.1)
    assert (result.request.magic, result.request.symbol) == (5, "EURUSD.m")
    [position] = terminal.positions_get(symbol="EURUSD.m")
    assert (position.ticket, position.magic, position.comment, position.sl) == (
        result.order,
        5,
        "tl-1",
        1.099,
    )
    assert (position.time, position.profit, position.price_current) == (SERVER_S, -0.2, 1.1)
    [order] = terminal.history_orders_get(position=position.identifier)
    assert (order.state, order.ticket, order.volume_current) == (mt5.ORDER_STATE_FILLED, result.order, 0.0)
    [deal] = terminal.history_deals_get(ticket=result.order)
    assert (deal.ticket, deal.entry, deal.reason, deal.time) == (
        result.deal, mt5.DEAL_ENTRY_IN, mt5.DEAL_REASON_EXPERT, SERVER_S,
    )  # fmt: skip
    assert terminal.history_deals_total(SERVER_S - 60, SERVER_S) == 2
    assert terminal.history_deals_get(0, SERVER_S - 1) == ()
    assert terminal.positions_get(ticket=1) == ()
    assert terminal.positions_total() == 1
    assert terminal.Close("EURUSD.m") is True
    assert terminal.Close("EURUSD.m") is False


def test_a_stop_is_told_by_reason_and_comment() -> None:
    terminal = module(quotes((0, 1.1, 1.10002), (1, 1.0985, 1.09852)))
    terminal.order_send(market_order("buy", sl=1.099, magic=5))
    terminal.clock.sleep(1)
    deal = terminal.history_deals_get(0, SERVER_S + 10)[-1]
    assert (deal.reason, deal.comment, deal.price) == (mt5.DEAL_REASON_SL, "[sl 1.09900]", 1.0985)
    assert (deal.entry, deal.profit, deal.magic) == (mt5.DEAL_ENTRY_OUT, -15.2, 5)
    assert terminal.account_info().balance == 9984.8


def test_a_refusal_has_no_order_and_a_request_that_waits_has() -> None:
    terminal = module(flat(3))
    refused = terminal.order_send(market_order("buy", sl=1.2))
    assert (refused.retcode, refused.comment, refused.order) == (10016, "Invalid stops", 0)
    pending = {
        "action": mt5.TRADE_ACTION_PENDING, "symbol": "EURUSD.m", "volume": 0.1, "price": 1.09,
        "type": mt5.ORDER_TYPE_BUY_LIMIT,
    }  # fmt: skip
    placed = terminal.order_send(pending)
    [order] = terminal.orders_get(ticket=placed.order)
    assert (order.price_open, order.state, terminal.orders_total()) == (1.09, mt5.ORDER_STATE_PLACED, 1)


def test_money_is_calculated_beforehand() -> None:
    terminal = module(flat(2))
    assert terminal.order_calc_margin(mt5.ORDER_TYPE_BUY, "EURUSD.m", 1.0, 1.2) == 4000.0
    assert terminal.order_calc_profit(mt5.ORDER_TYPE_SELL, "EURUSD.m", 1.0, 1.2, 1.19) == 1000.0
    assert terminal.order_calc_profit(mt5.ORDER_TYPE_SELL, "NONE", 1.0, 1.2, 1.19) is None


def test_time_passes_quote_by_quote_or_at_a_pace() -> None:
    warped = module(flat(3))
    warped.clock.sleep(1000)
    assert warped.clock.now_us() == START_US + 1_000_000
    warped.clock.sleep(0.001)
    assert warped.clock.is_over
    warped.clock.sleep(5)
    assert warped.clock.now_us() == START_US + 7_000_000
    paced = SimulatedMt5(serve(flat(100)), pace=1000.0)
    paced.clock.sleep(20)
    assert paced.clock.now_us() >= START_US + 20_000_000
    assert paced.initialize()
    assert paced.symbol_info_tick("EURUSD.m").time >= SERVER_S + 20


def test_the_set_up_of_the_page_is_a_broker(tmp_path: Path) -> None:
    page = (Path(__file__).parents[3] / "docs" / "simulated-terminal.md").read_text("utf-8")
    path = tmp_path / "broker.toml"
    path.write_text(page.split("```toml")[1].split("```")[0], "utf-8")
    broker = SimulatedBroker.read(path)
    assert (broker.faults.seed, broker.symbols[0].sessions[1].closes) == (7, 1435)
    assert SimulatedMt5(Server(broker, {"EURUSD": flat(2)})).initialize()


@pytest.mark.parametrize(
    ("text", "told"),
    [("symbols = []", "symbols"), ("symbols = [{name = 'X'}]", "currency_base"), ("nothing", "Expected")],
)
def test_a_broker_that_is_none_is_refused_by_file_and_field(text: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "broker.toml"
    path.write_text(text)
    with pytest.raises(SetupError, match=told):
        SimulatedBroker.read(path)
