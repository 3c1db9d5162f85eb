"""`/lifecycle/SYMBOL/DAY/launch`: a step, or the whole fold, with the settings that its run configuration has."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from serving.pipeline.access.audit import acting
from serving.pipeline.access.roles import CanResearch
from serving.pipeline.answers import ask
from serving.pipeline.pages.lifecycle.board import FOLD, LAUNCHED
from serving.pipeline.pages.lifecycle.settings_form import configuration
from serving.pipeline.rendering import page, redirect
from serving.pipeline.sources.all import sources
from ticklake_assets.core.errors import DataError
from ticklake_assets.core.instruments import instrument_of

router = APIRouter(include_in_schema=False)


@router.get("/lifecycle/{symbol}/{as_of}/launch")
def launch_form(
    request: Request, _: CanResearch, symbol: str, as_of: date, step: str = "fold"
) -> HTMLResponse:
    """Settings of a step, or of the whole fold, by the schema of its run configuration."""
    return _form(request, symbol, as_of, step, {}, {})


@router.post("/lifecycle/{symbol}/{as_of}/launch")
async def launch(request: Request, _: CanResearch, symbol: str, as_of: date) -> Response:
    typed = {name: str(value) for name, value in (await request.form()).items()}
    step = typed.get("step", "fold")
    assets, key = _assets_of(step), f"{instrument_of(symbol).symbol}|{as_of}"
    dagster = sources(request).dagster
    config, wrong = configuration(dagster.config_fields(assets), typed)
    if wrong:
        return _form(request, symbol, as_of, step, typed, wrong)
    with acting(request, "launch", f"{', '.join(assets)} of {key}", before=config) as act:
        act.after = dagster.launch(
            assets, [key], f"{step} of {symbol} {as_of}, by {request.state.person.name}", config
        )
    return redirect(f"/lifecycle/{symbol}/{as_of}", f"Asked for {', '.join(assets)}: backfill {act.after}")


def _form(
    request: Request, symbol: str, as_of: date, step: str, typed: Mapping[str, str], wrong: Mapping[str, str]
) -> HTMLResponse:
    assets = _assets_of(step)
    answer = ask(sources(request).dagster.config_fields, assets)
    return page(
        request,
        "pages/lifecycle/launch.html",
        title=f"Launch {step} of {symbol}, as of {as_of}",
        status_code=422 if wrong else 200,
        symbol=symbol,
        as_of=as_of,
        step=step,
        assets=assets,
        answer=answer,
        typed=typed,
        wrong=wrong,
    )


def _assets_of(step: str) -> tuple[str, ...]:
    if step == "fold":
        return FOLD
    if step in LAUNCHED:
        return (step,)
    raise DataError(f"Expected fold or one of {', '.join(LAUNCHED)}, was {step!r}")
