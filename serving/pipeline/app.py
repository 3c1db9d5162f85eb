"""The lifecycle pages as a FastAPI application: what people look at, in a process of its own."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.staticfiles import StaticFiles
from starlette.middleware.base import RequestResponseEndpoint

from serving.pipeline import health
from serving.pipeline.access.roles import ROLES, Person
from serving.pipeline.pages.data import routes as data
from serving.pipeline.pages.lifecycle import routes as lifecycle
from serving.pipeline.pages.live import routes as live
from serving.pipeline.pages.model import routes as model
from serving.pipeline.pages.ops import routes as ops
from serving.pipeline.pages.overview import routes as overview
from serving.pipeline.pages.trading import routes as trading
from serving.pipeline.pages.why import routes as why
from serving.pipeline.refusals import answer_errors
from serving.pipeline.sources.all import Sources
from ticklake_assets.settings import Settings

_ROOMS = (health, overview, data, lifecycle, model, live, trading, why, ops)


async def _as_owner(request: Request, call_next: RequestResponseEndpoint) -> Response:
    """Stands in for `access` until it is there."""
    request.state.person, request.state.csrf_token = Person("owner", frozenset(ROLES)), "none"
    return await call_next(request)


def create_app(settings: Settings) -> FastAPI:
    """The app over the settings' lake and services; it asks each of them only when a page does."""
    app = FastAPI(
        title="ticklake pages",
        version="1",
        docs_url=None,  # FastAPI's page of documentation loads its scripts from a foreign server
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.sources = Sources(settings)
    app.middleware("http")(_as_owner)
    for room in _ROOMS:
        app.include_router(room.router)
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"), name="static")
    answer_errors(app)
    return app
