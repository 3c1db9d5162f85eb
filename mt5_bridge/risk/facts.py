"""What happened, as far as risk depends on it: each fact is a record of the journal, and the state is made of them.

    record = {"kind": "risk", "fact": fact_record(Killed(ts_us=5, reason="a person said so"))}
    fact = read_fact(record["fact"])

Times are epoch microseconds UTC, money is in account currency, volumes are lots.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from mt5_bridge.errors import JournalError
from mt5_bridge.risk.words import Exposure


class _Fact(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    ts_us: int


class LimitsChanged(_Fact):
    """From here on other limits hold; the first fact of every state."""

    fact: Literal["limits_changed"] = "limits_changed"
    digest: str
    """Of the limits and their calendar."""
    clock: str
    """By which a day begins (`limits.day.clock`)."""


class DayBegan(_Fact):
    """The first look at the account on a new day: the daily loss counts from its equity."""

    fact: Literal["day_began"] = "day_began"
    equity: Decimal


class EquitySeen(_Fact):
    fact: Literal["equity_seen"] = "equity_seen"
    equity: Decimal


class BalanceMoved(_Fact):
    """A deposit, or a withdrawal (negative): neither profit nor loss."""

    fact: Literal["balance_moved"] = "balance_moved"
    amount: Decimal


class Reserved(_Fact):
    """An order was allowed: from here on it counts as if it were filled."""

    fact: Literal["reserved"] = "reserved"
    intent_id: str
    exposure: Exposure


class Filled(_Fact):
    """An order's fill, or one of its partial fills."""

    fact: Literal["filled"] = "filled"
    intent_id: str
    volume: Decimal = Field(gt=0)
    """Lots of this order that are filled by now, earlier fills included."""
    slippage_pips: Decimal = Decimal(0)
    """By how much the price was worse than the proposal's; negative where it was better."""
    is_complete: bool = True
    """Whether no more will be filled."""


class Closed(_Fact):
    """A position's end, or a part of it."""

    fact: Literal["closed"] = "closed"
    intent_id: str
    net: Decimal
    """Profit of what was closed, after costs."""
    volume_left: Decimal = Field(Decimal(0), ge=0)


class Released(_Fact):
    """An order that never became a position: refused, lapsed, or left by the market."""

    fact: Literal["released"] = "released"
    intent_id: str


class Killed(_Fact):
    fact: Literal["killed"] = "killed"
    reason: str


class Resumed(_Fact):
    """A person ended the kill switch."""

    fact: Literal["resumed"] = "resumed"
    anew: bool = False
    """Whether drawdown and losing streak count anew from here, as after a limit was reached on purpose."""


Fact = (
    LimitsChanged
    | DayBegan
    | EquitySeen
    | BalanceMoved
    | Reserved
    | Filled
    | Closed
    | Released
    | Killed
    | Resumed
)
_FACT: TypeAdapter[Fact] = TypeAdapter(Annotated[Fact, Field(discriminator="fact")])


def fact_record(fact: Fact) -> dict[str, Any]:
    """As JSON; amounts are strings, so that nothing rounds them."""
    return fact.model_dump(mode="json")


def read_fact(record: Any) -> Fact:
    """JournalError where a record is none of the facts."""
    try:
        return _FACT.validate_python(record)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "its start"
        raise JournalError(
            f"A fact of risk misfits at {where}: {first['msg']}. Was {record!r:.200}"
        ) from error
