from __future__ import annotations

import json
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from ticklake_assets.core.errors import MissingDataError, SourceError
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.sources.folder import FolderSource
from ticklake_assets.sources.landing_csv import publish_day
from ticklake_assets.sources.source import TICK_SCHEMA
from ticklake_assets_tests.sources.builders import MONDAY, days_from, make_hour, make_ticks, rows_of
from ticklake_assets_tests.sources.fake_clock import FakeClock
from ticklake_assets_tests.sources.folders import HEADER, day_of, make_bi5_hours, make_csv

_TICKS_OF_DAY = (
    "0 3649 58953 52684 65617 63740 59691 0 4908 48186 51704 65178 66211 68475 0 8596 65096 61050 72683 "
    "70838 76731 0 3050 42595 16343 62219 74117 72779 0 3925 59461"
)


def test_a_real_month(shared_data: Path) -> None:
    source = FolderSource(shared_data / "dukascopy")
    assert source.coverage("GBPJPY") == (date(2012, 12, 1), date(2012, 12, 31))
    tables = [source.fetch_day(day_of(day)) for day in days_from(date(2012, 12, 1), 31)]
    assert [table.num_rows for table in tables] == [int(count) for count in _TICKS_OF_DAY.split()]
    assert sum(table.num_rows for table in tables) == 1_298_479
    assert all(table.schema == TICK_SCHEMA for table in tables)
    monday = day_of(MONDAY)
    assert rows_of(tables[2])[0] == (monday.start_us + 1_883_000, 132.141, 132.158, 1.13, 1.5)


def test_the_symbols_own_folder_is_the_same(shared_data: Path) -> None:
    source = FolderSource(shared_data / "dukascopy" / "GBPJPY")
    assert source.coverage("GBPJPY") == (date(2012, 12, 1), date(2012, 12, 31))
    assert source.fetch_day(day_of(MONDAY)).num_rows == 58_953


def test_real_json_hours_by_file_name(shared_data: Path, tmp_path: Path) -> None:
    name = "ticks-BTC-USD-2023-2-20-12.json"
    shutil.copy(shared_data / "dukascopy_json" / name, tmp_path / name)
    source = FolderSource(tmp_path)
    assert source.coverage("BTCUSD") == (date(2023, 2, 20), date(2023, 2, 20))
    with pytest.raises(
        MissingDataError, match=r"BTCUSD 2023-02-20 00h UTC is missing. Expected its file beside"
    ):
        source.fetch_day(day_of(date(2023, 2, 20), "BTCUSD"))


@pytest.mark.parametrize("suffix", ["", ".json"])
def test_a_json_tree(tmp_path: Path, suffix: str) -> None:
    for hour in range(24):
        path = tmp_path / (make_hour(hour).json_path + suffix)
        path.parent.mkdir(parents=True, exist_ok=True)
        columns = {
            name: [1] if hour == 3 else [] for name in ("times", "asks", "bids", "askVolumes", "bidVolumes")
        }
        head = {
            "timestamp": make_hour(hour).start_us // 1_000,
            "multiplier": 0.001,
            "ask": 132.158,
            "bid": 132.141,
        }
        path.write_text(json.dumps(head | columns))
    [row] = rows_of(FolderSource(tmp_path).fetch_day(day_of(MONDAY)))
    assert row == (make_hour(3).start_us + 1_000, 132.142, 132.159, 1e-6, 1e-6)


def test_a_missing_hour_is_named(tmp_path: Path) -> None:
    make_bi5_hours(tmp_path, *(hour for hour in range(24) if hour != 7))
    with pytest.raises(
        MissingDataError,
        match=r"GBPJPY 2012-12-03 07h UTC is missing. Expected its file beside .*, even if empty",
    ):
        FolderSource(tmp_path).fetch_day(day_of(MONDAY))


