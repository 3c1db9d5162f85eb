"""`/lifecycle`: from days to a judged model, step by step, launched and watched here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from serving.pipeline.access.audit import acting
from serving.pipeline.access.roles import CanResearch, CanSee
from serving.pipeline.answers import Answer, ask
from serving.pipeline.pages.lifecycle.board import FOLD, STAGES, Step, error_of, messages, moment, steps
from serving.pipeline.pages.lifecycle.settings_form import configuration
from serving.pipeline.pages.lifecycle.walk_calendar import calendar
from serving.pipeline.rendering import page, part, redirect
from serving.pipeline.sources.all import Sources, sources
from serving.pipeline.sources.dagster import UNDER_WAY
from ticklake_assets.core.errors import DataError
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.research.coverage import Coverage
from ticklake_assets.storage.models.stage_files import ModelFiles

router = APIRouter(include_in_schema=False)
_WAIT_S = 0.25
_ASSETS = tuple(asset for stage in STAGES for asset in stage.assets)
_TAIL = 8000
"""Bytes of a command's output that are shown."""


@router.get("/lifecycle")
def lifecycle(request: Request, _: CanSee) -> Response:
    coverage = sources(request).coverage.within(_WAIT_S)
    if coverage:
        return RedirectResponse(f"/lifecycle/{coverage[0].symbol}", 303)
    return page(request, "pages/data/nothing.html", title="Lifecycle", is_known=coverage is not None)


@router.get("/lifecycle/runs/{run_id}")
def run_page(request: Request, _: CanSee, run_id: str) -> HTMLResponse:
    return page(request, "pages/lifecycle/run.html", title=f"Run {run_id[:8]}", **_run(request, run_id))


@router.get("/lifecycle/runs/{run_id}/now")
def run_now(request: Request, _: CanSee, run_id: str) -> HTMLResponse:
    return part(request, "pages/lifecycle/run_now.html", **_run(request, run_id))


@router.post("/lifecycle/runs/{run_id}/cancel")
def cancel_run(request: Request, _: CanResearch, run_id: str) -> Response:
    with acting(request, "cancel run", run_id) as act:
        sources(request).dagster.terminate(run_id)
        act.after = "asked to end"
    return redirect(f"/lifecycle/runs/{run_id}", "The run was asked to end: its step ends within seconds")


@router.post("/lifecycle/backfills/{backfill_id}/cancel")
def cancel_backfill(
    request: Request, _: CanResearch, backfill_id: str, symbol: Annotated[str, Form()]
) -> Response:
    with acting(request, "cancel backfill", backfill_id):
        sources(request).dagster.cancel(backfill_id)
    return redirect(f"/lifecycle/{instrument_of(symbol).symbol}", f"Backfill {backfill_id} is cancelled")


@router.get("/lifecycle/{symbol}")
def symbol_page(request: Request, _: CanSee, symbol: str) -> Response:
    """The newest as-of day that there is, or could be."""
    instrument_of(symbol)
    of = sources(request)
    days = _as_of_days(of, symbol)
    if days:
        return RedirectResponse(f"/lifecycle/{symbol}/{days[0]}", 303)
    return page(
        request,
        "pages/lifecycle/none.html",
        title=f"Lifecycle of {symbol}",
        symbol=symbol,
        symbols=_symbols(of),
    )


@router.get("/lifecycle/{symbol}/walk")
def walk_page(request: Request, _: CanSee, symbol: str) -> HTMLResponse:
    """A chain of folds, planned: what it would look at is shown before anything runs."""
    of = sources(request)
    held = _gold_days(of, symbol)
    windows = instrument_of(symbol).windows
    asked = {name: str(value) for name, value in request.query_params.items() if name in _WALK}
    return page(
        request,
        "pages/lifecycle/walk.html",
        title=f"Walk forward {symbol}",
        symbol=symbol,
        windows=windows,
        asked=asked,
        first_gold=held[0] if held else None,
        last_gold=held[-1] if held else None,
    )


@router.get("/lifecycle/{symbol}/walk/plan")
def walk_plan(request: Request, _: CanSee, symbol: str) -> HTMLResponse:
    """As `ticklake walk-forward --plan` says."""
    words = _walk_words(symbol, request.query_params)
    answer = ask(sources(request).commands.json_of, *words, "--plan")
    drawn = calendar(answer.value["folds"]) if answer.value else None
    return part(
        request,
        "pages/lifecycle/plan.html",
        answer=answer,
        plan=answer.value,
        drawn=drawn,
        symbol=symbol,
        asked=dict(request.query_params),
    )


@router.post("/lifecycle/{symbol}/walk")
async def launch_walk(request: Request, _: CanResearch, symbol: str) -> Response:
    """The command in a process of its own: it outlives these pages, and Dagster shows its runs."""
    form = {name: str(value) for name, value in (await request.form()).items()}
    words = _walk_words(symbol, form)
    with acting(request, "walk forward", " ".join(words)) as act:
        log = sources(request).commands.begin(*words)
        act.after = log.name
    return redirect(f"/lifecycle/{symbol}/walk/{log.stem}")


@router.get("/lifecycle/{symbol}/walk/{name}")
def walk_log(request: Request, _: CanSee, symbol: str, name: str) -> HTMLResponse:
    instrument_of(symbol)
    told = _log(sources(request), name)
    template = "walk_log_now.html" if request.headers.get("HX-Request") else "walk_log.html"
    show = part if request.headers.get("HX-Request") else page
    title = {} if show is part else {"title": f"Walk-forward of {symbol}"}
    return show(request, f"pages/lifecycle/{template}", symbol=symbol, name=name, told=told, **title)  # type: ignore[arg-type]


