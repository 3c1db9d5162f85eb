"""`GET /docs`, `GET /redoc`: the calls as pages that need no foreign server.

They and `/openapi.json` are there without a token: a browser cannot send one with an address, and they say nothing of
this endpoint that the repository does not. What a page calls needs the token that its reader enters there.
"""

from __future__ import annotations

from pathlib import Path

import fastapi_offline
from fastapi import APIRouter, FastAPI, Request
from fastapi.openapi.docs import get_redoc_html, get_swagger_ui_html
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

router = APIRouter(include_in_schema=False)
_SCRIPTS = "/docs/scripts"
_TITLE = "ticklake live endpoint"
_OWN_ONLY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; worker-src blob:; frame-ancestors 'none'"
)
"""The browser's part of it: a page that asks another server for anything does not get it."""


def mount_scripts(app: FastAPI) -> None:
    """Serve the scripts of both pages, Swagger UI and ReDoc."""
    folder = Path(fastapi_offline.__file__).parent / "static"
    app.mount(_SCRIPTS, StaticFiles(directory=folder))


@router.get("/docs")
async def swagger(request: Request) -> HTMLResponse:
    """Try the calls; `Authorize` takes the token."""
    base = request.scope["root_path"]
    return _own(
        get_swagger_ui_html(
            openapi_url=f"{base}/openapi.json",
            title=_TITLE,
            swagger_js_url=f"{base}{_SCRIPTS}/swagger-ui-bundle.js",
            swagger_css_url=f"{base}{_SCRIPTS}/swagger-ui.css",
            swagger_favicon_url=f"{base}{_SCRIPTS}/favicon.png",
        )
    )


@router.get("/redoc")
async def redoc(request: Request) -> HTMLResponse:
    """Read the calls."""
    base = request.scope["root_path"]
    return _own(
        get_redoc_html(
            openapi_url=f"{base}/openapi.json",
            title=_TITLE,
            redoc_js_url=f"{base}{_SCRIPTS}/redoc.standalone.js",
            redoc_favicon_url=f"{base}{_SCRIPTS}/favicon.png",
            with_google_fonts=False,
        )
    )


def _own(page: HTMLResponse) -> HTMLResponse:
    page.headers["Content-Security-Policy"] = _OWN_ONLY
    return page
