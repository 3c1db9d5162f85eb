"""`GET /v1/symbols/{symbol}`: what an order of a symbol needs to know."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, HTTPException, Path
from pydantic import BaseModel, Field

from serving.endpoint.access.scopes import CanRead
from serving.endpoint.refusals import refusals
from ticklake_assets.core.broker import Costs
from ticklake_assets.core.errors import DataError
from ticklake_assets.core.instruments import instrument_of

router = APIRouter()


class SymbolFacts(BaseModel):
    """The price grid of a symbol and what trading it is expected to cost."""

    symbol: str = Field(description="Its name", examples=["GBPJPY"])
    digits: int = Field(description="Decimals of a price", examples=[3])
    point: float = Field(description="The last of them, in units of the price", examples=[0.001])
    pip: float = Field(
        description="The trader's unit of price change, in units of the price", examples=[0.01]
    )
    stops_level_points: int = Field(
        description="Least distance of a stop or target from the price, points", examples=[0]
    )
    costs: Costs = Field(description="The cost profile resolved for the symbol")


@router.get("/v1/symbols/{symbol}", responses=refusals(404))
async def symbol_facts(
    symbol: Annotated[
        str, Path(description="A symbol that `ticklake instruments` lists", examples=["GBPJPY"])
    ],
    _: CanRead,
) -> SymbolFacts:
    """State the price grid and the expected costs of a symbol."""
    try:
        known = instrument_of(symbol)
    except DataError as error:
        raise HTTPException(404, str(error)) from error
    return SymbolFacts(**{name: getattr(known, name) for name in SymbolFacts.model_fields})
