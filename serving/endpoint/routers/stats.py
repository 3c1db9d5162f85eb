"""`GET /v1/stats`: what the endpoint counted since it started."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, Field

from serving.endpoint.access.scopes import CanRead

router = APIRouter()


class Stats(BaseModel):
    """Counted since the start; a tick that is sent again counts once."""

    ticks: int = Field(description="Ticks taken in", examples=[184_233])
    signals: int = Field(description="Signals sent: one an event of a symbol with a model", examples=[911])
    predictions: int = Field(description="Events scored, by every model of the symbol", examples=[1822])
    quarantined: dict[str, int] = Field(
        description="Ticks kept out, by the cleaning rule that they broke", examples=[{"crossed": 12}]
    )
    late: int = Field(description="Ticks older than the last one", examples=[3])
    malformed: int = Field(description="Messages answered with an error", examples=[0])
    p50_ms: float = Field(
        description="Median of a message's way through the server, without the sockets, milliseconds",
        examples=[0.11],
    )
    p99_ms: float = Field(description="The same that 1 in 100 exceeds, milliseconds", examples=[0.24])


@router.get("/v1/stats")
async def stats(endpoint: CanRead) -> Stats:
    """Count ticks, signals and refusals by rule; latencies are the server's own, a tick each."""
    return Stats(**endpoint.counters.as_dict())