def test_hours_when_the_venue_is_closed_may_be_missing(tmp_path: Path) -> None:
    sunday = date(2012, 12, 2)
    make_bi5_hours(tmp_path, 21, 22, 23, day=sunday)
    # A quote in an hour that the calendar calls closed is kept: the file has it.
    assert FolderSource(tmp_path).fetch_day(day_of(sunday)).num_rows == 3


def test_a_bad_hour_names_its_file(tmp_path: Path) -> None:
    make_bi5_hours(tmp_path, *range(24))
    bad = tmp_path / make_hour(4).bi5_path
    bad.write_bytes(bad.read_bytes()[:-4])
    with pytest.raises(SourceError, match=f"{bad}: truncated"):
        FolderSource(tmp_path).fetch_day(day_of(MONDAY))


def test_absent_days_are_closed_where_the_calendar_allows(tmp_path: Path) -> None:
    make_csv(tmp_path / "GBPJPY.csv", date(2012, 12, 21), date(2012, 12, 27))
    source = FolderSource(tmp_path)
    assert source.coverage("GBPJPY") == (date(2012, 12, 21), date(2012, 12, 27))
    for closed in (date(2012, 12, 22), date(2012, 12, 25), date(2012, 12, 29)):
        assert source.fetch_day(day_of(closed)).equals(TICK_SCHEMA.empty_table())
    for missing in (date(2012, 12, 24), date(2012, 12, 26), date(2012, 12, 31)):
        with pytest.raises(MissingDataError, match=rf"GBPJPY\|{missing} is missing"):
            source.fetch_day(day_of(missing))


def test_good_friday_closes_gold_and_no_coin(tmp_path: Path) -> None:
    thursday, friday, monday = date(2024, 3, 28), date(2024, 3, 29), date(2024, 4, 1)
    for symbol in ("XAUUSD", "BTCUSD"):
        make_csv(tmp_path / f"{symbol}.csv", thursday, monday)
    source = FolderSource(tmp_path)
    assert source.fetch_day(SymbolDay("XAUUSD", friday)).num_rows == 0
    with pytest.raises(MissingDataError, match=r"BTCUSD\|2024-03-29 is missing"):
        source.fetch_day(SymbolDay("BTCUSD", friday))


def test_a_holiday_outside_the_coverage_is_missing(tmp_path: Path) -> None:
    make_csv(tmp_path / "GBPJPY.csv", date(2012, 12, 21))
    with pytest.raises(MissingDataError, match="2012-12-25 is missing"):
        FolderSource(tmp_path).fetch_day(day_of(date(2012, 12, 25)))


def test_one_csv_may_hold_days_and_one_day_several_csv(tmp_path: Path) -> None:
    tuesday, wednesday = days_from(MONDAY, 3)[1:]
    make_csv(tmp_path / "GBPJPY-a.csv", MONDAY, tuesday)
    make_csv(tmp_path / "GBPJPY-b.csv", tuesday, wednesday)
    source = FolderSource(tmp_path)
    assert [source.fetch_day(day_of(day)).num_rows for day in (MONDAY, tuesday, wednesday)] == [3, 6, 3]
    assert source.coverage("GBPJPY") == (MONDAY, wednesday)


def test_a_file_that_holds_another_day_is_refused_by_both_names(tmp_path: Path) -> None:
    tuesday, wednesday = days_from(MONDAY, 3)[1:]
    make_csv(tmp_path / "GBPJPY_2012-12-03.csv", MONDAY)
    make_csv(tmp_path / "GBPJPY_2012-12-04.csv", wednesday)
    make_csv(tmp_path / "GBPJPY_2012-12-05.csv", wednesday)
    source = FolderSource(tmp_path)
    message = r"GBPJPY_2012-12-04.csv: holds another day. Expected rows of 2012-12-04, was 2012-12-05"
    with pytest.raises(SourceError, match=message):
        source.fetch_day(day_of(tuesday))
    assert [source.fetch_day(day_of(day)).num_rows for day in (MONDAY, wednesday)] == [3, 3]


