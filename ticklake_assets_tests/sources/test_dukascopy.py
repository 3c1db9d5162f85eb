from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from ticklake_assets.core.errors import DataError, MissingDataError, SetupError, SourceError, TransientError
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.sources.dukascopy import BI5_FEED, JSON_FEED, DukascopySource, Feed, HourFetched
from ticklake_assets.sources.folder import FolderSource
from ticklake_assets.sources.hour_client import Politeness
from ticklake_assets.sources.symbol_hour import hours_of
from ticklake_assets_tests.sources.builders import MONDAY, make_bi5, make_hour, rows_of
from ticklake_assets_tests.sources.fake_clock import FakeClock
from ticklake_assets_tests.sources.feed_server import FeedServer, Misdeed, feed_server

_GBPJPY = SymbolDay("GBPJPY", MONDAY)
_BTCUSD = SymbolDay("BTCUSD", date(2023, 2, 20))
_EMPTY = make_hour(3).bi5_path
"""The hour that `_serve_bi5` has nothing for: inside a session it is never believed."""


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with feed_server() as feed:
        yield feed


def _serve_bi5(server: FeedServer, day: SymbolDay = _GBPJPY) -> None:
    for hour in hours_of(day):
        server.content[hour.bi5_path] = (
            make_bi5((hour.hour, 132158, 132141, 1.5, 1.13)) if hour.hour != 3 else b""
        )


def _source(
    server: FeedServer, cache: Path, feed: Feed = BI5_FEED, now: datetime = datetime(2026, 8, 1, tzinfo=UTC)
) -> tuple[DukascopySource, list[HourFetched]]:
    """A source in a hurry: its clock does not really wait."""
    seen: list[HourFetched] = []
    politeness = Politeness(requests_per_second=1e6, timeout_s=5, attempts=3)
    return DukascopySource(cache, feed.at(server.url), politeness, FakeClock(now).clock, seen.append), seen


def test_the_addresses_are_the_vendors() -> None:
    assert f"{JSON_FEED.base_url}/{JSON_FEED.path_of(make_hour(9))}" == (
        "https://jetta.dukascopy.com/v1/ticks/GBP-JPY/2012/12/3/9"
    )
    assert f"{BI5_FEED.base_url}/{BI5_FEED.path_of(make_hour(9))}" == (
        "https://datafeed.dukascopy.com/datafeed/GBPJPY/2012/11/03/09h_ticks.bi5"
    )


def test_a_real_day_over_http_is_the_folders(server: FeedServer, shared_data: Path, tmp_path: Path) -> None:
    for hour in hours_of(_GBPJPY):
        server.content[hour.bi5_path] = (shared_data / "dukascopy" / hour.bi5_path).read_bytes()
    source, seen = _source(server, tmp_path)
    table = source.fetch_day(_GBPJPY)
    assert table.num_rows == 58_953
    assert table.equals(FolderSource(shared_data / "dukascopy").fetch_day(_GBPJPY))
    assert sum(fetched.ticks for fetched in seen) == 58_953
    assert sum(fetched.bytes for fetched in seen) == sum(map(len, server.content.values()))
    assert [fetched.hours_of_day for fetched in seen] == [24] * 24


def test_both_feeds_give_the_same_real_hour(server: FeedServer, shared_data: Path, tmp_path: Path) -> None:
    recorded = {
        BI5_FEED: shared_data / "dukascopy" / make_hour(12, _BTCUSD.trading_day, "BTCUSD").bi5_path,
        JSON_FEED: shared_data / "dukascopy_json" / "ticks-BTC-USD-2023-2-20-12.json",
    }
    tables: list[pa.Table] = []
    for feed, path in recorded.items():
        for hour in hours_of(_BTCUSD):
            empty = b"" if feed is BI5_FEED else _empty_json(hour.start_us)
            server.content[feed.path_of(hour)] = path.read_bytes() if hour.hour == 12 else empty
        tables.append(_source(server, tmp_path, feed)[0].fetch_day(_BTCUSD))
    assert tables[0].num_rows == 8_523
    assert tables[0].select(["ts_event", "bid", "ask"]).equals(tables[1].select(["ts_event", "bid", "ask"]))


