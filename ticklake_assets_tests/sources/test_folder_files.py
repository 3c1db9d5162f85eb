"""What a folder holds beside good files: no pipe is read, and nothing is passed over in silence."""

from __future__ import annotations

import gzip
import os
import zipfile
from datetime import date
from pathlib import Path

import pytest

from ticklake_assets.core.errors import MissingDataError, SourceError
from ticklake_assets.sources.folder import FolderSource
from ticklake_assets.sources.source import notes_in
from ticklake_assets_tests.sources.builders import MONDAY, days_from
from ticklake_assets_tests.sources.folders import day_of, make_csv


def test_only_regular_files_are_read(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A pipe would hang, a link leads anywhere, one that leads nowhere ends everything."""
    make_csv(tmp_path / "ticks" / "EURUSD.csv", MONDAY)
    make_csv(tmp_path / "secret.csv", date(2013, 1, 7))
    os.mkfifo(tmp_path / "ticks" / "EURUSD pipe.csv")
    (tmp_path / "ticks" / "EURUSD link.csv").symlink_to(tmp_path / "secret.csv")
    (tmp_path / "ticks" / "EURUSD nowhere.csv").symlink_to(tmp_path / "nothing.csv")
    (tmp_path / "ticks" / "EURUSD folder").symlink_to(tmp_path)
    assert FolderSource(tmp_path / "ticks").coverage("EURUSD") == (MONDAY, MONDAY)
    assert "EURUSD folder is passed over. Expected a folder, was a link" in caplog.text
    assert "EURUSD pipe.csv is passed over. Expected a regular file, was a pipe" in caplog.text
    assert caplog.text.count("was a link") == 3


def test_a_folder_without_ticks_says_once_what_it_passed_over(tmp_path: Path) -> None:
    make_csv(tmp_path / "GBPUSD" / "a.csv", MONDAY)
    make_csv(tmp_path / "USDJPY.csv", MONDAY)
    make_csv(tmp_path / "ticks.csv", MONDAY)
    (tmp_path / "EURUSD.xls").write_bytes(b"x")
    (tmp_path / "broken.zip").write_bytes(b"x")
    with zipfile.ZipFile(tmp_path / "quotes.zip", "w") as archive:
        archive.writestr("GBPUSD.csv", "")
        archive.writestr("report.txt", "")
    source = FolderSource(tmp_path)
    with pytest.raises(MissingDataError) as caught:
        source.fetch_day(day_of(MONDAY, "EURUSD"))
    no_table = "no .csv, .tsv, .csv.gz, .tsv.gz, .parquet, .zip file and no bi5 or JSON hour by its path"
    assert str(caught.value).splitlines()[1:] == [
        "  GBPUSD: of another symbol",
        f"  EURUSD.xls: {no_table}",
        "  USDJPY.csv: EURUSD is not in its path",
        f"  broken.zip: {tmp_path}/broken.zip: Expected a sound zip archive, was not (File is not a zip file)",
        "  quotes.zip/GBPUSD.csv: EURUSD is not in its path",
        f"  quotes.zip/report.txt: {no_table}",
        "  ticks.csv: EURUSD is not in its path",
    ]
    with pytest.raises(MissingDataError, match="has no ticks of EURUSD") as again:
        source.fetch_day(day_of(MONDAY, "EURUSD"))
    assert "\n" not in str(again.value)


def test_many_files_are_not_all_named(tmp_path: Path) -> None:
    for number in range(30):
        (tmp_path / f"{number:02}.txt").touch()
    with pytest.raises(MissingDataError, match=r"19.txt: .*\n  and 10 more$"):
        FolderSource(tmp_path).coverage("EURUSD")


def test_a_damaged_archive_stops_its_own_day_only(tmp_path: Path) -> None:
    tuesday = date(2012, 12, 4)
    make_csv(tmp_path / "GBPJPY_2012-12-03.csv", MONDAY)
    (tmp_path / "GBPJPY_2012-12-05.zip").write_bytes(b"PK")
    source = FolderSource(tmp_path)
    assert source.fetch_day(day_of(MONDAY)).num_rows == 3
    for day in (tuesday, date(2012, 12, 5)):  # it may reach into the days beside its own
        with pytest.raises(SourceError, match=r"GBPJPY_2012-12-05.zip: Expected a sound zip archive"):
            source.fetch_day(day_of(day))


def test_a_file_without_a_byte_stops_its_own_day_only(tmp_path: Path) -> None:
    """Unlike a damaged one it reaches into no other day."""
    tuesday, wednesday = date(2012, 12, 4), date(2012, 12, 5)
    make_csv(tmp_path / "GBPJPY_2012-12-03.csv", MONDAY)
    make_csv(tmp_path / "GBPJPY_2012-12-05.csv", wednesday)
    (tmp_path / "GBPJPY_2012-12-04.csv").touch()
    source = FolderSource(tmp_path)
    assert [source.fetch_day(day_of(day)).num_rows for day in (MONDAY, wednesday)] == [3, 3]
    assert source.coverage("GBPJPY") == (MONDAY, wednesday)
    with pytest.raises(SourceError, match=r"GBPJPY_2012-12-04.csv: Expected a CSV header, was empty"):
        source.fetch_day(day_of(tuesday))


def test_a_file_that_is_too_large_for_an_hour_is_named(tmp_path: Path) -> None:
    path = tmp_path / "ticks-GBP-JPY-2012-12-3-0.json"
    with path.open("wb") as file:
        file.truncate(65 << 20)
    with pytest.raises(
        SourceError, match=f"{path}: Expected an hour of at most 64 MiB, was 68,157,440 bytes"
    ):
        FolderSource(tmp_path).fetch_day(day_of(MONDAY))


def test_few_unpacked_files_are_kept(tmp_path: Path) -> None:
    days = days_from(MONDAY, 10)
    for day in days:
        path = make_csv(tmp_path / f"GBPJPY_{day}.csv", day)
        (tmp_path / f"GBPJPY_{day}.csv.gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    before = len(list(Path("/proc/self/fd").iterdir()))
    source = FolderSource(tmp_path)
    assert source.coverage("GBPJPY") == (days[0], days[-1])
    assert [source.fetch_day(day_of(day)).num_rows for day in days] == [3] * 10
    assert len(list(Path("/proc/self/fd").iterdir())) <= before + 4


@pytest.mark.parametrize("packed", ["GBPJPY.csv.gz", "download.zip", "download.zip in a folder"])
def test_a_download_and_what_was_taken_out_of_it_are_one(tmp_path: Path, packed: str) -> None:
    folder = tmp_path / "download" if "folder" in packed else tmp_path
    path = make_csv(folder / "GBPJPY.csv", MONDAY)
    if packed.endswith("gz"):
        (tmp_path / packed).write_bytes(gzip.compress(path.read_bytes()))
    else:
        with zipfile.ZipFile(tmp_path / "download.zip", "w") as archive:
            archive.write(path, "GBPJPY.csv")
    table = FolderSource(tmp_path).fetch_day(day_of(MONDAY))
    assert (table.num_rows, notes_in(table)) == (3, [])
    path.unlink()
    assert FolderSource(tmp_path).fetch_day(day_of(MONDAY)).num_rows == 3


def test_files_with_rows_of_the_same_hours_are_told_of(tmp_path: Path) -> None:
    make_csv(tmp_path / "GBPJPY.csv", MONDAY)
    path = make_csv(tmp_path / "GBPJPY copy.csv", MONDAY)
    said = "2 files have rows of the same hours of GBPJPY|2012-12-03: is one a copy of another?"
    assert notes_in(FolderSource(tmp_path).fetch_day(day_of(MONDAY))) == [said]
    path.write_text(path.read_text().replace(" 10:", " 11:"))
    assert notes_in(FolderSource(tmp_path).fetch_day(day_of(MONDAY))) == []
