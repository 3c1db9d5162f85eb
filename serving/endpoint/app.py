"""The live endpoint as a FastAPI application."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from serving.endpoint.endpoint import Endpoint
from serving.endpoint.routers import (
    bundles,
    champions,
    health,
    journal,
    metrics,
    models,
    served,
    signals,
    stats,
    stream,
    symbols,
    ticks,
    watch,
)
from ticklake_assets.core.errors import SetupError, TicklakeError
from ticklake_assets.settings import Settings


def create_app(settings: Settings) -> FastAPI:
    """Build the endpoint; its state is opened now and closed when the server stops.

    Opened before the server starts, so that a folder that cannot be used is the caller's OSError, not a line in a log.
    There is no page of documentation: it would load scripts from a foreign server. `app.openapi()` has all.
    """
    endpoint = Endpoint.open(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.endpoint = endpoint
        upkeep = asyncio.create_task(endpoint.keep_up())
        yield
        upkeep.cancel()
        endpoint.close()

    app = FastAPI(
        title="ticklake live endpoint",
        version="1",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    for resource in (
        health,
        bundles,
        models,
        champions,
        symbols,
        stats,
        metrics,
        ticks,
        stream,
        signals,
        served,
        journal,
        watch,
    ):
        app.include_router(resource.router)
    app.add_exception_handler(TicklakeError, _refused)
    app.add_exception_handler(HTTPException, _http_error)
    return app


async def _refused(_: Request, error: Exception) -> JSONResponse:
    """What ticklake refuses is the caller's content (422), or this machine's set-up (503)."""
    return JSONResponse({"error": str(error)}, 503 if isinstance(error, SetupError) else 422)


async def _http_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": error.detail}, error.status_code, error.headers)
