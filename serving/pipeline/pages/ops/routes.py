"""`/ops`: services, sensors, queues, alerts, parity, disks, versions; and questions to gold."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from serving.pipeline.access.access import access_of
from serving.pipeline.access.roles import CanResearch, CanSee
from serving.pipeline.answers import Answer, ask
from serving.pipeline.pages.ops.services import alerts, disks, replication, services, versions
from serving.pipeline.pages.ops.sql import FILES, MOST_ROWS, asked, figures, file_of
from serving.pipeline.rendering import page, part
from serving.pipeline.sources.all import Sources, sources
from ticklake_assets.storage.sql.library import library

router = APIRouter(include_in_schema=False)
_PARITY = re.compile(r"parity/([A-Z0-9]{3,12})/(\d{4}-\d{2}-\d{2})\.json")
_PARITY_DAYS = 30
_ACTIONS = 8


@router.get("/ops")
def ops(request: Request, _: CanSee) -> HTMLResponse:
    of = sources(request)
    return page(
        request,
        "pages/ops/page.html",
        title="Ops",
        disks=disks(of),
        versions=versions(),
        settings=of.settings,
        actions=list(islice(access_of(request).audit.entries(), _ACTIONS)),
    )


@router.get("/ops/services")
def service_part(request: Request, _: CanSee) -> HTMLResponse:
    return part(request, "pages/ops/services.html", services=services(sources(request)))


@router.get("/ops/automation")
def automation(request: Request, _: CanSee) -> HTMLResponse:
    of = sources(request)
    found = ask(of.dagster.automation)
    runs = ask(of.dagster.runs, limit=12) if found.value else Answer()
    return part(
        request,
        "pages/ops/automation.html",
        answer=found,
        sensors=_automated(found.value["sensors"], "sensorState") if found.value else [],
        schedules=_automated(found.value["schedules"], "scheduleState") if found.value else [],
        daemons=found.value["daemons"] if found.value else [],
        runs=[
            each | {"began": _moment(each["startTime"] or each["creationTime"])} for each in runs.value or ()
        ],
        dagster_url=of.dagster.url,
    )


@router.get("/ops/queues")
def queues(request: Request, _: CanSee) -> HTMLResponse:
    of = sources(request)
    return part(request, "pages/ops/queues.html", answer=ask(replication, of), firing=ask(alerts, of))


@router.get("/ops/parity")
def parity(request: Request, _: CanSee) -> HTMLResponse:
    return part(request, "pages/ops/parity.html", answer=ask(_parity, sources(request)))


@router.get("/ops/sql")
def sql(request: Request, _: CanResearch, statement: str = "", query: str = "") -> HTMLResponse:
    """The box; its answer follows. The question stands in the address."""
    return page(
        request,
        "pages/ops/sql.html",
        title="SQL",
        statement=statement,
        query=query,
        library=library(),
        given=dict(request.query_params),
        most_rows=MOST_ROWS,
        engine=sources(request).settings.sql_url.partition("://")[0],
    )


@router.get("/ops/sql/answer")
def sql_answer(
    request: Request, _: CanResearch, statement: str = "", query: str = "", x: str = "", y: str = ""
) -> HTMLResponse:
    answer = ask(asked, sources(request).questions, statement, query, request.query_params)
    drawn = figures(answer.value, x, y) if answer.value and x and y else None
    return part(
        request,
        "pages/ops/answer.html",
        answer=answer,
        found=answer.value,
        drawn=drawn,
        x=x,
        y=y,
        asked=str(request.url.query),
        files=FILES,
        most_rows=MOST_ROWS,
    )


@router.get("/ops/sql/file")
def sql_file(request: Request, _: CanResearch, form: str, statement: str = "", query: str = "") -> Response:
    data = file_of(sources(request).questions, statement, query, request.query_params, form)
    headers = {"Content-Disposition": f'attachment; filename="answer.{form}"'}
    return Response(data, media_type=FILES[form], headers=headers)


def _automated(found: list[dict[str, Any]], state: str) -> list[dict[str, Any]]:
    told = []
    for each in found:
        tick = (each[state]["ticks"] or [None])[0]
        error = (tick["error"] or {}).get("message", "") if tick else ""
        told.append(
            {
                "name": each["name"],
                "cron": each.get("cronSchedule", ""),
                "state": each[state]["status"].lower(),
                "at": _moment(tick["timestamp"]) if tick else None,
                "tick": tick["status"].lower() if tick else "",
                "error": error,
            }
        )
    return told


def _parity(of: Sources) -> list[dict[str, Any]]:
    """The newest days that were served and proven, with what their documents say."""
    keys = sorted(
        (match.group(2), match.group(1), each.key)
        for each in of.lake.store.list("parity/")
        if (match := _PARITY.fullmatch(each.key))
    )
    return [
        {"day": day, "symbol": symbol, "told": json.loads(of.lake.store.get(key))}
        for day, symbol, key in reversed(keys[-_PARITY_DAYS:])
    ]


def _moment(seconds: float | None) -> datetime | None:
    return datetime.fromtimestamp(float(seconds), UTC) if seconds else None
