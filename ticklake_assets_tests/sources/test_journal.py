"""The endpoint's journal as a source: a day without a vendor becomes gold, and gold is what was served."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from ticklake_assets.core import rule_kernel
from ticklake_assets.core.cleaning import RawColumns
from ticklake_assets.core.errors import DataError, MissingDataError
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.resources.endpoint_calls import EndpointCalls
from ticklake_assets.resources.landing import Landing
from ticklake_assets.settings import Settings
from ticklake_assets.sources.journal import JournalSource
from ticklake_assets.sources.landing_csv import render_csv
from ticklake_assets.sources.source import TICK_SCHEMA, notes_in
from ticklake_assets_tests.lifecycle.landed_gold import bring_to_gold
from ticklake_assets_tests.serving.recorded_day import record_day
from ticklake_assets_tests.serving.running_endpoint import RunningEndpoint, running_endpoint
from ticklake_assets_tests.serving.streamed_day import seal, stream

DAY = SymbolDay("EURUSD", date(2024, 1, 17))
ODD = SymbolDay("EURUSD", date(2024, 1, 18))
OPEN = SymbolDay("EURUSD", date(2024, 1, 16))
SATURDAY = SymbolDay("EURUSD", date(2024, 1, 20))
_ODD_TICKS = RawColumns(
    ODD.start_us
    + np.array([1, 2, 2, 0, 3, 2**60, 10**9, 4], dtype=np.int64) * np.array([1000] * 5 + [1] + [1000] * 2),
    np.array([1.1, 1.1000000000000003, 1.1000000000000003, 9.9, np.nan, 1.1, 1.1, 1.1]),
    np.array([1.2, 1.2, 1.2, 1.2, np.inf, 1.2, 1.2, 1.2]),
    np.array([1.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0]),
    np.array([1.0, 2.5, 2.5, 1.0, 1.0, 1.0, 1.0, 1.0]),
    np.array(
        [0, rule_kernel.NO_BID_SIZE, rule_kernel.NO_BID_SIZE, rule_kernel.NO_TIME, 0, 0, 0, 0], dtype=np.uint8
    ),
)
"""In order: a tick, one without a size and with float noise, the same again, one without a time, NaN, a time that no
calendar has, one of another day, and one of before that."""


def _source(url: str, keys_dir: Path) -> JournalSource:
    return JournalSource(lambda day: EndpointCalls(url, keys_dir).journal(day).content)


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEndpoint]:
    recorded = record_day(tmp_path_factory.mktemp("landing"), DAY)
    with running_endpoint(tmp_path_factory.mktemp("home")) as endpoint:
        stream(endpoint, DAY, recorded.columns())
        stream(endpoint, ODD, _ODD_TICKS)
        stream(endpoint, OPEN, recorded.columns(0, 10))
        for day in (DAY, ODD):
            assert seal(endpoint, day).json() == {"sealed": True}
        yield endpoint


@pytest.fixture(scope="module")
def source(endpoint: RunningEndpoint) -> JournalSource:
    return _source(endpoint.url, endpoint.settings.keys_dir)


def test_gold_of_a_streamed_day_is_what_was_served(endpoint: RunningEndpoint, tmp_path: Path) -> None:
    """From the endpoint over landing, raw, parquet and clean to gold, by the settings alone."""
    settings = Settings(home=tmp_path, source="journal", endpoint_url=endpoint.url)
    settings.keys_dir.parent.mkdir(parents=True, exist_ok=True)
    settings.keys_dir.symlink_to(endpoint.settings.keys_dir)
    landed = Landing.from_settings(settings).land(DAY)
    made = bring_to_gold(settings, DAY, landed.landed.path.read_bytes())
    served = np.load(io.BytesIO(endpoint.get(f"/v1/served/{DAY.symbol}/{DAY.trading_day}").content))
    assert served[:, 0].tolist() == made.ts_us.tolist()
    assert np.ascontiguousarray(served[:, 1:]).tobytes() == made.features.tobytes()
    assert len(made.ts_us) > 20
    assert notes_in(_source(endpoint.url, settings.keys_dir).fetch_day(DAY)) == []


def test_raw_is_what_was_sent_in_its_order_whatever_became_of_it(source: JournalSource) -> None:
    table = source.fetch_day(ODD)
    assert table.schema.equals(TICK_SCHEMA)
    times = [
        None if at is None else at - ODD.start_us for at in table["ts_event"].cast(pa.int64()).to_pylist()
    ]
    assert times == [1000, 2000, 2000, None, 3000, None, 10**12, 4000]
    assert table["bid_size"].to_pylist()[:3] == [1.0, None, None]
    assert np.isnan(table["bid"][4].as_py())
    csv = render_csv(table, instrument_of("EURUSD")).decode().splitlines()
    assert csv[2] == csv[3] == "2024-01-18T00:00:00.002Z,1.10000,1.20000,,2.5"
    assert csv[4].startswith(",9.90000,")
    noted = "; ".join(notes_in(table))
    assert "1 times outside the years 1 to 9999" in noted
    assert "2 prices that are off the point grid by float noise" in noted
    assert "late ticks" not in noted


@pytest.mark.parametrize(
    ("day", "complaint"),
    [
        (OPEN, r"EURUSD\|2024-01-16 is not sealed"),
        (OPEN.shifted(-1), r"EURUSD\|2024-01-15: .* has no journal"),
        (SymbolDay("EURUSD", date(2199, 1, 15)), "is not finished"),
    ],
)
def test_a_day_that_is_not_there_is_no_empty_day(
    source: JournalSource, day: SymbolDay, complaint: str
) -> None:
    with pytest.raises(MissingDataError, match=complaint):
        source.fetch_day(day)


def test_only_where_the_market_is_closed_all_day_nothing_is_an_empty_day(source: JournalSource) -> None:
    assert source.fetch_day(SATURDAY).num_rows == 0
    assert source.coverage("EURUSD") is None


def test_another_days_journal_is_refused(source: JournalSource) -> None:
    wrong = JournalSource(lambda _: source._sealed_journal(DAY))
    with pytest.raises(
        DataError, match=r"Expected the journal of EURUSD\|2024-01-18, was that of EURUSD\|2024-01-17"
    ):
        wrong.fetch_day(ODD)
