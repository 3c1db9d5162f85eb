"""A short day in a terminal, the bridge killed at every write of its journal and at every call of the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, suppress
from decimal import Decimal
from pathlib import Path

import pytest

from mt5_bridge.append_log import ChainedLog
from mt5_bridge.terminal.mt5 import Mt5Terminal, OrderSettings, TradedSymbol
from mt5_bridge.terminal.request import comment_of
from mt5_bridge.trading.bridge import Bridge
from mt5_bridge.trading.journal import Journal
from mt5_bridge.trading.words import Entry, Fate, OrderState
from mt5_bridge.wire.contract import Answer, Tick
from ticklake_assets_tests.mt5_bridge.orders import flat, make_signal
from ticklake_assets_tests.mt5_bridge.scripted_account import (
    FILLED_UNSAID,
    LOST,
    PARTIAL,
    PLACED,
    ScriptedAccount,
)
from ticklake_assets_tests.mt5_bridge.scripted_account import Answer as Sent
from ticklake_assets_tests.mt5_bridge.scripted_mt5 import CLOCK

_SYMBOLS = {"SYNEUR": TradedSymbol("EURUSD.m", flat(0.0))}
_SETTINGS = OrderSettings(patience_s=6, askings=3)
_BIDS = [
    1.1,
    1.10003,
    1.10012,
    1.1,
    1.1,
    1.0999,
    1.1,
    1.1,
    1.1,
    1.1,
    1.1,
    1.1,
    1.1,
    1.1,
    1.1,
    1.1,
    1.1,
    1.1,
    1.1,
    1.1,
]
"""One a second. The first order meets its target, the next its stop, then time is up."""
_SIGNALS = {0, 3, 4, 7, 16}
_SCRIPTS = {
    "all is well": [],
    "filled without a word": [FILLED_UNSAID, FILLED_UNSAID, FILLED_UNSAID],
    "lost": [LOST],
    "filled in part": [Sent(PARTIAL, 0.4, waits=True)],
    "placed, never filled": [Sent(PLACED, 0.0, waits=True)],
}


class _Killed(BaseException):
    """The process dies here."""


class _Life:
    """So many writes and calls, then death."""

    def __init__(self, steps: int) -> None:
        self.left = steps
        self.died_in = ""

    def step(self, name: str) -> None:
        if self.left == 0:
            self.died_in = name
            raise _Killed
        self.left -= 1


class _DyingLog(ChainedLog):
    """Dies before a line is written; a line half written is as good as none (`test_bridge`)."""

    def __init__(self, path: Path, life: _Life) -> None:
        self._life = life
        super().__init__(path, {"account": "tests"})

    def _write(self, line: bytes) -> None:
        self._life.step("journal")
        super()._write(line)

    def _sync(self) -> None:
        """The process dies here, not the machine."""


def _live(folder: Path, account: ScriptedAccount, quotes: Iterator[int], life: _Life) -> dict[str, Entry]:
    """A bridge from start to end, or to its death; the market and the account live on."""
    account.at_each_call = life.step
    with ExitStack() as opened:
        journal = Journal(opened.enter_context(_DyingLog(folder / "b.jsonl", life)))
        terminal = Mt5Terminal(account, account, CLOCK, _SYMBOLS, journal.request, _SETTINGS)
        bridge = Bridge("SYNEUR", journal, terminal, trade_shadow=False)
        for step in quotes:
            account.quote(1, _BIDS[step] if step < len(_BIDS) else 1.1)
            end = {"day_end_us": account.now + 3_600_000_000, "horizon_end_us": account.now + 3_000_000}
            signal = make_signal(account.now, **end) if step in _SIGNALS else None
            tick = Tick(step + 1, account.now, account.bid, account.ask, 1.0, 1.0)
            bridge.on_answer(tick, Answer(step + 1, "clean", None, signal))
        bridge.end_of_day()
        return journal.entries


@pytest.mark.parametrize(
    ("script", "hedging"),
    [*((script, True) for script in _SCRIPTS), ("all is well", False), ("filled without a word", False)],
)
def test_killed_at_every_step_there_is_at_most_one_position_an_intent(
    tmp_path: Path, script: str, *, hedging: bool
) -> None:
    steps, resumed, places = 0, 0, set()
    while True:
        account = ScriptedAccount(hedging=hedging, answers=list(_SCRIPTS[script]))
        quotes = iter(range(len(_BIDS) + 10))  # what is unknown then is known ten seconds later
        life, folder = _Life(steps), tmp_path / str(steps)
        with suppress(_Killed):
            _live(folder, account, quotes, life)
        if not life.died_in:
            break
        before = _fates(folder)
        entries = _live(folder, account, quotes, _Life(10**9))
        _assert_explained(account, entries)
        resumed += sum(
            fate is Fate.INTENDED and entries[each].fate is not Fate.LAPSED for each, fate in before.items()
        )
        places.add(life.died_in)
        steps += 1
    assert steps > 60
    assert resumed, "killed between intent and sending"
    assert {
        "journal",
        "order_check",
        "order_send",
        "order_sent",
        "positions_get",
        "history_deals_get",
    } <= places


def _fates(folder: Path) -> dict[str, Fate | OrderState]:
    with ChainedLog(folder / "b.jsonl", {"account": "tests"}) as log:
        return {intent_id: entry.fate for intent_id, entry in Journal(log).entries.items()}


def _assert_explained(account: ScriptedAccount, entries: dict[str, Entry]) -> None:
    """What the account has is what the journal says, position by position and cent by cent; nothing is left open."""
    assert account.rows["positions"] == []
    assert account.rows["orders"] == []
    deals = account.rows["deals"]
    sent = [
        request["comment"] for request in account.requests if "position" not in request and "sl" in request
    ]
    assert len(sent) == len(set(sent)), "an entry was sent twice"
    for intent_id, entry in entries.items():
        entered = [deal for deal in deals if deal.entry == 0 and deal.comment == comment_of(intent_id)]
        assert len({deal.position_id for deal in entered}) <= 1
        assert (entry.fate is OrderState.CLOSED) == bool(entered), (entry, entered)
        if entered:
            booked = [deal for deal in deals if deal.position_id == entered[0].position_id]
            money = sum(Decimal(str(deal.profit)) + Decimal(str(deal.commission)) for deal in booked)
            assert entry.position is not None
            assert entry.position.money == money
        final = {
            Fate.DECLINED,
            Fate.LAPSED,
            Fate.NEVER_ARRIVED,
            Fate.REFUSED,
            OrderState.CLOSED,
            OrderState.NO_ENTRY,
        }
        assert entry.fate in final
    known = {comment_of(intent_id) for intent_id in entries}
    assert {deal.comment for deal in deals if deal.entry == 0} <= known, "an orphan"
