"""The limits of an account: a TOML file's schema, with a default for each, and none that is absent or zero by accident.

Every number says its unit in its name. A limit that is not wanted is the word "unlimited", nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from hashlib import sha256
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from mt5_bridge.risk.state import FILLS_KEPT
from mt5_bridge.risk.windows import Span, Window
from mt5_bridge.risk.words import Reason
from mt5_bridge.ticks.broker_clock import MOST_BROKERS, ClockName

UNLIMITED = "unlimited"
_NEW_YORK = "America/New_York"


def _number(unit: str, least: str, most: str, *, whole: bool = False) -> Callable[[Any], Decimal]:
    low, high = Decimal(least), Decimal(most)

    def read(value: Any) -> Decimal:
        is_number = isinstance(value, int | Decimal) and not isinstance(value, bool)
        is_odd = is_number and (not Decimal(value).is_finite() or (whole and value % 1 != 0))
        if not is_number or is_odd or not low <= value <= high:
            shown = f'"{value}"' if isinstance(value, str) else value
            raise ValueError(
                f"Expected a {'whole ' if whole else ''}number of {unit} from {least} to {most}, was {shown}"
            )
        return plain(Decimal(value))

    return read


def plain(value: Decimal) -> Decimal:
    """One spelling of a number: without zeros behind it, and without an exponent.

    >>> [str(plain(Decimal(each))) for each in ("0.50", "20", "1E+1")]
    ['0.5', '20', '10']
    """
    short = value.normalize()
    return short.quantize(Decimal(1)) if short == short.to_integral_value() else short


def _limit(unit: str, least: str, most: str, *, whole: bool = False) -> BeforeValidator:
    """A number, or None for the word that says that there is no limit."""
    number = _number(unit, least, most, whole=whole)

    def read(value: Any) -> Decimal | None:
        try:
            return None if value == UNLIMITED else number(value)
        except ValueError as error:
            raise ValueError(str(error).replace(", was", f' or the word "{UNLIMITED}", was', 1)) from None

    return BeforeValidator(read)


def _span(value: Any) -> Any:
    if value == UNLIMITED:
        return None
    if not isinstance(value, dict | Span):
        raise ValueError(
            f'Expected a table with start, end and zone, or the word "{UNLIMITED}", was {value!r}'
        )
    return value


RiskPercent = Annotated[Decimal, BeforeValidator(_number("percent", "0.01", "10"))]
Percent = Annotated[Decimal | None, _limit("percent", "0.01", "100")]
Times = Annotated[Decimal | None, _limit("times the equity", "0.01", "1000")]
Pips = Annotated[Decimal | None, _limit("pips", "0.01", "100000")]
Lots = Annotated[Decimal | None, _limit("lots", "0.00000001", "100000")]
Count = Annotated[Decimal | None, _limit("trades", "1", "100000", whole=True)]
Whole = Annotated[Decimal, BeforeValidator(_number("fills", "1", str(FILLS_KEPT), whole=True))]
Minutes = Annotated[Decimal, BeforeValidator(_number("minutes", "1", "10080"))]
Hours = Annotated[Decimal, BeforeValidator(_number("hours", "1", "720"))]
OffSpan = Annotated[Span | None, BeforeValidator(_span)]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True)


class TradeLimits(_Table):
    risk_percent: RiskPercent = Decimal("0.5")
    """what a trade may lose at its stop, its costs included, percent of equity"""
    max_lots: Lots = Decimal(5)
    """largest size of a trade, lots"""
    spread_pips: Pips = Decimal(3)
    """widest spread at the signal, pips"""


class ExposureLimits(_Table):
    symbol_times: Times = Decimal(10)
    """notional of one symbol's positions, times the equity"""
    total_times: Times = Decimal(20)
    """notional of all positions, times the equity"""
    currency_times: Times = Decimal(15)
    """notional of all positions that are long, or all that are short, of one currency, times the equity"""
    margin_percent: Percent = Decimal(50)
    """margin that all positions bind, percent of equity"""
    open_risk_percent: Percent = Decimal(2)
    """what all positions together may lose at their stops, percent of equity"""


class DayLimits(_Table):
    clock: ClockName = MOST_BROKERS
    """whose midnight begins a day: a broker's clock, or utc"""
    loss_percent: Percent = Decimal(2)
    """loss of a day, what is at stake in open positions included, percent of the equity it began with"""
    trades: Count = Decimal(50)
    """positions entered on a day"""


class DrawdownLimits(_Table):
    percent: Percent = Decimal(10)
    """fall of the equity from its highest, what is at stake in open positions included, percent of the highest"""


