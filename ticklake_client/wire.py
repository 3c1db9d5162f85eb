"""What is said on the wire (docs/asyncapi.json), typed. Fields that a newer endpoint adds are ignored."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from itertools import chain
from typing import Literal, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from ticklake_client.errors import ContractError, TicksRefusedError

_Body = TypeVar("_Body", bound=BaseModel)


class Tick(NamedTuple):
    """One quote as the vendor sent it; a missing field is None."""

    ts_us: int | None
    """Vendor's time, epoch microseconds UTC."""
    bid: float | None
    ask: float | None
    bid_size: float | None = None
    """Millions of base units."""
    ask_size: float | None = None


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True)


class Signal(_Told):
    """What a model says of one event, with the order that would follow; docs/endpoint.md has the fields.

    No side, a reason in `abstain`, or a model that is not `tradable` means: do nothing.
    """

    signal_id: str
    seq: int
    symbol: str
    ts_us: int
    side: Literal["long", "short", "none"]
    p_short: float | None
    p_neither: float | None
    p_long: float | None
    threshold: float
    anomaly: float | None
    abstain: tuple[str, ...]
    earliest_entry_us: int
    stop: float | None
    target: float | None
    horizon_end_us: int
    day_end_us: int
    tradable: bool
    bundle: str

    @property
    def is_actionable(self) -> bool:
        """Whether an order may follow."""
        return self.tradable and self.side != "none" and not self.abstain


class SignalEvent(NamedTuple):
    id: str
    """Where to go on: `Client.signals(symbol, after=id)`."""
    signal: Signal


class NotClean(_Told):
    """A tick that did not count, and why."""

    seq: int
    status: str
    rule: str | None


class Acknowledgement(_Told):
    """Every tick up to `seq` is remembered; what is worth saying of those since the acknowledgement before."""

    seq: int
    signals: tuple[Signal, ...] = ()
    not_clean: tuple[NotClean, ...] = ()

    def __add__(self, later: Acknowledgement) -> Acknowledgement:
        return Acknowledgement(
            seq=later.seq, signals=self.signals + later.signals, not_clean=self.not_clean + later.not_clean
        )


class Standing(_Told):
    """Where a stream stands."""

    last_seq: int | None
    """Last tick that is remembered; None before the first."""
    complete: bool
    """Whether every tick of the day so far was seen; else signals abstain `incomplete_day`."""
    trading_day: str
    """YYYY-MM-DD; a later one once the day has turned."""
    window: int
    """Ticks that may be on their way without an acknowledgement."""
    most_ticks: int
    """Ticks of one message."""
    signals: tuple[Signal, ...] | None = None
    """Of ticks after the acknowledged one that the client named."""
    not_clean: tuple[NotClean, ...] | None = None


def rows(ticks: Sequence[Tick], seq: int | None = None) -> Sequence[Sequence[float | str | None]]:
    """Ticks as rows of JSON values; what JSON cannot say travels as "nan", "inf" or "-inf".

    Raises:
        TicksRefusedError: a field of one has a type that the endpoint would refuse.
    """
    values = list(chain.from_iterable(ticks))
    is_plain = set(map(type, values)) <= _PLAIN and set(map(type, values[:: len(_FIELDS)])) <= _TIMES
    if is_plain and math.isfinite(sum(filter(None, values))) and set(map(len, ticks)) <= {len(_FIELDS)}:
        return ticks  # as nearly always: looked at together
    return [_row(tick, seq) for tick in ticks]


def text(message: object) -> str:
    """A message as compact JSON."""
    return json.dumps(message, separators=(",", ":"), allow_nan=False)


def parse(text: str | bytes) -> dict[str, object]:
    """An answer as it came; an error among them is a `TicksRefusedError`."""
    try:
        body = json.loads(text)
    except ValueError as error:
        raise ContractError(f"Expected JSON from the endpoint, was {text[:200]!r}") from error
    if not isinstance(body, dict):
        raise ContractError(f"Expected a JSON object from the endpoint, was {text[:200]!r}")
    if body.get("type") == "error":
        raise TicksRefusedError(body.get("seq"), str(body.get("error")))
    return body


def checked(kind: type[_Body], body: object) -> _Body:
    """A body as a model."""
    try:
        return kind.model_validate(body)
    except ValidationError as error:
        raise ContractError(f"An answer breaks the contract ({error}). Was {str(body)[:500]}") from error


_FIELDS = Tick._fields
_TIMES = {int, type(None)}
_PLAIN = {int, float, type(None)}


def _row(tick: Tick, seq: int | None) -> Sequence[float | str | None]:
    ts_us, *numbers = tick
    is_time = ts_us is None or type(ts_us) is int
    are_numbers = all(
        value is None or (isinstance(value, float | int) and not isinstance(value, bool)) for value in numbers
    )
    if not is_time or not are_numbers or len(tick) != len(_FIELDS):
        raise TicksRefusedError(seq, f"Expected whole microseconds and four numbers, or None, was {tick!r}")
    return [
        ts_us,
        *(value if value is None or math.isfinite(value) else str(float(value)) for value in numbers),
    ]
