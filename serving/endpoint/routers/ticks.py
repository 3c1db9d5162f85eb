"""`POST /v1/ticks/{symbol}`: a batch in, its signals out, for systems without WebSockets."""

from __future__ import annotations

from datetime import UTC, datetime

import orjson
from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from serving.endpoint.access.scopes import CanScore
from serving.endpoint.endpoint import requested_day
from serving.endpoint.feed.messages import MOST_TICKS, Start, Ticks, read_message
from serving.endpoint.feed.wire_models import Acknowledgement, Number
from serving.endpoint.journal.room import JournalFullError
from serving.endpoint.refusals import refusals
from ticklake_assets.core.errors import DataError, TransientError
from ticklake_assets.core.symbol_day import SymbolDay

router = APIRouter()


class TickBatch(BaseModel):
    """Ticks as five lists of one length, or as `rows` of five values; null is a missing value."""

    model_config = ConfigDict(extra="forbid")

    seq: int = Field(
        ge=0, description="number of the first tick; the others follow without gaps", examples=[1]
    )
    ts_us: list[int | None] | None = Field(
        None, description="epoch microseconds UTC", examples=[[1705481532123000, 1705481532456000]]
    )
    bid: list[Number] | None = Field(None, description="price", examples=[[1.0881, 1.0882]])
    ask: list[Number] | None = Field(None, description="price", examples=[[1.0882, 1.0883]])
    bid_size: list[Number] | None = Field(None, description="millions of base units", examples=[[1.5, 0.75]])
    ask_size: list[Number] | None = Field(None, description="millions of base units", examples=[[1.0, 2.25]])
    rows: list[list[Number]] | None = Field(
        None, description="instead of the lists: ts_us, bid, ask, bid_size, ask_size of each tick"
    )


_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": TickBatch.model_json_schema()}},
    }
}


@router.post(
    "/v1/ticks/{symbol}",
    response_model=Acknowledgement,
    response_class=JSONResponse,
    responses=refusals(404, 409),
    openapi_extra=_BODY,
)
async def push_ticks(
    symbol: str,
    endpoint: CanScore,
    request: Request,
    trading_day: str | None = None,
    *,
    start: bool = False,
) -> Response:
    """Take the next ticks of a symbol's feed in, at most 16,384; idempotent by `seq`.

    The feed is the one of `trading_day` (YYYY-MM-DD), or of the first tick's day, and turns by itself at midnight UTC.
    `start` says that these are the day's first ticks. A batch that comes again gets the same answer. 409: a stream
    holds the feed.
    """
    message = read_message(_as_message(await request.body()))
    assert isinstance(message, Ticks)
    day = requested_day(symbol, trading_day) if trading_day else _day_of(symbol, message)
    if not trading_day and not start:
        day = endpoint.sessions.current(symbol, day)
    try:
        with endpoint.sessions.claim(day) as session:
            if start and not session.knows(message):
                await session.handle(Start(complete=True, rolls=True, is_pipelined=False))
            said = await session.handle(message)
    except JournalFullError as full:
        raise HTTPException(503, str(full)) from full
    except TransientError as busy:
        raise HTTPException(409, str(busy)) from busy
    except OSError as error:
        raise HTTPException(503, f"The ticks cannot be remembered: {error.strerror}") from error
    return Response(said.text, media_type="application/json")


def _as_message(body: bytes) -> bytes:
    """The stream's message with the same ticks."""
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise DataError(f"Body: Expected JSON ({error}), was {body[:80]!r}") from None
    if not isinstance(told, dict) or "type" in told:
        raise DataError(f"Body: Expected an object with seq and ticks, was {body[:80]!r}")
    try:
        return orjson.dumps(
            {"type": "ticks", **{name: value for name, value in told.items() if value is not None}}
        )
    except orjson.JSONEncodeError as error:  # it reads deeper than it writes
        raise DataError(f"Body: Expected lists of numbers ({error}), was {body[:80]!r}") from None


def _day_of(symbol: str, message: Ticks) -> SymbolDay:
    first = int(message.columns.ts_us[0])
    try:
        moment = datetime.fromtimestamp(first / 1e6, UTC)
    except (OverflowError, ValueError, OSError):
        raise DataError(f"Field 'ts_us': Expected epoch microseconds of a day, was {first}") from None
    return requested_day(symbol, moment.date().isoformat())


assert MOST_TICKS == 16_384, "the text of push_ticks says so"
