"""The books of one account: a fold over rows, so that the broker's log alone rebuilds them."""

from __future__ import annotations

from decimal import Decimal

from mt5_bridge.simulated.rows import Deal, Order, Position, Row

Entry = tuple[int, Row]
"""A row and the login whose it is."""


class Ledger:
    """What is open, what was, and the money. Nothing in it changes but by `put` and `apply`."""

    def __init__(self, login: int, unwritten: list[Entry]) -> None:
        self._login = login
        self._unwritten = unwritten
        self.orders: dict[int, Order] = {}
        """Live ones: pending, or filled in part."""
        self.history: dict[int, Order] = {}
        """Those in their final state."""
        self.positions: dict[int, Position] = {}
        self.deals: list[Deal] = []
        self.balance = Decimal(0)
        self.position_ids: set[int] = set()
        """Of all positions there ever were."""

    def put(self, row: Row) -> None:
        """Apply a row and have it written with the next line of the log."""
        self.apply(row)
        self._unwritten.append((self._login, row))

    def apply(self, row: Row) -> None:
        match row:
            case Deal():
                self.deals.append(row)
                self.balance += row.total
                self.position_ids.add(row.position_id)
            case Order() if row.is_final:
                self.orders.pop(row.ticket, None)
                self.history[row.ticket] = row
            case Order():
                self.orders[row.ticket] = row
            case Position() if row.volume:
                self.positions[row.ticket] = row
            case Position():
                self.positions.pop(row.ticket, None)

    def positions_of(self, symbol: str) -> list[Position]:
        return [position for position in self.positions.values() if position.symbol == symbol]
