from __future__ import annotations

import os
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

from ticklake_assets.core.errors import DataError, MissingDataError, SetupError, TicklakeError
from ticklake_assets.environment import environment_file
from ticklake_assets.research import open_lake
from ticklake_assets.research.lake import Lake
from ticklake_assets.storage.partitions.store import PartitionStore
from ticklake_assets_tests.research.homes import SYNTHETIC, gold_of
from ticklake_assets_tests.storage.gold.builders import MONDAY, days_from, fill_gold, make_bars, make_features

FIRST, LAST = (str(day.trading_day) for day in SYNTHETIC)


def test_gold_is_what_a_scan_of_the_table_gives(lake: Lake) -> None:
    days = [day.trading_day for day in SYNTHETIC]
    for name, scan in (
        ("features", lake.features("SYNEUR", FIRST, LAST)),
        ("labels", lake.labels("SYNEUR", FIRST, LAST)),
        ("bars", lake.bars("SYNEUR", FIRST, LAST)),
    ):
        rows = lake.gold.scan(name, "SYNEUR", days).cast(scan.schema)
        assert scan.to_polars().equals(pl.DataFrame(pl.from_arrow(rows))), name
        assert (scan.days, scan.missing, scan.snapshot) == (tuple(days), (), lake.gold.snapshot_id(name))


def test_both_ends_of_a_range_are_included_and_days_may_be_dates(lake: Lake) -> None:
    one = lake.features("SYNEUR", date(2024, 1, 16), "2024-01-16").to_arrow()
    assert set(one["trading_day"].to_pylist()) == {date(2024, 1, 16)}
    both = lake.features("SYNEUR", FIRST, LAST)
    assert set(both.to_arrow()["trading_day"].to_pylist()) == {day.trading_day for day in SYNTHETIC}


def test_columns_come_in_the_order_asked_for(lake: Lake) -> None:
    chosen = ["sigma_1m", "ts_event"]
    assert lake.features("SYNEUR", FIRST, LAST, columns=chosen).to_arrow().column_names == chosen
    assert lake.ticks("SYNEUR", FIRST, LAST, columns=["ask", "bid"]).to_arrow().column_names == ["ask", "bid"]
    keys = lake.ticks("SYNEUR", FIRST, LAST, columns=["trading_day"]).to_arrow()
    assert keys.num_rows == lake.ticks("SYNEUR", FIRST, LAST).to_arrow().num_rows
    with pytest.raises(DataError, match=r"Column 'nope' of gold.features. Expected some of symbol, "):
        lake.features("SYNEUR", FIRST, LAST, columns=["nope"])
    with pytest.raises(DataError, match="Column 'rule' of clean/ticks"):
        lake.ticks("SYNEUR", FIRST, LAST, columns=["rule"])


def test_days_that_the_lake_lacks_are_told(lake: Lake) -> None:
    scan = lake.bars("SYNEUR", "2024-01-14", "2024-01-17")
    assert scan.missing == (date(2024, 1, 14), date(2024, 1, 15))
    assert lake.ticks("SYNEUR", "2024-01-15", "2024-01-18").missing == (date(2024, 1, 15), date(2024, 1, 18))


@pytest.mark.parametrize("layer", ["clean", "parquet", "raw"])
def test_ticks_are_the_layers_own_behind_their_keys(lake: Lake, layer: str) -> None:
    rows = lake.ticks("SYNEUR", FIRST, LAST, layer=layer).to_arrow()
    store = PartitionStore(lake.store, "clean" if layer == "clean" else "parquet")
    own = pa.concat_tables(store.read(day) for day in SYNTHETIC)
    assert rows.drop_columns(["symbol", "trading_day"]).equals(own)
    counts = rows.group_by(["symbol", "trading_day"]).aggregate([([], "count_all")]).to_pylist()
    assert {(row["symbol"], row["trading_day"]): row["count_all"] for row in counts} == {
        (day.symbol, day.trading_day): store.require(day).rows for day in SYNTHETIC
    }


