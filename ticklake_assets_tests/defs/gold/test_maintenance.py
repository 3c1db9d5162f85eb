from __future__ import annotations

from pathlib import Path

import dagster as dg

from ticklake_assets.defs.gold.maintenance import KEYS, gold_maintenance, nightly_upkeep
from ticklake_assets.resources.gold import Gold
from ticklake_assets_tests.storage.gold.builders import MONDAY, RUN, days_from, fill_gold, make_bars

DAYS = days_from(MONDAY, 3)


def test_each_table_is_kept_up_and_says_so(tmp_path: Path) -> None:
    gold = Gold(
        catalog_name="lake",
        catalog_uri=f"sqlite:///{tmp_path}/catalog.db",
        warehouse_url=(tmp_path / "warehouse").as_uri(),
    )
    for day in DAYS:
        fill_gold(gold.tables, [day])
    gold.tables.replace("bars", DAYS[:1], make_bars(MONDAY, 7), RUN)
    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize([gold_maintenance], resources={"gold": gold}, instance=instance)
    assert result.success
    made = result.asset_materializations_for_node("gold_maintenance")
    told = {one.asset_key: {name: value.value for name, value in one.metadata.items()} for one in made}
    # Three commits of one manifest each, and bars' correction with its tombstone; the snapshots are too young to go.
    assert [told[key]["manifests_less"] for key in KEYS.values()] == [3, 2, 2]
    assert [told[key]["snapshots"] for key in KEYS.values()] == [5, 4, 4]
    assert list(gold.tables.row_counts("bars", DAYS).values()) == [7, 25, 25]


def test_it_runs_every_night_without_a_person() -> None:
    assert nightly_upkeep.cron_schedule == "0 4 * * *"
    assert nightly_upkeep.default_status == dg.DefaultScheduleStatus.RUNNING
