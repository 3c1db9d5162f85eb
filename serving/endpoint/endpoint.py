"""Everything a running endpoint holds, and how routes get at it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated

from fastapi import Depends, HTTPException
from starlette.requests import HTTPConnection

from serving.endpoint.access import endpoint_token, is_authorised
from serving.endpoint.counters import Counters
from serving.endpoint.model_store import ModelStore
from serving.endpoint.sessions import Sessions
from ticklake_assets.core.errors import DataError
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.settings import Settings


@dataclass(frozen=True)
class Endpoint:
    token: str
    models: ModelStore
    sessions: Sessions
    counters: Counters
    served: Path
    """Root of the journals of what was served."""

    @classmethod
    def open(cls, settings: Settings) -> Endpoint:
        """Read the token and reload the models of an earlier run; days are rebuilt by replaying them."""
        home = settings.endpoint_home
        home.mkdir(parents=True, exist_ok=True)
        counters = Counters()
        models = ModelStore(home / "models", settings.keys_dir)
        sessions = Sessions(models, counters, home / "served")
        return cls(endpoint_token(settings.keys_dir), models, sessions, counters, home / "served")


def authorised_endpoint(connection: HTTPConnection) -> Endpoint:
    """The running endpoint, for who has its token; 401 for everybody else."""
    endpoint: Endpoint = connection.app.state.endpoint
    if not is_authorised(connection, endpoint.token):
        raise HTTPException(
            401,
            "Expected the header 'Authorization: Bearer TOKEN' with the token of the endpoint's token file",
            {"WWW-Authenticate": "Bearer"},
        )
    return endpoint


def requested_day(symbol: str, trading_day: str) -> SymbolDay:
    """The symbol-day that an address names; 404 where there cannot be one."""
    try:
        return SymbolDay(instrument_of(symbol).symbol, date.fromisoformat(trading_day))
    except (DataError, ValueError) as error:
        raise HTTPException(404, f"No symbol-day {symbol}|{trading_day}: {error}") from error


Authorised = Annotated[Endpoint, Depends(authorised_endpoint)]
