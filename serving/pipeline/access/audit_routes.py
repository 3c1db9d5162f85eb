"""The page of the log of actions."""

from __future__ import annotations

from itertools import islice
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from serving.pipeline.access.access import access_of
from serving.pipeline.access.audit import Entry
from serving.pipeline.access.roles import CanSee
from serving.pipeline.rendering import page

router = APIRouter(include_in_schema=False)
_A_PAGE = 100
At = Annotated[int, Query(ge=0, le=1_000_000)]


@router.get("/audit")
def audit(request: Request, _: CanSee, who: str = "", action: str = "", at: At = 0) -> Response:
    """Who did what, the newest first."""

    def wanted(entry: Entry) -> bool:
        return who in ("", entry.who) and action in ("", entry.action)

    entries = access_of(request).audit.entries()
    found = list(islice((each for each in entries if wanted(each)), at, at + _A_PAGE + 1))
    return page(
        request,
        "access/audit.html",
        title="Audit log",
        entries=found[:_A_PAGE],
        more=len(found) > _A_PAGE,
        who=who,
        action=action,
        at=at,
        step=_A_PAGE,
    )
