"""Fetch one address politely: rate limit, time-out, retries with back-off for what is temporary."""

from __future__ import annotations

import threading
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TypeVar

import httpx

from ticklake_assets.core.clock import Clock
from ticklake_assets.core.errors import SourceError, TransientError
from ticklake_assets.sources.bounds import MOST_HOUR_BYTES
from ticklake_assets.sources.rate_limit import RateLimit

T = TypeVar("T")
_TEMPORARY = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}


@dataclass(frozen=True)
class Politeness:
    """How hard a vendor's server is used."""

    requests_per_second: float = 5.0
    connections: int = 4
    timeout_s: float = 30.0
    attempts: int = 6
    first_wait_s: float = 0.5
    """Wait after the first failure; doubled after each further one, of which jitter takes up to half."""
    longest_wait_s: float = 120.0
    """Longest wait, also of one that the server asks for."""
    seed: int = 0
    """Of the jitter."""


POLITE = Politeness()


class _TemporaryError(Exception):
    """A failed attempt that is worth another."""

    def __init__(self, reason: str, retry_after_s: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after_s = retry_after_s


class HourClient:
    """An HTTP client that threads share; close it after use."""

    def __init__(self, politeness: Politeness, clock: Clock, login: tuple[str, str] | None = None) -> None:
        self._politeness = politeness
        self._clock = clock
        self._rate = RateLimit(politeness.requests_per_second, clock)
        self._stop = threading.Event()
        self._client = httpx.Client(
            timeout=politeness.timeout_s,
            follow_redirects=True,
            auth=login,
            headers={"User-Agent": "ticklake"},
            limits=httpx.Limits(max_connections=politeness.connections),
        )

    def stop(self) -> None:
        """Let fetches that wait give up: nobody wants their answer any more."""
        self._stop.set()

    def close(self) -> None:
        self._client.close()

    def fetch(self, url: str, check: Callable[[bytes], T]) -> tuple[bytes, T] | None:
        """Return the content and what `check` makes of it, or None where there is no such page (404).

        `check` raises SourceError for content that is wrong: a body can arrive cut or garbled, so that is
        tried again too, and raised when it stays. Raises TransientError when the server stays unavailable,
        SourceError when it refuses.
        """
        attempt = 0
        while True:
            attempt += 1
            try:
                data = self._get(url)
                return None if data is None else (data, _checked(data, check))
            except _TemporaryError as failure:
                if attempt < self._politeness.attempts:
                    self._back_off(url, attempt, failure.retry_after_s)
                elif isinstance(failure.__cause__, SourceError):
                    raise failure.__cause__ from None
                else:
                    raise TransientError(
                        f"{url}: still failing after {attempt} attempts. Expected 200 OK, was {failure}"
                    ) from failure

    def _get(self, url: str) -> bytes | None:
        self._rate.wait(self._stop)
        if self._stop.is_set():
            raise TransientError(f"{url}: the download was stopped")
        try:
            with self._client.stream("GET", url) as response:
                body = _body_of(response, url)
        except httpx.RequestError as error:
            raise _TemporaryError(f"{type(error).__name__} ({error})") from error
        status = response.status_code
        if status == HTTPStatus.OK:
            return body
        if status == HTTPStatus.NOT_FOUND:
            return None
        if status in _TEMPORARY or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise _TemporaryError(str(status), self._retry_after_s(response))
        raise SourceError(f"{url}: refused. Expected 200 OK, was {status}")

    def _retry_after_s(self, response: httpx.Response) -> float | None:
        """Seconds that the server asks to wait, from either form of the header."""
        text = response.headers.get("Retry-After", "")
        if text.isdigit():
            return float(text)
        try:
            return max(0.0, (parsedate_to_datetime(text) - self._clock.now()).total_seconds())
        except (ValueError, TypeError):
            return None

    def _back_off(self, url: str, attempt: int, retry_after_s: float | None) -> None:
        """Wait before the next attempt; where the server names the time, everybody waits."""
        longest_s = self._politeness.longest_wait_s
        if retry_after_s is not None:
            self._rate.hold(min(retry_after_s, longest_s))
            return
        jitter = zlib.crc32(f"{self._politeness.seed} {attempt} {url}".encode()) / 2**32
        wait_s = self._politeness.first_wait_s * 2 ** (attempt - 1) * (0.5 + jitter / 2)
        self._clock.pause(min(wait_s, longest_s), self._stop)


def _body_of(response: httpx.Response, url: str) -> bytes:
    """The body, unpacked where the server packed it; SourceError for more than an hour may have."""
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > MOST_HOUR_BYTES:
            raise SourceError(
                f"{url}: Expected an hour of at most {MOST_HOUR_BYTES >> 20} MiB, was a longer answer"
            )
    return bytes(body)


def _checked(data: bytes, check: Callable[[bytes], T]) -> T:
    try:
        return check(data)
    except SourceError as error:
        raise _TemporaryError(str(error)) from error
