"""The live endpoint as a FastAPI application."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from serving.endpoint.access.limited import Limited
from serving.endpoint.access.limits import Limits
from serving.endpoint.endpoint import Endpoint
from serving.endpoint.refusals import ANY_CALL, WITH_TOKEN, answer_errors, nothing_there
from serving.endpoint.request_ids import RequestIds
from serving.endpoint.routers import (
    bundles,
    champions,
    expert,
    health,
    journal,
    metrics,
    models,
    pages,
    quotes,
    served,
    signals,
    stats,
    stream,
    symbols,
    ticks,
    watch,
)
from ticklake_assets.settings import Settings

_ABOUT = """Ticks in, signals out. Each call says which scope of token it asks for. Every error is `{"error": "..."}`.
Every answer has an `X-Request-Id`: the caller's own, where it sent one."""

_HEADINGS = {
    "ticks and signals": (ticks, stream, signals, quotes, symbols),
    "models": (bundles, models, champions, expert, watch),
    "days": (served, journal),
    "operation": (stats, metrics),
}
"""The routes under the headings of `/docs`."""


def create_app(settings: Settings) -> FastAPI:
    """Build the endpoint; its state is opened now and closed when the server stops.

    Opened before the server starts, so that a folder that cannot be used is the caller's OSError, not a line in a log.
    """
    endpoint = Endpoint.open(settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        upkeep = asyncio.create_task(endpoint.keep_up())
        yield
        upkeep.cancel()
        endpoint.close()

    app = FastAPI(
        title="ticklake live endpoint",
        version="1",
        description=_ABOUT,
        lifespan=lifespan,
        docs_url=None,  # FastAPI's pages load their scripts from a foreign server: `pages` has ours
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.endpoint = endpoint
    for heading, resources in _HEADINGS.items():
        for resource in resources:
            app.include_router(resource.router, responses=WITH_TOKEN, tags=[heading])
    app.include_router(health.router, responses=ANY_CALL, tags=["operation"])
    app.include_router(pages.router)
    pages.mount_scripts(app)
    app.router.default = nothing_there
    answer_errors(app)
    app.add_middleware(Limited, limits=Limits.of(settings))
    app.add_middleware(RequestIds)
    return app