def test_a_landing_file_that_holds_another_day_is_refused(tmp_path: Path) -> None:
    tuesday = date(2012, 12, 4)
    publish_day(tmp_path, day_of(tuesday), make_ticks([day_of(MONDAY).start_us], [1.0], [1.1]))
    with pytest.raises(SourceError, match="Expected rows of 2012-12-04, was 2012-12-03"):
        FolderSource(tmp_path).fetch_day(day_of(tuesday))


def test_a_landing_file_is_its_partition_stray_rows_and_all(tmp_path: Path) -> None:
    start = day_of(MONDAY).start_us
    table = make_ticks([start, None, start + 86_400_000_000, start - 1], [1.0, 1.0, None, 1.0], [1.1] * 4)
    publish_day(tmp_path, day_of(MONDAY), table)
    publish_day(tmp_path, day_of(date(2012, 12, 4)), TICK_SCHEMA.empty_table())
    source = FolderSource(tmp_path)
    assert source.fetch_day(day_of(MONDAY)).equals(table)
    assert source.fetch_day(day_of(date(2012, 12, 4))).num_rows == 0


def test_a_zoned_day_file_reaches_into_the_neighbour(tmp_path: Path) -> None:
    path = tmp_path / "GBPJPY_2012-12-04.csv"
    path.write_text(
        "Time (EET),Ask,Bid,AskVolume,BidVolume \n"
        "2012.12.04 00:30:00.000,132.158,132.141,1,1\n2012.12.04 02:30:00.000,132.158,132.141,1,1\n"
    )
    source = FolderSource(tmp_path)
    assert source.coverage("GBPJPY") == (MONDAY, date(2012, 12, 4))
    assert [source.fetch_day(day_of(day)).num_rows for day in (MONDAY, date(2012, 12, 4))] == [1, 1]


def test_an_unknown_header_names_the_file(tmp_path: Path) -> None:
    path = make_csv(tmp_path / "GBPJPY.csv", MONDAY, header="Time,Ask,Bid")
    with pytest.raises(SourceError, match=f"{path}: unknown CSV header"):
        FolderSource(tmp_path).fetch_day(day_of(MONDAY))


def test_a_folder_without_the_symbol_says_what_it_looks_for(tmp_path: Path) -> None:
    make_csv(tmp_path / "EURUSD.csv", MONDAY)
    with pytest.raises(
        MissingDataError,
        match=r"has no ticks of GBPJPY. Expected GBPJPY/YYYY/MM/DD/HHh_ticks.bi5, GBP-JPY/Y/M/D/H",
    ):
        FolderSource(tmp_path).fetch_day(day_of(MONDAY))


def test_a_file_of_days_that_is_named_for_one_is_refused_with_its_rows_counted(tmp_path: Path) -> None:
    days = days_from(MONDAY, 4)
    path = make_csv(tmp_path / "GBPJPY_2012-12-03.csv", *days)
    message = (
        f"{path}: holds another day. Expected rows of 2012-12-03, was 2012-12-03 to 2012-12-06: 9 of its 12 rows "
        "are of other days. A file of several days must not have one in its path"
    )
    source = FolderSource(tmp_path)
    for ask in (
        *(lambda day=day: source.fetch_day(day_of(day)) for day in days),
        lambda: source.coverage("GBPJPY"),
    ):
        with pytest.raises(SourceError) as caught:
            ask()
        assert str(caught.value) == message
    path.rename(tmp_path / "GBPJPY.csv")
    renamed = FolderSource(tmp_path)
    assert [renamed.fetch_day(day_of(day)).num_rows for day in days] == [3, 3, 3, 3]


def test_a_closed_day_needs_no_other_days_file(tmp_path: Path) -> None:
    make_csv(tmp_path / "GBPJPY_2012-12-03.csv", *days_from(MONDAY, 4))
    assert FolderSource(tmp_path).fetch_day(day_of(date(2012, 12, 8))).num_rows == 0


