"""`/lifecycle/runs/ID`: a run of Dagster as it goes, its error in words, and its end by hand."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response

from serving.pipeline.access.audit import acting
from serving.pipeline.access.roles import CanResearch, CanSee
from serving.pipeline.answers import Answer, ask
from serving.pipeline.pages.lifecycle.board import error_of, messages, moment
from serving.pipeline.rendering import page, part, redirect
from serving.pipeline.sources.all import sources
from serving.pipeline.sources.dagster import UNDER_WAY
from ticklake_assets.core.instruments import instrument_of

router = APIRouter(include_in_schema=False)


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
