"""The set-up of a simulated broker: its symbols, accounts, execution and faults, as a TOML file has them."""

from __future__ import annotations

import hashlib
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from mt5_bridge.errors import SetupError
from mt5_bridge.simulated.faults import Faults
from mt5_bridge.simulated.specification import Specification
from mt5_bridge.ticks.broker_clock import MOST_BROKERS


class AccountSetup(BaseModel):
    """One account, before its first trade."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    login: int = Field(gt=0)
    password: str = "simulated"  # noqa: S105 - of an account that does not exist
    mode: Literal["netting", "hedging"] = "hedging"
    kind: Literal["demo", "contest", "real"] = "demo"
    currency: str = Field(default="USD", min_length=3, max_length=3)
    currency_digits: int = Field(default=2, ge=0, le=8)
    leverage: int = Field(default=30, gt=0)
    balance: Decimal = Field(default=Decimal(10_000), gt=0)
    stop_out_percent: Decimal = Field(default=Decimal(50), ge=0)
    margin_call_percent: Decimal = Field(default=Decimal(100), ge=0)
    limit_orders: int = Field(default=200, ge=0)
    """Most pending orders; 0 is no limit."""


class Execution(BaseModel):
    """When a market order meets which quote."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fills_at: Literal["next", "standing"] = "next"
    """The first quote at or after the order's arrival, as in the order table; or the one that stands then."""
    entry_latency_ms: float = Field(default=200.0, ge=0)
    exit_latency_ms: float = Field(default=0.0, ge=0)
    """From sending to arrival, of orders that open and that close or change."""
    slippage_points: int = Field(default=0, ge=0)
    """By which a market fill is worse than its quote."""


class SimulatedBroker(BaseModel):
    """A broker; the first account is the one that the terminal is logged in to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    server: str = "Ticklake-Demo"
    company: str = "Ticklake Simulated Markets"
    clock: str = MOST_BROKERS
    symbols: tuple[Specification, ...] = Field(min_length=1)
    accounts: tuple[AccountSetup, ...] = Field(default=(AccountSetup(login=1_000_001),), min_length=1)
    rates: dict[str, Decimal] = {}
    """Price of a pair like `EURUSD` that money is converted by where no symbol quotes it."""
    execution: Execution = Execution()
    faults: Faults = Faults()

    @classmethod
    def read(cls, path: Path) -> SimulatedBroker:
        """Raises SetupError, naming file and field."""
        try:
            return cls.model_validate(tomllib.loads(path.read_text("utf-8")))
        except OSError as error:
            raise SetupError(f"{path} cannot be read ({error.strerror}). Expected a broker's TOML") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, ValidationError) as error:
            raise SetupError(f"{path}: Expected a simulated broker, was: {error}") from error

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        """Each name once; and money that cannot be converted would be wrong in silence."""
        names = [symbol.name for symbol in self.symbols]
        logins = [account.login for account in self.accounts]
        if len({*names}) < len(names) or len({*logins}) < len(logins):
            raise ValueError("Expected symbols and accounts once each")
        pairs = {symbol.currency_base + symbol.currency_profit for symbol in self.symbols} | {*self.rates}
        for account in self.accounts:
            for symbol in self.symbols:
                for currency in (symbol.currency_base, symbol.currency_profit):
                    ways = {currency + account.currency, account.currency + currency}
                    if currency != account.currency and not ways & pairs:
                        raise ValueError(
                            f"{symbol.name}: Expected a symbol or a rate {currency}{account.currency}, was none"
                        )
        if self.faults.needs_stranger and len(self.accounts) < 2:
            raise ValueError("Expected a second account to switch to, was one")
        return self

    @property
    def identity(self) -> str:
        """A hash of all that its log depends on; faults may change between two starts."""
        return hashlib.sha256(self.model_dump_json(exclude={"faults"}).encode()).hexdigest()
