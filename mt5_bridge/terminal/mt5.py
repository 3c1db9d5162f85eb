"""Orders in a MetaTrader 5 terminal: the vendor's, one elsewhere, or the simulated one.

An order is checked, sent once with stop and target, and from then on looked for in orders, deals and positions, by its
magic number and comment. The answer to `order_send` is a hint: what the account shows is what counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from mt5_bridge.clock import Clock
from mt5_bridge.errors import OrderRefused, OutcomeUnknown, TerminalError
from mt5_bridge.terminal.closing import Closer
from mt5_bridge.terminal.exits import due
from mt5_bridge.terminal.live import Live, OrderSettings, TradedSymbol
from mt5_bridge.terminal.look import Look, Observer
from mt5_bridge.terminal.market import Market
from mt5_bridge.terminal.package import Mt5
from mt5_bridge.terminal.records import BrokerPosition
from mt5_bridge.terminal.request import PREFIX, entry_request
from mt5_bridge.terminal.resolve import Inquiry
from mt5_bridge.terminal.retcodes import Action
from mt5_bridge.terminal.sending import Sender, Unfit
from mt5_bridge.terminal.stops import has_left, too_near
from mt5_bridge.terminal.trace import Tracer, is_ours
from mt5_bridge.ticks.broker_clock import BrokerClock
from mt5_bridge.trading.words import (
    Announce,
    Entry,
    Fate,
    Order,
    OrderReport,
    OrderState,
    Outcome,
    Position,
    Quote,
)

__all__ = ["Mt5Terminal", "OrderSettings", "TradedSymbol"]


class Mt5Terminal:
    """One position a symbol, on netting and on hedging accounts; others' positions are left alone."""

    def __init__(
        self,
        mt5: Mt5,
        clock: Clock,
        broker_clock: BrokerClock,
        symbols: Mapping[str, TradedSymbol],
        announce: Announce,
        settings: OrderSettings = OrderSettings(),  # noqa: B008 - it is frozen
    ) -> None:
        """`announce` is the journal's `request`.

        The account is the one that the terminal is logged in to now; under another one nothing is sent or believed.
        """
        self._mt5 = mt5
        self._clock = clock
        self._symbols = symbols
        self._settings = settings
        self._observer = Observer(mt5, broker_clock)
        self.account = self._observer.account
        self._is_hedging = self.account.margin_mode == mt5.ACCOUNT_MARGIN_MODE_RETAIL_HEDGING
        self._market = Market(mt5, symbols)
        self._tracer = Tracer(mt5, self._observer.utc_us, self.account.currency_digits)
        self._sender = Sender(mt5, self._observer)
        self._closer = Closer(
            mt5, self._sender, self._market, clock, announce, settings, is_hedging=self._is_hedging
        )
        self._lives: dict[str, Live] = {}
        self._changed: list[OrderReport] = []
        """Not yet returned."""

    def place(self, order: Order) -> None:
        if order.intent_id in self._lives:
            raise TerminalError(f"Order {order.intent_id} was sent. Expected a new intent id")
        reason = self.busy(order.symbol)
        if reason is not None:
            raise OrderRefused(f"{order.symbol} is taken ({reason}). Expected it free", reason)
        live = self._lives[order.intent_id] = self._live(order)
        try:
            self._enter(live)
        except OrderRefused:
            del self._lives[order.intent_id]
            raise

    def find(self, intent_id: str) -> OrderReport | None:
        live = self._lives.get(intent_id)
        if live is None:
            return None
        if not live.is_over:
            self._watch([live])
        self._changed = [report for report in self._changed if report.intent_id != intent_id]
        if live.report is not None:
            return live.report
        if live.is_acknowledged:
            return OrderReport(intent_id, OrderState.ACCEPTED)
        if not live.inquiry.is_over:
            raise OutcomeUnknown(
                f"{intent_id}: no trace after {live.inquiry.askings} of {live.inquiry.patience.askings} askings"
            )
        live.is_missing = True
        return None

    def adopt(self, entry: Entry) -> None:
        if entry.order is None or entry.fate is Fate.REFUSED or entry.intent.intent_id in self._lives:
            return
        live = self._lives[entry.intent.intent_id] = self._live(entry.order)
        live.is_missing = entry.fate is Fate.NEVER_ARRIVED
        live.asked_stop, live.closing = entry.asked_stop, entry.closing
        if isinstance(entry.fate, OrderState):
            live.is_acknowledged = True
            live.report = OrderReport(entry.intent.intent_id, entry.fate, entry.position)
        if entry.closing is not None and not self._is_hedging:
            live.closing_inquiry = Inquiry(
                self._settings.patience
            )  # it may have been sent just before the end
            live.closing_volume = entry.position.left if entry.position else entry.order.volume

    def busy(self, symbol: str) -> str | None:
        """`position_open`, or of others: `foreign_position` on a netting account, where it would be added to.

        `unknown_position`: one with our mark that this bridge never sent. `terminal_silent`: it does not say.
        """
        if any(live.is_alive and live.order.symbol == symbol for live in self._lives.values()):
            return "position_open"
        name = self._market.name(symbol)
        try:
            rows = [row for row in self._observer.positions() if row.symbol == name]
        except OutcomeUnknown:
            return "terminal_silent"
        if any(row.comment.startswith(PREFIX) for row in rows):
            return "unknown_position"
        return "foreign_position" if rows and not self._is_hedging else None

    def advance(self, symbol: str, quote: Quote) -> list[OrderReport]:
        """See what changed, then make the exits that this quote asks for and see what came of them."""
        lives = self._of(symbol)
        self._watch(lives)
        window_us = self._settings.entry_window_us
        leaving = [(live, why) for live in lives if live.is_open and (why := due(live.order, quote.ts_us))]
        sent = self._close(leaving)
        for live in lives:
            is_late = quote.ts_us > min(live.order.earliest_entry_us + window_us, live.order.end_us)
            if live.is_alive and (
                is_late or (live.is_open and live.row is None)
            ):  # no rest outlives its position
                sent |= self._closer.remove(live)
            if live.is_open and live not in [each for each, _ in leaving]:
                sent |= self._closer.follow(live)
        if sent:
            self._watch(lives)
        return self._drain(symbol)

    def reports(self, symbol: str) -> list[OrderReport]:
        self._watch(self._of(symbol))
        return self._drain(symbol)

    def end_of_day(self, symbol: str) -> list[OrderReport]:
        """Close what is open, at the last quote, and take back what waits."""
        return self.close_all(symbol, Outcome.DAY_END)

    def close_all(self, symbol: str, why: Outcome) -> list[OrderReport]:
        lives = self._of(symbol)
        self._watch(lives)
        self._close([(live, why) for live in lives if live.is_open])
        for live in lives:
            if live.is_alive:
                self._closer.remove(live)
        self._watch(lives)
        return self._drain(symbol)

    def _live(self, order: Order) -> Live:
        return Live(order, Inquiry(self._settings.patience))

    def _of(self, symbol: str) -> list[Live]:
        return [live for live in self._lives.values() if live.order.symbol == symbol and not live.is_over]

    def _drain(self, symbol: str) -> list[OrderReport]:
        drained = [each for each in self._changed if self._lives[each.intent_id].order.symbol == symbol]
        self._changed = [each for each in self._changed if each not in drained]
        return drained

    def _enter(self, live: Live) -> None:
        """Send the entry, again only while there surely is no order and the price was the reason."""
        order = live.order
        window_end_us = min(order.earliest_entry_us + self._settings.entry_window_us, order.end_us)
        refusal = OrderRefused(f"{order.intent_id}: its entry window is over", "entry_window")
        for _ in range(self._settings.attempts):
            if self._clock.now_us() > window_end_us:
                break
            symbol, tick = self._market.symbol(order.symbol), self._market.tick(order.symbol)
            if has_left(order.side, order.stop, order.target, tick):
                live.report = self._no_entry(order, "the market had left before it was sent")
                return
            near = too_near(order.side, order.stop, order.target, tick, symbol)
            if near is not None:
                raise OrderRefused(near, "stops_too_near")
            request = entry_request(self._mt5, order, symbol, tick, self._settings.deviation_points)
            try:
                self._sender.check(request)
                self._sender.send(request)
            except Unfit as no:
                if no.row.action is Action.NO_ENTRY:
                    live.report = self._no_entry(order, str(no))
                    return
                if no.row.action is not Action.AGAIN:
                    raise
                refusal = no
            else:
                live.is_acknowledged = True
                return
        raise refusal

    def _no_entry(self, order: Order, note: str) -> OrderReport:
        return OrderReport(order.intent_id, OrderState.NO_ENTRY, note=note)

    def _close(self, leaving: list[tuple[Live, Outcome]]) -> bool:
        sent, paired = False, set[str]()
        for live, why in leaving:
            opposite = [
                other
                for other, _ in leaving
                if other.order.side != live.order.side and other.order.intent_id not in paired
            ]
            if live.order.intent_id in paired:
                continue
            if opposite and self._closer.close_pair(live, opposite[0], why):
                paired |= {live.order.intent_id, opposite[0].order.intent_id}
                sent = True
            else:
                sent |= self._closer.close(live, why)
        return sent

    def _watch(self, lives: Iterable[Live]) -> None:
        """Bring what is known of orders up to what the account shows; what it does not say stays as it was."""
        asked = [live for live in lives if not live.is_over]
        try:
            moved = [live for live in asked if live.is_alive and live.needs_look]
            if len(moved) < len(asked):
                rows = self._observer.positions()
                moved = [live for live in asked if live in moved or self._has_moved(live, rows)]
            if moved:
                first_us = min(live.order.earliest_entry_us for live in moved)
                look = self._observer.look(first_us, self._clock.now_us())
                for live in moved:
                    self._take_in(live, look)
        except OutcomeUnknown:
            for live in asked:
                live.inquiry.without_answer()
                if live.closing_inquiry is not None:
                    live.closing_inquiry.without_answer()

    def _has_moved(self, live: Live, rows: list[BrokerPosition]) -> bool:
        """Whether its position is not as it was; a missing order is looked for in the history at times, too."""
        if live.is_missing:
            now_us = self._clock.now_us()
            is_due = now_us >= live.next_look_us
            live.next_look_us = now_us + self._settings.pause_us * 60 if is_due else live.next_look_us
            return is_due or any(is_ours(live.order.intent_id, row) for row in rows)
        assert live.row is not None
        row = self._tracer.row(live.order, {live.row.identifier}, rows)
        return row is None or (row.volume, row.sl, row.tp) != (live.row.volume, live.row.sl, live.row.tp)

    def _take_in(self, live: Live, look: Look) -> None:
        known = live.report.position if live.report else None
        cost = self._symbols[live.order.symbol].cost
        report = self._tracer.trace(live.order, look, cost, live.closing, known)
        now_us = self._clock.now_us()
        if report is None:
            live.inquiry.without_trace(now_us)
            return
        live.is_acknowledged, live.is_missing = True, False
        live.waiting = tuple(row.ticket for row in self._tracer.waiting(live.order, look))
        position = report.position
        live.row = None
        if position is not None and position.ticket is not None:
            live.row = self._tracer.row(live.order, {position.ticket}, look.positions)
        if position is not None and live.closing_inquiry is not None:
            live.closing_inquiry.without_trace(now_us)
            if position.left < live.closing_volume:
                live.closing_inquiry = None
        before = live.report
        if before is None or (report.state, report.position) != (before.state, before.position):
            note = report.note or changed_by_others(live, known, report)
            live.report = replace(report, note=note)
            self._changed.append(live.report)


def changed_by_others(live: Live, before: Position | None, report: OrderReport) -> str:
    """Say what somebody else did to a position; a stop or target that they moved is theirs from then on."""
    now = report.position
    if before is None or now is None or report.state.is_final:
        return ""
    notes = []
    if before.stop is not None and now.stop not in {before.stop, live.asked_stop}:
        notes.append(f"its stop was moved from {before.stop} to {now.stop}")
    if before.target is not None and now.target != before.target:
        notes.append(f"its target was moved from {before.target} to {now.target}")
    live.is_by_hand = live.is_by_hand or bool(notes)
    if now.left < before.left:
        notes.append(f"{before.left - now.left} of {before.left} lots were closed")
    return ", ".join(notes)
