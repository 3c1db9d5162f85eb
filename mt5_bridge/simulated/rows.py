"""What a broker keeps: orders, deals and positions, each a row that goes into its log as it is.

Times are epoch microseconds UTC, prices floats as they were quoted, volumes and money Decimals. Numbers of types,
states and reasons are MetaTrader 5's.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from mt5_bridge.simulated.constants import (
    ORDER_STATE_CANCELED,
    ORDER_STATE_EXPIRED,
    ORDER_STATE_FILLED,
    ORDER_STATE_REJECTED,
    ORDER_TYPE_BUY,
    ORDER_TYPE_SELL,
    POSITION_TYPE_BUY,
)

NOTHING = Decimal(0)
FINAL_STATES = {ORDER_STATE_CANCELED, ORDER_STATE_FILLED, ORDER_STATE_REJECTED, ORDER_STATE_EXPIRED}


@dataclass(frozen=True)
class Order:
    """An order from its registration to its final state; `position_id` is that of its position, 0 before."""

    ticket: int
    symbol: str
    type: int
    state: int
    volume_initial: Decimal
    volume_current: Decimal
    time_setup_us: int
    reason: int
    price_open: float = 0.0
    price_stoplimit: float = 0.0
    sl: float = 0.0
    tp: float = 0.0
    time_done_us: int = 0
    expiration: int = 0
    """Seconds on the broker's clock; 0 is none."""
    type_time: int = 0
    type_filling: int = 0
    magic: int = 0
    position_id: int = 0
    position_by_id: int = 0
    comment: str = ""

    @property
    def sign(self) -> int:
        """1 where it buys: the even types."""
        return 1 if self.type % 2 == 0 else -1

    @property
    def is_final(self) -> bool:
        return self.state in FINAL_STATES

    @property
    def is_pending(self) -> bool:
        """Whether it waits for a price."""
        return self.type not in {ORDER_TYPE_BUY, ORDER_TYPE_SELL}


@dataclass(frozen=True)
class Deal:
    """One execution, or a change of the balance; its sums are exact, account currency."""

    ticket: int
    order: int
    symbol: str
    type: int
    entry: int
    time_us: int
    reason: int
    volume: Decimal = NOTHING
    price: float = 0.0
    profit: Decimal = NOTHING
    commission: Decimal = NOTHING
    swap: Decimal = NOTHING
    fee: Decimal = NOTHING
    magic: int = 0
    position_id: int = 0
    comment: str = ""

    @property
    def total(self) -> Decimal:
        return self.profit + self.commission + self.swap + self.fee


@dataclass(frozen=True)
class Position:
    """An open position; one of volume 0 is gone. `price_open` is the exact average of its entries."""

    ticket: int
    identifier: int
    symbol: str
    type: int
    volume: Decimal
    price_open: Decimal
    time_us: int
    time_update_us: int
    reason: int
    margin: Decimal
    """What it needs alone, account currency at its entries' rates, not rounded."""
    swap: Decimal = NOTHING
    sl: float = 0.0
    tp: float = 0.0
    magic: int = 0
    comment: str = ""

    @property
    def sign(self) -> int:
        return 1 if self.type == POSITION_TYPE_BUY else -1


Row = Order | Deal | Position
_KINDS: dict[str, type[Row]] = {"order": Order, "deal": Deal, "position": Position}
_DECIMALS = {
    kind: [name for name, field in row.__dataclass_fields__.items() if field.type == "Decimal"]
    for kind, row in _KINDS.items()
}


def row_record(row: Row) -> dict[str, Any]:
    """A row as JSON can hold it."""
    kind = type(row).__name__.lower()
    fields = asdict(row)
    return {"row": kind, **fields, **{name: str(fields[name]) for name in _DECIMALS[kind]}}


def read_row(record: dict[str, Any]) -> Row:
    kind = record["row"]
    fields = {name: value for name, value in record.items() if name not in {"row", "login"}}
    return _KINDS[kind](**fields | {name: Decimal(fields[name]) for name in _DECIMALS[kind]})