def test_wide_bars_are_those_of_the_query(lake: Lake) -> None:
    narrow = lake.bars("SYNEUR", FIRST, LAST).to_polars()
    wide = lake.bars("SYNEUR", FIRST, LAST, minutes=60)
    assert wide.to_arrow().schema == wide.schema
    made = wide.to_polars()
    assert len(made) == 48
    assert made["tick_count"].sum() == narrow["tick_count"].sum()
    hour = narrow.filter(narrow["bar_end"] <= made["bar_end"][0])
    assert (made["bid_high"][0], made["ask_low"][0]) == (hour["bid_high"].max(), hour["ask_low"].min())
    with pytest.raises(DataError, match="Expected 1 to 1440 minutes, was 0"):
        lake.bars("SYNEUR", FIRST, LAST, minutes=0)


def test_gold_as_of_a_snapshot_or_a_time_is_what_it_was(tmp_path: Path) -> None:
    days = days_from(MONDAY, 2)
    with gold_of(tmp_path) as gold:
        fill_gold(gold, days)
        old = gold.snapshot_id("features")
        assert old is not None
        moment = gold.existing("features").current_snapshot()
        assert moment is not None
        gold.replace("features", days[:1], make_features(days[0], 7, seed=9), {"run_id": "r-2"})
        gold.replace("bars", days, make_bars(days[0], 3), {"run_id": "r-2"})
    then = datetime.fromtimestamp(moment.timestamp_ms / 1000).astimezone()
    with open_lake(tmp_path) as lake:
        now = lake.features("EURUSD", "2024-01-01", "2024-01-02")
        before = lake.features("EURUSD", "2024-01-01", "2024-01-02", as_of=old)
        assert (now.to_arrow().num_rows, before.to_arrow().num_rows) == (47, 80)
        for same in (then, then.isoformat()):
            assert lake.features("EURUSD", "2024-01-01", "2024-01-02", as_of=same).snapshot == old
        second = lake.gold.existing("bars").snapshots()[0].snapshot_id
        wide = lake.bars("EURUSD", "2024-01-01", "2024-01-02", minutes=10, as_of=second).to_arrow()
        assert wide["tick_count"].to_pylist() == [10_000, 10_000, 5_000] * 2
        with pytest.raises(
            MissingDataError, match=r"gold.features as of 5\. Expected a snapshot that is kept"
        ):
            lake.features("EURUSD", "2024-01-01", "2024-01-02", as_of=5)
        with pytest.raises(MissingDataError, match=r"as of 2020-01-01\. Expected .*there are 2, from "):
            lake.features("EURUSD", "2024-01-01", "2024-01-02", as_of="2020-01-01")
        with pytest.raises(DataError, match="Expected a snapshot's number or a time like"):
            lake.features("EURUSD", "2024-01-01", "2024-01-02", as_of="yesterday")
        earlier = then - timedelta(days=1)
        with pytest.raises(MissingDataError):
            lake.bars("EURUSD", "2024-01-01", "2024-01-02", minutes=5, as_of=earlier)


def test_a_snapshot_that_is_pinned_stays_what_it_was_while_others_commit(tmp_path: Path) -> None:
    days = days_from(MONDAY, 1)
    with gold_of(tmp_path) as gold, open_lake(tmp_path) as lake:
        fill_gold(gold, days)
        scan = lake.features("EURUSD", "2024-01-01", "2024-01-01")
        gold.replace("features", days, make_features(days[0], 7), {"run_id": "r-2"})
        assert scan.to_arrow().num_rows == 40


@pytest.mark.parametrize(
    ("symbol", "first", "last", "said"),
    [
        ("SYNEUX", FIRST, LAST, r"Unknown symbol 'SYNEUX'. Expected perhaps SYNEUR"),
        ("syneur", FIRST, LAST, r"Unknown symbol 'syneur'. Expected perhaps SYNEUR"),
        ("SYNEUR", LAST, FIRST, r"Expected the first day before the last, was after it"),
        ("SYNEUR", "16.01.2024", LAST, r"Expected a day like 2024-01-31, was '16.01.2024'"),
        ("SYNEUR", datetime(2024, 1, 16, 12), LAST, r"Expected a day like 2024-01-31, was a time"),  # noqa: DTZ001
        (
            "SYNEUR",
            "2024-03-01",
            "2024-03-02",
            r"Expected days that the lake has: 2024-01-16 to 2024-01-17, 2 days",
        ),
        ("EURUSD", FIRST, LAST, r"Expected days that the lake has: none of the symbol"),
    ],
)
def test_what_is_wrong_is_said(lake: Lake, symbol: str, first: str, last: str, said: str) -> None:
    for ask in (lake.features, lake.labels, lake.bars, lake.ticks):
        with pytest.raises(TicklakeError, match=said):
            ask(symbol, first, last)


