"""The two ends of a terminal elsewhere, without the wire between them: text goes in, text comes out."""

from __future__ import annotations

import json
from datetime import datetime
from functools import partial
from typing import Any

import pytest

from mt5_bridge.errors import OutcomeUnknown
from mt5_bridge.terminal.mt5 import Mt5Terminal
from mt5_bridge.terminal.package import Mt5
from mt5_bridge.terminal.remote import FUNCTIONS, Served, remote
from mt5_bridge.ticks.pieces import TickRow
from mt5_bridge.trading.words import OrderState, Outcome, Quote
from ticklake_assets_tests.mt5_bridge.scripted_account import ScriptedAccount
from ticklake_assets_tests.mt5_bridge.scripted_mt5 import CLOCK, Constants, ScriptedMt5, at, every, history
from ticklake_assets_tests.mt5_bridge.terminal.trader import ID, SYMBOLS, order_of

TOKEN = "secret"


class _Line:
    """The wire, which a test can cut before or after a call arrives."""

    def __init__(self, mt5: Any) -> None:
        self._served = Served(mt5, TOKEN)
        self.cut: str | None = None
        self.texts: list[str] = []

    def ask(self, function: str, arguments: str) -> str:
        if self.cut == "before":
            raise EOFError("connection closed by peer")
        answer = self._served.ask(TOKEN, function, arguments)
        if self.cut == "after" and function == "order_send":
            raise TimeoutError("result expired")
        self.texts.append(answer)
        return answer


def test_what_the_bridge_uses_may_be_called() -> None:
    functions = {name for name in vars(Mt5) if not name.startswith("_")}
    assert functions <= FUNCTIONS


def test_an_order_lives_and_dies_over_the_wire() -> None:
    account = ScriptedAccount()
    line = _Line(account)
    terminal = Mt5Terminal(remote(line.ask), account, CLOCK, SYMBOLS, lambda request: None)
    terminal.place(order_of(account))
    account.quote(10, 1.1)
    reports = terminal.advance("SYNEUR", Quote(account.now, 1, account.bid, account.ask))
    assert reports[-1].state is OrderState.CLOSED
    assert reports[-1].position is not None
    assert reports[-1].position.outcome is Outcome.TIME
    assert all(json.loads(text) is not None for text in line.texts)


@pytest.mark.parametrize("cut", ["before", "after"])
def test_a_wire_that_breaks_leaves_the_outcome_unknown(cut: str) -> None:
    account = ScriptedAccount()
    line = _Line(account)
    mt5 = remote(line.ask)
    terminal = Mt5Terminal(mt5, account, CLOCK, SYMBOLS, lambda request: None)
    if cut == "after":
        line.cut = cut
        with pytest.raises(OutcomeUnknown, match=r"-10005 .*TimeoutError"):
            terminal.place(order_of(account))
        line.cut = None
        report = terminal.find(ID)
        assert report is not None
        assert report.state is OrderState.OPEN
    else:
        line.cut = cut
        assert mt5.positions_get() is None
        assert mt5.last_error()[0] == -10005
        assert terminal.busy("SYNEUR") == "terminal_silent"


def test_ticks_come_as_columns_and_dates_go_as_seconds() -> None:
    sent = every("2024-01-17 10:00", "2024-01-17 10:01", seconds=1)
    scripted = ScriptedMt5(ticks=history(sent), market_watch={"EURUSD"})
    served = Served(scripted, TOKEN)
    assert remote(partial(served.ask, TOKEN)).COPY_TICKS_INFO == Constants.COPY_TICKS_INFO
    first, last = CLOCK.wall(at("2024-01-17 09:00")), CLOCK.wall(at("2024-01-17 11:00"))

    class _Stamps(ScriptedMt5):
        def copy_ticks_range(self, symbol: str, date_from: Any, date_to: Any, flags: int, /) -> Any:
            assert (date_from, date_to) == (first.timestamp(), last.timestamp())
            back = [datetime.fromtimestamp(each, first.tzinfo) for each in (date_from, date_to)]
            return super().copy_ticks_range(symbol, back[0], back[1], flags)

    mt5 = remote(partial(Served(_Stamps(ticks=history(sent), market_watch={"EURUSD"}), TOKEN).ask, TOKEN))
    array = mt5.copy_ticks_range("EURUSD", first, last, Constants.COPY_TICKS_INFO)
    assert array is not None
    assert len(array) == len(sent) == 60
    for name in TickRow._fields:
        assert array[name].tolist() == scripted.ticks[name].tolist()


def test_nothing_else_can_be_called() -> None:
    served = Served(ScriptedMt5(), TOKEN)
    for name in ("__class__", "eval", "_works", "calls"):
        with pytest.raises(ValueError, match="Expected one of"):
            served.ask(TOKEN, name, "[]")
        assert not hasattr(remote(partial(served.ask, TOKEN)), name) or name == "__class__"


def test_no_program_is_started_from_afar() -> None:
    with pytest.raises(ValueError, match="Expected initialize without arguments"):
        Served(ScriptedMt5(), TOKEN).ask(TOKEN, "initialize", '["evil.exe"]')


def test_who_has_another_token_calls_nothing() -> None:
    account = ScriptedAccount()
    for token in ("", "other", "secret "):
        with pytest.raises(PermissionError, match="Expected the token"):
            Served(account, TOKEN).ask(token, "positions_get", "[]")
    assert account.calls == []
