"""`GET /healthz` and `GET /readyz`: whether the process answers, and whether it can do its work. Without a token."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field

from serving.endpoint.endpoint import Endpoint

router = APIRouter()


class Health(BaseModel):
    status: Literal["ok"] = Field("ok", description="The process answers")


class Ready(BaseModel):
    status: Literal["ready"] = Field("ready", description="Every part can do its work")
    parts: dict[str, str] = Field(
        description="What each part says of itself",
        examples=[{"clock": "sane", "journal": "writable", "models": "2 in service"}],
    )


@router.get("/healthz")
async def health() -> Health:
    """Say that the endpoint is up."""
    return Health(status="ok")


@router.get("/readyz")
async def ready(request: Request) -> Ready:
    """Say whether models, journal and clock are fit to work; 503 with the reasons where they are not."""
    endpoint: Endpoint = request.app.state.endpoint
    return Ready(status="ready", parts=await run_in_threadpool(endpoint.readiness.ask))
