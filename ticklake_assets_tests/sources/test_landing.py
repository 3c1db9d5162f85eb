"""A file of each kind that people have, from the folder to the landing CSV."""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.sources.folder import FolderSource
from ticklake_assets.sources.landing import LandedDay, land_day

_DAY = SymbolDay("EURUSD", date(2014, 5, 1))  # a Thursday
_PRICES = "1.38676,1.38686,,\n"
_SIZES = "1.38676,1.38686,1.5,2.25\n"


def _landed(folder: Path, dialects: Path | None = None, **options: str) -> tuple[str, LandedDay]:
    found = land_day(folder / "landing", _DAY, FolderSource(folder / "ticks", dialects=dialects, **options))
    return found.landed.path.read_text().removeprefix("ts_event,bid,ask,bid_size,ask_size\n"), found


def _put(folder: Path, name: str, data: bytes | str) -> Path:
    path = folder / "ticks" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def _zip(path: Path, members: dict[str, str]) -> bytes:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return path.read_bytes()


@pytest.mark.parametrize(
    ("name", "text", "landed"),
    [
        (
            "DAT_ASCII_EURUSD_T_201405.csv",
            "20140501 000003678,1.386760,1.386860,0\n",
            f"2014-05-01T05:00:03.678Z,{_PRICES}",
        ),
        (
            "EURUSD-2014-05.csv",
            "EUR/USD,20140501 21:00:00.123,1.38676,1.38686\n",
            f"2014-05-01T21:00:00.123Z,{_PRICES}",
        ),
        (
            "eurusd/20140501_eurusd_tick_quote.csv",
            "292,1.38676,1.38686\n",
            f"2014-05-01T00:00:00.292Z,{_PRICES}",
        ),
        (
            "20140501_eurusd_tick_quote.csv",
            "292,1.38676,1500000,1.38686,2250000\n",
            f"2014-05-01T00:00:00.292Z,{_SIZES}",
        ),
        (
            "eurusd-tick-2014-05-01-2014-05-02.csv",
            "timestamp,askPrice,bidPrice\n1398902400292,1.38686,1.38676\n",
            f"2014-05-01T00:00:00.292Z,{_PRICES}",
        ),
        (
            "eurusd-tick-2014-05-01-2014-05-02.csv",
            "timestamp,askPrice,bidPrice,askVolume,bidVolume\n2014-05-01 00:00:00.292,1.38686,1.38676,2.25,1.5\n",
            f"2014-05-01T00:00:00.292Z,{_SIZES}",
        ),
        (
            "EURUSD-2014_05_01-2014_05_02.csv",
            "time,ask,bid,ask_volume,bid_volume\n2014-05-01 00:00:00.292,1.38686,1.38676,2.25,1.5\n",
            f"2014-05-01T00:00:00.292Z,{_SIZES}",
        ),
        (
            "EURUSD_Ticks.csv",
            "Time (UTC),Ask,Bid,AskVolume,BidVolume \n2014.05.01 00:00:00.292,1.38686,1.38676,2.25,1.5\n",
            f"2014-05-01T00:00:00.292Z,{_SIZES}",
        ),
        (
            "EURUSD.csv",
            "timestamp,bid,ask\n2014-05-01T00:00:00.292Z,1.38676,1.38686\n",
            f"2014-05-01T00:00:00.292Z,{_PRICES}",
        ),
    ],
    ids=["histdata", "truefx", "lean", "lean-sized", "node-prices", "node-dates", "go-duka", "utc", "plain"],
)
@pytest.mark.parametrize("packed", ["", "utf-8-sig", "utf-16", "gz", "zip"])
def test_a_file_of_each_kind(tmp_path: Path, name: str, text: str, landed: str, packed: str) -> None:
    pack: dict[str, Callable[[], tuple[str, bytes]]] = {
        "": lambda: (name, text.encode()),
        "utf-8-sig": lambda: (name, text.encode("utf-8-sig")),
        "utf-16": lambda: (name, text.replace("\n", "\r\n").encode("utf-16")),
        "gz": lambda: (f"{name}.gz", gzip.compress(text.encode())),
        "zip": lambda: ("ticks.zip", _zip(tmp_path / "a", {name: text, "report.txt": "no ticks"})),
    }
    _put(tmp_path, *pack[packed]())
    assert _landed(tmp_path)[0] == landed


