"""A short day in a scripted account, a bridge that dies at a stated step of it, and what has to hold afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path

from mt5_bridge.append_log import ChainedLog
from mt5_bridge.terminal.mt5 import Mt5Terminal, OrderSettings, TradedSymbol
from mt5_bridge.terminal.request import comment_of
from mt5_bridge.trading.bridge import Bridge
from mt5_bridge.trading.journal import Journal
from mt5_bridge.trading.words import Entry, Fate, OrderState
from mt5_bridge.wire.contract import Answer as Said
from mt5_bridge.wire.contract import Tick
from ticklake_assets_tests.mt5_bridge.orders import flat, make_signal
from ticklake_assets_tests.mt5_bridge.scripted_account import Answer, ScriptedAccount
from ticklake_assets_tests.mt5_bridge.scripted_mt5 import CLOCK

SYMBOLS = {"SYNEUR": TradedSymbol("EURUSD.m", flat(0.0))}
SETTINGS = OrderSettings(patience_s=6, askings=3)
BIDS = [1.1, 1.10003, 1.10012, 1.1, 1.1, 1.0999, *[1.1] * 14]
"""One a second. The first order meets its target, the next its stop, then time is up."""
SIGNALS = {0, 3, 4, 7, 16}


class Killed(BaseException):
    """The process dies here."""


class Life:
    """So many writes and calls, then death."""

    def __init__(self, steps: int) -> None:
        self.left = steps
        self.died_in = ""

    def step(self, name: str) -> None:
        if self.left == 0:
            self.died_in = name
            raise Killed
        self.left -= 1


class DyingLog(ChainedLog):
    """Dies before a line is written; a line half written is as good as none (`test_bridge`)."""

    def __init__(self, path: Path, life: Life) -> None:
        self._life = life
        super().__init__(path, {"account": "tests"})

    def _write(self, line: bytes) -> None:
        self._life.step("journal")
        super()._write(line)

    def _sync(self) -> None:
        """The process dies here, not the machine."""


def live(folder: Path, account: ScriptedAccount, quotes: Iterator[int], life: Life) -> dict[str, Entry]:
    """A bridge from start to end, or to its death; the market and the account live on."""
    account.at_each_call = life.step
    with ExitStack() as opened:
        journal = Journal(opened.enter_context(DyingLog(folder / "b.jsonl", life)))
        terminal = Mt5Terminal(account, account, CLOCK, SYMBOLS, journal.request, SETTINGS)
        bridge = Bridge("SYNEUR", journal, terminal, trade_shadow=False)
        for step in quotes:
            account.quote(1, BIDS[step] if step < len(BIDS) else 1.1)
            end = {"day_end_us": account.now + 3_600_000_000, "horizon_end_us": account.now + 3_000_000}
            signal = make_signal(account.now, **end) if step in SIGNALS else None
            tick = Tick(step + 1, account.now, account.bid, account.ask, 1.0, 1.0)
            bridge.on_answer(tick, Said(step + 1, "clean", None, signal))
        bridge.end_of_day()
        return journal.entries


def assert_explained(account: ScriptedAccount, entries: dict[str, Entry]) -> None:
    """What the account has is what the journal says, position by position and cent by cent; nothing is left open."""
    assert account.rows["positions"] == []
    assert account.rows["orders"] == []
    deals = account.rows["deals"]
    sent: dict[str, list[Answer]] = {}
    for request, answer in zip(account.requests, account.answered, strict=True):
        if "position" not in request and "sl" in request:
            sent.setdefault(request["comment"], []).append(answer)
    repeated = {answer.retcode for answers in sent.values() for answer in answers[:-1]}
    assert repeated <= {10004}, "an entry was sent again that may have arrived"
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
