"""The risk desk with an account's own numbers: sizes, fills, ends, and a restart."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from mt5_bridge.errors import TerminalError
from mt5_bridge.risk.desk import RiskDesk
from mt5_bridge.risk.facts import Fact
from mt5_bridge.risk.limits import Limits
from mt5_bridge.risk.words import Reason
from mt5_bridge.running.desk import AccountRisk
from mt5_bridge.running.parts import Parts
from mt5_bridge.running.vendor import RunningMt5
from mt5_bridge.terminal.request import magic_of
from mt5_bridge.trading.journal import Journal
from mt5_bridge.trading.words import Entry, Fate, Fill, Intent, Order, OrderState, Position, Quote
from ticklake_assets_tests.mt5_bridge.orders import FACTS, make_order, make_signal, open_log
from ticklake_assets_tests.mt5_bridge.running.days import config_of
from ticklake_assets_tests.mt5_bridge.running.played_market import PlayedMarket

_QUOTE = Quote(1_705_484_400_000_000, 1, 1.1, 1.10002)
_SIGNAL = make_signal(_QUOTE.ts_us)
_INTENT = Intent.of(_SIGNAL)


def _risk(account: PlayedMarket, facts: list[Fact] | None = None) -> AccountRisk:
    kept = [] if facts is None else facts
    desk = RiskDesk(Limits(), account.now_us(), list(kept), kept.append)
    names = {"SYNEUR": "EURUSD.m"}
    return AccountRisk(
        desk,
        cast("RunningMt5", account),
        account,
        lambda symbol: lambda side, entry, leave: 2e-5,
        {"SYNEUR": 1e-4},
        names,
        lambda position: position.magic == 1,
        _QUOTE.ts_us,
    )


def _order(intent_id: str = _INTENT.intent_id, **changes: Any) -> Order:
    return make_order(intent_id, **{"stop": 1.0990, "target": 1.1020} | changes)


def _entry(fate: Fate | OrderState, position: Position | None = None) -> Entry:
    return Entry(_INTENT, _order(), fate, position=position)


def test_a_volume_risks_its_share_of_the_equity() -> None:
    """0.5 % of 10,000 USD at 104 points, of which 2 are costs: 0.4807 lots, rounded down to the step."""
    verdict = _risk(PlayedMarket(quotes=[_QUOTE])).judge(_order(), _SIGNAL, _QUOTE)
    assert (verdict.volume, verdict.reason) == (Decimal("0.48"), Reason.RISK_A_TRADE)


def test_what_the_rules_refuse_has_their_word_and_sentence() -> None:
    account = PlayedMarket(quotes=[_QUOTE])
    verdict = _risk(account).judge(_order(stop=1.2), _SIGNAL, _QUOTE)
    assert (verdict.volume, verdict.reason) == (0, Reason.NO_STOP)
    assert "Expected a stop on the losing side" in verdict.detail
    held_back = _SIGNAL.model_copy(update={"abstain": ("breaker",)})
    assert _risk(account).judge(_order(), held_back, _QUOTE).reason == Reason.ENDPOINT_ABSTAINS


def test_a_deposit_is_no_profit_and_counts_once() -> None:
    facts: list[Fact] = []
    risk = _risk(PlayedMarket(quotes=[_QUOTE]), facts)
    risk.judge(_order(), _SIGNAL, _QUOTE)
    deals = [
        (_QUOTE.ts_us, SimpleNamespace(type=2, profit=10_000.0)),  # the account's first, before the bridge
        (_QUOTE.ts_us + 5, SimpleNamespace(type=2, profit=-500.25)),
        (_QUOTE.ts_us + 6, SimpleNamespace(type=0, profit=77.0)),
    ]
    for _ in range(2):
        risk.note_transfers(deals)
    state = risk.desk.state
    assert (state.equity, state.peak, state.day_start) == (Decimal("9499.75"),) * 3
    assert risk.transferred_us == _QUOTE.ts_us + 5


def test_a_strangers_position_takes_its_part_of_the_margin() -> None:
    account = PlayedMarket(quotes=[_QUOTE])
    account.open(account.POSITION_TYPE_BUY, 1.9)
    verdict = _risk(account).judge(_order(), _SIGNAL, _QUOTE)
    assert verdict.volume == 0, "its 209,000 USD are nearly what 10,000 may hold"
    assert verdict.reason in {Reason.OPEN_RISK, Reason.DAILY_LOSS, Reason.TOTAL_EXPOSURE}


@pytest.mark.parametrize("fate", [Fate.REFUSED, Fate.LAPSED, Fate.NEVER_ARRIVED, OrderState.NO_ENTRY])
def test_an_order_without_a_position_gives_its_share_back(fate: Fate | OrderState) -> None:
    risk = _risk(PlayedMarket(quotes=[_QUOTE]))
    risk.judge(_order(), _SIGNAL, _QUOTE)
    assert risk.desk.state.held
    risk.learn(_entry(fate))
    assert not risk.desk.state.held
    assert risk.desk.state.trades == 0


def test_a_position_is_held_slips_shrinks_and_ends_and_a_restart_finds_it_so() -> None:
    facts: list[Fact] = []
    account = PlayedMarket(quotes=[_QUOTE])
    risk = _risk(account, facts)
    risk.judge(_order(), _SIGNAL, _QUOTE)
    half = Decimal("0.24")
    opened = Position(Fill(_QUOTE.ts_us + 1, 0, 1.10003), volume=half, left=half, money=Decimal("-0.35"))
    risk.learn(_entry(OrderState.OPEN, opened))
    risk.learn(_entry(OrderState.OPEN, opened))
    state = risk.desk.state
    assert (state.trades, len(state.fills)) == (1, 1)
    assert state.fills[0].slippage_pips == Decimal("0.1")
    assert state.held[_INTENT.intent_id].exposure.volume == half
    part = replace(opened, left=Decimal("0.04"), money=Decimal("-12.00"))
    risk.learn(_entry(OrderState.OPEN, part))
    assert risk.desk.state.held[_INTENT.intent_id].exposure.volume == Decimal("0.04")
    again = _risk(account, list(facts))
    assert again.desk.state == risk.desk.state
    ended = replace(part, exit=Fill(_QUOTE.ts_us + 2, 0, 1.0990), left=Decimal(0), money=Decimal("-13.00"))
    for each in (risk, again):
        each.learn(_entry(OrderState.CLOSED, ended))
        each.learn(_entry(OrderState.CLOSED, ended))
        assert (each.desk.state.losses, dict(each.desk.state.held)) == (1, {})
    closes = [fact.net for fact in facts if fact.fact == "closed"]
    assert sum(closes) == Decimal("-13.00")


def test_the_history_is_asked_for_transfers_of_an_hour_ago_on_once_it_was_asked_for_all() -> None:
    """A long one takes half a second, and it is asked each second."""
    account = PlayedMarket(quotes=[_QUOTE])
    risk = _risk(account)
    account.now += 86_400_000_000
    assert risk.transfers_since_us == _QUOTE.ts_us
    risk.note_transfers([])
    assert risk.transfers_since_us == account.now - 3_600_000_000
    risk.note_transfers([(account.now - 5, SimpleNamespace(type=2, profit=1.0))])
    assert risk.transfers_since_us == risk.transferred_us == account.now - 5


@pytest.mark.parametrize("name", ["trade_tick_size", "trade_contract_size", "volume_step"])
def test_a_symbol_that_the_terminal_has_not_loaded_is_no_answer(name: str) -> None:
    account = PlayedMarket(quotes=[_QUOTE], symbol={name: 0.0})
    with pytest.raises(TerminalError, match=f"Expected {name} of EURUSD.m above 0"):
        _risk(account).judge(_order(), _SIGNAL, _QUOTE)


def test_a_strangers_position_of_unknown_worth_is_no_answer() -> None:
    account = PlayedMarket(quotes=[_QUOTE], symbol={"trade_tick_value": 0.0})
    account.open(account.POSITION_TYPE_BUY, 0.1)
    with pytest.raises(TerminalError, match="worth"):
        _risk(account).judge(_order(), _SIGNAL, _QUOTE)


def test_an_order_that_came_after_it_counted_as_never_arrived_takes_its_part(tmp_path: Path) -> None:
    account = PlayedMarket(quotes=[_QUOTE])
    with open_log(tmp_path / "journal.jsonl") as log:
        journal = Journal(log)
        risk = Parts(config_of(tmp_path), tmp_path, account.market, journal, {"SYNEUR": FACTS}).desk()
        journal.intend(_INTENT, _order())
        journal.settle(_INTENT.intent_id, Fate.NEVER_ARRIVED, "no_trace")
        account.open(account.POSITION_TYPE_BUY, 1.9, magic=magic_of(_INTENT.intent_id))
        assert risk.judge(_order(intent_id="1" * 16), _SIGNAL, _QUOTE).volume == 0


def test_a_loss_between_midnight_and_the_first_signal_is_one_of_the_day() -> None:
    account = PlayedMarket(quotes=[_QUOTE])
    risk = _risk(account)
    risk.judge(_order(), _SIGNAL, _QUOTE)
    risk.learn(_entry(Fate.REFUSED))
    account.now += 86_400_000_000
    risk.begin_day()
    account.identity = {"equity": 9_700.0}
    risk.begin_day()
    later = _QUOTE._replace(ts_us=account.now)
    assert risk.judge(_order(), _SIGNAL, later).reason == Reason.DAILY_LOSS
