"""`POST /v1/bundles`: take a signed model into service."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field

from serving.endpoint.access.scopes import CanDeploy
from serving.endpoint.models.model import Mode
from ticklake_assets.core.errors import TicklakeError

router = APIRouter()


class Pushed(BaseModel):
    """What became of a bundle."""

    digest: str = Field(description="sha256 of the bundle, hexadecimal", examples=["9f2c" * 16])
    symbol: str = Field(description="The symbol that it scores", examples=["EURUSD"])
    mode: Mode = Field(description="`live`: its signals may be traded; `shadow`: it only scores")


_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.post("/v1/bundles", status_code=201, openapi_extra=_BODY)
async def push_bundle(endpoint: CanDeploy, request: Request, *, replace_newer: bool = False) -> Pushed:
    """Verify a bundle and swap it in; what its gates did not pass only scores, as a shadow.

    A live one that is older than the one in service is refused, but for a rollback: `replace_newer`.
    """
    data = await request.body()
    # Opening a model takes tens of milliseconds: not on the loop that answers ticks.
    try:
        model = await run_in_threadpool(endpoint.models.push, data, replace_newer=replace_newer)
    except TicklakeError as error:
        endpoint.notices.notify("model refused", "a pushed bundle", str(error))
        raise
    return Pushed(digest=model.digest, symbol=model.symbol, mode=model.mode)
