from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from ticklake_assets.core.errors import DataError, SetupError, SourceError
from ticklake_assets.sources.folder_scan import claimed_day, scan
from ticklake_assets_tests.sources.builders import make_hour


def _touch(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


def test_every_layout_is_found(tmp_path: Path) -> None:
    root = tmp_path / "ticks"
    _touch(
        root,
        "deep/GBPJPY/2012/11/03/05h_ticks.bi5",
        "GBP-JPY/2012/12/3/6",
        "GBP-JPY/2012/12/3/7.json",
        "flat/ticks-GBP-JPY-2012-12-3-8.json",
        "exports/gbpjpy_ticks.csv",
        "EURUSD/2012/11/03/05h_ticks.bi5",
        "ticks-EUR-USD-2012-12-3-8.json",
        "EURUSD.csv",
        ".hidden/GBPJPY/2012/11/03/05h_ticks.bi5",
        "GBPJPY/readme.txt",
    )
    found = scan(root, "GBPJPY")
    assert list(found.bi5) == [make_hour(5)]
    assert sorted(found.json) == [make_hour(6), make_hour(7), make_hour(8)]
    assert found.csv == [root / "exports/gbpjpy_ticks.csv"]


@pytest.mark.parametrize(
    "inside", ["", "dukascopy", "dukascopy/GBPJPY", "dukascopy/GBPJPY/2012", "dukascopy/GBPJPY/2012/11/03"]
)
def test_the_root_may_be_anywhere_in_the_tree(tmp_path: Path, inside: str) -> None:
    _touch(tmp_path, "dukascopy/GBPJPY/2012/11/03/05h_ticks.bi5")
    assert list(scan(tmp_path / inside, "GBPJPY").bi5) == [make_hour(5)]


def test_a_csv_belongs_to_the_nearest_named_symbol(tmp_path: Path) -> None:
    root = tmp_path / "EURUSD"
    _touch(root, "a.csv", "GBPJPY_b.csv", "SYNEUR/c.csv", "usd/d.CSV")
    assert [path.name for path in scan(root, "EURUSD").csv] == ["a.csv", "d.CSV"]
    assert [path.name for path in scan(root, "GBPJPY").csv] == ["GBPJPY_b.csv"]


def test_only_the_newest_revision_counts(tmp_path: Path) -> None:
    _touch(
        tmp_path,
        *(f"EURUSD_2024-01-0{day}{rev}.csv" for day, rev in [(1, ""), (1, ".r2"), (1, ".r10"), (2, "")]),
    )
    assert [path.name for path in scan(tmp_path, "EURUSD").csv] == [
        "EURUSD_2024-01-01.r10.csv",
        "EURUSD_2024-01-02.csv",
    ]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("EURUSD_2024-01-15.csv", date(2024, 1, 15)),
        ("EURUSD_2024-01-15.r2.csv", date(2024, 1, 15)),
        ("ticks/EURUSD/2024/01/EURUSD_2024-01-15.csv", date(2024, 1, 15)),
        ("2024/01/15/EURUSD.csv", date(2024, 1, 15)),
        ("EURUSD_20240115.csv", date(2024, 1, 15)),
        ("EURUSD_Ticks_15.01.2024.csv", date(2024, 1, 15)),
        ("EURUSD_Ticks_15.01.2024-16.01.2024.csv", None),
        ("eurusd-tick-2024-01-15-2024-01-16.csv", None),
        ("EURUSD_202401150000_202401160000.csv", None),
        ("EURUSD_2024-13-45.csv", None),
        ("EURUSD.csv", None),
    ],
)
def test_a_name_may_speak_of_one_day(name: str, expected: date | None) -> None:
    assert claimed_day(Path("/data") / name, Path("/data")) == expected


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "GBPJPY/2012/12/03/05h_ticks.bi5",
            "Expected the path of a calendar day, was month must be in 1..12",
        ),
        ("GBPJPY/2012/01/30/05h_ticks.bi5", "Expected the path of a calendar day, was day is out of range"),
        ("GBPJPY/2012/11/03/24h_ticks.bi5", "Expected an hour from 0 to 23, was 24"),
    ],
)
def test_an_impossible_path_is_refused(tmp_path: Path, name: str, message: str) -> None:
    _touch(tmp_path, name)
    with pytest.raises(SourceError, match=message):
        scan(tmp_path, "GBPJPY")


def test_no_folder_and_no_symbol_are_refused(tmp_path: Path) -> None:
    with pytest.raises(
        SetupError, match=r"Expected a folder with ticks of GBPJPY, was .*nowhere: no such folder"
    ):
        scan(tmp_path / "nowhere", "GBPJPY")
    with pytest.raises(DataError, match="'NOSUCH' has no metadata"):
        scan(tmp_path, "NOSUCH")


def test_an_instrument_is_found_by_its_sources_codes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "mine.toml"
    own.write_text(
        '[SMALLCAPS]\nkind = "index"\ncalendar = "indices"\ndigits = 3\npip = 1.0\nmin_open_ticks = 1\n'
        'base = "USSC2000"\nquote = "USD"\nprice = 2000.0\n'
        "windows = { train_days = 10, validate_days = 3, test_days = 3 }\n"
        'codes = { dukascopy = "USSC2000.IDX-USD", dukascopy-bi5 = "USSC2000IDXUSD", mt5 = "US2000.m" }\n'
        "costs = { lot_units = 1, margin_rate = 0.1, slippage_pips = 1, swap_long_pips = 0, swap_short_pips = 0, "
        "commission_points = 0, latency_ms = [200] }\n"
    )
    monkeypatch.setenv("TICKLAKE_INSTRUMENTS", str(own))
    names = [
        "USSC2000IDXUSD/2024/00/08/14h_ticks.bi5",
        "USSC2000.IDX-USD/2024/1/8/15",
        "exports/US2000.m_2024.csv",
        "exports/USSC2000.IDX-USD_2024.csv",
        "exports/EURUSD_2024.csv",
    ]
    _touch(tmp_path / "ticks", *names)
    found = scan(tmp_path / "ticks", "SMALLCAPS")
    assert [str(hour) for hour in (*found.bi5, *found.json)] == [
        "SMALLCAPS 2024-01-08 14h UTC",
        "SMALLCAPS 2024-01-08 15h UTC",
    ]
    assert [path.name for path in found.csv] == ["US2000.m_2024.csv", "USSC2000.IDX-USD_2024.csv"]
