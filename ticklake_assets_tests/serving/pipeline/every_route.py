"""Every route of the app, found in it: one that is added is tested by being there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute, APIRouter


def every_route(app: FastAPI) -> list[APIRoute]:
    """Those of the app and of the routers that it includes, which FastAPI keeps as one entry each."""
    found = list(_within(app.router))
    assert len(found) > 50, "a walk over nothing proves nothing"
    return found


def methods_and_paths(app: FastAPI) -> list[tuple[str, str]]:
    return [(method, route.path) for route in every_route(app) for method in sorted(route.methods)]


def _within(router: APIRouter) -> Iterator[APIRoute]:
    for entry in router.routes:
        included: Any = getattr(entry, "original_router", None)
        if included is not None:
            yield from _within(included)
        elif isinstance(entry, APIRoute):
            yield entry