def test_a_zip_of_several_symbols_and_days(tmp_path: Path) -> None:
    def rows(*days: int) -> str:
        lines = (f"2014-05-{day:02}T10:00:00Z,1.{day:05},1.38686\n" for day in days)
        return f"timestamp,bid,ask\n{''.join(lines)}"

    members = {"EURUSD_a.csv": rows(1, 2), "sub/EURUSD_b.csv": rows(1), "GBPUSD.csv": rows(1)}
    _put(tmp_path, "majors.zip", _zip(tmp_path / "a", members))
    source = FolderSource(tmp_path / "ticks")
    assert [source.fetch_day(_DAY.shifted(on)).num_rows for on in (0, 1)] == [2, 1]
    assert source.coverage("GBPUSD") == (date(2014, 5, 1), date(2014, 5, 1))


def test_a_parquet_file(tmp_path: Path) -> None:
    times = pa.array([datetime(2014, 5, 1, 0, 0, 0, 292_000, tzinfo=UTC)], pa.timestamp("ns", "UTC"))
    path = _put(tmp_path, "EURUSD.parquet", "")
    pq.write_table(pa.table({"timestamp": times, "ask": [1.38686], "bid": [1.38676]}), path)
    assert _landed(tmp_path)[0] == f"2014-05-01T00:00:00.292Z,{_PRICES}"


def test_ones_own_layout(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text(
        'about = "my broker"\ncolumns = ["-", "date", "time", "ask", "bid", "bid_size", "ask_size"]\n'
        'delimiter = ";"\ndecimal = ","\ntimes = ["%d/%m/%y %H:%M:%S,%3f"]\nzone = "Europe/Athens"\n'
        "price_scale = 100\nsize_unit = 100_000\n"
    )
    _put(tmp_path, "EURUSD.csv", "7;01/05/14;03:00:00,292;138,686;138,676;15;22,5\n")
    landed, found = _landed(tmp_path, mine)
    assert (landed, found.rows) == (f"2014-05-01T00:00:00.292Z,{_SIZES}", 1)


def test_sizes_in_another_unit_than_was_declared_are_told_of(tmp_path: Path) -> None:
    header = "timestamp,askPrice,bidPrice,askVolume,bidVolume"
    _put(tmp_path, "EURUSD.csv", f"{header}\n1398902400292,1.38686,1.38676,2250000,2250000\n")
    landed, found = _landed(tmp_path)
    assert landed == "2014-05-01T00:00:00.292Z,1.38676,1.38686,2250000,2250000\n"
    assert "the median size of EURUSD|2014-05-01 is 2,250,000 million base units" in str(found.notes)


@pytest.mark.parametrize("drop", [False, True])
def test_a_stream_that_mostly_repeats(tmp_path: Path, drop: bool) -> None:  # noqa: FBT001
    mine = tmp_path / "mine.toml"
    mine.write_text(
        'about = "best bid and ask"\nheader = "t,b,a"\ncolumns = ["time", "bid", "ask"]\n'
        f'times = ["epoch milliseconds"]\ndrop_repeats = {str(drop).lower()}\n'
    )
    rows = [f"{1398902400000 + at},1.3{at // 11:04},1.4\n" for at in range(1_100)]
    _put(tmp_path, "EURUSD.csv", f"t,b,a\n{''.join(rows)}")
    found, notes = _landed(tmp_path, mine)[1], _landed(tmp_path, mine)[1].notes
    if drop:
        path = tmp_path / "ticks/EURUSD.csv"
        assert found.rows == 100
        assert f"{path}: 1,000 rows repeat the quote before; they were left out, as declared" in notes
    else:
        assert found.rows == 1_100
        assert (
            "1,000 of 1,100 quotes of EURUSD|2014-05-01 repeat the one before, but for the time. Where that is "
            "the venue's way, declare drop_repeats"
        ) in notes


def test_real_zips_of_a_venue(shared_data: Path, tmp_path: Path) -> None:
    source = FolderSource(shared_data / "oanda")
    assert source.coverage("EURUSD") == (date(2014, 5, 1), date(2014, 5, 15))
    found = [land_day(tmp_path, _DAY.shifted(on), source) for on in (0, 2, 3)]
    assert [each.rows for each in found] == [24_179, 0, 1_164]
    lines = found[0].landed.path.read_text().splitlines()
    assert lines[1] == f"2014-05-01T00:00:00.292Z,{_PRICES}".rstrip()
    assert lines[-1] == "2014-05-01T23:59:31.310Z,1.38693,1.38706,,"
    assert [len(each.notes) for each in found] == [1, 0, 1]
    assert found[0].notes[0].startswith("24,179 of 24,179 quotes of EURUSD|2014-05-01 have no sizes")