@router.get("/lifecycle/{symbol}/{as_of}")
def board_page(request: Request, _: CanSee, symbol: str, as_of: date) -> HTMLResponse:
    of = sources(request)
    instrument_of(symbol)
    days = _as_of_days(of, symbol)
    return page(
        request,
        "pages/lifecycle/board.html",
        title=f"Lifecycle of {symbol}, as of {as_of}",
        symbol=symbol,
        as_of=as_of,
        days=[*days, *([] if as_of in days else [as_of])][:400],
        symbols=_symbols(of),
    )


@router.get("/lifecycle/{symbol}/{as_of}/now")
def board_now(request: Request, _: CanSee, symbol: str, as_of: date) -> HTMLResponse:
    """The board as Dagster knows it now; without Dagster what the lake has."""
    of = sources(request)
    answer = ask(_board, of, symbol, as_of)
    files = ModelFiles(of.lake.store)
    stored = {stage: as_of in files.as_of_days(stage, symbol) for stage in _STORED}
    return part(
        request,
        "pages/lifecycle/board_now.html",
        symbol=symbol,
        as_of=as_of,
        answer=answer,
        stages=STAGES,
        steps=answer.value[0] if answer.value else {},
        runs=answer.value[1] if answer.value else [],
        backfills=answer.value[2] if answer.value else [],
        under_way=UNDER_WAY,
        stored=stored,
        dagster_url=of.dagster.url,
    )


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
        act.after = dagster.launch(assets, [key], f"{step} of {key}, by {request.state.person.name}", config)
    return redirect(f"/lifecycle/{symbol}/{as_of}", f"Asked for {', '.join(assets)}: backfill {act.after}")


_STORED = ("trained", "validated", "tested", "walk_forward")
_WALK = ("from", "to", "every", "train", "validate", "anchored", "again")


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
    if step in _ASSETS and not step.startswith("gold/"):
        return (step,)
    raise DataError(f"Expected fold or one of {', '.join(_ASSETS[2:])}, was {step!r}")


def _board(
    of: Sources, symbol: str, as_of: date
) -> tuple[dict[str, Step], list[dict[str, Any]], list[dict[str, Any]]]:
    key = f"{symbol}|{as_of}"
    runs = of.dagster.runs_of(key)
    latest = of.dagster.latest(_ASSETS[2:], key)
    days = _gold_days(of, symbol)
    seen = max((day for day in days if day < as_of), default=None)
    if seen is not None:
        latest |= of.dagster.latest(_ASSETS[:2], f"{symbol}|{seen}")
    backfills = [
        each for each in of.dagster.backfills() if symbol in str(each["title"]) or _is_of(each, symbol)
    ]
    return (
        steps(latest, runs),
        [each | {"began": moment(each["startTime"] or each["creationTime"])} for each in runs],
        [each | {"at": moment(each["timestamp"])} for each in backfills],
    )


def _is_of(backfill: Mapping[str, Any], symbol: str) -> bool:
    return any(str(name).startswith(f"{symbol}|") for name in backfill["partitionNames"] or ())


def _run(request: Request, run_id: str) -> dict[str, Any]:
    of = sources(request)
    answer: Answer[dict[str, Any]] = ask(of.dagster.run, run_id)
    run = answer.value
    sentence, trace = error_of(run) if run else ("", "")
    return {
        "run_id": run_id,
        "answer": answer,
        "run": run,
        "is_under_way": bool(run) and run["status"] in UNDER_WAY if run else False,
        "began": moment(run["startTime"]) if run else None,
        "seconds": run["endTime"] - run["startTime"] if run and run["endTime"] and run["startTime"] else None,
        "sentence": sentence,
        "trace": trace,
        "messages": messages(run) if run else [],
        "dagster_url": of.dagster.url,
    }


def _walk_words(symbol: str, asked: Mapping[str, str]) -> list[str]:
    """The command's own words; each value is checked there once more."""
    words = ["walk-forward", instrument_of(symbol).symbol]
    for name in ("from", "to"):
        try:
            words += [f"--{name}", str(date.fromisoformat(asked.get(name, "")))]
        except ValueError:
            raise DataError(f"{name}: Expected a day YYYY-MM-DD, was {asked.get(name, '')!r}") from None
    for name in ("every", "train", "validate"):
        text = asked.get(name, "").strip().removesuffix("d")
        if not text and name != "every":
            continue
        if not (text.isascii() and text.isdigit() and int(text)):
            raise DataError(f"{name}: Expected a number of days, was {asked.get(name, '')!r}")
        words += [f"--{name}", f"{int(text)}d"]
    return [*words, *(f"--{name}" for name in ("anchored", "again") if asked.get(name))]


def _log(of: Sources, name: str) -> str:
    path = of.settings.pages_home / "commands" / f"{Path(name).name}.log"
    if Path(name).name != name or not path.is_file():
        raise DataError(f"Expected a walk-forward that was launched here, was {name!r}")
    content = path.read_bytes()[-_TAIL:].decode(errors="replace")
    return content or "It begins …"


def _of_symbol(of: Sources, symbol: str) -> Coverage | None:
    return next((each for each in of.coverage.within(_WAIT_S) or () if each.symbol == symbol), None)


def _gold_days(of: Sources, symbol: str) -> list[date]:
    found = _of_symbol(of, symbol)
    return sorted(found.layers["gold"]) if found else []


def _symbols(of: Sources) -> list[str]:
    return [each.symbol for each in of.coverage.within(_WAIT_S) or ()]


def _as_of_days(of: Sources, symbol: str) -> list[date]:
    """As-of days with a stage's file, the newest first; else the day after the newest gold."""
    files = ModelFiles(of.lake.store)
    made = {day for stage in _STORED for day in files.as_of_days(stage, symbol)}
    held = _gold_days(of, symbol)
    return sorted(made, reverse=True) or ([held[-1]] if held else [])
