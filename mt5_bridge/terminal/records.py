"""The vendor's records as the bridge reads them: the fields that it uses, by the vendor's names."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeVar

from mt5_bridge.errors import TerminalError


class Account(NamedTuple):
    login: int
    server: str
    trade_mode: int
    """Demo, contest or real."""
    margin_mode: int
    """Netting, exchange or hedging."""
    trade_allowed: bool
    trade_expert: bool
    """Whether the broker lets programs trade."""
    currency: str
    currency_digits: int
    balance: float
    equity: float
    margin: float
    margin_free: float
    leverage: int


class Symbol(NamedTuple):
    name: str
    visible: bool
    """Whether it is in the Market Watch."""
    digits: int
    point: float
    trade_tick_size: float
    trade_contract_size: float
    trade_mode: int
    trade_exemode: int
    filling_mode: int
    """Bits: 1 fill or kill, 2 immediate or cancel."""
    trade_stops_level: int
    """Points."""
    trade_freeze_level: int
    """Points."""
    volume_min: float
    volume_max: float
    volume_step: float
    volume_limit: float
    """0 where there is none."""
    currency_base: str
    currency_profit: str
    currency_margin: str


class SymbolTick(NamedTuple):
    time_msc: int
    """Milliseconds on the broker's clock."""
    bid: float
    ask: float


class BrokerOrder(NamedTuple):
    """An order that waits, or one of history."""

    ticket: int
    time_setup_msc: int
    type: int
    state: int
    magic: int
    position_id: int
    volume_initial: float
    volume_current: float
    symbol: str
    comment: str


class BrokerPosition(NamedTuple):
    ticket: int
    identifier: int
    """Of its deals, for as long as it lives: the ticket of the order that opened it."""
    time_msc: int
    type: int
    magic: int
    volume: float
    price_open: float
    sl: float
    tp: float
    profit: float
    swap: float
    symbol: str
    comment: str


class Deal(NamedTuple):
    ticket: int
    order: int
    time_msc: int
    type: int
    entry: int
    """In, out, both or out by an opposite position."""
    magic: int
    position_id: int
    reason: int
    volume: float
    price: float
    commission: float
    swap: float
    profit: float
    fee: float
    symbol: str
    comment: str


class Sent(NamedTuple):
    """The answer to `order_send`."""

    retcode: int
    deal: int
    order: int
    volume: float
    price: float
    comment: str


class Checked(NamedTuple):
    """The answer to `order_check`; 0 is yes."""

    retcode: int
    margin: float
    comment: str


Read = TypeVar("Read", bound=tuple[Any, ...])


def read(kind: type[Read], record: Any) -> Read:
    """The fields of `kind`; TerminalError where the terminal's record lacks one."""
    names: tuple[str, ...] = kind._fields  # type: ignore[attr-defined]
    try:
        return kind(*(getattr(record, name) for name in names))
    except AttributeError as error:
        raise TerminalError(
            f"MetaTrader 5: Expected a record with {', '.join(names)}, was {record!r}"
        ) from error