class StreakLimits(_Table):
    losses: Count = Decimal(6)
    """losing trades one after the other; after each from here on there is a pause"""
    pause_minutes: Minutes = Decimal(60)
    """length of that pause, minutes"""


class SlippageLimits(_Table):
    pips: Pips = Decimal(2)
    """mean slippage of the newest fills, pips"""
    fills: Whole = Decimal(5)
    """how many of the newest fills, counted once there are as many"""
    hours: Hours = Decimal(24)
    """fills older than this are forgotten, hours"""


class SymbolLimits(_Table):
    """Of one symbol, in place of those of all."""

    spread_pips: Pips | Literal["as all"] = "as all"
    max_lots: Lots | Literal["as all"] = "as all"
    times: Times | Literal["as all"] = "as all"
    weekend: OffSpan | Literal["as all"] = "as all"

    @property
    def stated(self) -> list[tuple[str, str]]:
        """What differs from all, in words."""
        words = [(name, getattr(self, name)) for name in type(self).model_fields]
        return [
            (name, UNLIMITED if value is None else str(value)) for name, value in words if value != "as all"
        ]


class GroupLimits(_Table):
    """Symbols that move together; those that move against the rest have a - before them."""

    symbols: tuple[str, ...] = Field(strict=False, min_length=2)
    times: Times
    """Notional of its positions that point the same way, times the equity."""


class Limits(_Table):
    """All of them. `windows` are those of the file and of its calendar."""

    trade: TradeLimits = TradeLimits()
    exposure: ExposureLimits = ExposureLimits()
    day: DayLimits = DayLimits()
    drawdown: DrawdownLimits = DrawdownLimits()
    streak: StreakLimits = StreakLimits()
    slippage: SlippageLimits = SlippageLimits()
    weekend: OffSpan = Span(start="Fri 16:30", end="Sun 17:30", zone=_NEW_YORK)
    """Nothing is entered in it."""
    rollover: OffSpan = Span(start="16:55", end="17:15", zone=_NEW_YORK)
    """Nothing is entered in it."""
    calendar: str | None = None
    """File of news and rollover windows, beside the limits."""
    windows: tuple[Window, ...] = Field((), strict=False)
    symbols: dict[str, SymbolLimits] = {}
    groups: dict[str, GroupLimits] = {}

    @property
    def digest(self) -> str:
        """Identity of every limit and window; a file spelt otherwise that says the same is the same."""
        return sha256(self.model_dump_json(exclude={"calendar"}).encode()).hexdigest()

    def of_symbol(self, symbol: str) -> EffectiveLimits:
        """Those of a symbol, its own where it has any."""
        own = self.symbols.get(symbol, SymbolLimits())
        return EffectiveLimits(
            spread_pips=self.trade.spread_pips if own.spread_pips == "as all" else own.spread_pips,
            max_lots=self.trade.max_lots if own.max_lots == "as all" else own.max_lots,
            times=self.exposure.symbol_times if own.times == "as all" else own.times,
            weekend=self.weekend if own.weekend == "as all" else own.weekend,
        )


class EffectiveLimits(NamedTuple):
    """What holds for one symbol; None is unlimited."""

    spread_pips: Decimal | None
    max_lots: Decimal | None
    times: Decimal | None
    weekend: Span | None


REASONS = {
    "trade.risk_percent": Reason.RISK_A_TRADE,
    "trade.max_lots": Reason.MAX_LOTS,
    "trade.spread_pips": Reason.SPREAD,
    "exposure.symbol_times": Reason.SYMBOL_EXPOSURE,
    "exposure.total_times": Reason.TOTAL_EXPOSURE,
    "exposure.currency_times": Reason.CURRENCY_EXPOSURE,
    "exposure.margin_percent": Reason.MARGIN,
    "exposure.open_risk_percent": Reason.OPEN_RISK,
    "day.loss_percent": Reason.DAILY_LOSS,
    "day.trades": Reason.TRADES_A_DAY,
    "drawdown.percent": Reason.DRAWDOWN,
    "streak.losses": Reason.LOSING_STREAK,
    "slippage.pips": Reason.SLIPPAGE,
    "weekend": Reason.WEEKEND,
    "rollover": Reason.ROLLOVER,
}
"""The word of each limit where it refuses."""


def numbers(limits: Limits) -> Iterator[tuple[str, Any, str]]:
    """(name, value, meaning) of every entry of the six tables."""
    for table in ("trade", "exposure", "day", "drawdown", "streak", "slippage"):
        held = getattr(limits, table)
        for name, field in type(held).model_fields.items():
            yield f"{table}.{name}", getattr(held, name), field.description or ""