def test_rows_past_midnight_are_of_their_day(tmp_path: Path) -> None:
    tuesday, wednesday = days_from(MONDAY, 3)[1:]
    for day in (MONDAY, tuesday):
        path = make_csv(tmp_path / f"GBPJPY_{day}.csv", day)
        path.write_text(
            f"{path.read_text()}{day + timedelta(days=1):%d.%m.%Y} 00:00:00.000,132.2,132.1,1,1\n"
        )
    source = FolderSource(tmp_path)
    assert source.coverage("GBPJPY") == (MONDAY, wednesday)
    assert [source.fetch_day(day_of(day)).num_rows for day in (MONDAY, tuesday, wednesday)] == [3, 4, 1]


def test_a_file_whose_rows_have_no_time_is_named(tmp_path: Path) -> None:
    for name in ("GBPJPY.csv", "GBPJPY_2012-12-03.csv"):
        path = tmp_path / name
        path.write_text(f"{HEADER}\n,132.158,132.141,1,1\n")
        with pytest.raises(SourceError, match=f"{path}: Expected rows with a time, was 1 rows without"):
            FolderSource(tmp_path).fetch_day(day_of(MONDAY))
        path.unlink()


def test_an_unfinished_day_is_refused(tmp_path: Path) -> None:
    make_csv(tmp_path / "GBPJPY.csv", MONDAY)
    noon = FakeClock(datetime(2012, 12, 3, 12, tzinfo=UTC)).clock
    with pytest.raises(MissingDataError, match=r"GBPJPY\|2012-12-03 is not finished"):
        FolderSource(tmp_path, clock=noon).fetch_day(day_of(MONDAY))


@pytest.mark.parametrize(
    "name", ["GBPUSD_vs_EURUSD_2019.csv", "EURUSD-GBPUSD/ticks.csv", "mEURUSD, GBPUSD.csv"]
)
def test_a_path_that_names_two_symbols_is_refused_for_both(tmp_path: Path, name: str) -> None:
    make_csv(tmp_path / name, MONDAY)
    for symbol in ("EURUSD", "GBPUSD"):
        with pytest.raises(
            SourceError, match=f"{name}: names EURUSD and GBPUSD. Expected ticks of one symbol"
        ):
            FolderSource(tmp_path).coverage(symbol)
    make_csv(tmp_path / "USDJPY.csv", MONDAY)
    assert FolderSource(tmp_path).coverage("USDJPY") == (MONDAY, MONDAY)


def test_the_files_name_goes_before_its_folders(tmp_path: Path) -> None:
    make_csv(tmp_path / "GBPUSD and EURUSD" / "EURUSD.csv", MONDAY)
    assert FolderSource(tmp_path).coverage("EURUSD") == (MONDAY, MONDAY)


@pytest.mark.parametrize(
    "name",
    [
        "EURUSDm",
        "EURUSD.raw",
        "#EURUSD",
        "EURUSD_i",
        "eurusdpro",
        "EUR-USD.ecn",
        "m_EURUSDc",
        "EURUSDz",
        "EUR.USD",
        "EUR USD",
        "EUR - USD",
        "Spot EUR USD, bid and ask,",
        "mEURUSD",
        "fxEURUSD.raw",
    ],
)
def test_what_brokers_write_around_a_symbol_is_understood(tmp_path: Path, name: str) -> None:
    make_csv(tmp_path / f"{name}_2012.csv", MONDAY)
    assert FolderSource(tmp_path).coverage("EURUSD") == (MONDAY, MONDAY)


@pytest.mark.parametrize(
    ("name", "symbol"),
    [
        ("EURUSDT", "EURUSD"),
        ("mEURUSDT", "EURUSD"),
        ("AEURUSD", "EURUSD"),
        ("BTCUSDC", "BTCUSD"),
        ("BTCUSDT", "BTCUSD"),
        ("wBTCUSD", "BTCUSD"),
    ],
)
def test_another_word_is_no_symbol(tmp_path: Path, name: str, symbol: str) -> None:
    make_csv(tmp_path / f"{name}.csv", MONDAY)
    with pytest.raises(MissingDataError, match=f"has no ticks of {symbol}"):
        FolderSource(tmp_path).coverage(symbol)
