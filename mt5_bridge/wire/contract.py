"""The wire contract of the live endpoint, as the bridge speaks it: JSON text over HTTP and WebSocket.

JSON has no NaN and no infinity: a number that is not finite travels as the string "nan", "inf" or "-inf",
and a missing one as null.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, ValidationError

from mt5_bridge.errors import EndpointError

Side = Literal["long", "short", "none"]
Status = Literal["clean", "quarantined", "late"]


MOST_TICKS = 16_384
"""Ticks of one message."""


class Tick(NamedTuple):
    """One quote as the vendor sent it; a missing field is None."""

    seq: int
    """Number of the tick in the stream, from 1, without gaps."""
    ts_us: int | None
    """Vendor's time, epoch microseconds UTC."""
    bid: float | None
    ask: float | None
    bid_size: float | None
    """Millions of base units."""
    ask_size: float | None

    def message(self) -> str:
        """
        >>> Tick(1, 5, 1.1, None, float("nan"), 2.0).message()
        '{"seq":1,"ts_us":5,"bid":1.1,"ask":null,"bid_size":"nan","ask_size":2.0}'
        """
        sizes_and_prices = {name: _number(getattr(self, name)) for name in self._fields[2:]}
        fields = {"seq": self.seq, "ts_us": self.ts_us, **sizes_and_prices}
        return json.dumps(fields, separators=(",", ":"), allow_nan=False)


def batch_message(ticks: Sequence[Tick]) -> str:
    """Ticks that follow one another, as one message.

    >>> batch_message([Tick(7, 5, 1.1, 1.2, None, None)])
    '{"type":"ticks","seq":7,"rows":[[5,1.1,1.2,null,null]]}'
    """
    rows = [[tick.ts_us, *(_number(value) for value in tick[2:])] for tick in ticks]
    message = {"type": "ticks", "seq": ticks[0].seq, "rows": rows}
    return json.dumps(message, separators=(",", ":"), allow_nan=False)


class ByPrice(BaseModel):
    """An amount in the quote currency for one unit of the base: `share` x price + `fixed`."""

    model_config = ConfigDict(frozen=True)

    share: float
    fixed: float


class CostFacts(BaseModel):
    """What a trade pays beyond the feed's prices; a credit is negative."""

    model_config = ConfigDict(frozen=True)

    profile: str
    slippage_pips: float
    """Of one fill in ordinary hours."""
    slippage_by_hour: tuple[float, ...]
    """Factors of it by UTC hour."""
    markup_pips: float
    """Of the spread, once a round turn."""
    commission: ByPrice
    """Of a side."""
    minimum_commission: ByPrice
    swap_long_pips: float
    """Of a night."""
    swap_short_pips: float
    nights: tuple[int, ...]
    """Nights that a weekday's rollover charges, Monday first."""


class SymbolFacts(BaseModel):
    """`GET /v1/symbols/{symbol}`: what an order of this symbol costs and where its grid lies."""

    model_config = ConfigDict(frozen=True)

    symbol: str
    digits: int
    point: float
    pip: float
    stops_level_points: int
    costs: CostFacts


class ServedModel(BaseModel):
    """An entry of `GET /v1/models`; a symbol's live model comes before its shadow."""

    model_config = ConfigDict(frozen=True)

    digest: str
    symbol: str
    mode: Literal["live", "shadow"]
    verdict: str
    """What its gates say; `passed` of a live one."""
    expires: datetime
    """UTC time from which on it abstains."""
    costs: CostFacts
    """What its gates judged it at."""


class Signal(BaseModel):
    """What the model says of one event, with the order that would follow.

    `stop` and `target` are absolute prices, null where `side` is none. `tradable` is false for shadow
    bundles, whatever they say. Probabilities and `anomaly` are null where something was not finite: such a
    signal abstains with `not_finite`.
    """

    model_config = ConfigDict(frozen=True)

    signal_id: str
    symbol: str
    ts_us: int
    side: Side
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


class Answer(NamedTuple):
    """The endpoint's answer to one tick."""

    seq: int
    status: Status
    rule: str | None
    signal: Signal | None


class Resumed(NamedTuple):
    """Where the endpoint stands in the day's stream; `last_seq` is None when it has seen no tick."""

    last_seq: int | None
    complete: bool


class Acknowledged(NamedTuple):
    """What was taken in of a batch."""

    seq: int
    """Number of the last tick that it covers."""
    signals: int
    """How many it has."""


def parse_answer(text: str | bytes) -> Answer:
    """Read an answer to a tick; an error message of the endpoint becomes an `EndpointError`."""
    body = _parse(text)
    try:
        signal = body["signal"]
        return Answer(
            body["seq"],
            body["status"],
            body["rule"],
            None if signal is None else Signal.model_validate(signal),
        )
    except (KeyError, ValidationError) as error:
        raise EndpointError(f"Answer breaks the wire contract ({error}). Was {text!r}") from error


def parse_control(text: str | bytes, expected: str) -> Resumed:
    """Read the answer to a `start` or `resume` message."""
    body = _parse(text)
    if body.get("type") != expected:
        raise EndpointError(f"Expected a message of type {expected!r}, was {text!r}")
    return Resumed(body["last_seq"], body["complete"])


def parse_acknowledged(text: str | bytes) -> Acknowledged:
    """Read the answer to a batch."""
    body = _parse(text)
    try:
        if body["type"] != "ack":
            raise EndpointError(f"Expected a message of type 'ack', was {text!r}")
        return Acknowledged(body["seq"], len(body["signals"]))
    except (KeyError, TypeError) as error:
        raise EndpointError(f"Answer breaks the wire contract ({error}). Was {text!r}") from error


def _parse(text: str | bytes) -> dict[str, Any]:
    try:
        body = json.loads(text)
    except ValueError as error:
        raise EndpointError(f"Expected JSON from the endpoint, was {text!r}") from error
    if not isinstance(body, dict):
        raise EndpointError(f"Expected a JSON object from the endpoint, was {text!r}")
    if "error" in body:
        raise EndpointError(f"The endpoint refused: {body['error']}")
    return body


def _number(value: float | None) -> float | str | None:
    return value if value is None or math.isfinite(value) else str(value)
