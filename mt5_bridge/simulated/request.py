"""A trade request as the broker reads it, and its answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from math import isfinite
from typing import Any

from mt5_bridge.simulated import constants as mt5
from mt5_bridge.simulated.rows import NOTHING

_VOLUME_GRID = Decimal("1e-8")
"""The server keeps volumes as whole numbers of this."""
_MOST_VOLUME = 1e9

TEXTS = {
    0: "Done",
    mt5.TRADE_RETCODE_REQUOTE: "Requote",
    mt5.TRADE_RETCODE_REJECT: "Request rejected",
    mt5.TRADE_RETCODE_PLACED: "Order placed",
    mt5.TRADE_RETCODE_DONE: "Request executed",
    mt5.TRADE_RETCODE_DONE_PARTIAL: "Request executed partially",
    mt5.TRADE_RETCODE_TIMEOUT: "Request timed out",
    mt5.TRADE_RETCODE_INVALID: "Invalid request",
    mt5.TRADE_RETCODE_INVALID_VOLUME: "Invalid volume",
    mt5.TRADE_RETCODE_INVALID_PRICE: "Invalid price",
    mt5.TRADE_RETCODE_INVALID_STOPS: "Invalid stops",
    mt5.TRADE_RETCODE_TRADE_DISABLED: "Trade disabled",
    mt5.TRADE_RETCODE_MARKET_CLOSED: "Market closed",
    mt5.TRADE_RETCODE_NO_MONEY: "No money",
    mt5.TRADE_RETCODE_PRICE_OFF: "No prices",
    mt5.TRADE_RETCODE_INVALID_EXPIRATION: "Invalid expiration",
    mt5.TRADE_RETCODE_NO_CHANGES: "No changes",
    mt5.TRADE_RETCODE_CLIENT_DISABLES_AT: "AutoTrading disabled by client",
    mt5.TRADE_RETCODE_FROZEN: "Order or position is frozen",
    mt5.TRADE_RETCODE_INVALID_FILL: "Unsupported filling mode",
    mt5.TRADE_RETCODE_CONNECTION: "No connection",
    mt5.TRADE_RETCODE_LIMIT_ORDERS: "Orders limit reached",
    mt5.TRADE_RETCODE_LIMIT_VOLUME: "Volume limit reached",
    mt5.TRADE_RETCODE_INVALID_ORDER: "Invalid order",
    mt5.TRADE_RETCODE_POSITION_CLOSED: "Position closed",
    mt5.TRADE_RETCODE_INVALID_CLOSE_VOLUME: "Invalid close volume",
    mt5.TRADE_RETCODE_LONG_ONLY: "Only long positions are allowed",
    mt5.TRADE_RETCODE_SHORT_ONLY: "Only short positions are allowed",
    mt5.TRADE_RETCODE_CLOSE_ONLY: "Only closing is allowed",
}


@dataclass(frozen=True)
class Request:
    """Missing fields are what the vendor's structure has: zeros."""

    action: int = 0
    symbol: str = ""
    volume: Decimal = NOTHING
    type: int = 0
    price: float = 0.0
    stoplimit: float = 0.0
    sl: float = 0.0
    tp: float = 0.0
    deviation: int = 0
    type_filling: int = 0
    type_time: int = 0
    expiration: int = 0
    magic: int = 0
    comment: str = ""
    order: int = 0
    position: int = 0
    position_by: int = 0
    reason: int = mt5.ORDER_REASON_EXPERT
    """ORDER_REASON_*: who asks."""

    @classmethod
    def of(cls, fields: Mapping[str, Any], reason: int = mt5.ORDER_REASON_EXPERT) -> Request:
        """Read a request of the package; unknown fields are passed over, as it does."""
        known = {name: fields[name] for name in cls.__dataclass_fields__ if name in fields}
        volume = float(known.get("volume", 0.0))
        is_number = isfinite(volume) and abs(volume) < _MOST_VOLUME
        exact = Decimal(repr(volume)).quantize(_VOLUME_GRID) if is_number else NOTHING
        return cls(**{**known, "volume": exact.normalize() + NOTHING, "reason": reason})

    @property
    def sign(self) -> int:
        """1 where it buys: the even types."""
        return 1 if self.type % 2 == 0 else -1


@dataclass(frozen=True)
class Answer:
    """The fields of a result that the broker fills; `text` overrides the code's own."""

    retcode: int
    deal: int = 0
    order: int = 0
    volume: Decimal = NOTHING
    price: float = 0.0
    bid: float = 0.0
    ask: float = 0.0
    text: str = ""

    @property
    def comment(self) -> str:
        return self.text or TEXTS.get(self.retcode, "")
