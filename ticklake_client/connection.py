"""WebSockets of the endpoint, with errors of our own."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import TypeVar

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, InvalidStatus, InvalidURI

from ticklake_client.errors import ConnectionLostError, RefusedError, refusal

_T = TypeVar("_T")
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.05, 5.0
_TRY_AGAIN = (HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
"""Of a client that comes back: the endpoint may not know yet that its old connection is gone."""


@dataclass(frozen=True)
class Address:
    """An endpoint, and who speaks to it."""

    url: str
    """http or https."""
    token: str
    timeout_s: float
    """To open a connection, or to have an HTTP answer."""
    patience_s: float
    """How long a lost connection is tried again."""

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    async def open(self, path: str) -> ClientConnection:
        """Connect once; `RefusedError` or `ConnectionLostError` where that fails."""
        url = f"ws{self.url.removeprefix('http')}{path}"
        opening = connect(
            url,
            additional_headers=self.headers,
            compression=None,  # a tick has 60 bytes: deflating costs more than sending
            open_timeout=self.timeout_s,
            close_timeout=1.0,  # a dead endpoint does not say goodbye
            max_size=None,  # signals of all ticks since an acknowledgement may be many
            proxy=None,  # no third party sees the token
        )
        try:
            return await opening
        except InvalidStatus as error:
            raise refusal(error.response.status_code, _told(error.response.body or b"")) from error
        except (InvalidHandshake, InvalidURI, OSError, TimeoutError) as error:
            raise ConnectionLostError(
                f"{url} does not answer ({error or type(error).__name__}). Expected a running endpoint"
            ) from error

    async def again(self, attempt: Callable[[], Awaitable[_T]]) -> _T:
        """Attempt until it succeeds, with longer and longer pauses; the last error once patience ends."""
        until, pause_s = time.monotonic() + self.patience_s, _FIRST_PAUSE_S
        while True:
            try:
                return await attempt()
            except (ConnectionLostError, RefusedError) as error:
                is_final = isinstance(error, RefusedError) and error.status not in _TRY_AGAIN
                if is_final or time.monotonic() + pause_s > until:
                    raise
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)


def _told(body: bytes | bytearray) -> str:
    """The `error` of an answer, or the answer."""
    try:
        return str(json.loads(body)["error"])
    except (ValueError, KeyError, TypeError):
        return body[:500].decode(errors="replace")
