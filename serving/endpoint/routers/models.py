"""`GET /v1/models`: which models are in service."""

from __future__ import annotations

from datetime import date
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from serving.endpoint.access.scopes import CanRead
from serving.endpoint.models.model import Mode
from ticklake_assets.core.broker import Costs

router = APIRouter()


class ServedModel(BaseModel):
    """A model in service."""

    digest: str = Field(description="sha256 of its bundle, hexadecimal", examples=["9f2c" * 16])
    symbol: str = Field(description="The symbol that it scores", examples=["EURUSD"])
    mode: Mode = Field(description="`live`: its signals may be traded; `shadow`: it only scores")
    as_of: date = Field(
        description="UTC day before which everything lies that it learnt from", examples=["2024-01-15"]
    )
    verdict: str = Field(description="What its gates say", examples=["passed"])
    dataset: dict[str, Any] = Field(
        description="The frozen dataset that it learnt from", examples=[{"version": "v3"}]
    )
    expires: str = Field(
        description="UTC time from which on it abstains, `stale_model`",
        examples=["2024-03-01T00:00:00+00:00"],
    )
    costs: Costs = Field(
        description="The costs that its gates judged it at: what an account should not exceed"
    )


@router.get("/v1/models")
async def models(endpoint: CanRead) -> list[ServedModel]:
    """List the models in service, by symbol, the live one before the shadow."""
    return [ServedModel(**model.as_dict()) for model in endpoint.models.all()]
