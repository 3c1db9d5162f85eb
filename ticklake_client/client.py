"""The endpoint's calls: HTTP ones block, streams are asynchronous."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from types import TracebackType
from typing import Any, Self

import httpx

from ticklake_client.connection import Address
from ticklake_client.errors import ConnectionLostError, ContractError, refusal
from ticklake_client.signals import read_signals
from ticklake_client.stream import Stream
from ticklake_client.wire import Acknowledgement, SignalEvent, Tick, checked, rows, text


class Client:
    """The endpoint at `url` (http or https), spoken to with a bearer token.

    `timeout_s` bounds a call and the opening of a stream; a stream that is lost is tried again for `patience_s`.
    """

    def __init__(self, url: str, token: str, *, timeout_s: float = 10.0, patience_s: float = 60.0) -> None:
        self._address = Address(url.rstrip("/"), token, timeout_s, patience_s)
        # No proxy of the environment sees the token.
        self._http = httpx.Client(headers=self._address.headers, timeout=timeout_s, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def stream(self, symbol: str, trading_day: str) -> Stream:
        """The feed of a symbol-day (YYYY-MM-DD): `async with client.stream(...) as stream`."""
        return Stream(self._address, symbol, trading_day)

    def signals(self, symbol: str, after: str = "") -> AsyncIterator[SignalEvent]:
        """Each signal of a symbol once, in order: those behind the id (or day) `after`, then as they are made.

        It comes back by itself behind the last one. Without `after` it begins with the next signal, and one that is
        made before the first was read may be missed while a connection is lost.
        """
        return read_signals(self._address, symbol, after)

    def push_ticks(
        self,
        symbol: str,
        seq: int,
        ticks: Sequence[Tick],
        *,
        trading_day: str | None = None,
        start: bool = False,
    ) -> Acknowledgement:
        """Send a batch by HTTP, its first tick numbered `seq`; the same batch may be sent again and counts once.

        `trading_day` (YYYY-MM-DD) is the first tick's by itself; `start` says that these are the day's first ticks.
        """
        query: dict[str, str] = {"start": "true"} if start else {}
        if trading_day is not None:
            query["trading_day"] = trading_day
        content = text({"seq": seq, "rows": rows(ticks, seq)})
        told = self._call("POST", f"/v1/ticks/{symbol}", params=query, content=content)
        return checked(Acknowledgement, told)

    def models(self) -> list[dict[str, Any]]:
        """The models in service."""
        found: list[dict[str, Any]] = self._call("GET", "/v1/models")
        return found

    def stats(self) -> dict[str, Any]:
        """What the endpoint counted since it started."""
        found: dict[str, Any] = self._call("GET", "/v1/stats")
        return found

    def symbol(self, symbol: str) -> dict[str, Any]:
        """A symbol's price grid and costs."""
        found: dict[str, Any] = self._call("GET", f"/v1/symbols/{symbol}")
        return found

    def _call(self, method: str, path: str, **told: Any) -> Any:
        url = self._address.url + path
        try:
            answer = self._http.request(method, url, **told)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ConnectionLostError(
                f"{url} does not answer ({error}). Expected a running endpoint"
            ) from error
        try:
            body = answer.json()
        except ValueError as error:
            raise ContractError(f"{url}: Expected JSON, was {answer.text[:200]!r}") from error
        if not answer.is_success:
            raise refusal(
                answer.status_code, str(body.get("error", body) if isinstance(body, dict) else body)
            )
        return body
