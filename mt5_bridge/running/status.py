"""`status.json` of the bridge's folder: what it does now, replaced whole each second, for whoever wants to look.

An old `written` means that the bridge hangs or is gone.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mt5_bridge.errors import SetupError
from mt5_bridge.files import replace_file

_NAME = "status.json"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class FeedStatus(_Part):
    ticks: int
    """Sent to the endpoint since the start."""
    not_clean: dict[str, int]
    """By rule, or `late`."""
    last_tick: datetime | None
    """UTC time of the newest."""
    bid: float | None
    ask: float | None
    linked: bool
    """Whether the endpoint has the symbol's stream open."""
    p50_ms: float
    """Round trip of a tick, of the last thousand."""
    p99_ms: float


class SignalStatus(_Part):
    signals: int
    last_signal: datetime | None
    passed_over: dict[str, int]
    """Signals that became no order, by reason."""
    bundle: str | None
    """Digest of the model of the last signal."""


class PositionStatus(_Part):
    intent_id: str
    side: str
    volume: float | None
    entry_price: float
    opened: datetime
    stop: float | None
    """As it lies at the broker, None where none does; on paper the order's."""
    target: float | None
    profit: float | None
    """Unrealised, account currency; None where the terminal does not say."""


class SymbolStatus(_Part):
    feed: FeedStatus
    signals: SignalStatus
    positions: list[PositionStatus]
    orders: dict[str, int]
    """Intents by their fate or state."""
    halted: str | None
    """Why nothing new is entered; None where it may be."""


class MoneyStatus(_Part):
    """The terminal's own words, account currency; as text, exact to the cent."""

    currency: str
    balance: str
    equity: str
    margin: str
    free_margin: str


class Status(_Part):
    written: datetime
    """By this machine's clock, UTC."""
    market_time: datetime
    """By the bridge's clock: another in a simulated market."""
    mode: str
    dry_run: bool
    account: str
    state: str
    """`trading`, `waiting for the terminal`, `waiting for the endpoint`, `killed` or `stopped`."""
    why: str | None
    """The reason of a state that does not trade."""
    terminal_connected: bool
    terminal_ahead_seconds: float | None
    """How far the terminal's newest quote is ahead of this machine's clock; below 0 it is behind, as always."""
    endpoint_ahead_seconds: float | None
    money: MoneyStatus | None
    symbols: dict[str, SymbolStatus]
    notes: list[str] = Field(default_factory=list)
    """What a person should know: foreign positions, differences."""


def write_status(folder: Path, status: Status) -> None:
    replace_file(folder / _NAME, status.model_dump_json(indent=2).encode() + b"\n", private=True)


def read_status(folder: Path) -> Status:
    """Raises SetupError where no bridge wrote one there."""
    path = folder / _NAME
    try:
        return Status.model_validate_json(path.read_bytes())
    except OSError as error:
        raise SetupError(
            f"{path}: {error.strerror}. Expected the folder of a bridge that runs or ran"
        ) from error
    except ValidationError as error:
        raise SetupError(
            f"{path}: Expected a bridge's status, was another: {error.errors()[0]['msg']}"
        ) from error
