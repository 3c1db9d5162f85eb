"""The vendor's MetaTrader5 package: what the bridge uses of it, and a session with a running terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Protocol

from mt5_bridge.errors import TerminalError


class Column(Protocol):
    def tolist(self) -> list[Any]: ...


class TickArray(Protocol):
    """A structured array; its columns are read by name."""

    def __len__(self) -> int: ...
    def __getitem__(self, column: str, /) -> Column: ...


class TerminalInfo(Protocol):
    @property
    def connected(self) -> bool:
        """Whether the terminal has its broker."""


class SymbolInfo(Protocol):
    @property
    def digits(self) -> int:
        """Decimals of a price."""

    @property
    def time(self) -> int:
        """The newest quote, seconds on the broker's clock; 0 where there is none."""


class Mt5(Protocol):
    """The module's part that is used. Functions return None or False where they fail; `records` says what of a record.

    Moments are given in seconds on the broker's clock, as ints: a terminal elsewhere takes these as they are.
    """

    ACCOUNT_MARGIN_MODE_RETAIL_HEDGING: int
    ACCOUNT_TRADE_MODE_DEMO: int
    ACCOUNT_TRADE_MODE_REAL: int
    COPY_TICKS_INFO: int
    DEAL_ENTRY_IN: int
    DEAL_ENTRY_INOUT: int
    DEAL_REASON_CLIENT: int
    DEAL_REASON_EXPERT: int
    DEAL_REASON_MOBILE: int
    DEAL_REASON_SL: int
    DEAL_REASON_SO: int
    DEAL_REASON_TP: int
    DEAL_REASON_WEB: int
    DEAL_TYPE_BUY: int
    DEAL_TYPE_SELL: int
    ORDER_FILLING_FOK: int
    ORDER_FILLING_IOC: int
    ORDER_FILLING_RETURN: int
    ORDER_STATE_CANCELED: int
    ORDER_STATE_EXPIRED: int
    ORDER_STATE_REJECTED: int
    ORDER_TIME_GTC: int
    ORDER_TYPE_BUY: int
    ORDER_TYPE_SELL: int
    POSITION_TYPE_BUY: int
    POSITION_TYPE_SELL: int
    RES_S_OK: int
    SYMBOL_TRADE_EXECUTION_EXCHANGE: int
    SYMBOL_TRADE_EXECUTION_MARKET: int
    TICK_FLAG_ASK: int
    TICK_FLAG_BID: int
    TRADE_ACTION_CLOSE_BY: int
    TRADE_ACTION_DEAL: int
    TRADE_ACTION_REMOVE: int
    TRADE_ACTION_SLTP: int

    def initialize(self) -> bool: ...
    def shutdown(self) -> None: ...
    def last_error(self) -> tuple[int, str]: ...
    def terminal_info(self) -> TerminalInfo | None: ...
    def account_info(self) -> Any | None: ...
    def symbol_select(self, symbol: str, enable: bool, /) -> bool: ...  # noqa: FBT001 - as the vendor has it
    def symbol_info(self, symbol: str, /) -> SymbolInfo | None: ...
    def symbol_info_tick(self, symbol: str, /) -> Any | None: ...
    def copy_ticks_range(
        self, symbol: str, date_from: datetime, date_to: datetime, flags: int, /
    ) -> TickArray | None: ...
    def positions_get(self) -> tuple[Any, ...] | None: ...
    def orders_get(self) -> tuple[Any, ...] | None: ...
    def history_orders_get(self, date_from: int, date_to: int, /) -> tuple[Any, ...] | None: ...
    def history_deals_get(self, date_from: int, date_to: int, /) -> tuple[Any, ...] | None: ...
    def order_check(self, request: dict[str, Any], /) -> Any | None: ...
    def order_send(self, request: dict[str, Any], /) -> Any | None: ...


def load_mt5() -> Mt5:
    """Import the vendor's package, which exists for Windows alone."""
    try:
        import MetaTrader5
    except ImportError as error:
        if sys.platform != "win32":
            raise TerminalError(
                f"The package MetaTrader5 runs on Windows only. Expected win32, was {sys.platform}"
            ) from error
        raise TerminalError(
            f"Expected the package MetaTrader5, which the extra 'bridge' installs, was: {error}"
        ) from error
    module: Mt5 = MetaTrader5
    return module


@contextmanager
def running_terminal(mt5: Mt5) -> Iterator[None]:
    """Connect to the terminal and, whatever happens, let it go.

    Without its broker a terminal answers from what it has on disk, which may be half a day: that is refused.
    """
    try:
        if not mt5.initialize():
            raise failure(mt5, "a running terminal")
        info = mt5.terminal_info()
        if info is None:
            raise failure(mt5, "the state of the terminal")
        if not info.connected:
            raise TerminalError("MetaTrader 5: Expected a terminal connected to its broker, was offline")
        yield
    finally:
        mt5.shutdown()


def failure(mt5: Mt5, expected: str) -> TerminalError:
    """Say what was expected and, in the terminal's own words, what was."""
    code, text = mt5.last_error()
    return TerminalError(f"MetaTrader 5: Expected {expected}, was error {code} ({text})")
