"""The stream's messages field by field, for documentation, tests and clients of other languages.

The hot path reads and writes them by hand (`messages`, `answers`); docs/asyncapi.json is made of these models.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from serving.endpoint.feed.messages import COLUMNS, LARGEST_SEQ, MOST_TICKS
from serving.endpoint.feed.signal_model import Signal
from ticklake_assets.core.quotes import RULES

Number = float | Literal["nan", "inf", "-inf"] | None
"""What JSON cannot say travels as a string; null is missing."""
Seq = Annotated[int, Field(ge=0, le=LARGEST_SEQ)]
Micros = Annotated[int, Field(ge=-(2**63), lt=2**63)] | None
_Times = Annotated[list[Micros], Field(min_length=1, max_length=MOST_TICKS)]
_Numbers = Annotated[list[Number], Field(min_length=1, max_length=MOST_TICKS)]
_Row = tuple[Micros, Number, Number, Number, Number]
_TS, _BIDS, _ASKS = [1705481532123000, 1705481532456000], [1.0881, 1.0882], [1.0882, 1.0883]
_SIZE = "millions of base units"
_ROWS = [[1705481532123000, 1.0881, 1.0882, 1.5, 1.0], [1705481532456000, 1.0882, 1.0883, None, None]]


class _Wire(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Start(_Wire):
    """Begin the day anew; what was streamed of it before counts no more."""

    type: Literal["start"] = Field(description="kind of the message", examples=["start"])
    complete: bool = Field(
        description="the next tick is the day's first; else its signals abstain `incomplete_day`",
        examples=[True],
    )
    rolls: bool = Field(
        True,
        description="the day turns at 00:00 UTC of the tick times; else the stream is a recorded day: ticks of other "
        "days are `wrong_day`, and of the breaker only a person's hand holds signals back",
        examples=[True],
    )
    pipelined: bool = Field(
        False, description="single ticks are acknowledged together, not answered each", examples=[False]
    )


class Resume(_Wire):
    """Ask where the stream stands, after a lost connection or at any time."""

    type: Literal["resume"] = Field(description="kind of the message", examples=["resume"])
    acknowledged: Seq | None = Field(
        None,
        description="last `seq` whose answer arrived: what was said of later ticks is said again",
        examples=[532],
    )
    pipelined: bool = Field(
        False, description="single ticks are acknowledged together, not answered each", examples=[False]
    )


class Tick(_Wire):
    """One tick, answered by `TickAnswer`; of a pipelined client by `Acknowledgement`."""

    seq: Seq = Field(description="number of the tick in the feed, without gaps", examples=[1])
    ts_us: Micros = Field(description="the vendor's time, epoch microseconds UTC", examples=[_TS[0]])
    bid: Number = Field(description="price in the quote currency", examples=[1.0881])
    ask: Number = Field(description="price in the quote currency", examples=[1.0882])
    bid_size: Number = Field(description=_SIZE, examples=[1.5, None])
    ask_size: Number = Field(description=_SIZE, examples=[1.0, "nan"])


class _Columns(_Wire):
    ts_us: _Times = Field(description="the vendor's times, epoch microseconds UTC", examples=[_TS])
    bid: _Numbers = Field(description="prices in the quote currency, one a tick", examples=[_BIDS])
    ask: _Numbers = Field(description="prices in the quote currency, one a tick", examples=[_ASKS])
    bid_size: _Numbers = Field(description=f"{_SIZE}, one a tick", examples=[[1.5, None]])
    ask_size: _Numbers = Field(description=f"{_SIZE}, one a tick", examples=[[1.0, None]])


class _Rows(_Wire):
    rows: list[_Row] = Field(
        min_length=1,
        max_length=MOST_TICKS,
        description=f"of each tick {', '.join(COLUMNS)}: microseconds UTC, prices, {_SIZE}",
        examples=[_ROWS],
    )


class _Numbered(_Wire):
    type: Literal["ticks"] = Field(description="kind of the message", examples=["ticks"])
    seq: Seq = Field(description="number of the first tick; the others follow without gaps", examples=[1])


class TicksAsColumns(_Columns, _Numbered):
    """A batch of ticks as five lists of one length, in the order of the feed."""


class TicksAsRows(_Rows, _Numbered):
    """A batch of ticks, a list of five values each, in the order of the feed."""


class BackFillAsColumns(_Columns):
    """Ticks of the day from before the stream began, in the order of the feed; they have no numbers."""

    type: Literal["backfill"] = Field(description="kind of the message", examples=["backfill"])


class BackFillAsRows(_Rows):
    """The same as rows."""

    type: Literal["backfill"] = Field(description="kind of the message", examples=["backfill"])


class BackFilled(_Wire):
    """The back-fill reaches up to the stream's first tick: the day is whole."""

    type: Literal["backfilled"] = Field(description="kind of the message", examples=["backfilled"])


