"""Orders in a MetaTrader 5 terminal: the vendor's, one elsewhere, or the simulated one.

An order is checked, sent once with stop and target, and from then on looked for in orders, deals and positions, by its
magic number and comment. The answer to `order_send` is a hint: what the account shows is what counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mt5_bridge.clock import Clock
from mt5_bridge.errors import OrderRefused, OutcomeUnknown, TerminalError
from mt5_bridge.terminal.closing import Closer
from mt5_bridge.terminal.entering import Entrance
from mt5_bridge.terminal.exits import beyond, due
from mt5_bridge.terminal.live import Live, OrderSettings, TradedSymbol
from mt5_bridge.terminal.look import Observer
from mt5_bridge.terminal.market import Market
from mt5_bridge.terminal.package import Mt5
from mt5_bridge.terminal.request import PREFIX
from mt5_bridge.terminal.resolve import Inquiry
from mt5_bridge.terminal.sending import Sender
from mt5_bridge.terminal.trace import Tracer
from mt5_bridge.terminal.watch import Watch
from mt5_bridge.ticks.broker_clock import BrokerClock
from mt5_bridge.trading.words import (
    Announce,
    Entry,
    Fate,
    Order,
    OrderReport,
    OrderState,
    Outcome,
    Quote,
)

__all__ = ["Mt5Terminal", "OrderSettings", "TradedSymbol"]
_OVERDUE_US = 30_000_000
"""How long an exit by time waits for a clean quote."""


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
        self._settings = settings
        self._clock = clock
        self._observer = Observer(mt5, broker_clock)
        self.account = self._observer.account
        self._is_hedging = self.account.margin_mode == mt5.ACCOUNT_MARGIN_MODE_RETAIL_HEDGING
        self._market = Market(mt5, symbols)
        sender = Sender(mt5, self._observer)
        self._entrance = Entrance(mt5, sender, self._market, clock, settings)
        self._closer = Closer(
            mt5, sender, self._market, clock, announce, settings, is_hedging=self._is_hedging
        )
        tracer = Tracer(mt5, broker_clock.utc_us, self.account.currency_digits)
        self._watch = Watch(self._observer, tracer, clock, symbols)
        self._lives: dict[str, Live] = {}
        self._watched: dict[str, list[Live]] = {}
        """By symbol, those that were not over when it was looked at last: a journal of years has few of them."""
        self._changed: list[OrderReport] = []
        """Not yet returned."""
        self._shown_us: dict[str, int] = {}
        """By symbol, time of the newest quote."""
        self._tried_us: dict[str, int] = {}
        """By symbol, when the newest entry came back without a position."""

    def place(self, order: Order) -> None:
        if order.intent_id in self._lives:
            raise TerminalError(f"Order {order.intent_id} was sent. Expected a new intent id")
        reason = self.busy(order.symbol)
        if reason is not None:
            raise OrderRefused(f"{order.symbol} is taken ({reason}). Expected it free", reason)
        live = self._live(order)
        try:
            self._entrance.enter(live)
        except OrderRefused:
            del self._lives[order.intent_id]
            self._watched[order.symbol].remove(live)
            self._tried_us[order.symbol] = self._clock.now_us()
            raise
        if live.is_over:
            self._tried_us[order.symbol] = self._clock.now_us()

    def find(self, intent_id: str) -> OrderReport | None:
        live = self._lives.get(intent_id)
        if live is None:
            return None
        if not live.is_over:
            self._see([live])
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
        live = self._live(entry.order)
        live.is_missing = entry.fate is Fate.NEVER_ARRIVED
        live.asked_stop, live.closing = entry.asked_stop, entry.closing
        if isinstance(entry.fate, OrderState):
            live.is_acknowledged = True
            live.report = OrderReport(entry.intent.intent_id, entry.fate, entry.position)
        if entry.closing is not None and not self._is_hedging:
            # The close may have been sent just before the end.
            live.closing_inquiry = Inquiry(self._settings.patience)
            live.closing_volume = entry.position.left if entry.position else entry.order.volume

    def busy(self, symbol: str) -> str | None:
        """`position_open`, or of others: `foreign_position` on a netting account, where it would be added to.

        `unknown_position`: one with our mark that this bridge never sent. `terminal_silent`: it does not say.
        """
        if self._is_behind(symbol) or any(live.is_alive for live in self._of(symbol)):
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
        self._shown_us[symbol] = quote.ts_us
        lives = self._of(symbol)
        self._see(lives)
        window_us = self._settings.entry_window_us
        leaving = [(live, why) for live in lives if (why := _leaves(live, quote))]
        sent = self._close(leaving)
        for live in lives:
            is_late = quote.ts_us > min(live.order.earliest_entry_us + window_us, live.order.end_us)
            is_gone = live.is_open and live.row is None  # and no rest outlives its position
            if live.is_alive and (is_late or is_gone):
                sent |= self._closer.remove(live)
            if live.is_open and live not in [each for each, _ in leaving]:
                sent |= self._closer.follow(live)
        if sent:
            self._see(lives)
        return self._drain(symbol)

    def reports(self, symbol: str) -> list[OrderReport]:
        """Also makes exits by time that are overdue: the endpoint may call no quote clean for long."""
        lives = self._of(symbol)
        self._see(lives)
        then_us = self._clock.now_us() - _OVERDUE_US
        overdue = [(live, why) for live in lives if live.is_open and (why := due(live.order, then_us))]
        if self._close(overdue):
            self._see(lives)
        return self._drain(symbol)

    def end_of_day(self, symbol: str) -> list[OrderReport]:
        """Close what is open, at the last quote, and take back what waits."""
        return self.close_all(symbol, Outcome.DAY_END)

    def close_all(self, symbol: str, why: Outcome) -> list[OrderReport]:
        lives = self._of(symbol)
        self._see(lives)
        self._close([(live, why) for live in lives if live.is_open])
        for live in lives:
            if live.is_alive:
                self._closer.remove(live)
        self._see(lives)
        return self._drain(symbol)

    def _is_behind(self, symbol: str) -> bool:
        """Whether the newest quote is of before an entry came back without a position: then it was still on its way."""
        tried_us = self._tried_us.get(symbol, 0)
        return self._shown_us.get(symbol, tried_us) < tried_us

    def _live(self, order: Order) -> Live:
        live = self._lives[order.intent_id] = Live(order, Inquiry(self._settings.patience))
        self._watched.setdefault(order.symbol, []).append(live)
        return live

    def _of(self, symbol: str) -> list[Live]:
        kept = self._watched[symbol] = [live for live in self._watched.get(symbol, []) if not live.is_over]
        return list(kept)

    def _drain(self, symbol: str) -> list[OrderReport]:
        drained = [each for each in self._changed if self._lives[each.intent_id].order.symbol == symbol]
        self._changed = [each for each in self._changed if each not in drained]
        return drained

    def _see(self, lives: Iterable[Live]) -> None:
        self._changed += self._watch.see(lives)

    def _close(self, leaving: list[tuple[Live, Outcome]]) -> bool:
        """Close what has to leave; two opposite positions by each other."""
        sent, rest = False, list(leaving)
        while rest:
            live, why = rest.pop(0)
            opposite = [each for each in rest if each[0].order.side != live.order.side]
            if opposite and self._closer.close_pair(live, opposite[0][0], why):
                rest.remove(opposite[0])
                sent = True
            else:
                sent |= self._closer.close(live, why)
        return sent


def _leaves(live: Live, quote: Quote) -> Outcome | None:
    """Why the bridge has to close it now."""
    if not live.is_open or live.report is None or live.report.position is None:
        return None
    return beyond(live.order, live.report.position, quote) or due(live.order, quote.ts_us)
