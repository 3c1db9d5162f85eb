"""The module's functions about what is open and what was."""

from __future__ import annotations

from typing import Any, TypeVar

from mt5_bridge.simulated.calls.base import Moment, Terminal, asks, is_in, seconds
from mt5_bridge.simulated.views.books import deal_record, order_record, position_record

_Row = TypeVar("_Row", bound=Any)


class BookCalls(Terminal):
    @asks()
    def positions_total(self) -> Any:
        return len(self.link.positions())

    @asks()
    def positions_get(
        self, *, symbol: str | None = None, group: str | None = None, ticket: int | None = None
    ) -> Any:
        rows = _chosen(self.link.positions(), symbol, group, ticket)
        return tuple(position_record(row, self.link.account, self.server.wall) for row in rows)

    @asks()
    def orders_total(self) -> Any:
        return len(self.link.orders())

    @asks()
    def orders_get(
        self, *, symbol: str | None = None, group: str | None = None, ticket: int | None = None
    ) -> Any:
        rows = _chosen(self.link.orders(), symbol, group, ticket)
        return tuple(order_record(row, self.server.market.standing, self.server.wall) for row in rows)

    @asks()
    def history_orders_total(self, date_from: Moment, date_to: Moment) -> Any:
        return len(
            [row for row in self.link.history() if self._is_within(row.time_done_us, date_from, date_to)]
        )

    @asks()
    def history_orders_get(
        self,
        *dates: Moment,
        group: str | None = None,
        ticket: int | None = None,
        position: int | None = None,
    ) -> Any:
        """Between two dates, of a group; or else an order, or else those of a position."""
        rows = self.link.history()
        if dates:
            found = [row for row in _of(rows, group) if self._is_within(row.time_done_us, *dates)]
        elif ticket is not None:
            found = [row for row in rows if row.ticket == ticket]
        else:
            found = [row for row in rows if row.position_id == position]
        return tuple(order_record(row, self.server.market.standing, self.server.wall) for row in found)

    @asks()
    def history_deals_total(self, date_from: Moment, date_to: Moment) -> Any:
        return len([row for row in self.link.deals() if self._is_within(row.time_us, date_from, date_to)])

    @asks()
    def history_deals_get(
        self,
        *dates: Moment,
        group: str | None = None,
        ticket: int | None = None,
        position: int | None = None,
    ) -> Any:
        """As `history_orders_get`; a ticket is an order's."""
        rows = self.link.deals()
        if dates:
            found = [row for row in _of(rows, group) if self._is_within(row.time_us, *dates)]
        elif ticket is not None:
            found = [row for row in rows if row.order == ticket]
        else:
            found = [row for row in rows if row.position_id == position]
        return tuple(deal_record(row, self.server.wall) for row in found)

    def _is_within(self, moment_us: int, date_from: Moment, date_to: Moment) -> bool:
        """Whole seconds, both ends included."""
        return seconds(date_from) <= self.server.wall.us(moment_us) / 1e6 < seconds(date_to) + 1


def _chosen(rows: list[_Row], symbol: str | None, group: str | None, ticket: int | None) -> list[_Row]:
    """As the package: of several filters the first of ticket, symbol and group counts."""
    if ticket is not None:
        return [row for row in rows if row.ticket == ticket]
    if symbol is not None:
        return [row for row in rows if row.symbol == symbol]
    return _of(rows, group)


def _of(rows: list[_Row], group: str | None) -> list[_Row]:
    return [row for row in rows if group is None or is_in(group, row.symbol)]
