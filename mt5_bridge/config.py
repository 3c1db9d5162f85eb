"""What a running bridge is told: one TOML file, in which every unknown word is refused.

Paths are relative to the file's folder. `docs/bridge-running.md` shows one with every field.
"""

from __future__ import annotations

import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from mt5_bridge.errors import SetupError
from mt5_bridge.ticks.broker_clock import MOST_BROKERS, BrokerClock, ClockName
from mt5_bridge.trading.freshness import FreshnessLimits
from mt5_bridge.trading.modes import Mode

Seconds = Annotated[float, Field(gt=0)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class EndpointConfig(_Part):
    url: str = "http://127.0.0.1:8750"
    token_file: Path
    timeout_seconds: Seconds = 10.0
    """Longest wait for an answer to HTTP or for a stream to open."""


class AccountConfig(_Part):
    """The account that may be traded; live needs all of it."""

    login: int | None = None
    server: str | None = None
    confirmed: str | None = None
    """`LIVE LOGIN SERVER`, in place of typing it at each start of a live bridge."""


class TerminalConfig(_Part):
    zone: ClockName = MOST_BROKERS
    """The clock of the broker's server: a zone, one plus hours, or utc."""
    remote: str | None = Field(None, pattern=r"^[^:\s]+:\d{1,5}$")
    """HOST:PORT of a terminal on another machine, through a tunnel (`docs/bridge.md`); one here without."""
    remote_token_file: Path | None = None
    """The token that `mt5_bridge.terminal.remote` made there; needed with `remote`."""
    poll_seconds: Seconds = 0.05
    """Pause between two looks at the terminal."""
    watch_seconds: Seconds = 1.0
    """Pause between two looks after what is open while no quote comes, each with a reconciliation."""

    @model_validator(mode="after")
    def _has_its_token(self) -> Self:
        if self.remote is not None and self.remote_token_file is None:
            raise ValueError("Expected terminal.remote_token_file with terminal.remote, was none")
        return self

    @property
    def clock(self) -> BrokerClock:
        return BrokerClock.parse(self.zone)


class SymbolConfig(_Part):
    broker_name: str | None = None
    """The broker's own name, like EURUSD.m; otherwise the symbol's."""
    commission_per_lot: float | None = Field(None, ge=0)
    """Of one side, in account currency, as the broker's contract says; deals in the history are believed first."""


class OrdersConfig(_Part):
    """How orders are sent, and exits beside stop, target and time."""

    deviation_points: int = Field(10, ge=0)
    """How much worse a price may be than the one asked for, where the broker heeds it."""
    entry_window_seconds: Seconds = 2.0
    """After an order's earliest entry, until when it may still be sent."""
    patience_seconds: Seconds = 180.0
    """How long an order without an answer is asked after."""
    break_even_at: Decimal | None = Field(None, gt=0, le=1)
    """Share of the way to the target, from which on the stop lies at the entry; never without."""
    trail_points: int | None = Field(None, gt=0)
    """Distance in which the stop follows the price; it stays without."""


class CostsConfig(_Part):
    """How much dearer than the gates' cost profile a live account may be."""

    tolerance_pips: float = Field(0.1, ge=0)
    """Of a side's commission, and of a night's swap."""


class MetricsConfig(_Part):
    port: int | None = Field(None, ge=1, le=65535)
    """Where Prometheus reads on 127.0.0.1; none without."""


class SimulatedConfig(_Part):
    """A simulated broker over recorded ticks, in place of a terminal."""

    ticks: dict[str, list[Path]]
    """Canonical raw CSVs by symbol, a day each, in order."""
    broker: Path
    """The broker's TOML file."""


class BridgeConfig(_Part):
    mode: Mode = Mode.PAPER
    folder: Path
    """Journal, status, kill switch: all that the bridge keeps."""
    endpoint: EndpointConfig
    symbols: dict[str, SymbolConfig] = Field(min_length=1)
    account: AccountConfig = AccountConfig()
    terminal: TerminalConfig = TerminalConfig()
    limits: Path | None = None
    """Limits of the risk desk, TOML; its defaults without."""
    freshness: FreshnessLimits = FreshnessLimits()
    orders: OrdersConfig = OrdersConfig()
    costs: CostsConfig = CostsConfig()
    metrics: MetricsConfig = MetricsConfig()
    trade_shadow: bool = False
    """Whether signals of models that did not pass are traded, too: to measure them; never live."""
    notify: bool = True
    """Whether people are told of what is lost or stops entries, by the addresses of TICKLAKE_NOTIFY."""
    simulated: SimulatedConfig | None = None

    def broker_name(self, symbol: str) -> str:
        return self.symbols[symbol].broker_name or symbol


def read_config(path: Path) -> BridgeConfig:
    """Raises SetupError, which names the file and the first field that misfits."""
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SetupError(f"{path} cannot be read ({error}). Expected the bridge's TOML file") from error
    except tomllib.TOMLDecodeError as error:
        raise SetupError(f"{path}: Expected TOML, was: {error}") from error
    try:
        config = BridgeConfig.model_validate(told)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "its start"
        raise SetupError(f"{path}, {where}: {_said(first['type'], first['msg'])}") from error
    return _rooted(config, path.parent)


def _said(kind: str, message: str) -> str:
    return "Expected only known words, was another" if kind == "extra_forbidden" else message


def _rooted(config: BridgeConfig, root: Path) -> BridgeConfig:
    """The same with paths that lie where the file says."""
    endpoint = config.endpoint.model_copy(update={"token_file": root / config.endpoint.token_file})
    simulated = config.simulated
    if simulated is not None:
        ticks = {symbol: [root / each for each in files] for symbol, files in simulated.ticks.items()}
        simulated = simulated.model_copy(update={"ticks": ticks, "broker": root / simulated.broker})
    terminal = config.terminal
    if terminal.remote_token_file is not None:
        terminal = terminal.model_copy(update={"remote_token_file": root / terminal.remote_token_file})
    return config.model_copy(
        update={
            "folder": root / config.folder,
            "limits": None if config.limits is None else root / config.limits,
            "endpoint": endpoint,
            "terminal": terminal,
            "simulated": simulated,
        }
    )
