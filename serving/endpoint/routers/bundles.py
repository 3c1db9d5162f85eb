"""`POST /v1/bundles`: take a signed model into service."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel

from serving.endpoint.endpoint import Authorised
from serving.endpoint.models.model import Mode
from ticklake_assets.modeling.deployed.archive import LARGEST

router = APIRouter()


class Pushed(BaseModel):
    digest: str
    symbol: str
    mode: Mode


class Refusal(BaseModel):
    error: str


_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.post("/v1/bundles", status_code=201, responses={422: {"model": Refusal}}, openapi_extra=_BODY)
async def push_bundle(endpoint: Authorised, request: Request, *, replace_newer: bool = False) -> Pushed:
    """Verify a bundle and swap it in; what its gates did not pass only scores, as a shadow.

    A live one that is older than the one in service is refused, but for a rollback: `replace_newer`.
    """
    data = await _body(request)
    # Opening a model takes tens of milliseconds: not on the loop that answers ticks.
    model = await run_in_threadpool(endpoint.models.push, data, replace_newer=replace_newer)
    return Pushed(digest=model.digest, symbol=model.symbol, mode=model.mode)


async def _body(request: Request) -> bytes:
    """Read the body, but never more than a bundle may have."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > LARGEST:
            raise HTTPException(413, f"The bundle is too large. Expected at most {LARGEST} bytes")
        parts.append(part)
    return b"".join(parts)
