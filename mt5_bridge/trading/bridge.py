"""Signal -> intent -> risk -> order -> fill -> position, each step in the journal before the next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from mt5_bridge.errors import OrderRefused, OutcomeUnknown, TerminalError
from mt5_bridge.trading.journal import Journal
from mt5_bridge.trading.risk import OneLot, Risk, Verdict
from mt5_bridge.trading.words import Entry, Fate, Intent, Order, OrderReport, Quote, Terminal
from mt5_bridge.wire.contract import Answer, Signal, Tick

ENTRY_WINDOW_US = 2_000_000
"""After an order's earliest entry, until when it may still be sent."""


class Bridge:
    """Acts on the endpoint's answers for one symbol; one position at a time, never added to, never reversed.

    `trade_shadow` lets signals of shadow bundles be traded on paper, to measure them. The journal and the terminal are
    the account's, and may be shared by bridges of other symbols.
    """

    def __init__(
        self,
        symbol: str,
        journal: Journal,
        terminal: Terminal,
        *,
        trade_shadow: bool,
        risk: Risk | None = None,
        entry_window_us: int = ENTRY_WINDOW_US,
    ) -> None:
        self._symbol = symbol
        self._journal = journal
        self._terminal = terminal
        self._trade_shadow = trade_shadow
        self._risk = risk or OneLot()
        self._entry_window_us = entry_window_us
        self.blocked: str | None = None
        """Why no entry is made for now, a word for tables; what is open is looked after all the same."""
        self.passed_over: Counter[str] = Counter()
        """Signals that became no order, by reason."""
        self._unsent: list[Entry] = []
        """Intents of an earlier process that surely never left it."""
        self._unknown: set[str] = set()
        """Intents of which not even the terminal can say what became of them."""
        for entry in [each for each in journal.entries.values() if each.intent.symbol == symbol]:
            self._take_up(entry)

    def on_answer(self, tick: Tick, answer: Answer) -> None:
        """Show the terminal a clean quote, then act on the signal that came with it."""
        if answer.status != "clean":
            return
        assert tick.ts_us is not None
        assert tick.bid is not None
        assert tick.ask is not None
        quote = Quote(tick.ts_us, tick.seq, tick.bid, tick.ask)
        self._record(self._terminal.advance(self._symbol, quote))
        self._ask_again()
        self._send_unsent(quote)
        if answer.signal is not None:
            self._consider(answer.signal, quote)

    def on_quote(self, quote: Quote) -> None:
        """Show the terminal a quote that nobody judged: what is open needs its exits while the endpoint is away."""
        self._record(self._terminal.advance(self._symbol, quote))

    def watch(self) -> None:
        """Look after what is open, or unknown, while no quote comes."""
        self._record(self._terminal.reports(self._symbol))
        self._ask_again()

    def end_of_day(self) -> None:
        for entry in self._unsent:
            self._lapse(entry, "day_over")
        self._unsent.clear()
        self._record(self._terminal.end_of_day(self._symbol))

    def _take_up(self, entry: Entry) -> None:
        """What surely never left an earlier process may be sent yet; for the rest the terminal is asked."""
        if entry.fate is Fate.INTENDED:
            self._unsent.append(entry)
        elif entry.fate is Fate.LAPSED:
            self._learn(entry.intent.intent_id)
        elif entry.is_sent:
            assert entry.order is not None
            self._terminal.adopt(entry)
            if entry.is_unresolved:
                self._resolve(entry.intent.intent_id)
            else:
                self._learn(entry.intent.intent_id)

    def _consider(self, signal: Signal, quote: Quote) -> None:
        reason = self._reason_to_pass(signal)
        if reason is not None:
            self.passed_over[reason] += 1
            return
        intent = Intent.of(signal)
        if intent.intent_id in self._journal.entries:
            self.passed_over["decided_before"] += 1
            return
        reason = self._reason_to_decline()
        if reason is not None:
            self.passed_over[reason] += 1
            self._journal.decline(intent, reason)
            return
        order = _order(intent, signal)
        self._journal.intend(intent, order)
        verdict = self._judge(order, signal, quote)
        if verdict.volume > 0:
            self._send(replace(order, volume=verdict.volume))
        else:
            self.passed_over[verdict.reason] += 1
            self._journal.settle(intent.intent_id, Fate.DECLINED, verdict.reason, verdict.detail)

    def _reason_to_pass(self, signal: Signal) -> str | None:
        if signal.abstain:
            return signal.abstain[0]
        if signal.side == "none":
            return "no_side"
        return None if signal.tradable or self._trade_shadow else "shadow"

    def _reason_to_decline(self) -> str | None:
        """An order whose fate is unknown counts as alive until the terminal has said what became of it."""
        unknown = "position_open" if self._unknown else None
        return self.blocked or unknown or self._terminal.busy(self._symbol)

    def _send_unsent(self, quote: Quote) -> None:
        """Send, within its entry window, what a process before this one had decided and not sent."""
        due = [entry for entry in self._unsent if quote.ts_us >= entry.intent.ts_us]
        for entry in due:
            self._unsent.remove(entry)
            order = entry.order
            assert order is not None
            if quote.ts_us > min(order.earliest_entry_us + self._entry_window_us, order.end_us):
                self._lapse(entry, "entry_window")
            elif reason := self._reason_to_decline():
                self._lapse(entry, reason)
            else:
                verdict = self._judge(order, None, quote)
                if verdict.volume > 0:
                    self._send(replace(order, volume=verdict.volume))
                else:
                    self._lapse(entry, verdict.reason, verdict.detail)

    def _judge(self, order: Order, signal: Signal | None, quote: Quote) -> Verdict:
        """Rules that get no answer from the terminal allow nothing: else the intent would stay undecided."""
        try:
            return self._risk.judge(order, signal, quote)
        except TerminalError as silence:
            return Verdict(Decimal(0), "terminal_silent", str(silence))

    def _lapse(self, entry: Entry, reason: str, detail: str = "") -> None:
        self._journal.settle(entry.intent.intent_id, Fate.LAPSED, reason, detail)
        self._learn(entry.intent.intent_id)

    def _send(self, order: Order) -> None:
        self._journal.sending(order)
        try:
            self._terminal.place(order)
        except OrderRefused as refusal:
            self._journal.settle(order.intent_id, Fate.REFUSED, refusal.reason, str(refusal))
            self._learn(order.intent_id)
            return
        except OutcomeUnknown as silence:
            self._journal.settle(order.intent_id, Fate.UNKNOWN, "no_answer", str(silence))
        self._resolve(order.intent_id)

    def _ask_again(self) -> None:
        for intent_id in sorted(self._unknown):
            self._resolve(intent_id)

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
            self._journal.settle(
                intent_id, Fate.NEVER_ARRIVED, "no_trace", "the terminal knows no such order"
            )
        elif (report.state, report.position) != (entry.fate, entry.position):
            self._journal.report(report)
        self._learn(intent_id)

    def _record(self, reports: Iterable[OrderReport]) -> None:
        for report in reports:
            self._unknown.discard(report.intent_id)
            self._journal.report(report)
            self._learn(report.intent_id)

    def _learn(self, intent_id: str) -> None:
        self._risk.learn(self._journal.entries[intent_id])


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
