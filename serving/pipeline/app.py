"""The lifecycle pages as a FastAPI application: what people look at, in a process of its own."""

from __future__ import annotations

from pathlib import Path

from fastapi import Depends, FastAPI
from fastapi.staticfiles import StaticFiles

from serving.pipeline import health
from serving.pipeline.access import routes as access
from serving.pipeline.access.access import Access
from serving.pipeline.access.door import Door
from serving.pipeline.access.own_address import expect_own_page
from serving.pipeline.pages.data import routes as data
from serving.pipeline.pages.lifecycle import routes as lifecycle
from serving.pipeline.pages.live import routes as live
from serving.pipeline.pages.model import routes as model
from serving.pipeline.pages.ops import routes as ops
from serving.pipeline.pages.overview import routes as overview
from serving.pipeline.pages.trading import routes as trading
from serving.pipeline.pages.why import routes as why
from serving.pipeline.refusals import REFUSALS, answer_errors
from serving.pipeline.sources.all import Sources
from ticklake_assets.settings import Settings

_ROOMS = (health, access, overview, data, lifecycle, model, live, trading, why, ops)


def create_app(settings: Settings) -> FastAPI:
    """The app over the settings' lake and services; it asks each of them only when a page does."""
    app = FastAPI(
        title="ticklake pages",
        version="1",
        docs_url=None,  # FastAPI's page of documentation loads its scripts from a foreign server
        redoc_url=None,
        redirect_slashes=False,
        dependencies=[Depends(expect_own_page)],
    )
    app.state.sources = Sources(settings)
    app.state.access = Access(settings)
    for room in _ROOMS:
        app.include_router(room.router)
    for program in (model.api, data.api):
        app.include_router(program, responses=REFUSALS)
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"), name="static")
    answer_errors(app)
    app.add_middleware(Door, sessions=app.state.access.sessions, pages_url=settings.pages_url)
    return app
