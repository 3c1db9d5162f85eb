"""`GET /v1/models`: which models are in service."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from serving.endpoint.endpoint import Authorised

router = APIRouter()


@router.get("/v1/models")
async def models(endpoint: Authorised) -> list[dict[str, Any]]:
    """List the models in service, by symbol, the live one before the shadow."""
    return [model.as_dict() for model in endpoint.models.all()]
