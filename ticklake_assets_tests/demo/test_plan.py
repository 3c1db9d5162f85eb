from datetime import date
from pathlib import Path

import pytest

from ticklake_assets.core.calendar import calendar_days
from ticklake_assets.core.errors import MissingDataError, SetupError, SourceError
from ticklake_assets.demo.plan import DemoMarket, market_of_folder, synthetic_markets
from ticklake_assets.settings import Settings


def test_the_synthetic_demo_has_three_folds_and_holds_the_last_day_out() -> None:
    for market in synthetic_markets():
        assert [str(as_of.trading_day) for as_of in market.as_ofs] == [
            "2024-01-13",
            "2024-01-15",
            "2024-01-17",
        ]
        assert market.held_out.trading_day == market.days[-1]
        windows = market.instrument.windows
        assert market.as_ofs[0].shifted(-windows.lookback_days).trading_day == market.days[0]


def test_a_month_gives_the_five_folds_of_the_design() -> None:
    market = DemoMarket("GBPJPY", tuple(calendar_days(date(2012, 12, 1), date(2012, 12, 31))))
    assert [as_of.trading_day.day for as_of in market.as_ofs] == [19, 22, 25, 28, 31]


def test_a_history_shorter_than_a_look_back_has_no_fold() -> None:
    assert DemoMarket("GBPJPY", tuple(calendar_days(date(2012, 12, 1), date(2012, 12, 16)))).as_ofs == []
    assert len(DemoMarket("GBPJPY", tuple(calendar_days(date(2012, 12, 1), date(2012, 12, 17)))).as_ofs) == 1


def test_real_ticks_want_a_symbol_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"Expected --symbol .* has ticks of no symbol that"):
        market_of_folder(tmp_path, None, Settings())
    with pytest.raises(SetupError, match="Expected a folder of ticks"):
        market_of_folder(tmp_path / "absent", "GBPJPY", Settings())
    with pytest.raises(MissingDataError, match="GBPJPY"):
        market_of_folder(tmp_path, "GBPJPY", Settings())


def test_a_folder_of_one_symbol_needs_no_name_and_one_of_several_lists_them(tmp_path: Path) -> None:
    rows = "Time,Ask,Bid,AskVolume,BidVolume\n{day}.01.2024 10:00:00.000,1.2,1.1,1,1\n"
    (tmp_path / "GBPUSD_ticks.csv").write_text(rows.format(day="16"))
    assert market_of_folder(tmp_path, None, Settings()).symbol == "GBPUSD"
    (tmp_path / "EURUSD").mkdir()
    (tmp_path / "EURUSD" / "all.csv").write_text(rows.format(day="15"))
    several = r"has EURUSD \(2024-01-15 to 2024-01-15\), GBPUSD \(2024-01-16 to 2024-01-16\)"
    with pytest.raises(SetupError, match=several):
        market_of_folder(tmp_path, None, Settings())


def test_a_real_folder_says_which_days_it_covers(shared_data: Path) -> None:
    market = market_of_folder(shared_data / "dukascopy" / "GBPJPY", "GBPJPY", Settings())
    assert (market.days[0], market.days[-1], len(market.days)) == (date(2012, 12, 1), date(2012, 12, 31), 31)


def test_a_folder_is_read_in_the_zone_and_dialect_of_the_settings(tmp_path: Path) -> None:
    path = tmp_path / "EURUSD.csv"
    path.write_text("Time (EET),Ask,Bid,AskVolume,BidVolume\n2024.01.16 00:30:00.000,1.2,1.1,1,1\n")
    assert market_of_folder(tmp_path, "EURUSD", Settings()).days == (date(2024, 1, 15),)
    assert market_of_folder(tmp_path, "EURUSD", Settings(source_zone="UTC")).days == (date(2024, 1, 16),)
    with pytest.raises(SourceError, match="unknown CSV header"):
        market_of_folder(tmp_path, "EURUSD", Settings(source_dialect="mt5"))
