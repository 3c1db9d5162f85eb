"""No intent is left undecided, and none that lapsed keeps what was reserved for it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from mt5_bridge.errors import TerminalError
from mt5_bridge.paper.terminal import PaperTerminal
from mt5_bridge.trading.bridge import Bridge
from mt5_bridge.trading.journal import Journal
from mt5_bridge.trading.risk import Verdict
from mt5_bridge.trading.words import Entry, Fate, Intent, Order, Quote
from mt5_bridge.wire.contract import Answer, Signal, Tick
from ticklake_assets_tests.mt5_bridge.orders import flat, make_order, make_signal, open_log


class _Rules:
    """Takes down what it is told; without a terminal that answers it cannot judge."""

    def __init__(self, *, is_silent: bool = False) -> None:
        self.is_silent = is_silent
        self.learnt: list[str] = []

    def judge(self, order: Order, signal: Signal | None, quote: Quote) -> Verdict:
        if self.is_silent:
            raise TerminalError("Expected the account's state, was none")
        return Verdict(Decimal("0.25"), "risk_a_trade")

    def learn(self, entry: Entry) -> None:
        self.learnt.append(entry.fate)


def _intend(folder: Path) -> None:
    """A bridge dies between intent and `sending`."""
    with open_log(folder / "b.jsonl") as log:
        intent = Intent.of(make_signal())
        Journal(log).intend(intent, make_order(intent.intent_id))


def test_an_intent_that_lapses_gives_its_share_back(tmp_path: Path) -> None:
    """Its bridge may have reserved a volume before it died; the next one may die between the two lines."""
    _intend(tmp_path)
    for _ in range(2):
        rules = _Rules()
        with open_log(tmp_path / "b.jsonl") as ours, open_log(tmp_path / "t.jsonl") as theirs:
            terminal = PaperTerminal(theirs, flat(0.0))
            Bridge("SYNEUR", Journal(ours), terminal, trade_shadow=False, risk=rules).end_of_day()
        assert rules.learnt == [Fate.LAPSED]


@pytest.mark.parametrize(("is_left", "fate"), [(False, Fate.DECLINED), (True, Fate.LAPSED)])
def test_rules_that_get_no_answer_from_the_terminal_leave_no_intent_undecided(
    tmp_path: Path, *, is_left: bool, fate: Fate
) -> None:
    if is_left:
        _intend(tmp_path)
    with open_log(tmp_path / "b.jsonl") as ours, open_log(tmp_path / "t.jsonl") as theirs:
        journal, terminal = Journal(ours), PaperTerminal(theirs, flat(0.0))
        bridge = Bridge("SYNEUR", journal, terminal, trade_shadow=False, risk=_Rules(is_silent=True))
        tick = Tick(1, 1_000_000, 1.1, 1.10002, 1.0, 1.0)
        bridge.on_answer(tick, Answer(1, "clean", None, None if is_left else make_signal()))
        (entry,) = journal.entries.values()
        assert (entry.fate, entry.reason) == (fate, "terminal_silent")
        assert terminal.order_ids() == []
