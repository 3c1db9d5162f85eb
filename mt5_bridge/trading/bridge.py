"""Signal -> intent -> order -> fill -> position, each step in the journal before the next."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from functools import partial

from mt5_bridge.append_log import AppendLog
from mt5_bridge.errors import OrderRefused, OutcomeUnknown, TerminalError
from mt5_bridge.paper.costs import trade_cost
from mt5_bridge.paper.terminal import PaperTerminal
from mt5_bridge.trading.journal import Fate, Journal
from mt5_bridge.trading.words import Intent, Order, OrderReport, Quote, Terminal
from mt5_bridge.wire.contract import Answer, Signal, SymbolFacts, Tick


class Mode(StrEnum):
    PAPER = "paper"
    DEMO = "demo"
    LIVE = "live"


def open_terminal(mode: Mode, log: AppendLog, facts: SymbolFacts) -> Terminal:
    """The simulated terminal; there is no other yet, and none is pretended."""
    if mode is not Mode.PAPER:
        raise TerminalError(
            f"Mode {mode} needs an adapter that sends orders to a MetaTrader 5 terminal, which this version "
            f"does not have: it only reads ticks. Expected mode paper, was {mode}"
        )
    return PaperTerminal(log, partial(trade_cost, facts))


class Bridge:
    """Acts on the endpoint's answers for one symbol; one position at a time, never added to, never reversed.

    `trade_shadow` lets signals of shadow bundles be traded on paper, to measure them.
    """

    def __init__(self, symbol: str, journal: Journal, terminal: Terminal, *, trade_shadow: bool) -> None:
        self._symbol = symbol
        self._journal = journal
        self._terminal = terminal
        self._trade_shadow = trade_shadow
        self.passed_over: Counter[str] = Counter()
        """Signals that became no intent, by reason."""
        self._unknown: set[str] = set()
        """Intents of which not even the terminal can say what became of them."""
        for intent_id, entry in journal.entries.items():
            if entry.is_unresolved and entry.intent.symbol == symbol:
                self._resolve(intent_id)

    def on_answer(self, tick: Tick, answer: Answer) -> None:
        """Show the terminal a clean quote, then act on the signal that came with it."""
        if answer.status != "clean":
            return
        assert tick.ts_us is not None
        assert tick.bid is not None
        assert tick.ask is not None
        quote = Quote(tick.ts_us, tick.seq, tick.bid, tick.ask)
        self._record(self._terminal.advance(self._symbol, quote))
        if answer.signal is not None:
            self._consider(answer.signal)

    def end_of_day(self) -> None:
        self._record(self._terminal.end_of_day(self._symbol))

    def _consider(self, signal: Signal) -> None:
        reason = self._reason_to_pass(signal)
        if reason is not None:
            self.passed_over[reason] += 1
            return
        intent = Intent.of(signal)
        if intent.intent_id in self._journal.entries:
            self.passed_over["decided_before"] += 1
        elif self._is_busy():
            self.passed_over["position_open"] += 1
            self._journal.decline(intent, "position_open")
        else:
            self._send(intent, _order(intent, signal))

    def _reason_to_pass(self, signal: Signal) -> str | None:
        if signal.abstain:
            return signal.abstain[0]
        if signal.side == "none":
            return "no_side"
        return None if signal.tradable or self._trade_shadow else "shadow"

    def _send(self, intent: Intent, order: Order) -> None:
        self._journal.intend(intent, order)
        try:
            self._terminal.place(order)
        except OrderRefused as refusal:
            self._journal.settle(intent.intent_id, Fate.REFUSED, str(refusal))
        except OutcomeUnknown as silence:
            self._journal.settle(intent.intent_id, Fate.UNKNOWN, str(silence))
            self._resolve(intent.intent_id)
        else:
            self._resolve(intent.intent_id)

    def _is_busy(self) -> bool:
        """An order whose fate is unknown counts as alive until the terminal has said what became of it."""
        for intent_id in list(self._unknown):
            self._resolve(intent_id)
        return bool(self._unknown) or self._terminal.is_busy(self._symbol)

    def _resolve(self, intent_id: str) -> None:
        """Record the terminal's word; an order that it does not know never arrived and is not sent again."""
        try:
            report = self._terminal.find(intent_id)
        except OutcomeUnknown:
            self._unknown.add(intent_id)
            return
        self._unknown.discard(intent_id)
        entry = self._journal.entries[intent_id]
        if report is None:
            self._journal.settle(intent_id, Fate.NEVER_ARRIVED, "the terminal knows no such order")
        elif (report.state, report.position) != (entry.fate, entry.position):
            self._journal.report(report)

    def _record(self, reports: list[OrderReport]) -> None:
        for report in reports:
            self._journal.report(report)


def _order(intent: Intent, signal: Signal) -> Order:
    if signal.stop is None or signal.target is None:
        raise TerminalError(
            f"Signal {signal.signal_id} says {signal.side}. Expected a stop and a target, was none"
        )
    return Order(
        intent.intent_id,
        intent.symbol,
        intent.side,
        signal.earliest_entry_us,
        signal.stop,
        signal.target,
        signal.horizon_end_us,
        signal.day_end_us,
    )
