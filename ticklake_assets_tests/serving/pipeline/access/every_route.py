"""All routes of the app, those of included rooms too: FastAPI keeps them behind their router until one is asked for."""

from __future__ import annotations

import re

from fastapi import FastAPI
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts

OPEN = {"/enter", "/enter/oidc", "/enter/oidc/back", "/healthz"}
_KNOWN = {
    ("GET", "/"),
    ("GET", "/audit"),
    ("POST", "/enter"),
    ("POST", "/leave"),
    ("POST", "/data/{symbol}/backfill"),
    ("POST", "/models/{symbol}/{version}/promote"),
    ("POST", "/trading/switch/{action}"),
    ("POST", "/live/{symbol}/breaker/{action}"),
    ("GET", "/api/v1/ticks/{symbol}"),
    ("GET", "/ops/sql/file"),
    ("GET", "/why"),
}
_AT_LEAST, _OF_THEM_CHANGE = 60, 14


def contexts(app: FastAPI) -> list[RouteContext]:
    return [each for each in iter_route_contexts(app.routes) if isinstance(each.original_route, APIRoute)]


def routes(app: FastAPI) -> list[tuple[str, str]]:
    """Method and path of each; fails where the walk has missed some."""
    found = [(method, str(each.path)) for each in contexts(app) for method in each.methods or ()]
    assert set(found) >= _KNOWN, _KNOWN - set(found)
    assert len(found) >= _AT_LEAST, len(found)
    assert sum(method == "POST" for method, _ in found) >= _OF_THEM_CHANGE
    return [*found, ("GET", "/openapi.json")]


def filled(path: str) -> str:
    """An address of the route; what stands in it does not matter, since nobody gets that far."""
    known = re.sub(r"\{day[^}]*\}", "2024-01-15", re.sub(r"\{symbol[^}]*\}", "SYNEUR", path))
    return known.replace("{", "").replace("}", "")
