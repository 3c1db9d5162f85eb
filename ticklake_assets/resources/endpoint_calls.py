"""What the live endpoint is asked over HTTP, by whoever deploys to it or looks at it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import NamedTuple

import httpx

from ticklake_assets.core.errors import BundleError, MissingDataError, SetupError, TransientError
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.credentials import hidden


class JournalAtEndpoint(NamedTuple):
    """A streamed day as the endpoint lists it."""

    day: SymbolDay
    sealed: bool
    streams: int
    """How often the day was begun; the last one is its journal."""
    size: int
    """Of the newest stream, bytes."""


class FetchedJournal(NamedTuple):
    content: bytes
    older_streams: int
    """Streams of the day that were begun before this one: they stay at the endpoint."""


class EndpointCalls(NamedTuple):
    """An endpoint by its address and the folder of its token."""

    url: str
    keys_dir: Path

    def push(self, bundle: bytes, *, replace_newer: bool = False) -> dict[str, str]:
        """Push a signed bundle; returns the endpoint's word on it (digest, symbol, mode).

        An older bundle takes the place of a newer live one only with `replace_newer`: a rollback.
        Raises BundleError when the endpoint refuses it, TransientError when it doesn't answer.
        """
        address = "/v1/bundles?replace_newer=true" if replace_newer else "/v1/bundles"
        answer = self._ask("POST", address, bundle)
        if answer.status_code != httpx.codes.CREATED:
            raise BundleError(
                f"The endpoint {hidden(self.url)} refused the bundle: {answer.status_code} {answer.text}"
            )
        reply: dict[str, str] = answer.json()
        return reply

    def modes(self) -> dict[str, str]:
        """Which bundles are in service: `live` or `shadow` by digest. TransientError when it doesn't answer."""
        return {
            model["digest"]: model["mode"]
            for model in self._ask("GET", "/v1/models").raise_for_status().json()
        }

    def journals(self) -> list[JournalAtEndpoint]:
        """The days that were streamed. TransientError when it doesn't answer."""
        return [
            JournalAtEndpoint(
                SymbolDay(told["symbol"], date.fromisoformat(told["day"])),
                told["sealed"],
                told["streams"],
                told["bytes"],
            )
            for told in self._ask("GET", "/v1/journal").raise_for_status().json()
        ]

    def journal(self, day: SymbolDay) -> FetchedJournal:
        """A sealed day's journal, as it lies at the endpoint.

        Raises:
            MissingDataError: nothing was streamed on that day, or it is not sealed yet.
            TransientError: the endpoint doesn't answer.
        """
        answer = self._ask("GET", f"/v1/journal/{day.symbol}/{day.trading_day}")
        if answer.status_code == httpx.codes.NOT_FOUND:
            raise MissingDataError(
                f"{day}: the endpoint {hidden(self.url)} has no journal. Expected a day that was streamed: "
                f"{answer.json()['error']}"
            )
        if answer.is_error:
            raise TransientError(
                f"{day}: the endpoint {hidden(self.url)} did not give its journal: {answer.status_code} {answer.text}"
            )
        if answer.headers["x-ticklake-sealed"] != "true":
            raise MissingDataError(
                f"{day} is not sealed. Expected a closed day, was one whose stream may go on. It is sealed when "
                f"its feed turns to a later day; else an hour after its last tick once the day is over (UTC); "
                f"or when `POST /v1/journal/{day.symbol}/{day.trading_day}/seal` asks for it"
            )
        return FetchedJournal(answer.content, int(answer.headers["x-ticklake-streams"]) - 1)

    def _ask(self, method: str, address: str, content: bytes | None = None) -> httpx.Response:
        token_file = self.keys_dir / "endpoint.token"
        if not token_file.is_file():
            raise SetupError(f"No token {token_file}: start the endpoint once with `ticklake endpoint`")
        headers = {
            "Authorization": f"Bearer {token_file.read_text().strip()}",
            "Content-Type": "application/zip",
        }
        try:
            with httpx.Client(transport=httpx.HTTPTransport(retries=3), timeout=30) as client:
                return client.request(method, f"{self.url}{address}", content=content, headers=headers)
        except httpx.TransportError as error:
            raise TransientError(
                f"The endpoint {hidden(self.url)} doesn't answer ({error}): start it with `ticklake endpoint`"
            ) from error
