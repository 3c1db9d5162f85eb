"""HTTP and WebSocket client of the endpoint: one tick a message, lock-step, each round trip timed."""

from __future__ import annotations

from array import array
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from email.utils import parsedate_to_datetime
from time import perf_counter, time
from typing import Any, TypeVar

import httpx
from pydantic import TypeAdapter, ValidationError
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from mt5_bridge.errors import ConnectionLost, DayTaken, EndpointError
from mt5_bridge.wire.contract import (
    MOST_TICKS,
    Answer,
    Resumed,
    ServedModel,
    SymbolFacts,
    Tick,
    batch_message,
    parse_acknowledged,
    parse_answer,
    parse_control,
)

_T = TypeVar("_T")


class Stream:
    """An open connection of one symbol-day."""

    def __init__(self, connection: ClientConnection, round_trips: array[float]) -> None:
        self._connection = connection
        self._round_trips = round_trips

    async def start(self, *, rolls: bool = False) -> Resumed:
        """Begin the day anew; the next tick is the day's first. `rolls`: a tick of a later day turns the day; else
        no tick is of another day.
        """
        message = f'{{"type":"start","complete":true,"rolls":{"true" if rolls else "false"}}}'
        return parse_control(await self._exchange(message), "started")

    async def resume(self) -> Resumed:
        """Ask where the endpoint stands, to go on from there."""
        return parse_control(await self._exchange('{"type":"resume"}'), "resumed")

    async def ask(self, tick: Tick) -> Answer:
        """Send one tick and wait for its answer. A tick sent twice in a row gets its first answer again."""
        message = tick.message()
        before = perf_counter()
        text = await self._exchange(message)
        self._round_trips.append(perf_counter() - before)
        answer = parse_answer(text)
        if answer.seq != tick.seq:
            raise EndpointError(f"Expected the answer to tick {tick.seq}, was {answer.seq}")
        return answer

    async def catch_up(self, ticks: Sequence[Tick]) -> int:
        """Send ticks that are history, `MOST_TICKS` a message; returns how many signals nobody acts on."""
        signals = 0
        for at in range(0, len(ticks), MOST_TICKS):
            part = ticks[at : at + MOST_TICKS]
            said = parse_acknowledged(await self._exchange(batch_message(part)))
            if said.seq != part[-1].seq:
                raise EndpointError(f"Expected ticks up to {part[-1].seq} to be acknowledged, was {said.seq}")
            signals += said.signals
        return signals

    async def _exchange(self, message: str) -> str | bytes:
        try:
            await self._connection.send(message)
            return await self._connection.recv()
        except ConnectionClosed as error:
            reason = error.rcvd.reason if error.rcvd is not None else ""
            raise ConnectionLost(f"The endpoint closed the stream: {reason or error}") from error


class EndpointClient:
    """The endpoint at `url` (http or https), spoken to with its bearer token."""

    def __init__(self, url: str, token: str, timeout_seconds: float = 10.0) -> None:
        self._url = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"}
        self._timeout = timeout_seconds
        self.round_trips: array[float] = array("d")
        """Seconds from sending a tick to having its answer, of every tick asked."""

    def symbol_facts(self, symbol: str) -> SymbolFacts:
        return _contract(SymbolFacts, self._get(f"/v1/symbols/{symbol}"))

    def bundle_in_service(self, symbol: str) -> str | None:
        """Digest of the model whose signals the endpoint sends: the live one, else the shadow."""
        return next((model.digest for model in self.models() if model.symbol == symbol), None)

    def models(self) -> list[ServedModel]:
        """The models in service, by symbol, the live one before the shadows."""
        return _contract(list[ServedModel], self._get("/v1/models"))

    def clock_ahead_seconds(self) -> float:
        """How far the endpoint's clock is ahead of this machine's, to a second: its answers bear whole seconds."""
        before = time()
        answer = self._fetch("/healthz")
        middle = (before + time()) / 2
        try:
            said = parsedate_to_datetime(answer.headers["date"]).timestamp()
        except (KeyError, ValueError) as error:
            raise EndpointError(f"/healthz: Expected a header Date, was {dict(answer.headers)}") from error
        return said + 0.5 - middle

    def stats(self) -> dict[str, Any]:
        """The endpoint's own counters since it started."""
        stats: dict[str, Any] = self._get("/v1/stats")
        return stats

    @asynccontextmanager
    async def stream(self, symbol: str, trading_day: str) -> AsyncIterator[Stream]:
        """Open the stream of a symbol-day; `ConnectionLost` where nobody answers."""
        url = f"ws{self._url.removeprefix('http')}/v1/stream/{symbol}/{trading_day}"
        opening = connect(
            url,
            additional_headers=self._headers,
            compression=None,  # a tick is 80 bytes: deflating it costs more than sending it
            open_timeout=self._timeout,
            close_timeout=1.0,  # a dead endpoint does not say goodbye
            proxy=None,  # the endpoint is on this machine
        )
        try:
            connection = await opening
        except InvalidHandshake as error:
            taken = isinstance(error, InvalidStatus) and error.response.status_code == httpx.codes.CONFLICT
            kind = DayTaken if taken else EndpointError
            raise kind(f"{url} refused the stream ({error}){_body(error)}") from error
        except (OSError, TimeoutError) as error:
            raise ConnectionLost(f"{url} does not answer ({error}). Expected a running endpoint") from error
        try:
            yield Stream(connection, self.round_trips)
        finally:
            await connection.close()

    def expert(self, symbol: str, digest: str | None = None) -> bytes:
        """Zip of the symbol's model as an Expert Advisor: of the first model in service, or the one named."""
        return self._fetch(f"/v1/models/{symbol}/expert" + (f"?digest={digest}" if digest else "")).content

    def _get(self, path: str) -> Any:
        response = self._fetch(path)
        try:
            return response.json()
        except ValueError as error:
            raise EndpointError(f"{path}: Expected JSON, was {response.text[:80]!r}") from error

    def _fetch(self, path: str) -> httpx.Response:
        try:
            # The endpoint is local: a proxy of the environment must not see the token.
            response = httpx.get(
                self._url + path, headers=self._headers, timeout=self._timeout, trust_env=False
            )
        except httpx.InvalidURL as error:
            raise EndpointError(
                f"Expected the endpoint's URL, like http://127.0.0.1:8750, was {self._url!r}"
            ) from error
        except httpx.HTTPError as error:
            raise ConnectionLost(
                f"{self._url} does not answer ({error}). Expected a running endpoint"
            ) from error
        if response.status_code != httpx.codes.OK:
            raise EndpointError(f"{path} answered {response.status_code}: {response.text[:500]}")
        return response


def _contract(kind: type[_T], body: Any) -> _T:
    try:
        return TypeAdapter(kind).validate_python(body)
    except ValidationError as error:
        raise EndpointError(f"Answer breaks the wire contract ({error}). Was {body!r}") from error


def _body(error: InvalidHandshake) -> str:
    body = error.response.body if isinstance(error, InvalidStatus) else b""
    return f": {bytes(body).decode(errors='replace')}" if body else ""
