"""The module's functions about what is open and what was."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from mt5_bridge.simulated.calls.base import Moment, Terminal, asks, is_in, seconds
from mt5_bridge.simulated.views import deal_record, order_record, position_record

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
        date_from: Moment | None = None,
        date_to: Moment | None = None,
        *,
        group: str | None = None,
        ticket: int | None = None,
        position: int | None = None,
    ) -> Any:
        rows = _chosen(self.link.history(), None, group, ticket)
        if position is not None:
            rows = [row for row in rows if row.position_id == position]
        found = [row for row in rows if self._is_within(row.time_done_us, date_from, date_to)]
        return tuple(order_record(row, self.server.market.standing, self.server.wall) for row in found)

    @asks()
    def history_deals_total(self, date_from: Moment, date_to: Moment) -> Any:
        return len([row for row in self.link.deals() if self._is_within(row.time_us, date_from, date_to)])

    @asks()
    def history_deals_get(
        self,
        date_from: Moment | None = None,
        date_to: Moment | None = None,
        *,
        group: str | None = None,
        ticket: int | None = None,
        position: int | None = None,
    ) -> Any:
        """`ticket` is an order's."""
        rows = _chosen(self.link.deals(), None, group, None)
        if ticket is not None:
            rows = [row for row in rows if row.order == ticket]
        if position is not None:
            rows = [row for row in rows if row.position_id == position]
        return tuple(
            deal_record(row, self.server.wall)
            for row in rows
            if self._is_within(row.time_us, date_from, date_to)
        )

    def _is_within(self, moment_us: int, date_from: Moment | None, date_to: Moment | None) -> bool:
        shown = self.server.wall.us(moment_us) / 1e6
        return (date_from is None or seconds(date_from) <= shown) and (
            date_to is None or shown < seconds(date_to) + 1
        )


def _chosen(rows: Iterable[_Row], symbol: str | None, group: str | None, ticket: int | None) -> list[_Row]:
    """As the package: of several filters the first one counts."""
    if symbol is not None:
        return [row for row in rows if row.symbol == symbol]
    if group is not None:
        return [row for row in rows if is_in(group, row.symbol)]
    return [row for row in rows if ticket is None or row.ticket == ticket]
