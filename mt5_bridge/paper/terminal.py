"""A simulated terminal: fills by the order table, tick by tick, with its own durable memory.

The order table is the one of labels and simulator. Entry: the first quote at or after `earliest_entry_us`,
at its ask (long) or bid (short); none when that quote's exit side is at or beyond a barrier already, or when
the horizon or the day's end comes first. Exit: the first later quote whose exit side (bid for long, ask for
short) is at or beyond target or stop, at that price; else the first quote at or after the earlier of horizon
and day's end; when the day's quotes stop before that, its last quote.

Its memory stands for the broker's: it survives the bridge, so that a restarted bridge can ask, and the journal is held
against it. It is of one session: quotes up to the newest fill are taken for those that it has seen before it was
restarted.
"""

from __future__ import annotations

from dataclasses import replace

from mt5_bridge.append_log import ChainedLog, Record
from mt5_bridge.errors import JournalError, OrderRefused, TerminalError
from mt5_bridge.trading.journal import order_record, read_order, read_report, report_record
from mt5_bridge.trading.words import (
    Cost,
    Entry,
    Fill,
    Order,
    OrderReport,
    OrderState,
    Outcome,
    Position,
    Quote,
)


class PaperTerminal:
    """One position a symbol; orders by intent id, rebuilt from the log on opening.

    `cost` is taken off each position's result (`costs.trade_cost` of the symbol's facts).
    """

    def __init__(self, log: ChainedLog, cost: Cost) -> None:
        self._log = log
        self._cost = cost
        self._orders: dict[str, Order] = {}
        self._reports: dict[str, OrderReport] = {}
        self._active: dict[str, str] = {}
        self._seen: dict[str, tuple[int, int]] = {}
        """By symbol, `(ts_us, seq)` of the newest quote that was acted on, by this or an earlier process."""
        self._last: dict[str, Quote] = {}
        for number, record in enumerate(log.records, start=2):  # the first line is the session's
            self._read(record, number)

    def place(self, order: Order) -> None:
        if order.intent_id in self._orders:
            raise OrderRefused(f"Order {order.intent_id} exists. Expected a new intent id")
        if self.busy(order.symbol):
            raise OrderRefused(f"{order.symbol} has a live order {self._active[order.symbol]}. Expected none")
        self._log.append({"kind": "order", **order_record(order)}, durable=True)
        self._accept(order)

    def find(self, intent_id: str) -> OrderReport | None:
        return self._reports.get(intent_id)

    def adopt(self, entry: Entry) -> None:
        """Its own memory has it."""

    def busy(self, symbol: str) -> str | None:
        return "position_open" if symbol in self._active else None

    @property
    def head(self) -> str:
        return self._log.head

    def holds(self, head: str) -> bool:
        return self._log.holds(head)

    def order_ids(self) -> list[str]:
        return list(self._orders)

    def reports(self, symbol: str) -> list[OrderReport]:  # noqa: ARG002 - of the protocol
        """Without a quote nothing changes."""
        return []

    def advance(self, symbol: str, quote: Quote) -> list[OrderReport]:
        """Quotes at or before the last one seen, or the last fill, are history: they change nothing."""
        seen = self._seen.get(symbol)
        if seen is None or quote[:2] >= seen:
            self._last[symbol] = quote
        if seen is not None and quote[:2] <= seen:
            return []
        self._seen[symbol] = quote[:2]
        intent_id = self._active.get(symbol)
        if intent_id is None:
            return []
        order, report = self._orders[intent_id], self._reports[intent_id]
        if report.position is None:
            changed = self._try_entry(order, report, quote)
        else:
            changed = self._try_exit(order, report.position, quote)
        return [] if changed is None else [self._record(changed)]

    def end_of_day(self, symbol: str) -> list[OrderReport]:
        intent_id = self._active.get(symbol)
        if intent_id is None:
            return []
        report = self._reports[intent_id]
        if report.position is None:
            return [self._record(replace(report, state=OrderState.NO_ENTRY))]
        last = self._last.get(symbol)
        if last is None:
            raise TerminalError(
                f"{symbol}: position {intent_id} is open. Expected a quote to close it, was none"
            )
        order = self._orders[intent_id]
        return [self._record(self._closed(order, report.position, last, Outcome.DAY_END))]

    def _try_entry(self, order: Order, report: OrderReport, quote: Quote) -> OrderReport | None:
        if quote.ts_us >= order.end_us:
            return replace(report, state=OrderState.NO_ENTRY)
        if quote.ts_us < order.earliest_entry_us:
            return None
        if _barrier_hit(order, quote) is not None:
            return replace(report, state=OrderState.NO_ENTRY)
        price = quote.ask if order.side == "long" else quote.bid
        entry = Fill(quote.ts_us, quote.seq, price)
        return OrderReport(order.intent_id, OrderState.OPEN, Position(entry))

    def _try_exit(self, order: Order, position: Position, quote: Quote) -> OrderReport | None:
        outcome = _barrier_hit(order, quote)
        if outcome is None and quote.ts_us >= order.end_us:
            outcome = Outcome.TIME if order.horizon_end_us <= order.day_end_us else Outcome.DAY_END
        return None if outcome is None else self._closed(order, position, quote, outcome)

    def _closed(self, order: Order, position: Position, quote: Quote, outcome: Outcome) -> OrderReport:
        leave = Fill(quote.ts_us, quote.seq, _exit_side(order, quote))
        move = leave.price - position.entry.price
        gross = move if order.side == "long" else -move
        net = gross - self._cost(order.side, position.entry, leave)
        closed = replace(position, exit=leave, outcome=outcome, net=net)
        return OrderReport(order.intent_id, OrderState.CLOSED, closed)

    def _record(self, report: OrderReport) -> OrderReport:
        """On disk before the journal names it: else a power cut would make the two seem strangers."""
        self._log.append(report_record(report), durable=True)
        self._apply(report)
        return report

    def _read(self, record: Record, number: int) -> None:
        try:
            if record["kind"] == "order":
                self._accept(read_order(record))
            else:
                self._apply(read_report(record))
        except (KeyError, TypeError, ValueError, ArithmeticError) as error:
            raise JournalError(
                f"{self._log.path}, line {number}: not a record of the paper terminal ({error!r}). Was {record}"
            ) from error

    def _accept(self, order: Order) -> None:
        self._orders[order.intent_id] = order
        self._reports[order.intent_id] = OrderReport(order.intent_id, OrderState.ACCEPTED)
        self._active[order.symbol] = order.intent_id

    def _apply(self, report: OrderReport) -> None:
        symbol = self._orders[report.intent_id].symbol
        self._reports[report.intent_id] = report
        if report.position is not None:
            fill = report.position.exit or report.position.entry
            self._seen[symbol] = max(self._seen.get(symbol, (0, 0)), (fill.ts_us, fill.seq))
        if report.state.is_final:
            del self._active[symbol]


def _exit_side(order: Order, quote: Quote) -> float:
    return quote.bid if order.side == "long" else quote.ask


def _barrier_hit(order: Order, quote: Quote) -> Outcome | None:
    price = _exit_side(order, quote)
    sign = 1.0 if order.side == "long" else -1.0
    if sign * price >= sign * order.target:
        return Outcome.TARGET
    return Outcome.STOP if sign * price <= sign * order.stop else None
