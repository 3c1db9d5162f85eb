"""What a terminal says of its broker makes that broker again."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

import pytest

from mt5_bridge.backtest.broker import broker_of
from mt5_bridge.errors import SetupError, TerminalError
from mt5_bridge.running.vendor import RunningMt5
from mt5_bridge.simulated.broker import AccountSetup, SimulatedBroker
from mt5_bridge.simulated.module import SimulatedMt5
from mt5_bridge.simulated.specification import FILLING_IOC, Specification
from ticklake_assets_tests.mt5_bridge.simulated.brokers import flat, serve

SYMBOL = Specification(
    name="EURUSD.m",
    recorded_as="EURUSD",
    currency_base="EUR",
    currency_profit="USD",
    execution="instant",
    filling_mode=FILLING_IOC,
    volume_min=Decimal("0.1"),
    volume_step=Decimal("0.1"),
    volume_max=Decimal(20),
    trade_stops_level=5,
    swap_long=Decimal("-7.5"),
    swap_short=Decimal("1.5"),
    commission_per_lot=Decimal("3.5"),
)
USD = AccountSetup(login=5, mode="netting", currency="USD", leverage=100, balance=Decimal(5000))
GBP = USD.model_copy(update={"currency": "GBP"})


def _terminal(account: AccountSetup) -> SimulatedMt5:
    rates = {} if account.currency == "USD" else {"USDGBP": Decimal("0.8"), "EURGBP": Decimal("0.88")}
    broker = SimulatedBroker(symbols=(SYMBOL,), accounts=(account,), rates=rates)
    mt5 = SimulatedMt5(serve(flat(3), broker))
    assert mt5.initialize()
    assert mt5.symbol_select("EURUSD.m", True)
    return mt5


def _made(mt5: Any, commission: float | None = 3.5) -> SimulatedBroker:
    return broker_of(cast("RunningMt5", mt5), "EURUSD", "EURUSD.m", "America/New_York+7", commission)


def test_symbol_and_account_come_back() -> None:
    made = _made(_terminal(USD))
    assert made.symbols == (SYMBOL,)
    assert made.accounts[0].model_dump(exclude={"password"}) == USD.model_dump(exclude={"password"})
    assert made.rates == {}
    assert _made(_terminal(USD), None).symbols[0].commission_per_lot == 0


def test_another_currency_is_converted_by_what_a_tick_is_worth() -> None:
    made = _made(_terminal(GBP))
    assert float(made.rates["USDGBP"]) == pytest.approx(0.8)
    assert float(made.rates["EURGBP"]) == pytest.approx(1.1 * 0.8)


class _Other(SimpleNamespace):
    """A terminal that says something else of its symbol."""

    def __init__(self, mt5: SimulatedMt5, **changes: Any) -> None:
        super().__init__(mt5=mt5, changes=changes)

    def symbol_info(self, symbol: str) -> Any:
        info = self.mt5.symbol_info(symbol)
        return info and SimpleNamespace(**(info._asdict() | self.changes))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.mt5, name)


def test_what_no_simulated_broker_does_is_said() -> None:
    with pytest.raises(SetupError, match=r"Expected a swap in points, .* was mode 4"):
        _made(_Other(_terminal(USD), swap_mode=4))
    assert _made(_Other(_terminal(USD), swap_mode=4, swap_long=0.0, swap_short=0.0)).symbols[0].swap_long == 0
    with pytest.raises(SetupError, match="Expected what a simulated broker can be made of"):
        _made(_Other(_terminal(USD), volume_step=0.3))
    with pytest.raises(TerminalError, match="the account and the symbol OTHER"):
        broker_of(cast("RunningMt5", _terminal(USD)), "OTHER", "OTHER", "utc", None)
