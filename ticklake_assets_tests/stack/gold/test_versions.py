"""Schema evolution, time travel, rollback, upkeep: seen alike by all engines."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from ticklake_assets.core.schemas import BARS, Column
from ticklake_assets.storage.gold.maintenance import KEEP_SNAPSHOTS, keep_up
from ticklake_assets.storage.gold.schema import GoldTable
from ticklake_assets_tests.stack.gold.engines import COLUMNS, Engines, open_gold
from ticklake_assets_tests.storage.gold.builders import MONDAY, RUN, days_from, make_bars

pytestmark = pytest.mark.stack
DAYS = days_from(MONDAY, 3)
TUESDAY = DAYS[1]
GROWN = {"bars": GoldTable((*BARS, Column("mood", "float64", "a later column")), "bar_end")}


def test_a_later_column_is_null_in_old_rows(engines: Engines) -> None:
    engines.gold.replace("bars", [MONDAY], make_bars(MONDAY, 2), RUN)
    old = engines.gold.snapshot_id("bars")
    with open_gold(engines.site, GROWN) as grown:
        rows = make_bars(TUESDAY, 2)
        grown.replace("bars", [TUESDAY], rows.append_column("mood", pa.array([0.5, 1.5])), RUN)
        engines.gold, before = grown, engines.gold
        assert [row[-1] for row in engines.agree(DAYS[:2], columns=[*COLUMNS, "mood"])] == [
            None,
            None,
            0.5,
            1.5,
        ]
        assert len(engines.agree(DAYS[:2], version=old)) == 2
        engines.gold = before


def test_time_travel_by_snapshot_by_tag_and_by_time(engines: Engines) -> None:
    first = engines.gold.replace("bars", [MONDAY], make_bars(MONDAY, 2), RUN)
    engines.gold.tag("bars", first, "dataset-EURUSD")
    second = engines.gold.replace("bars", [MONDAY], make_bars(MONDAY, 5), RUN)
    engines.gold.replace("bars", [MONDAY], make_bars(MONDAY, 9), RUN)
    versions = (first, "dataset-EURUSD", second, None)
    assert [len(engines.agree([MONDAY], version)) for version in versions] == [2, 2, 5, 9]
    history = engines.gold.table("bars").history()
    moment = datetime.fromtimestamp(history[1].timestamp_ms / 1000, UTC)
    at = f"TIMESTAMP '{moment:%Y-%m-%d %H:%M:%S.%f}"[:-3]
    ((by_trino,),) = engines.trino.query(f"SELECT count(*) FROM gold.bars FOR TIMESTAMP AS OF {at} UTC'").rows
    ((by_spark,),) = engines.ask_spark(f"SELECT count(*) FROM lake.gold.bars TIMESTAMP AS OF {at}'")
    assert (by_trino, by_spark) == (5, 5)


@pytest.mark.parametrize("engine", ["pyiceberg", "trino", "spark"])
def test_a_rollback_by_one_is_seen_by_all(engines: Engines, engine: str) -> None:
    good = engines.gold.replace("bars", [MONDAY], make_bars(MONDAY, 2), RUN)
    bad = engines.gold.replace("bars", [MONDAY, TUESDAY], make_bars(TUESDAY, 5), RUN)
    if engine == "pyiceberg":
        engines.gold.table("bars").manage_snapshots().rollback_to_snapshot(good).commit()
    elif engine == "trino":
        engines.trino.query(f"ALTER TABLE gold.bars EXECUTE rollback_to_snapshot({good})")
    else:
        engines.ask_spark(f"CALL lake.system.rollback_to_snapshot('gold.bars', {good})")
    assert len(engines.agree([MONDAY, TUESDAY])) == 2
    assert len(engines.agree([MONDAY, TUESDAY], version=bad)) == 5
    engines.gold.replace("bars", [TUESDAY], make_bars(TUESDAY, 1), RUN)
    assert len(engines.agree([MONDAY, TUESDAY])) == 3


def test_upkeep_changes_no_row_of_any_engine_and_keeps_the_pinned(engines: Engines) -> None:
    for day in DAYS:
        engines.gold.replace("bars", [day], make_bars(day, 4), RUN)
    pinned = engines.gold.snapshot_id("bars")
    assert pinned is not None
    engines.gold.tag("bars", pinned, "dataset-EURUSD")
    frozen = engines.agree(DAYS, version="dataset-EURUSD")
    engines.gold.replace("bars", [TUESDAY], make_bars(TUESDAY, 6), RUN)
    # Rows deleted by another engine become a file of deletes, which compaction ends.
    engines.trino.query(
        f"DELETE FROM gold.bars WHERE trading_day = DATE '{TUESDAY.trading_day}' AND bar_end = "
        f"(SELECT max(bar_end) FROM gold.bars WHERE trading_day = DATE '{TUESDAY.trading_day}')"
    )
    rows = engines.agree(DAYS)
    assert len(rows) == 13
    done = keep_up(engines.gold, "bars", datetime.now(UTC) + KEEP_SNAPSHOTS + timedelta(hours=1))
    assert done.compacted_days == 1
    assert done.expired_snapshots > 0
    assert done.removed.files > 0
    assert engines.agree(DAYS) == rows
    assert engines.agree(DAYS, version="dataset-EURUSD") == frozen
    assert engines.agree(DAYS, version=pinned) == frozen
    assert not any(task.delete_files for task in engines.gold.table("bars").scan().plan_files())


def test_the_upkeep_of_trino_keeps_the_pinned_too(engines: Engines) -> None:
    pinned = engines.gold.replace("bars", [MONDAY], make_bars(MONDAY, 2), RUN)
    engines.gold.tag("bars", pinned, "dataset-EURUSD")
    for rows in (3, 4, 5):
        engines.gold.replace("bars", [MONDAY], make_bars(MONDAY, rows), RUN)
    engines.trino.query("SET SESSION lake.expire_snapshots_min_retention = '0s'")
    engines.trino.query("ALTER TABLE gold.bars EXECUTE optimize")
    engines.trino.query("ALTER TABLE gold.bars EXECUTE expire_snapshots(retention_threshold => '0s')")
    assert len(engines.gold.table("bars").snapshots()) == 2
    assert len(engines.agree([MONDAY])) == 5
    assert len(engines.agree([MONDAY], version="dataset-EURUSD")) == 2
