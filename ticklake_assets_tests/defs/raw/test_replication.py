from __future__ import annotations

from pathlib import Path
from typing import Any

import dagster as dg

from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.defs.raw.replication import replication_status
from ticklake_assets.resources.lake import Lake
from ticklake_assets.resources.replication import Replication
from ticklake_assets_tests.storage.raw.raw_files import DAY, make_raw
from ticklake_assets_tests.storage.replication.landing_files import land


def look(replication: Replication, cursor: str | None) -> Any:
    with dg.build_sensor_context(cursor=cursor, resources={"replication": replication}) as context:
        return replication_status(context)


def values(result: Any) -> dict[str, Any]:
    (event,) = result.asset_events
    assert event.asset_key == dg.AssetKey(["raw", "ticks"])
    return {name: entry.value for name, entry in event.metadata.items()}


def test_what_has_changed_is_observed_and_nothing_else(tmp_path: Path) -> None:
    replication = Replication(folder=str(tmp_path / "landing"), lake=Lake(url=(tmp_path / "lake").as_uri()))
    land(tmp_path / "landing", DAY, make_raw(3))
    first = look(replication, None)
    assert values(first)["waiting_files"] == 1
    assert isinstance(look(replication, first.cursor), dg.SkipReason)
    replication.deliver(DAY)
    land(tmp_path / "landing", SymbolDay("GBPJPY", DAY.trading_day), make_raw(4))
    second = values(look(replication, first.cursor))
    assert (second["mover"], second["waiting_files"], second["files_a_minute"]) == ("embedded", 1, 0.2)
    assert (second["conflicts"], second["failed"], second["back_pressure_percent"]) == (0, 0, 0)
    (queue,) = second["queues"].records
    assert queue.data == {"name": "landing", "files": 1, "bytes": len(make_raw(4)), "percent": 0}
