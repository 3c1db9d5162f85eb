"""What a broker says of a symbol: grid, volumes, execution, costs, hours. Names are MetaTrader 5's where it has one."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from mt5_bridge.simulated.constants import (
    SYMBOL_TRADE_EXECUTION_EXCHANGE,
    SYMBOL_TRADE_EXECUTION_INSTANT,
    SYMBOL_TRADE_EXECUTION_MARKET,
    SYMBOL_TRADE_EXECUTION_REQUEST,
    SYMBOL_TRADE_MODE_CLOSEONLY,
    SYMBOL_TRADE_MODE_DISABLED,
    SYMBOL_TRADE_MODE_FULL,
    SYMBOL_TRADE_MODE_LONGONLY,
    SYMBOL_TRADE_MODE_SHORTONLY,
)

FILLING_FOK, FILLING_IOC, FILLING_BOC = 1, 2, 4
"""Bits of `filling_mode`; the package does not export them, and they are not its ORDER_FILLING_* numbers."""
MINUTES_A_DAY = 1440

_EXECUTIONS = {
    "request": SYMBOL_TRADE_EXECUTION_REQUEST,
    "instant": SYMBOL_TRADE_EXECUTION_INSTANT,
    "market": SYMBOL_TRADE_EXECUTION_MARKET,
    "exchange": SYMBOL_TRADE_EXECUTION_EXCHANGE,
}
_TRADE_MODES = {
    "disabled": SYMBOL_TRADE_MODE_DISABLED,
    "long": SYMBOL_TRADE_MODE_LONGONLY,
    "short": SYMBOL_TRADE_MODE_SHORTONLY,
    "close": SYMBOL_TRADE_MODE_CLOSEONLY,
    "full": SYMBOL_TRADE_MODE_FULL,
}


class Session(BaseModel):
    """Trading hours of one weekday on the broker's clock: `[opens, closes)`, minutes since its midnight."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    weekday: int = Field(ge=0, le=6)
    """0 is Monday."""
    opens: int = Field(default=0, ge=0, lt=MINUTES_A_DAY)
    closes: int = Field(default=MINUTES_A_DAY, gt=0, le=MINUTES_A_DAY)


class Specification(BaseModel):
    """One symbol of a broker."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=31)
    """The broker's own, like `EURUSD.m`."""
    recorded_as: str = ""
    """The symbol of the recording that it replays; its own name where empty."""
    currency_base: str = Field(min_length=3, max_length=3)
    currency_profit: str = Field(min_length=3, max_length=3)
    digits: int = Field(default=5, ge=0, le=10)
    contract_size: Decimal = Field(default=Decimal(100_000), gt=0)
    execution: Literal["request", "instant", "market", "exchange"] = "market"
    trade_mode: Literal["disabled", "long", "short", "close", "full"] = "full"
    filling_mode: int = Field(default=FILLING_FOK | FILLING_IOC, ge=0, le=7)
    volume_min: Decimal = Field(default=Decimal("0.01"), gt=0)
    volume_step: Decimal = Field(default=Decimal("0.01"), gt=0)
    volume_max: Decimal = Field(default=Decimal(500), gt=0)
    volume_limit: Decimal = Field(default=Decimal(0), ge=0)
    """Most volume in one direction, open and pending; 0 is no limit."""
    volume_a_quote: Decimal | None = Field(default=None, gt=0)
    """Most volume of one market order that a quote fills, under market and exchange execution; all of it where None."""
    trade_stops_level: int = Field(default=0, ge=0)
    trade_freeze_level: int = Field(default=0, ge=0)
    margin_hedged: Decimal | None = Field(default=None, ge=0)
    """Contract size by which a lot and its opposite are charged margin together; one lot's where None."""
    swap_long: Decimal = Decimal(0)
    swap_short: Decimal = Decimal(0)
    """Points a lot and night; a charge is negative."""
    swap_rollover3days: int = Field(default=3, ge=0, le=6)
    """The weekday whose end pays three nights, 0 is Sunday; Saturday's and Sunday's pay none."""
    commission_per_lot: Decimal = Field(default=Decimal(0), ge=0)
    """Each deal's, account currency."""
    commission_share: Decimal = Field(default=Decimal(0), ge=0)
    commission_fixed: Decimal = Field(default=Decimal(0), ge=0)
    """Beside it, in the profit currency for one unit of the base: share x price + fixed."""
    markup_points: int = Field(default=0, ge=0)
    """Put on top of every recorded ask."""
    sessions: tuple[Session, ...] = tuple(Session(weekday=day) for day in range(5))
    selected: bool = True
    """Whether it is in the Market Watch when the terminal starts."""

    @model_validator(mode="after")
    def _is_tradable(self) -> Self:
        if any(volume % self.volume_step for volume in (self.volume_min, self.volume_max)):
            raise ValueError(f"{self.name}: Expected volume_min and volume_max on volume_step")
        if self.volume_min > self.volume_max:
            raise ValueError(f"{self.name}: Expected volume_min up to volume_max")
        depth = self.volume_a_quote
        if depth is not None and (depth < self.volume_min or depth % self.volume_step):
            raise ValueError(f"{self.name}: Expected volume_a_quote on volume_step, from volume_min")
        if any(session.opens >= session.closes for session in self.sessions):
            raise ValueError(f"{self.name}: Expected sessions that open before they close, within a day")
        return self

    @property
    def point(self) -> float:
        return float(Decimal(1).scaleb(-self.digits))

    @property
    def execution_mode(self) -> int:
        """SYMBOL_TRADE_EXECUTION_*."""
        return _EXECUTIONS[self.execution]

    @property
    def mode(self) -> int:
        """SYMBOL_TRADE_MODE_*."""
        return _TRADE_MODES[self.trade_mode]

    def at_once(self, volume: Decimal) -> Decimal:
        """How much of a market order one quote fills."""
        if self.volume_a_quote is None or self.execution in {"instant", "request"}:
            return volume
        return min(volume, self.volume_a_quote)

    def points(self, distance: float) -> int:
        """The difference of two prices as a whole number of points."""
        return round(distance * 10.0**self.digits)

    def is_on_grid(self, price: float) -> bool:
        return round(price, self.digits) == price
