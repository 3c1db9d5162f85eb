"""What a day is explained from: the tested day, the signals that were served, and the bridge's record of the day.

Each is a JSON file for itself, so that the lake and a trader's machine can exchange them. Times are epoch microseconds
UTC, prices as quoted, money is decimal and in the account's currency.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from mt5_bridge.trading.words import Outcome
from mt5_bridge.wire.contract import Signal, SymbolFacts

Direction = Literal["long", "short"]


class Key(NamedTuple):
    """What a trade is told by, in the test as in the account."""

    signal_us: int
    side: Direction


class Quotes(NamedTuple):
    """Clean quotes in time order, by column."""

    ts_us: Sequence[int]
    bid: Sequence[float]
    ask: Sequence[float]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Wanted(_Record):
    """A signal that asks for an order."""

    signal_us: int
    side: Direction
    earliest_entry_us: int
    stop: float
    target: float
    horizon_end_us: int
    day_end_us: int
    tradable: bool = True
    """False of a shadow's, which is traded on purpose alone."""

    @classmethod
    def of(cls, signal: Signal) -> Self | None:
        """What an endpoint's signal asks for; None where it asks for nothing."""
        if signal.abstain or signal.side == "none" or signal.stop is None or signal.target is None:
            return None
        return cls(
            signal_us=signal.ts_us,
            side=signal.side,
            earliest_entry_us=signal.earliest_entry_us,
            stop=signal.stop,
            target=signal.target,
            horizon_end_us=signal.horizon_end_us,
            day_end_us=signal.day_end_us,
            tradable=signal.tradable,
        )

    @classmethod
    def of_served(cls, body: dict[str, Any]) -> Self | None:
        """`of` a signal as JSON holds it, in an answer or in the endpoint's journal."""
        return cls.of(Signal.model_validate(body))

    @property
    def key(self) -> Key:
        return Key(self.signal_us, self.side)


class TestedTrade(_Record):
    """A closed position of the test."""

    __test__ = False  # not a class of tests

    signal_us: int
    side: Direction
    entry_us: int
    entry: float
    exit_us: int
    exit: float
    outcome: Outcome
    cost: float
    """Slippage, commission, mark-up and swap together, price units."""

    @property
    def key(self) -> Key:
        return Key(self.signal_us, self.side)


class AccountTerms(_Record):
    """How a result in price units becomes the account's money."""

    currency: str
    digits: int = Field(default=2, ge=0, le=8)
    """Decimals of its smallest coin."""
    lots: Decimal = Field(gt=0)
    """Size of each tested trade."""
    units: Decimal = Field(gt=0)
    """The same in units of the base currency."""
    rate: Decimal | None = Field(default=None, gt=0)
    """Account currency for a unit of the quote currency; None: one over each trade's own exit price."""
    rate_from: str = ""
    """Where it is from, in words."""


class TestedDay(_Record):
    """A day as `model/tested` has it: the bundle's decisions on the lake's features, simulated on the lake's quotes."""

    __test__ = False

    symbol: str
    trading_day: date
    bundle: str
    facts: SymbolFacts
    """The costs that its trades were charged."""
    terms: AccountTerms
    signals: tuple[Wanted, ...]
    trades: tuple[TestedTrade, ...]
    net_money: float
    """As the test has it, not rounded."""


class TestedDays(_Record):
    """The file that `ticklake tested` writes and `ticklake-bridge backtest --compare` reads."""

    __test__ = False

    days: tuple[TestedDay, ...]


class Booked(_Record):
    """A position's deals as the account has them, each rounded by the broker."""

    profit: Decimal | None = None
    """Of the price alone; None where only the sum is known, which is then in `costs` with it."""
    costs: Decimal
    """Commission, swap and fees; what is paid is negative. Without a `profit` all of the position's money."""

    @property
    def money(self) -> Decimal:
        return self.costs if self.profit is None else self.profit + self.costs


class Price(_Record):
    """A quote of the terminal."""

    bid: float
    ask: float


class Filled(_Record):
    """One side of a position."""

    ts_us: int
    price: float
    terminal: Price | None = None
    """The terminal's quote at that moment; None where nobody wrote it down."""


class RealPosition(_Record):
    """What the account had of a signal."""

    volume: Decimal | None = Field(default=None, gt=0)
    """Lots; None on paper, where they are the test's."""
    entry: Filled
    exit: Filled | None = None
    """None while it is open."""
    outcome: Outcome | None = None
    booked: Booked | None = None
    """None on paper: there the costs are the profile's."""

    @model_validator(mode="after")
    def _ends_whole(self) -> Self:
        if (self.exit is None) != (self.outcome is None):
            raise ValueError("Expected exit and outcome together")
        return self


class Heard(_Record):
    """A signal that asked for an order, as the bridge heard it, and what became of it."""

    intent_id: str
    signal_us: int
    side: Direction
    fate: str
    """The journal's word: `declined`, `refused`, `closed` ..."""
    reason: str = ""
    volume: Decimal | None = None
    """Lots that were asked for; None where nothing was, and on paper."""
    position: RealPosition | None = None

    @property
    def key(self) -> Key:
        return Key(self.signal_us, self.side)


class Gap(_Record):
    """A time in which no bridge ran or no quote came."""

    from_us: int
    to_us: int
    why: str


class BridgeDay(_Record):
    """The bridge's own record of a day, of one symbol: signals by their day, with the positions that they became."""

    symbol: str
    trading_day: date
    mode: str
    account: str
    """Login and server; `paper` on paper."""
    currency: str | None = None
    """Of the account; None on paper, where there is no money but the test's terms."""
    trades_shadow: bool = False
    """Whether signals of models that did not pass were traded, too."""
    heard: tuple[Heard, ...]
    gaps: tuple[Gap, ...] = ()


def record_name(symbol: str, trading_day: date) -> str:
    """What a bridge's record of a day is called.

    >>> record_name("EURUSD", date(2024, 1, 17))
    'EURUSD_2024-01-17.bridge_day.json'
    """
    return f"{symbol}_{trading_day}.bridge_day.json"
