"""Account money, by hand: pip value, margin, capacity, and where a rate is from."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.orders import LONG, SHORT
from ticklake_assets.core.tables import Quotes
from ticklake_assets.modeling.judging.money import DayMoney, QuoteRate, day_money, money_of
from ticklake_assets.modeling.judging.walk_forward import judge
from ticklake_assets.modeling.trading.simulation import Trade
from ticklake_assets_tests.modeling.markets import chain

DAY = date(2024, 1, 17)


def trade(side: int, entry: float, exit_: float, net: float, entry_us: int) -> Trade:
    rest = {"signal_us": 0, "exit_us": entry_us + 1, "outcome": 1, "worst": net, "best": net, "fall": 0.0}
    costs = dict.fromkeys(("slippage", "commission", "markup", "swap"), 0.0)
    return Trade(side=side, entry=entry, exit=exit_, net=net, entry_us=entry_us, **rest, **costs)


def quotes(price: float) -> Quotes:
    """Four quotes, sizes in millions: the bid has 0.05, 1, 2 and 3 of them, the ask ten times as many."""
    sizes = np.array([0.05, 1.0, 2.0, 3.0])
    return Quotes(np.arange(1, 5), np.full(4, price), np.full(4, price), sizes, 10 * sizes)


def test_where_the_quote_is_the_account_s_a_pip_of_a_lot_is_ten() -> None:
    known = instrument_of("EURUSD")
    trades = [trade(LONG, 1.1, 1.1012, 0.0011, 1), trade(SHORT, 1.2, 1.2011, -0.0011, 2)]
    day = day_money(DAY, quotes(1.1), trades, known, None)
    money = money_of([day, day], known)
    assert (money.currency, money.lots, money.units) == ("USD", 1.0, 100_000)
    assert money.net == pytest.approx(0.0)
    assert money.pip_value == pytest.approx(10.0)
    assert money.margin == pytest.approx(1.2 * 100_000 * 0.0333)
    assert money.rates_from == ("the account's own currency",)


def test_where_the_base_is_the_account_s_its_own_price_converts() -> None:
    known = instrument_of("USDJPY")
    day = day_money(DAY, quotes(150.0), [trade(LONG, 149.0, 150.0, 0.9, 1)], known, None)
    money = money_of([day], known)
    assert money.net == pytest.approx(0.9 * 100_000 / 150)
    assert money.pip_value == pytest.approx(0.01 * 100_000 / 150)
    assert money.margin == pytest.approx(149 / 150 * 100_000 * 0.0333)
    assert money.rates_from == ("the symbol's own price",)


def test_a_cross_takes_the_day_s_quotes_and_else_the_profile_s_rate() -> None:
    known, one = instrument_of("GBPJPY"), [trade(LONG, 188.0, 189.0, 0.9, 1)]
    live = day_money(DAY, quotes(189.0), one, known, lambda day: QuoteRate(1 / 150, "clean quotes of USDJPY"))
    dated = day_money(DAY, quotes(189.0), one, known, lambda day: None)
    money = money_of([live, dated], known)
    assert live.net == pytest.approx(0.9 * 100_000 / 150)
    assert dated.net == pytest.approx(0.9 * 100_000 * 0.006226)
    assert money.rates_from == ("clean quotes of USDJPY", "dukascopy's rate of 2024-06-28")


def test_capacity_is_what_most_entries_quoted_on_their_side() -> None:
    known = instrument_of("EURUSD")
    trades = [trade(SHORT, 1.1, 1.1, 0.0, at) for at in (1, 2, 3, 4)] + [trade(LONG, 1.1, 1.1, 0.0, 1)]
    money = money_of([day_money(DAY, quotes(1.1), trades, known, None)], known)
    assert money.sized_trades == 5
    assert money.filled_share == pytest.approx(0.8), "one of five met 0.05 million, half of a lot"
    assert money.capacity_lots == pytest.approx(0.5)
    unsized = money_of(
        [DayMoney(net=0.0, rate=1.0, rate_from="", margin=0.0, quoted_millions=(0.0, 0.0))], known
    )
    assert (unsized.sized_trades, unsized.filled_share, unsized.capacity_lots) == (0, None, None)


def test_a_chain_s_money_is_its_pips_at_a_pip_s_value() -> None:
    report = judge(chain(), 1, 1.0)
    assert report.money.net == pytest.approx(report.net_pips * report.money.pip_value)
    assert report.money.currency == report.costs.account.currency == "EUR"
    assert report.money.sized_trades == report.trades
