"""`GET /v1/symbols/{symbol}`: what an order of a symbol needs to know."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel

from serving.endpoint.endpoint import Authorised
from ticklake_assets.core.broker import Costs
from ticklake_assets.core.errors import DataError
from ticklake_assets.core.instruments import instrument_of

router = APIRouter()


class SymbolFacts(BaseModel):
    symbol: str
    digits: int
    point: float
    pip: float
    stops_level_points: int
    costs: Costs


@router.get("/v1/symbols/{symbol}")
async def symbol_facts(symbol: str, _: Authorised) -> SymbolFacts:
    """State the price grid and the expected costs of a symbol."""
    try:
        known = instrument_of(symbol)
    except DataError as error:
        raise HTTPException(404, str(error)) from error
    return SymbolFacts(**{name: getattr(known, name) for name in SymbolFacts.model_fields})
