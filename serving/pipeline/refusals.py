"""Errors as pages for people and as JSON for programs: what, where, what was expected, and the next step."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from serving.pipeline.access.audit import note
from serving.pipeline.rendering import page, part
from ticklake_assets.core.errors import DataError, MissingDataError, TicklakeError

API = "/api/"
_NAMES = {
    401: "Not signed in",
    403: "Not allowed",
    404: "Nothing here",
    413: "Too much",
    422: "Not understood",
    500: "A fault",
    503: "Not now",
}


class Problem(BaseModel):
    error: str
    """What, where, what was expected, and the next step."""


REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem} for status in (401, 403, 404, 422, 429, 503)
}
"""Of every call of a program, for the contract."""


def answer_errors(app: FastAPI) -> None:
    """Ours by their kind: missing is 404, a wrong input 422, and a service or setting that fails 503."""
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _not_understood)
    app.add_exception_handler(TicklakeError, _failed)


def refusal(request: Request, status: int, problem: str, headers: dict[str, str] | None = None) -> Response:
    """The error in the shape that the caller reads: JSON below /api/, a fragment for htmx, else a page."""
    if request.url.path.startswith(API):
        return JSONResponse({"error": problem}, status, headers)
    if request.headers.get("HX-Request"):
        answer = part(request, "refusal_part.html", status_code=status, problem=problem)
    else:
        name = _NAMES.get(status, "Not done")
        answer = page(request, "refusal.html", title=name, status_code=status, problem=problem)
    answer.headers.update(headers or {})
    return answer


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    problem = error.detail
    state = request.state
    is_noted = getattr(state, "is_noted", False)  # the action's own line says it
    if error.status_code == 403 and getattr(state, "person", None) and not is_noted:
        note(request, "refused", f"{request.method} {request.url.path}", outcome="refused", error=problem)
    if error.status_code == 404 and problem == "Not Found":
        problem = f"There is no page {request.url.path}. The menu has all pages"
    headers = dict(error.headers or {})
    if error.status_code == 405:
        expected = headers.get("allow", headers.get("Allow", "another method"))
        problem = f"{request.url.path}: Expected {expected}, was {request.method}"
    return refusal(request, error.status_code, problem, headers)


def _not_understood(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = " ".join(str(each) for each in first["loc"])
    return refusal(request, 422, f"{where}: Expected another value ({first['msg']})")


def _failed(request: Request, error: Exception) -> Response:
    status = 404 if isinstance(error, MissingDataError) else 422 if isinstance(error, DataError) else 503
    return refusal(request, status, str(error))
