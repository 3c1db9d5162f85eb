"""Everything a running endpoint holds, and how routes get at it."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from fastapi import Depends, HTTPException
from starlette.requests import HTTPConnection

from serving.endpoint.access import endpoint_token, is_authorised
from serving.endpoint.feed.desk import Desk
from serving.endpoint.feed.sessions import Sessions
from serving.endpoint.journal.journals import Journals
from serving.endpoint.journal.room import Limits
from serving.endpoint.models.store import ModelStore
from serving.endpoint.telemetry.counters import Counters
from serving.endpoint.telemetry.traces import Tracer, open_tracer
from serving.endpoint.watch.watches import Watches
from ticklake_assets.core.errors import DataError, TicklakeError
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.notices import Notices
from ticklake_assets.settings import Settings

_LOG = logging.getLogger("ticklake.endpoint")
_TIDIED_EVERY_S = 60.0


@dataclass(frozen=True)
class Endpoint:
    token: str
    models: ModelStore
    sessions: Sessions
    counters: Counters
    notices: Notices
    tracer: Tracer | None
    """None where no exporter is configured."""
    watches: Watches

    @property
    def journals(self) -> Journals:
        return self.sessions.desk.journals

    @classmethod
    def open(cls, settings: Settings) -> Endpoint:
        """Read the token and reload the models of an earlier run; days come back from their journals when asked for."""
        home = settings.endpoint_home
        home.mkdir(parents=True, exist_ok=True)
        counters = Counters()
        models = ModelStore(
            home / "models",
            settings.keys_dir,
            expires_days=settings.model_expires_days,
            most_shadows=settings.model_shadows,
        )
        limits = Limits(settings.journal_most_bytes, settings.journal_free_bytes, settings.journal_keep_days)
        journals = Journals(settings.journals, settings.journal_durability, limits)
        notices, tracer = Notices.of(settings), open_tracer(settings)
        skew_us = round(settings.endpoint_skew_s * 1e6)
        watches = Watches(home / "watch", models)
        desk = Desk(models, counters, journals, watches, notices=notices, tracer=tracer, skew_us=skew_us)
        sessions = Sessions(desk)
        return cls(endpoint_token(settings.keys_dir), models, sessions, counters, notices, tracer, watches)

    async def keep_up(self) -> None:
        """Seal the days that are over and remove what is older than is kept; for as long as the endpoint runs."""
        while True:
            try:
                self.sessions.seal_over()
                self.journals.sweep()
            except (OSError, TicklakeError) as error:
                _LOG.warning("The journals were not tidied up: %s", error)
            await asyncio.sleep(_TIDIED_EVERY_S)

    def close(self) -> None:
        """Close streams, make their journals durable, and send what telemetry still holds, seconds at most."""
        self.sessions.close()
        self.sessions.desk.close()
        self.notices.close()
        if self.tracer is not None:
            self.tracer.close()


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
