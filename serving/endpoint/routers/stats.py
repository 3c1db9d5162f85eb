"""`GET /v1/stats`: what the endpoint counted since it started."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, Field

from serving.endpoint.access.scopes import CanRead

router = APIRouter()


class StageStats(BaseModel):
    """How long messages spent in a stage, of those that went through it."""

    count: int = Field(description="Messages", examples=[184_233])
    p50_ms: float = Field(description="Median, milliseconds", examples=[0.012])
    p99_ms: float = Field(description="What 1 in 100 exceeds, milliseconds", examples=[0.05])


class Stats(BaseModel):
    """Counted since the start; a tick that is sent again counts once."""

    ticks: int = Field(description="Ticks taken in", examples=[184_233])
    events: int = Field(description="Events that the ticks made", examples=[911])
    signals: int = Field(description="Signals sent: one an event of a symbol with a model", examples=[911])
    predictions: int = Field(description="Events scored, by every model of the symbol", examples=[1822])
    abstentions: dict[str, int] = Field(
        description="Signals that must not be acted on, by reason; one may have several",
        examples=[{"out_of_distribution": 31}],
    )
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
    stages: dict[str, StageStats] = Field(
        description="By stage: read, clean, features, score, decide, journal, answer, total"
    )


@router.get("/v1/stats")
async def stats(endpoint: CanRead) -> Stats:
    """Count ticks, signals and refusals by rule; latencies are the server's own, a tick each."""
    return Stats(**endpoint.counters.as_dict())