def test_a_wrong_layer_is_an_error(lake: Lake) -> None:
    with pytest.raises(
        DataError, match=r"Layer 'gold' of ticks. Expected one of raw, parquet, clean, quarantine"
    ):
        lake.ticks("SYNEUR", FIRST, LAST, layer="gold")


def test_where_no_lake_or_no_gold_is_nothing_is_made(tmp_path: Path) -> None:
    with pytest.raises(MissingDataError, match=r"Expected a lake, was no folder .*TICKLAKE_HOME"):
        open_lake(tmp_path / "nothing")
    (tmp_path / "lake").mkdir()
    lake = open_lake(tmp_path)
    with pytest.raises(MissingDataError, match="Expected gold, was no catalog"):
        lake.features("EURUSD", "2024-01-01", "2024-01-02")
    with pytest.raises(MissingDataError, match="none of the symbol"):
        lake.ticks("EURUSD", "2024-01-01", "2024-01-02")
    assert [path.name for path in tmp_path.rglob("*")] == ["lake"]
    with pytest.raises(SetupError, match="TICKLAKE_SYNTHETIC_SEED: Expected a valid integer"):
        open_lake(tmp_path, synthetic_seed="x")
    with pytest.raises(SetupError, match="Expected settings that `ticklake settings` lists, was lake"):
        open_lake(tmp_path, lake="file:///x")


def test_asking_makes_no_table(tmp_path: Path) -> None:
    with gold_of(tmp_path) as gold:
        days = days_from(MONDAY, 1)
        gold.replace("bars", days, make_bars(days[0], 3), {"run_id": "r-1"})
    with open_lake(tmp_path) as lake:
        with pytest.raises(MissingDataError, match=r"Expected a table gold.labels, was none"):
            lake.labels("EURUSD", "2024-01-01", "2024-01-01")
        assert lake.gold.catalog.list_tables("gold") == [("gold", "bars")]


def test_settings_are_those_of_the_stack_of_that_home_unless_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "TICKLAKE_S3_REGION"):
        monkeypatch.setenv(name, "mine")  # so that the test's end removes what is set
        monkeypatch.delenv(name)
    monkeypatch.setenv("TICKLAKE_COSTS", "spread_only")
    (tmp_path / "other").mkdir()
    offered = {
        "TICKLAKE_LAKE_URL": (tmp_path / "other").as_uri(),
        "TICKLAKE_S3_REGION": "eu",
        "TICKLAKE_COSTS": "raw_spread",
        "AWS_ACCESS_KEY_ID": "key",
    }
    environment_file(tmp_path).write_text("".join(f"{name}={value}\n" for name, value in offered.items()))
    chosen = open_lake(tmp_path).settings
    assert (chosen.lake, chosen.s3_region) == ((tmp_path / "other").as_uri(), "eu")
    assert chosen.costs == "spread_only"  # a variable wins over the stack's
    assert os.environ["AWS_ACCESS_KEY_ID"] == "key"
    assert "TICKLAKE_S3_REGION" not in os.environ  # another lake of this process has its own
    assert open_lake(tmp_path, s3_region="us").settings.s3_region == "us"


def test_an_instrument_has_the_costs_of_the_profile(lake: Lake) -> None:
    assert lake.instrument("EURUSD", "raw_spread").costs != lake.instrument("EURUSD", "spread_only").costs
    with pytest.raises(DataError, match="Unknown symbol"):
        lake.instrument("EURSUD")