def _empty_json(start_us: int) -> bytes:
    columns = {name: [] for name in ("times", "asks", "bids", "askVolumes", "bidVolumes")}
    return json.dumps(
        {"timestamp": start_us // 1_000, "multiplier": 0.1, "ask": None, "bid": None, **columns}
    ).encode()


def test_an_interrupted_download_goes_on(server: FeedServer, tmp_path: Path) -> None:
    _serve_bi5(server)
    failing = make_hour(20).bi5_path
    server.misdeeds[failing] = [Misdeed(status=503)] * 3
    with pytest.raises(TransientError, match=r"20h_ticks.bi5: still failing after 3 attempts"):
        _source(server, tmp_path)[0].fetch_day(_GBPJPY)
    fetched_before = {path for path in server.content if (tmp_path / "bi5" / path).exists()}
    assert 0 < len(fetched_before) < 24
    server.requests.clear()
    source, seen = _source(server, tmp_path)
    assert source.fetch_day(_GBPJPY).num_rows == 23
    assert set(server.requests) == set(server.content) - fetched_before
    assert server.requests[_EMPTY] == 2
    assert sum(fetched.is_cached for fetched in seen) == len(fetched_before)
    server.requests.clear()
    assert _source(server, tmp_path)[0].fetch_day(_GBPJPY).num_rows == 23
    assert server.requests == {_EMPTY: 2}


def test_a_damaged_hour_of_the_cache_is_fetched_again(server: FeedServer, tmp_path: Path) -> None:
    _serve_bi5(server)
    _source(server, tmp_path)[0].fetch_day(_GBPJPY)
    path = make_hour(5).bi5_path
    (tmp_path / "bi5" / path).write_bytes(b"damaged")
    server.requests.clear()
    assert _source(server, tmp_path)[0].fetch_day(_GBPJPY).num_rows == 23
    assert set(server.requests) == {path, _EMPTY}
    assert (tmp_path / "bi5" / path).read_bytes() == server.content[path]


@pytest.mark.parametrize("feed", [BI5_FEED, JSON_FEED], ids=lambda feed: feed.name)
def test_an_hour_that_was_empty_for_a_moment_comes_with_the_same_call(
    server: FeedServer, tmp_path: Path, feed: Feed
) -> None:
    """Once nothing, with 200 OK, and then all of it."""
    _serve(server, feed)
    full = server.content[feed.path_of(make_hour(10))]
    server.misdeeds[feed.path_of(make_hour(10))] = [Misdeed(content=_nothing(feed, 10))]
    assert _source(server, tmp_path, feed)[0].fetch_day(_GBPJPY).num_rows == 24
    assert (tmp_path / feed.name / feed.path_of(make_hour(10))).read_bytes() == full


@pytest.mark.parametrize("feed", [BI5_FEED, JSON_FEED], ids=lambda feed: feed.name)
def test_an_hour_that_is_empty_for_longer_comes_with_a_later_call(
    server: FeedServer, tmp_path: Path, feed: Feed
) -> None:
    _serve(server, feed)
    path = feed.path_of(make_hour(10))
    full = server.content[path]
    server.content[path] = _nothing(feed, 10)
    assert _source(server, tmp_path, feed)[0].fetch_day(_GBPJPY).num_rows == 23
    server.content[path] = full
    assert _source(server, tmp_path, feed)[0].fetch_day(_GBPJPY).num_rows == 24


@pytest.mark.parametrize("feed", [BI5_FEED, JSON_FEED], ids=lambda feed: feed.name)
def test_a_whole_day_of_empty_hours_is_none(server: FeedServer, tmp_path: Path, feed: Feed) -> None:
    for hour in hours_of(_GBPJPY):
        server.content[feed.path_of(hour)] = _nothing(feed, hour.hour)
    with pytest.raises(
        MissingDataError, match=r"2012-12-03 has no tick\. Expected some in the 24 hours inside its"
    ):
        _source(server, tmp_path, feed)[0].fetch_day(_GBPJPY)
    christmas = SymbolDay("GBPJPY", date(2012, 12, 25))
    for hour in hours_of(christmas):
        server.content[feed.path_of(hour)] = b"" if feed is BI5_FEED else _empty_json(hour.start_us)
    assert _source(server, tmp_path, feed)[0].fetch_day(christmas).num_rows == 0


def _serve(server: FeedServer, feed: Feed) -> None:
    """A tick in each hour of the day."""
    for hour in hours_of(_GBPJPY):
        tick = {"times": [5], "asks": [0], "bids": [0], "askVolumes": [1e6], "bidVolumes": [1e6]}
        fields = {"timestamp": hour.start_us // 1_000, "multiplier": 0.001, "ask": 132.158, "bid": 132.141}
        is_bi5 = feed is BI5_FEED
        content = (
            make_bi5((5, 132158, 132141, 1.0, 1.0)) if is_bi5 else json.dumps({**fields, **tick}).encode()
        )
        server.content[feed.path_of(hour)] = content


def _nothing(feed: Feed, hour: int) -> bytes:
    return b"" if feed is BI5_FEED else _empty_json(make_hour(hour).start_us)


def test_rows_come_in_the_order_of_the_hours(server: FeedServer, tmp_path: Path) -> None:
    _serve_bi5(server)
    server.misdeeds[make_hour(0).bi5_path] = [Misdeed(delay_s=0.2)]
    times = [row[0] for row in rows_of(_source(server, tmp_path)[0].fetch_day(_GBPJPY))]
    assert times == [make_hour(h).start_us + h * 1_000 for h in range(24) if h != 3]


def test_the_server_is_not_crowded(server: FeedServer, tmp_path: Path) -> None:
    _serve_bi5(server)
    for path in server.content:
        server.misdeeds[path] = [Misdeed(delay_s=0.03)]
    politeness = Politeness(requests_per_second=40, connections=3)
    DukascopySource(tmp_path, BI5_FEED.at(server.url), politeness).fetch_day(_GBPJPY)
    assert server.most_at_once <= 3
    assert max(server.times) - min(server.times) >= 23 / 40 * 0.9


def test_a_missing_hour_is_named(server: FeedServer, tmp_path: Path) -> None:
    _serve_bi5(server)
    del server.content[make_hour(7).bi5_path]
    with pytest.raises(
        MissingDataError,
        match=r"GBPJPY 2012-12-03 07h UTC is missing \(1 of 24 hours .*/GBPJPY/2012/11/03/07h_ticks.bi5, was 404",
    ):
        _source(server, tmp_path)[0].fetch_day(_GBPJPY)


def test_closed_hours_are_not_asked_for(server: FeedServer, tmp_path: Path) -> None:
    saturday, sunday = SymbolDay("GBPJPY", date(2012, 12, 1)), SymbolDay("GBPJPY", date(2012, 12, 2))
    assert _source(server, tmp_path)[0].fetch_day(saturday).num_rows == 0
    assert not server.requests
    _serve_bi5(server, sunday)
    # The hour before the opening is asked for as well, and may be missing.
    del server.content[make_hour(21, sunday.trading_day).bi5_path]
    assert _source(server, tmp_path)[0].fetch_day(sunday).num_rows == 2
    assert set(server.requests) == {make_hour(hour, sunday.trading_day).bi5_path for hour in (21, 22, 23)}


def test_a_holiday_may_be_missing_whole_but_not_in_part(server: FeedServer, tmp_path: Path) -> None:
    christmas = SymbolDay("GBPJPY", date(2012, 12, 25))
    assert _source(server, tmp_path)[0].fetch_day(christmas).num_rows == 0
    server.content[make_hour(2, christmas.trading_day).bi5_path] = b""
    with pytest.raises(MissingDataError, match=r"2012-12-25 00h UTC is missing \(23 of 24"):
        _source(server, tmp_path)[0].fetch_day(christmas)


@pytest.mark.parametrize("now", ["2012-12-03T23:59:59", "2012-12-04T00:59:59", "2012-12-01T00:00:00"])
def test_the_unfinished_day_is_refused(server: FeedServer, tmp_path: Path, now: str) -> None:
    source, _ = _source(server, tmp_path, now=datetime.fromisoformat(now).replace(tzinfo=UTC))
    with pytest.raises(
        MissingDataError, match=r"GBPJPY\|2012-12-03 is not finished. Expected .*, was 2012-12-0"
    ):
        source.fetch_day(_GBPJPY)
    assert not server.requests


def test_a_day_is_finished_an_hour_later(server: FeedServer, tmp_path: Path) -> None:
    _serve_bi5(server)
    source, _ = _source(server, tmp_path, now=datetime(2012, 12, 4, 1, tzinfo=UTC))
    assert source.fetch_day(_GBPJPY).num_rows == 23


def test_bad_content_names_its_address_and_is_not_kept(server: FeedServer, tmp_path: Path) -> None:
    _serve_bi5(server)
    path = make_hour(5).bi5_path
    server.content[path] = b"<html>maintenance</html>"
    with pytest.raises(SourceError, match=f"{server.url}/{path}: Expected LZMA data"):
        _source(server, tmp_path)[0].fetch_day(_GBPJPY)
    assert not (tmp_path / "bi5" / path).exists()


def test_wrong_arguments_are_refused(server: FeedServer, tmp_path: Path) -> None:
    with pytest.raises(
        SetupError, match="Expected the http:// or https:// address of a tick feed, was 'ftp://x'"
    ):
        JSON_FEED.at("ftp://x")
    source, _ = _source(server, tmp_path)
    with pytest.raises(DataError, match="'NOSUCH' has no metadata"):
        source.fetch_day(SymbolDay("NOSUCH", MONDAY))
    with pytest.raises(DataError, match="'NOSUCH' has no metadata"):
        source.coverage("NOSUCH")
    assert source.coverage("GBPJPY") is None
