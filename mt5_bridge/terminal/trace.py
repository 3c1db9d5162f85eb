"""What became of an order, read from one look at the account: by its magic number or comment, never by guess."""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import dataclass, replace
from decimal import Decimal

from mt5_bridge.exact import exact
from mt5_bridge.terminal.look import Look
from mt5_bridge.terminal.package import Mt5
from mt5_bridge.terminal.records import BrokerOrder, BrokerPosition, Deal
from mt5_bridge.terminal.request import comment_of, magic_of
from mt5_bridge.trading.words import Cost, Fill, Order, OrderReport, OrderState, Outcome, Position

_NOTHING = Decimal(0)


def is_ours(intent_id: str, row: BrokerOrder | BrokerPosition | Deal) -> bool:
    """A broker may cut or replace comments, and on netting accounts the magic number of another's addition may show."""
    return row.magic == magic_of(intent_id) or row.comment.startswith(comment_of(intent_id))


@dataclass(frozen=True)
class Tracer:
    mt5: Mt5
    utc_us: Callable[[int], int]
    """UTC of a moment on the broker's clock."""
    currency_digits: int

    def trace(
        self, order: Order, look: Look, cost: Cost, closing: Outcome | None, known: Position | None
    ) -> OrderReport | None:
        """The order's state; None where the look shows no trace of it.

        `closing` is why the bridge asked for its close. A history may be late: what was `known` is not taken back, and
        a position that is gone counts as open until the deals say all of how it closed.
        """
        entries = [deal for deal in look.deals if self._is_entry(order, deal)]
        tickets = self._tickets(order, look, entries, known)
        if not tickets:
            return self._without_position(order, look)
        row = self.row(order, tickets, look.positions)
        deals = [deal for deal in look.deals if deal.position_id in tickets]
        exits = [deal for deal in deals if deal.entry != self.mt5.DEAL_ENTRY_IN]
        position = self._open(row, entries, exits, known)
        money = sum((_booked(deal) for deal in deals), _NOTHING)
        money = money.quantize(Decimal(1).scaleb(-self.currency_digits))
        position = replace(position, ticket=row.identifier if row else min(tickets), money=money)
        is_over = row is None and not self._may_grow(order, look, position)
        if not (is_over and self._is_told(deals, exits, position)):
            return OrderReport(order.intent_id, OrderState.OPEN, position)
        leave = self._fill(exits)
        move = leave.price - position.entry.price
        net = (move if order.side == "long" else -move) - cost(order.side, position.entry, leave)
        outcome = self._outcome(order, exits[-1], closing)
        closed = replace(position, exit=leave, left=_NOTHING, outcome=outcome, net=net)
        return OrderReport(order.intent_id, OrderState.CLOSED, closed)

    def row(self, order: Order, tickets: Container[int], rows: list[BrokerPosition]) -> BrokerPosition | None:
        """The position itself. One that was turned round is another's, though it keeps its number."""
        side = self.mt5.POSITION_TYPE_BUY if order.side == "long" else self.mt5.POSITION_TYPE_SELL
        return next((row for row in rows if row.identifier in tickets and row.type == side), None)

    def waiting(self, order: Order, look: Look) -> list[BrokerOrder]:
        """Its orders, or what is left of them, that are not filled."""
        side = self._order_type(order)
        return [row for row in look.orders if row.type == side and is_ours(order.intent_id, row)]

    def _order_type(self, order: Order) -> int:
        return self.mt5.ORDER_TYPE_BUY if order.side == "long" else self.mt5.ORDER_TYPE_SELL

    def _is_entry(self, order: Order, deal: Deal) -> bool:
        side = self.mt5.DEAL_TYPE_BUY if order.side == "long" else self.mt5.DEAL_TYPE_SELL
        return deal.entry == self.mt5.DEAL_ENTRY_IN and deal.type == side and is_ours(order.intent_id, deal)

    def _tickets(self, order: Order, look: Look, entries: list[Deal], known: Position | None) -> set[int]:
        """Numbers of its position: one, or none."""
        rows = {row.identifier for row in look.positions if is_ours(order.intent_id, row)}
        before = set() if known is None or known.ticket is None else {known.ticket}
        return rows | {deal.position_id for deal in entries} | before

    def _without_position(self, order: Order, look: Look) -> OrderReport | None:
        if self.waiting(order, look):
            return OrderReport(order.intent_id, OrderState.ACCEPTED)
        past = [row for row in look.past_orders if is_ours(order.intent_id, row)]
        if not past:
            return None
        mt5 = self.mt5
        ended = {mt5.ORDER_STATE_CANCELED, mt5.ORDER_STATE_REJECTED, mt5.ORDER_STATE_EXPIRED}
        if all(row.state in ended and row.volume_current == row.volume_initial for row in past):
            note = "the broker's history has the order, ended without a fill"
            return OrderReport(order.intent_id, OrderState.NO_ENTRY, note=note)
        return OrderReport(order.intent_id, OrderState.ACCEPTED)  # filled, and its deals are late

    def _open(
        self, row: BrokerPosition | None, entries: list[Deal], exits: list[Deal], known: Position | None
    ) -> Position:
        if entries:
            by_hand = known is not None and known.by_hand
            position = Position(self._fill(entries), volume=_volume(entries), by_hand=by_hand)
        elif known is not None:
            position = known
        else:
            assert row is not None  # else there were no ticket
            entry = Fill(self.utc_us(row.time_msc), 0, row.price_open)
            position = Position(entry, volume=exact(row.volume))
        left = max(position.volume - _volume(exits), _NOTHING)
        if row is None:
            stop, target = (known.stop, known.target) if known is not None else (None, None)
            return replace(position, left=left, stop=stop, target=target)
        left = min(left, exact(row.volume))  # a stranger's addition on a netting account stays a stranger's
        return replace(position, left=left, stop=row.sl or None, target=row.tp or None)

    def _may_grow(self, order: Order, look: Look, position: Position) -> bool:
        """Whether a rest of the order waits, or may wait unseen: then it is not in the history yet."""
        if self.waiting(order, look):
            return True
        side = self._order_type(order)
        is_past = any(row.type == side and is_ours(order.intent_id, row) for row in look.past_orders)
        return position.volume < order.volume and not is_past

    def _is_told(self, deals: list[Deal], exits: list[Deal], position: Position) -> bool:
        """Whether the deals account for all of it; one that turns a position round closes it, and opens another."""
        entered = _volume([deal for deal in deals if deal.entry == self.mt5.DEAL_ENTRY_IN])
        is_turned = any(deal.entry == self.mt5.DEAL_ENTRY_INOUT for deal in exits)
        return entered >= position.volume and (is_turned or _volume(exits) == entered)

    def _fill(self, deals: list[Deal]) -> Fill:
        last = self.utc_us(deals[-1].time_msc)
        if len({deal.price for deal in deals}) == 1:
            return Fill(last, 0, deals[0].price)
        paid = sum((exact(deal.price) * exact(deal.volume) for deal in deals), _NOTHING)
        return Fill(last, 0, float(paid / _volume(deals)))

    def _outcome(self, order: Order, deal: Deal, closing: Outcome | None) -> Outcome:
        mt5 = self.mt5
        by_reason = {
            mt5.DEAL_REASON_SL: Outcome.STOP,
            mt5.DEAL_REASON_TP: Outcome.TARGET,
            mt5.DEAL_REASON_SO: Outcome.STOP_OUT,
            mt5.DEAL_REASON_CLIENT: Outcome.MANUAL,
            mt5.DEAL_REASON_MOBILE: Outcome.MANUAL,
            mt5.DEAL_REASON_WEB: Outcome.MANUAL,
        }
        if deal.reason != mt5.DEAL_REASON_EXPERT:
            return by_reason.get(deal.reason, Outcome.BROKER)
        return closing or Outcome.MANUAL if is_ours(order.intent_id, deal) else Outcome.MANUAL


def _volume(deals: list[Deal]) -> Decimal:
    return sum((exact(deal.volume) for deal in deals), _NOTHING)


def _booked(deal: Deal) -> Decimal:
    return exact(deal.profit) + exact(deal.commission) + exact(deal.swap) + exact(deal.fee)
