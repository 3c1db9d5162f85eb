from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

from ticklake_assets.commands.dialect_trial import try_file
from ticklake_assets.core.errors import SetupError, SourceError
from ticklake_assets_tests.commands.test_landing import make_console

_MT5 = "<DATE>\t<TIME>\t<BID>\t<ASK>\t<LAST>\t<VOLUME>\t<FLAGS>\n"


def _tried(path: Path, symbol: str = "", dialect: str = "", zone: str = "") -> str:
    console, shown = make_console()
    try_file(path, symbol, dialect, zone, None, console)
    return shown.getvalue()


def _mt5(folder: Path) -> Path:
    """A Sunday's first hours by a server's clock, New York + 7 h: the week opens at midnight, 22:00 UTC."""
    rows = [
        f"2024.01.15\t0{hour}:{minute:02}:00.1000001\t1.1{minute:02}\t1.2\t\t\t{6 if minute else 88}\n"
        for hour in range(2)
        for minute in range(60)
    ]
    path = folder / "EURUSD_20240114.csv"
    path.write_text(_MT5 + "".join(rows), encoding="utf-16")
    return path


def test_ten_rows_are_shown_as_understood(tmp_path: Path) -> None:
    lines = _tried(_mt5(tmp_path)).splitlines()
    assert lines[0] == "EURUSD_20240114.csv: EURUSD, dialect mt5 (MetaTrader 5: export of a symbol's ticks)"
    assert lines[1] == "times: %Y.%m.%d %H:%M:%S%.f, zone: America/New_York + 7 h; no sizes"
    assert lines[2] == "120 rows of the UTC days 2024-01-14 to 2024-01-14; the first:"
    rows = [line.strip("│ ").split() for line in lines if line.startswith("│")]
    assert len(rows) == 10
    assert rows[0] == ["2024-01-14", "22:01:00.100000", "│", "1.10100", "│", "1.20000", *["│", "unknown"] * 2]


def test_what_landing_would_warn_of_is_told(tmp_path: Path) -> None:
    said = _tried(_mt5(tmp_path), zone="Etc/GMT-7")
    for warning in (
        "2 rows are trades and no quotes by their flags",
        "120 rows have digits below the microsecond, which were cut",
        "118 of 118 quotes of EURUSD|2024-01-14 are outside its session (22:00 to 24:00 UTC)",
        "They would fit were the file's clock that of zone Etc/GMT",
        "118 of 118 quotes of EURUSD|2024-01-14 have no sizes",
    ):
        assert warning in said
    assert "outside its session" not in _tried(_mt5(tmp_path))


@pytest.mark.parametrize("name", ["EURUSD pipe.csv", "EURUSD nowhere.csv", "EURUSD nothing.csv", "."])
def test_what_is_no_file_is_one_line_and_waits_for_nobody(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / "EURUSD pipe.csv")
    (tmp_path / "EURUSD nowhere.csv").symlink_to(tmp_path / "gone.csv")
    with pytest.raises(SetupError, match=f"Expected a file of ticks, was {tmp_path / name}: no"):
        _tried(tmp_path / name, "EURUSD")


def test_sizes_in_another_unit_are_told_of(tmp_path: Path) -> None:
    path = tmp_path / "ticks.csv"
    path.write_text("time,ask,bid,ask_volume,bid_volume\n2024-01-15 10:00:00.5,1.2,1.1,900000,1e6\n")
    said = _tried(path, "EURUSD")
    assert "a size of 1 is 1,000,000 base units" in said
    assert "the median size of EURUSD|2024-01-15 is 950,000 million base units" in said


def test_sizes_are_shown_without_the_noise_of_their_last_digits(tmp_path: Path) -> None:
    path, (tenth, fifth) = tmp_path / "EURUSD.csv", (0.1, 0.2)
    row = f"2024-01-15T10:00:00.500000Z,1.1,1.2,{tenth + fifth},1.13"
    path.write_text(f"ts_event,bid,ask,bid_size,ask_size\n{row}\n")
    assert "0.30000000000000004" in row
    (seen,) = [line.strip("│ ").split() for line in _tried(path).splitlines() if line.startswith("│")]
    assert seen[-3:] == ["0.3", "│", "1.13"]


def test_an_archives_only_table_is_tried_and_others_must_be_named(tmp_path: Path) -> None:
    path = tmp_path / "20140501_quote.zip"
    row = "292,1.38676,1.38686\n"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("20140501_eurusd_tick_quote.csv", row)
    assert "20140501_eurusd_tick_quote.csv: EURUSD, dialect lean" in _tried(path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("20140502_gbpusd_tick_quote.csv", row)
    with pytest.raises(
        SourceError, match=r"20140501_quote.zip: Expected one member, was 2: say which, like .*/2014"
    ):
        _tried(path, "EURUSD")
    with pytest.raises(SourceError, match="Expected a file that is named for its one day"):
        _tried(path / "20140502_gbpusd_tick_quote.csv")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("EURUSD.csv", "timestamp,bid,ask\n")
    assert _tried(path).endswith("no rows\n")


def test_a_symbol_is_asked_for_where_no_name_has_one(tmp_path: Path) -> None:
    path = tmp_path / "ticks.csv"
    path.write_text("timestamp,bid,ask\n")
    with pytest.raises(SetupError, match=r"ticks.csv: Expected a known symbol in its path, or --symbol"):
        _tried(path)


def test_a_name_of_two_symbols_is_an_error_that_names_both(tmp_path: Path) -> None:
    path = tmp_path / "GBPUSD_vs_EURUSD_2019.csv"
    path.write_text("timestamp,bid,ask\n")
    with pytest.raises(SetupError, match=r"2019.csv: names EURUSD and GBPUSD. Say by --symbol whose"):
        _tried(path)
    assert "EURUSD, dialect timestamp-bid-ask" in _tried(path, "EURUSD")
