"""`GET /v1/served/{symbol}/{day}`: the features that were served, to be compared with the lake."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from fastapi import APIRouter, HTTPException, Response
from fastapi.concurrency import run_in_threadpool

from serving.endpoint.access.scopes import CanRead
from serving.endpoint.endpoint import requested_day
from serving.endpoint.refusals import refusals
from ticklake_assets.core.errors import MissingDataError
from ticklake_assets.journal.reading import read_served

router = APIRouter()
_NPY: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/x-npy": {"schema": {"type": "string", "format": "binary"}}}}
}


@router.get("/v1/served/{symbol}/{day}", responses=_NPY | refusals(404), response_class=Response)
async def served(symbol: str, day: str, endpoint: CanRead) -> Response:
    """Return float64 rows: `ts_us`, then the features, one row an event, of the day's newest stream.

    The header `x-ticklake-complete` says whether that stream held the whole day so far.
    """
    try:
        found = await run_in_threadpool(read_served, endpoint.journals.root, requested_day(symbol, day))
    except MissingDataError as error:
        raise HTTPException(404, str(error)) from error
    buffer = io.BytesIO()
    np.save(buffer, found.matrix, allow_pickle=False)
    headers = {"x-ticklake-complete": "true" if found.complete else "false"}
    return Response(buffer.getvalue(), media_type="application/x-npy", headers=headers)
