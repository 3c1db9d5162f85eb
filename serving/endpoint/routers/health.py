"""`GET /healthz`: whether the process answers; the only call without a token."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter()


@router.get("/healthz")
async def health() -> dict[str, str]:
    """Say that the endpoint is up."""
    return {"status": "ok"}
