"""`GET /metrics`: what Prometheus scrapes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, time
from time import time_ns
from typing import Any

from fastapi import APIRouter, Request, Response

from serving.endpoint.access.scopes import CanRead
from serving.endpoint.journal.journals import Journals
from serving.endpoint.models.model import Model
from serving.endpoint.telemetry.metrics import Gauge, exposition

router = APIRouter()
_TEXT: dict[int | str, dict[str, Any]] = {200: {"content": {"text/plain": {"schema": {"type": "string"}}}}}


@router.get("/metrics", responses=_TEXT, response_class=Response)
async def metrics(endpoint: CanRead, request: Request) -> Response:
    """Tell every count since the start and every gauge of now, in Prometheus's text format or OpenMetrics."""
    # On the loop, where nobody counts meanwhile, so that the figures are of one moment.
    watched = endpoint.watches.gauges(time_ns() // 1000)
    gauges = [*_model_ages(endpoint.models.all()), *_journals(endpoint.journals), *watched]
    body, media_type = exposition(endpoint.counters, gauges, request.headers.get("accept", ""))
    return Response(body, media_type=media_type)


def _model_ages(models: Iterable[Model]) -> Iterator[Gauge]:
    now = datetime.now(UTC)
    for model in models:
        since = datetime.combine(model.as_of, time(), UTC)
        labels = (model.symbol, model.mode, model.digest)
        yield Gauge("model_age_seconds", (now - since).total_seconds(), labels)


def _journals(journals: Journals) -> Iterator[Gauge]:
    disk = os.statvfs(journals.root)
    yield Gauge("journal_bytes", journals.room.held_bytes)
    yield Gauge("journal_unsynced_bytes", journals.unsynced_bytes)
    yield Gauge("journal_free_bytes", disk.f_bavail * disk.f_frsize)
    yield Gauge("journal_room_bytes", journals.room.left_bytes)
