"""Promote and roll back: a page that says what will change, and the deed, done by our own command."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, Response

from serving.pipeline.access.audit import acting
from serving.pipeline.access.roles import CanDeploy, CanSee
from serving.pipeline.answers import ask
from serving.pipeline.pages.model.change import Change, promotion, rollback
from serving.pipeline.pages.model.open_positions import holders
from serving.pipeline.pages.model.verdicts import gate_lines
from serving.pipeline.rendering import page, redirect
from serving.pipeline.sources.all import Sources, sources
from ticklake_assets.core.errors import TicklakeError

router = APIRouter(include_in_schema=False)
From = Annotated[Sources, Depends(sources)]
Reason = Annotated[str, Form(max_length=500)]


@router.get("/models/{symbol}/rollback")
def confirm_rollback(request: Request, _: CanSee, of: From, symbol: str) -> HTMLResponse:
    return _confirm(request, of, rollback(of.models, symbol))


@router.post("/models/{symbol}/rollback")
def roll_back(request: Request, _: CanDeploy, of: From, symbol: str, reason: Reason = "") -> Response:
    return _do(request, of, rollback(of.models, symbol), reason, "model", "rollback", symbol)


@router.get("/models/{symbol}/{version}/promote")
def confirm_promotion(request: Request, _: CanSee, of: From, symbol: str, version: str) -> HTMLResponse:
    return _confirm(request, of, promotion(of.models, of.models.version(symbol, version)))


@router.post("/models/{symbol}/{version}/promote")
def promote(
    request: Request, _: CanDeploy, of: From, symbol: str, version: str, reason: Reason = ""
) -> Response:
    """By the bundle's digest: what was confirmed is what is promoted, whatever the aliases are by now."""
    then = of.models.version(symbol, version)
    return _do(request, of, promotion(of.models, then), reason, "model", "promote", symbol, then.bundle)


def _confirm(
    request: Request, of: Sources, change: Change, problem: str = "", reason: str = "", status: int = 200
) -> HTMLResponse:
    lines = gate_lines(change.verdict.gates) if change.verdict and change.verdict.gates else []
    verb = "Promote" if change.action == "promote" else "Roll back"
    context = {
        "change": change,
        "lines": lines,
        "served": ask(of.endpoint.modes),
        "holders": ask(holders, of.bridges, change.symbol),
        "endpoint": of.settings.endpoint_url,
        "problem": problem,
        "reason": reason,
        "verb": verb,
    }
    return page(
        request, "pages/model/change.html", title=f"{verb}: {change.symbol}", status_code=status, **context
    )


def _do(request: Request, of: Sources, change: Change, reason: str, *words: str) -> Response:
    reason = reason.strip()
    if change.obstacle:
        return _confirm(request, of, change, change.obstacle, reason, 409)
    if not reason:
        return _confirm(
            request, of, change, "Expected a reason, was none: the audit log keeps it", reason, 422
        )
    then = change.then
    assert then is not None
    what = f"{change.symbol} version {then.number}"
    try:
        with acting(request, change.action, what, reason=reason, before=_state(of, change.symbol)) as act:
            said = of.commands.run(*words)
            act.after = _state(of, change.symbol)
    except TicklakeError as error:
        return _confirm(request, of, change, str(error), reason, 409)
    return redirect(f"/models/{change.symbol}/{then.number}", said)


def _state(of: Sources, symbol: str) -> dict[str, Any]:
    """Who trades: by the registry, and what the endpoint does with each bundle."""
    champion = ask(of.models.champion, symbol)
    served = ask(of.endpoint.modes)
    return {
        "champion": champion.value.number if champion.value else None,
        "bundle": champion.value.bundle if champion.value else None,
        "endpoint": served.problem or served.value,
    }