class NotClean(_Wire):
    """A tick that did not count, and why."""

    seq: int = Field(description="number of the tick", examples=[533])
    status: Literal["quarantined", "late", "future"] = Field(
        description="it broke a cleaning rule, is older than the tick before, or ahead of the server's clock",
        examples=["quarantined"],
    )
    rule: Literal[tuple(rule.name for rule in RULES)] | None = Field(  # type: ignore[valid-type]
        description="the cleaning rule that a quarantined tick broke; else null", examples=["crossed", None]
    )


class TickAnswer(_Wire):
    """What became of one tick; it is remembered."""

    seq: int = Field(description="number of the tick", examples=[532])
    status: Literal["clean", "quarantined", "late", "future"] = Field(
        description="whether it counts, and if not, why", examples=["clean"]
    )
    rule: Literal[tuple(rule.name for rule in RULES)] | None = Field(  # type: ignore[valid-type]
        description="the cleaning rule that a quarantined tick broke; else null", examples=[None, "crossed"]
    )
    signal: Signal | None = Field(
        description="the signal of the event that the tick made; null without an event or a model",
        examples=[None],
    )


class Acknowledgement(_Wire):
    """Every tick up to `seq` is remembered, and counts once, however often it is sent."""

    type: Literal["ack"] = Field(description="kind of the message", examples=["ack"])
    seq: int = Field(description="number of the last tick that is remembered", examples=[16384])
    signals: list[Signal] = Field(description="signals of the acknowledged ticks' events", examples=[[]])
    not_clean: list[NotClean] = Field(
        description="acknowledged ticks that did not count, and why",
        examples=[[{"seq": 533, "status": "quarantined", "rule": "crossed"}]],
    )


class Stands(_Wire):
    """Where the stream stands: the answer to `start`, `resume` and `backfilled`."""

    type: Literal["started", "resumed", "backfilled"] = Field(
        description="what it answers", examples=["resumed"]
    )
    last_seq: int | None = Field(
        description="number of the last tick that is remembered; go on with the next. null: none yet",
        examples=[532, None],
    )
    complete: bool = Field(
        description="every tick of the day so far was seen; else signals abstain `incomplete_day`",
        examples=[True],
    )
    trading_day: str = Field(
        description="the UTC day, YYYY-MM-DD; a later one once it has turned", examples=["2024-01-17"]
    )
    window: int = Field(
        description="ticks that may be on their way without an acknowledgement", examples=[65536]
    )
    most_ticks: int = Field(description="ticks of one message at most", examples=[MOST_TICKS])
    signals: list[Signal] | None = Field(
        None, description="of ticks after `acknowledged`, where `resume` named one", examples=[[]]
    )
    not_clean: list[NotClean] | None = Field(
        None, description="of ticks after `acknowledged`, where `resume` named one", examples=[[]]
    )


class BackFilling(_Wire):
    """The back-filled ticks were taken in."""

    type: Literal["backfilling"] = Field(description="kind of the message", examples=["backfilling"])
    ticks: int = Field(description="ticks of the message", examples=[4096])


class Error(_Wire):
    """A message that could not be used; it changed nothing."""

    type: Literal["error"] = Field(description="kind of the message", examples=["error"])
    seq: int | None = Field(description="the number that the message bore; null without", examples=[7, None])
    error: str = Field(
        description="what was expected and what was there",
        examples=["Field 'bid': Expected a number, null, 'nan', 'inf' or '-inf', was 'x'"],
    )


class SignalMessage(_Wire):
    """A signal, for those who only read."""

    type: Literal["signal"] = Field(description="kind of the message", examples=["signal"])
    id: str = Field(
        description="names the message, ascending as text; `?after=` this one goes on behind it",
        examples=["2024-01-17.0001.0000000000000000532"],
    )
    signal: Signal = Field(description="the signal", examples=[])


FROM_CLIENT: tuple[type[BaseModel], ...] = (
    Start,
    Resume,
    Tick,
    TicksAsColumns,
    TicksAsRows,
    BackFillAsColumns,
    BackFillAsRows,
    BackFilled,
)
FROM_SERVER: tuple[type[BaseModel], ...] = (Stands, BackFilling, TickAnswer, Acknowledgement, Error)
TO_READERS: tuple[type[BaseModel], ...] = (SignalMessage,)


def example(model: type[BaseModel]) -> dict[str, Any]:
    """A message of a kind, made of its fields' first examples."""
    told: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            told[name] = example(inner)
        else:
            told[name] = (field.examples or [None])[0]
    return told
