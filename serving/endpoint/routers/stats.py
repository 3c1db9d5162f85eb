"""`GET /v1/stats`: what the endpoint counted since it started."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from serving.endpoint.endpoint import Authorised

router = APIRouter()


@router.get("/v1/stats")
async def stats(endpoint: Authorised) -> dict[str, Any]:
    """Count ticks, signals and refusals by rule; latencies are the server's own, a tick each."""
    return endpoint.counters.as_dict()
