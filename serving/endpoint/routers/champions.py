"""`/v1/models/{symbol}`: who is in service, going back to the champion before, and withdrawing a shadow."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field

from serving.endpoint.access.scopes import CanDeploy, CanRead
from serving.endpoint.models.in_service import InService
from serving.endpoint.models.model import Mode
from serving.endpoint.refusals import refusals
from ticklake_assets.core.errors import MissingDataError

router = APIRouter()


class Restored(BaseModel):
    """The champion that trades again."""

    digest: str = Field(description="sha256 of the bundle's manifest, hexadecimal")
    symbol: str = Field(description="The bundle's symbol", examples=["EURUSD"])
    mode: Mode = Field(description="`live`, as it trades again")


@router.get("/v1/models/{symbol}", responses=refusals(404))
async def who_is_in_service(symbol: str, endpoint: CanRead) -> InService:
    """Say who is champion and shadow, whom a rollback goes back to, and who was champion when."""
    return endpoint.models.state(symbol)


@router.post("/v1/models/{symbol}/rollback", responses=refusals(404))
async def roll_back(symbol: str, endpoint: CanDeploy) -> Restored:
    """Let the champion of before trade again, verified as a push is; 404 where there was none."""
    try:
        model = await run_in_threadpool(endpoint.models.rollback, symbol)
    except MissingDataError as error:
        raise HTTPException(404, str(error)) from error
    return Restored(digest=model.digest, symbol=model.symbol, mode=model.mode)


@router.delete("/v1/models/{symbol}/{digest}", status_code=204, responses=refusals(404))
async def withdraw(symbol: str, digest: str, endpoint: CanDeploy) -> None:
    """Take a shadow out of service; 404 where it is none, 422 for the champion."""
    try:
        await run_in_threadpool(endpoint.models.withdraw, symbol, digest)
    except MissingDataError as error:
        raise HTTPException(404, str(error)) from error
