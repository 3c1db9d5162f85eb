"""What Dagster itself costs a day: the real graph's shape with bodies that do nothing.

Same keys, dependencies, partitions and ranges as landing to gold, on a fresh SQLite instance, in the process that
executes it, as a daemon's run does. Start-up of a run's process is measured apart.
"""

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import dagster as dg

from ticklake_assets.core.symbol_day import SymbolDay, contiguous_ranges
from ticklake_assets.definitions import defs
from ticklake_assets.defs.partitions import MONTH_A_RUN, SYMBOL_DAY
from ticklake_assets.instance.ranges import materialize_range

LAYERS = dg.AssetSelection.groups("landing", "raw", "parquet", "clean", "gold")
FIRST = date(2023, 1, 1)


def run(lengths: tuple[int, ...] = (1, 31, 365)) -> list[dict[str, object]]:
    """Milliseconds an asset and partition for backfills of growing length, and the database afterwards."""
    rows: list[dict[str, object]] = [
        {"what": "start of a run's process, s", "value": round(_process_start(), 1)}
    ]
    graph = _idle_graph()
    assets = len(list(graph.resolve_all_asset_specs()))
    with tempfile.TemporaryDirectory() as folder:
        _materialize(graph, Path(folder) / "warm", ["EURUSD"], 1)
        for days in lengths:
            home = Path(folder) / str(days)
            seconds = _materialize(graph, home, ["EURUSD"], days)
            rows.append(_row(f"{days} days of one symbol", days * assets, seconds, home))
        home = Path(folder) / "files"
        symbols = ["EURUSD", "GBPUSD", "USDJPY", "GBPJPY", "AUDUSD"]
        seconds = _materialize(graph, home, symbols, 400)
        rows.append(_row("2,000 files, 5 symbols x 400 days", 2000 * assets, seconds, home))
    return rows


def _row(what: str, steps: int, seconds: float, home: Path) -> dict[str, object]:
    size = sum(file.stat().st_size for file in home.rglob("*") if file.is_file())
    return {
        "what": what,
        "seconds": round(seconds, 1),
        "ms an asset and partition": round(1000 * seconds / steps, 2),
        "database, MB": round(size / 1e6, 1),
        "peak memory, MB": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def _idle_graph() -> dg.Definitions:
    """The real specs of landing to gold, asset by asset as the real graph groups them, with idle bodies."""
    real = defs()
    selected = LAYERS.resolve(real.resolve_asset_graph())
    groups = [
        [spec for spec in definition.specs if spec.key in selected]
        for definition in {
            id(found): found for found in real.get_repository_def().assets_defs_by_key.values()
        }.values()
    ]
    return dg.Definitions(
        assets=[_idle(at, specs) for at, specs in enumerate(groups) if specs], executor=dg.in_process_executor
    )


def _idle(at: int, specs: list[dg.AssetSpec]) -> dg.AssetsDefinition:
    plain = [dg.AssetSpec(spec.key, deps=[dep.asset_key for dep in spec.deps]) for spec in specs]

    @dg.multi_asset(name=f"idle_{at}", specs=plain, partitions_def=SYMBOL_DAY, backfill_policy=MONTH_A_RUN)
    def idle(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
        for spec in plain:
            for key in context.partition_keys:
                context.add_asset_metadata(
                    {"dagster/partition_row_count": 0}, asset_key=spec.key, partition_key=key
                )
            yield dg.MaterializeResult(asset_key=spec.key)

    return idle


def _materialize(graph: dg.Definitions, home: Path, symbols: list[str], days: int) -> float:
    home.mkdir()
    wanted = [SymbolDay(symbol, FIRST + timedelta(days=at)) for symbol in symbols for at in range(days)]
    start = time.perf_counter()
    with dg.DagsterInstance.local_temp(str(home)) as instance:
        for span in contiguous_ranges(wanted, 31):
            materialize_range(graph, dg.AssetSelection.all(), span, instance)
    return time.perf_counter() - start


def _process_start() -> float:
    start = time.perf_counter()
    code = "from ticklake_assets.definitions import defs; defs()"
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True)
    return time.perf_counter() - start
