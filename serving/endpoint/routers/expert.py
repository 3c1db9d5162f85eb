"""`GET /v1/models/{symbol}/expert`: a model in service as an Expert Advisor for MetaTrader 5."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Response
from fastapi.concurrency import run_in_threadpool

from serving.endpoint.access.scopes import CanRead
from serving.endpoint.models.model import Model
from serving.endpoint.refusals import refusals
from ticklake_assets.modeling.deployed.archive import write_archive
from ticklake_assets.modeling.deployed.expert.export import expert_files

router = APIRouter()
_ZIP: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}}
}


@router.get("/v1/models/{symbol}/expert", responses=_ZIP | refusals(404), response_class=Response)
async def expert(
    symbol: str,
    endpoint: CanRead,
    digest: Annotated[
        str | None, Query(description="sha256 of another bundle in service; the first one without it")
    ] = None,
) -> Response:
    """Return a zip of MQL5 source with the model's ONNX file: the champion's, else the oldest shadow's.

    Its README.txt says how to compile it, and what only MetaEditor and the terminal can say.
    """
    served = endpoint.models.of(symbol)
    model = next((each for each in served if digest in (None, each.digest)), None)
    if model is None:
        raise HTTPException(404, f"{symbol} has no such model in service. Expected one, was none")
    return Response(await run_in_threadpool(_archive, model), media_type="application/zip")


def _archive(model: Model) -> bytes:
    deployment = model.deployment
    return write_archive(
        expert_files(deployment.bundle, tradable=deployment.tradable, expires_us=model.expires_us)
    )
