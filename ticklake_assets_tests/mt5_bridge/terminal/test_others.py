"""Other people at the account, and a bridge that is started again."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from mt5_bridge.errors import OrderRefused
from mt5_bridge.terminal.request import comment_of, magic_of
from mt5_bridge.trading.words import (
    Fate,
    OrderState,
    Outcome,
)
from ticklake_assets_tests.mt5_bridge.scripted_account import (
    ScriptedAccount,
)
from ticklake_assets_tests.mt5_bridge.terminal.trader import SETTINGS, Trader, entry_of


def test_a_position_that_a_person_turned_round_is_closed_and_the_rest_theirs() -> None:
    trader = Trader(ScriptedAccount(hedging=False))
    trader.place()
    [row] = trader.account.rows["positions"]
    trader.account.close(row, 0.5, ScriptedAccount.DEAL_REASON_CLIENT, magic=0)
    turned = trader.account.rows["deals"][-1]
    turned.entry, turned.volume = ScriptedAccount.DEAL_ENTRY_INOUT, 1.5
    rest = trader.account.open(1, 1.0)
    rest.identifier = row.identifier
    trader.account.rows["deals"].pop()
    [report] = trader.quote(1, 1.1)
    assert report.position is not None
    assert report.position.outcome is Outcome.MANUAL
    trader.quote(10, 1.1)
    assert rest.volume == 1.0
    assert len(trader.account.requests) == 1


def test_a_person_closes(trader: Trader) -> None:
    trader.place()
    [row] = trader.account.rows["positions"]
    trader.account.close(row, 0.2, ScriptedAccount.DEAL_REASON_MOBILE, magic=0)
    [part] = trader.quote(1, 1.1)
    assert part.note == "0.2 of 0.5 lots were closed"
    assert part.position is not None
    assert part.position.left == Decimal("0.3")
    trader.account.close(row, 0.3, ScriptedAccount.DEAL_REASON_CLIENT, magic=0)
    [report] = trader.quote(1, 1.1)
    assert report.position is not None
    assert report.position.outcome is Outcome.MANUAL
    assert trader.announced == []


def test_a_stop_out_is_told_apart(trader: Trader) -> None:
    trader.place()
    [row] = trader.account.rows["positions"]
    trader.account.close(row, 0.5, ScriptedAccount.DEAL_REASON_SO)
    [report] = trader.quote(1, 1.1)
    assert report.position is not None
    assert report.position.outcome is Outcome.STOP_OUT


def test_a_person_moves_stop_and_target_and_they_are_left_so() -> None:
    trader = Trader(ScriptedAccount(), replace(SETTINGS, break_even_at=Decimal("0.5")))
    trader.place()
    [row] = trader.account.rows["positions"]
    row.sl, row.tp = 1.0995, 0.0
    [report] = trader.quote(1, 1.1)
    assert (
        report.note == "its stop was moved from 1.0999 to 1.0995, its target was moved from 1.10012 to None"
    )
    assert trader.quote(1, 1.1001) == []
    assert (row.sl, row.tp) == (1.0995, 0.0)
    assert trader.announced == []


def test_strangers_on_hedging_are_left_alone() -> None:
    trader = Trader(ScriptedAccount(hedging=True))
    stranger = trader.account.open(0, 1.0, magic=5)
    assert trader.terminal.busy("SYNEUR") is None
    trader.place()
    trader.quote(10, 1.1)
    assert trader.account.rows["positions"] == [stranger]
    assert stranger.volume == 1.0


def test_a_stranger_on_netting_makes_the_symbol_busy() -> None:
    trader = Trader(ScriptedAccount(hedging=False))
    trader.account.open(0, 1.0, magic=5)
    assert trader.terminal.busy("SYNEUR") == "foreign_position"
    with pytest.raises(OrderRefused):
        trader.place()
    assert trader.account.requests == []


def test_what_a_stranger_adds_on_netting_stays_the_strangers() -> None:
    trader = Trader(ScriptedAccount(hedging=False))
    trader.place()
    trader.account.open(0, 1.0, magic=5)
    trader.quote(1, 1.1)
    trader.quote(9, 1.1)
    assert trader.account.requests[-1]["volume"] == 0.5
    assert trader.account.rows["positions"][0].volume == 1.0


def test_our_mark_of_another_journal_makes_the_symbol_busy(trader: Trader) -> None:
    trader.account.open(0, 1.0, magic=magic_of("1" * 16), comment=comment_of("1" * 16))
    assert trader.terminal.busy("SYNEUR") == "unknown_position"


def test_a_terminal_that_does_not_say_gets_noorder_of(trader: Trader) -> None:
    trader.account.silent = {"positions_get"}
    assert trader.terminal.busy("SYNEUR") == "terminal_silent"
    with pytest.raises(OrderRefused):
        trader.place()


@pytest.mark.parametrize(
    "fate", [Fate.SENDING, Fate.UNKNOWN, OrderState.ACCEPTED, OrderState.OPEN, Fate.NEVER_ARRIVED]
)
def test_after_a_restart_it_goes_on(trader: Trader, fate: Fate | OrderState) -> None:
    report = trader.place()
    assert report is not None
    again = Trader(trader.account)
    position = report.position if fate is OrderState.OPEN else None
    again.terminal.adopt(entry_of(trader.order, fate, position=position))
    reports = again.quote(10, 1.1)
    assert reports[-1].state is OrderState.CLOSED
    assert reports[-1].position is not None
    assert reports[-1].position.outcome is Outcome.TIME


def test_a_stop_that_was_moved_while_no_bridge_ran_is_noticed(trader: Trader) -> None:
    report = trader.place()
    assert report is not None
    trader.account.rows["positions"][0].sl = 1.0995
    again = Trader(trader.account)
    again.terminal.adopt(entry_of(trader.order, OrderState.OPEN, position=report.position))
    [noticed] = again.quote(1, 1.1)
    assert noticed.note == "its stop was moved from 1.0999 to 1.0995"


def test_what_a_person_took_away_is_not_put_back_after_a_restart(trader: Trader) -> None:
    trader.place()
    [row] = trader.account.rows["positions"]
    row.tp = 0.0
    [report] = trader.quote(1, 1.1)
    again = Trader(trader.account)
    again.terminal.adopt(entry_of(trader.order, OrderState.OPEN, position=report.position))
    assert again.quote(1, 1.1) == []
    assert row.tp == 0.0
    assert again.announced == []
