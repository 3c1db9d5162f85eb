"""What the live page keeps for all who look: who is followed, which sandboxes play, which symbols there are."""

from __future__ import annotations

from datetime import date
from functools import partial

from fastapi import Request

from serving.pipeline.answers import ask
from serving.pipeline.pages.live.feeds import Feeds
from serving.pipeline.sandbox.sandboxes import Sandboxes
from serving.pipeline.sources.all import Sources, sources
from serving.pipeline.sources.endpoint import EndpointSource
from serving.pipeline.sources.refreshed import Refreshed
from ticklake_assets.core.errors import DataError, MissingDataError
from ticklake_assets.core.instruments import instrument_of

_SERVED_EVERY_S = 30.0
_WAIT_S = 0.25


class Room:
    """One a program."""

    def __init__(self, known: Sources) -> None:
        self.endpoint: EndpointSource = known.endpoint
        self.feeds = Feeds()
        self.sandboxes = Sandboxes(known.settings)
        self._lake = known.lake
        self._coverage = known.coverage
        self._served = Refreshed(partial(_served, known.endpoint), _SERVED_EVERY_S)

    def symbols(self) -> list[str]:
        """Symbols with a model in service or days in the lake."""
        held = self._coverage.within(_WAIT_S) or ()
        return sorted({*self._served.value, *(each.symbol for each in held)})

    def days(self, symbol: str) -> list[date]:
        """Days of a symbol that a sandbox can replay, by listing alone."""
        from ticklake_assets.research.ticks import days_held

        return sorted(days_held(self._lake.store, "raw", symbol))

    def bundles(self, symbol: str) -> list[str]:
        """Judged bundles of a symbol, the one in service first."""
        from serving.pipeline.sandbox.lake_day import judged_bundles

        judged = judged_bundles(self._lake.store, symbol)
        champion = (ask(self.endpoint.in_service, symbol).value or {}).get("champion") or {}
        return sorted(judged, key=lambda digest: digest != champion.get("digest"))


def room(request: Request) -> Room:
    state = request.app.state
    if not hasattr(state, "live"):
        state.live = Room(sources(request))
    found: Room = state.live
    return found


def expect_symbol(symbol: str) -> str:
    """MissingDataError for a symbol that no instrument has."""
    try:
        return instrument_of(symbol).symbol
    except DataError as error:
        raise MissingDataError(str(error)) from error


def _served(endpoint: EndpointSource) -> set[str]:
    return {each["symbol"] for each in ask(endpoint.models).value or ()}
