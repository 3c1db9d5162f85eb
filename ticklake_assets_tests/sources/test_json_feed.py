from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from ticklake_assets.core.errors import SourceError
from ticklake_assets.sources.bi5 import decode_bi5
from ticklake_assets.sources.json_feed import decode_json
from ticklake_assets.sources.source import TICK_SCHEMA
from ticklake_assets_tests.sources.builders import make_hour, rows_of

_HOUR = make_hour(12, date(2026, 7, 13), "EURUSD")


def _fields(**changed: object) -> bytes:
    fields = {
        "timestamp": _HOUR.start_us // 1_000,
        "multiplier": 1e-5,
        "ask": 1.14277,
        "bid": 1.14273,
        "times": [93, 104],
        "asks": [0, -2],
        "bids": [1, -3],
        "askVolumes": [1_800_000.0, 900_000],
        "bidVolumes": [2_700_000.0, 14_490_000.0],
    }
    return json.dumps(
        {name: value for name, value in (fields | changed).items() if value != "absent"}
    ).encode()


def test_differences_add_up() -> None:
    table = decode_json(_fields(), _HOUR, "x")
    assert table.schema == TICK_SCHEMA
    assert rows_of(table) == [
        (_HOUR.start_us + 93_000, 1.14274, 1.14277, 2.7, 1.8),
        (_HOUR.start_us + 197_000, 1.14271, 1.14275, 14.49, 0.9),
    ]


def test_empty_columns_are_an_hour_without_ticks() -> None:
    none: dict[str, object] = {name: [] for name in ("times", "asks", "bids", "askVolumes", "bidVolumes")}
    empty = _fields(ask=None, bid=None, multiplier=None, **none)
    assert decode_json(empty, _HOUR, "x").equals(TICK_SCHEMA.empty_table())


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (_fields()[:-30], "here: Expected a JSON object, was not JSON"),
        (b"[1, 2]", "here: Expected a JSON object, was a list"),
        (b"\xff\xfe{", "here: Expected a JSON object, was not JSON"),
        (_fields(asks="absent"), "here: Expected the columns .*, was without asks"),
        (_fields(bids=[1]), r"here: Expected columns of one length, was .*'bids': 1"),
        (_fields(asks=[0, float("nan")]), "here: Expected finite numbers, was NaN"),
        (_fields(askVolumes=[0, float("inf")]), "here: Expected finite numbers, was Infinity"),
        (_fields(bidVolumes=[0, None]), "here: Expected numbers in bidVolumes, was None at 2"),
        (_fields(asks=[0, 0.5]), "here: Expected whole numbers in asks, was 0.5 at 2"),
        (_fields(times=[93, 3_600_000]), "here: record 2 is outside its hour"),
        (_fields(times=[-1, 5]), "here: record 1 is outside its hour"),
        (_fields(multiplier=0), "here: Expected a multiplier like 1e-5, was 0"),
        (_fields(multiplier=0.3), "here: Expected a multiplier like 1e-5, was 0.3"),
        (_fields(ask=None), "here: Expected a number as ask, was None"),
        (
            _fields(timestamp=_HOUR.start_us // 1_000 + 3_600_000),
            "here: holds another hour. Expected EURUSD 2026-07-13 12h UTC, was 2026-07-13T13:00:00",
        ),
        (_fields().replace(b"1.14277", b"1e999"), "here: Expected a number as ask, was inf"),
        (_fields().replace(b"[0, -2]", b"[0, 1e999]"), "here: Expected numbers in asks, was inf at 2"),
        (_fields(bid=10**400), "here: Expected a number as bid, was 1000"),
        (_fields(times=[93, 10**19]), "here: Expected numbers in times, was 10000000000000000000 at 2"),
        (_fields(askVolumes=[0, 1e300]), r"here: Expected numbers in askVolumes, was 1e\+300 at 2"),
        (_fields(multiplier=5e-324), "here: Expected a multiplier like 1e-5, was 5e-324"),
        (_fields(timestamp=10**17), "here: holds another hour. Expected .*, was 100000000000000000"),
        (_fields(timestamp=-(10**17)), "here: holds another hour. Expected .*, was -100000000000000000"),
        (_fields(timestamp="noon"), "here: holds another hour. Expected .*, was 'noon'"),
    ],
)
def test_bad_content_is_refused_by_name(data: bytes, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        decode_json(data, _HOUR, "here")


def test_the_two_feeds_agree_on_a_real_hour(shared_data: Path) -> None:
    hour = make_hour(12, date(2023, 2, 20), "BTCUSD")
    binary = decode_bi5((shared_data / "dukascopy" / hour.bi5_path).read_bytes(), hour, "bi5")
    columnar = decode_json(
        (shared_data / "dukascopy_json" / "ticks-BTC-USD-2023-2-20-12.json").read_bytes(), hour, "json"
    )
    assert binary.num_rows == 8_523
    for name in ("ts_event", "bid", "ask"):
        assert binary[name].equals(columnar[name])
    for name in ("bid_size", "ask_size"):
        # The older feed rounds sizes to whole units, 1e-6 of a million; the newer one has hundredths.
        difference = binary[name].to_numpy() - columnar[name].to_numpy()
        assert np.abs(difference).max() <= 0.5e-6 * (1 + 1e-6)


def test_a_real_hour_of_2026(shared_data: Path) -> None:
    table = decode_json(
        (shared_data / "dukascopy_json" / "ticks-EUR-USD-2026-7-13-12.json").read_bytes(), _HOUR, "json"
    )
    assert table.num_rows == 3_551
    assert rows_of(table)[0] == (_HOUR.start_us + 93_000, 1.14273, 1.14277, 2.7, 1.8)


def test_brackets_in_brackets_are_no_json_hour() -> None:
    with pytest.raises(SourceError, match="here: Expected a JSON object, was not JSON"):
        decode_json(b"[" * 100_000, make_hour(0), "here")


def test_an_hour_has_a_bound() -> None:
    with pytest.raises(SourceError, match="here: Expected an hour of at most 64 MiB, was 67,108,865 bytes"):
        decode_json(bytes((64 << 20) + 1), make_hour(0), "here")
