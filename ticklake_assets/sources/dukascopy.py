"""Download ticks from Dukascopy, hour by hour: the JSON feed, or the older bi5 feed."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import httpx
import pyarrow as pa

from ticklake_assets.core.calendar import may_be_closed
from ticklake_assets.core.clock import SYSTEM_CLOCK, Clock
from ticklake_assets.core.errors import MissingDataError, SetupError, SourceError
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.credentials import hidden
from ticklake_assets.sources.bi5 import decode_bi5
from ticklake_assets.sources.hour_cache import HourCache
from ticklake_assets.sources.hour_client import POLITE, HourClient, Politeness
from ticklake_assets.sources.json_feed import decode_json
from ticklake_assets.sources.source import empty_day, refuse_unfinished
from ticklake_assets.sources.symbol_hour import SymbolHour, hours_to_ask, inner_hours, open_hours

_SETTLED_AFTER = timedelta(hours=1)
"""The last hour of a day appears some minutes after midnight."""


@dataclass(frozen=True)
class Feed:
    """One of the vendor's layouts."""

    name: str
    base_url: str
    path_of: Callable[[SymbolHour], str]
    decode: Callable[[bytes, SymbolHour, str], pa.Table]
    login: tuple[str, str] | None = field(default=None, repr=False)
    """User and password, where the server asks for them: they are in no message."""

    def at(self, base_url: str) -> Feed:
        """The same layout on another server."""
        if not base_url.startswith(("http://", "https://")):
            raise SetupError(
                f"Expected the http:// or https:// address of a tick feed, was {hidden(base_url)!r}"
            )
        found = httpx.URL(base_url.rstrip("/"))
        login = (found.username, found.password) if found.userinfo else None
        return replace(self, base_url=str(found.copy_with(userinfo=b"")), login=login)


JSON_FEED = Feed("json", "https://jetta.dukascopy.com/v1/ticks", lambda hour: hour.json_path, decode_json)
BI5_FEED = Feed("bi5", "https://datafeed.dukascopy.com/datafeed", lambda hour: hour.bi5_path, decode_bi5)
"""Reported as not answering since 2026-07-07."""


class HourFetched(NamedTuple):
    """Progress: one more hour of a day is here."""

    hour: SymbolHour
    hours_of_day: int
    ticks: int
    bytes: int
    is_cached: bool
    """It was here from an earlier download."""


class _Hour(NamedTuple):
    table: pa.Table
    bytes: int
    is_cached: bool


class DukascopySource:
    """The vendor as a tick source.

    Hours that arrived are kept as they came, so a repeated call asks only for what is missing. Hours far from
    any session of the symbol's calendar are not asked for. An hour inside a session that comes empty is asked for
    once more at the end, and never kept: a feed may have nothing for a moment, and all of it later.
    """

    def __init__(
        self,
        cache_dir: Path,
        feed: Feed = JSON_FEED,
        politeness: Politeness = POLITE,
        clock: Clock = SYSTEM_CLOCK,
        on_hour: Callable[[HourFetched], None] = lambda _: None,
    ) -> None:
        """`on_hour` is called in the caller's thread."""
        self._cache = HourCache(cache_dir / feed.name)
        self._feed = feed
        self._politeness = politeness
        self._clock = clock
        self._on_hour = on_hour

    def coverage(self, symbol: str) -> tuple[date, date] | None:
        """The vendor does not say."""
        instrument_of(symbol)
        return None

    def fetch_day(self, day: SymbolDay) -> pa.Table:
        """Download the day. Raises TransientError when the server stays unavailable; a later call goes on."""
        refuse_unfinished(day, self._clock.now(), _SETTLED_AFTER)
        hours = hours_to_ask(day)
        fetched = self._fetch(hours)
        inside = inner_hours(day)
        if silent := [hour for hour in inside if hour in fetched and not fetched[hour].table.num_rows]:
            fetched |= self._fetch(silent)
        required = open_hours(day)
        missing = [hour for hour in required if hour not in fetched]
        may_be_holiday = may_be_closed(instrument_of(day.symbol).calendar, day)
        if missing and (fetched or not may_be_holiday):
            address = f"{self._feed.base_url}/{self._feed.path_of(missing[0])}"
            raise MissingDataError(
                f"{missing[0]} is missing ({len(missing)} of {len(required)} hours of the day are). "
                f"Expected {address}, was 404 Not Found"
            )
        if inside and not may_be_holiday and not any(each.table.num_rows for each in fetched.values()):
            raise MissingDataError(
                f"{day} has no tick. Expected some in the {len(inside)} hours inside its session, was an empty answer "
                "to each of them, twice. Land it again later"
            )
        tables = [fetched[hour].table for hour in hours if hour in fetched]
        return pa.concat_tables([empty_day(), *tables]).combine_chunks()

    def _fetch(self, hours: list[SymbolHour]) -> dict[SymbolHour, _Hour]:
        """Fetch hours side by side; those that the server does not have are left out."""
        fetched: dict[SymbolHour, _Hour] = {}
        client = HourClient(self._politeness, self._clock, self._feed.login)
        pool = ThreadPoolExecutor(self._politeness.connections)
        try:
            running: dict[Future[_Hour | None], SymbolHour] = {
                pool.submit(self._fetch_hour, client, hour): hour for hour in hours
            }
            for future in as_completed(running):
                result = future.result()
                if result is not None:
                    fetched[running[future]] = result
                ticks, size = (result.table.num_rows, result.bytes) if result else (0, 0)
                is_cached = result is not None and result.is_cached
                self._on_hour(HourFetched(running[future], len(hours), ticks, size, is_cached))
        finally:
            # After a failure or Ctrl-C a request under way may finish and is kept; what waits is dropped.
            client.stop()
            pool.shutdown(cancel_futures=True)
            client.close()
        return fetched

    def _fetch_hour(self, client: HourClient, hour: SymbolHour) -> _Hour | None:
        path = self._feed.path_of(hour)
        url = f"{self._feed.base_url}/{path}"
        kept = self._cache.get(path)
        if kept is not None:
            with suppress(SourceError):  # damaged on this disk: fetched again
                return _Hour(self._feed.decode(kept, hour, path), len(kept), is_cached=True)
        answer = client.fetch(url, lambda data: self._feed.decode(data, hour, url))
        if answer is None:
            return None
        data, table = answer
        if table.num_rows or hour not in inner_hours(hour.day):
            self._cache.put(path, data)
        return _Hour(table, len(data), is_cached=False)
