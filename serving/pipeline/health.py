"""Whether the program is there: for who starts it, and for whoever waits. Nobody has to sign in."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, Field

router = APIRouter()


class Health(BaseModel):
    """It answers, so it is well: of the services that it asks, pages say how they are."""

    status: str = Field("ok", description="`ok`")


@router.get("/healthz")
def healthz() -> Health:
    """Say that the pages are served."""
    return Health()
