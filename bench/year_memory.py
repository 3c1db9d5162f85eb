"""A year of one symbol, from the source to the gates: the most memory that each stage ever held.

Every stage is a process of its own that materializes the product's own assets over the whole year, ranges of 31
days up to gold, then the last folds of a walk-forward (train 60, validate 10, test 10 days, a fold every 10 days): what
a run of Dagster's daemon does, Great Expectations, plots and MLflow included, and longer in one process than any
run. The last stage trains, validates and tests one fold on all days at once, by the functions of a fold's stages.
The JVM of Spark's cleaning job is a process beside it and stands apart.

`python -m bench.year_memory --days 100` tries it on fewer days.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from threading import Event, Thread

import dagster as dg

from ticklake_assets.core.folds import Windows
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.definitions import defs
from ticklake_assets.defs.dataset.assets import DATASET_TRAINING
from ticklake_assets.defs.model.assets import TESTED, TRAINED, VALIDATED
from ticklake_assets.defs.report.assets import WALK_FORWARD
from ticklake_assets.instance.home import open_instance
from ticklake_assets.instance.ranges import materialize_range
from ticklake_assets.lifecycle.fold_inputs import open_events, quotes_by_day
from ticklake_assets.modeling.deployed.bundle import open_bundle
from ticklake_assets.modeling.fitting.packing import ValidationDays, pack
from ticklake_assets.modeling.fitting.training import train
from ticklake_assets.modeling.fitting.tuning import Budget
from ticklake_assets.modeling.fitting.validation import validate
from ticklake_assets.modeling.judging.testing import run_test
from ticklake_assets.resources.datasets import Datasets
from ticklake_assets.resources.gold import Gold
from ticklake_assets.resources.lake import Lake
from ticklake_assets.resources.signing import Signing
from ticklake_assets.settings import Settings
from ticklake_assets.storage.datasets.freeze import DatasetRequest, freeze
from ticklake_assets.storage.datasets.sources import day_sources
from ticklake_assets.storage.partitions.tick_rows import in_time_order

FIRST, YEAR = SymbolDay("SYNEUR", date(2023, 1, 1)), 365
WINDOWS = {"train_days": 60, "validate_days": 10, "test_days": 10}
RANGE_DAYS, FOLDS = 31, 3
"""Every fold is a run of its own: several in one process show that nothing piles up."""
TRIALS = 2
"""Of tuning, a fold: they come one after the other on the same events, so more of them take time, not memory."""
LIMIT_MB = 3 * 1024

LAYERS = {
    "land, seal, type": dg.AssetSelection.groups("landing", "raw", "parquet"),
    "clean": dg.AssetSelection.groups("clean"),
    "gold": dg.AssetSelection.groups("gold"),
}
FOLD_STAGES = {"dataset": DATASET_TRAINING, "train": TRAINED, "validate": VALIDATED, "test": TESTED}
REPORT = "walk-forward report"
WHOLE = "one fold of the year"
HELD_OUT_DAYS = 40
"""Validation days of that fold, and as many test days; the others train."""


def run(days: int = YEAR) -> list[dict[str, object]]:
    """A row a stage: days or folds, seconds, peak resident MB of the process and of its JVM."""
    rows = []
    with tempfile.TemporaryDirectory() as home:
        for stage in (*LAYERS, *FOLD_STAGES, REPORT, WHOLE):
            row = _in_process_of_its_own(stage, days, Path(home))
            rows.append(row)
            print(row, file=sys.stderr, flush=True)
    for row in rows:
        assert int(str(row["peak resident, MB"])) < LIMIT_MB, row
    return rows


def _in_process_of_its_own(stage: str, days: int, home: Path) -> dict[str, object]:
    command = [sys.executable, "-m", "bench.year_memory", "--days", str(days), "--stage", stage]
    environment = {**os.environ, "TICKLAKE_HOME": str(home)}
    done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    row: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return row


def measure(stage: str, days: int) -> dict[str, object]:
    """Materialize one stage over all days; what it held is what the kernel counted, children apart."""
    as_ofs = _as_ofs(days)
    started = time.perf_counter()
    with open_instance(Settings()) as instance, _largest_jvm() as largest:
        if stage in LAYERS:
            _layer(instance, LAYERS[stage], days)
        elif stage in FOLD_STAGES:
            for as_of in as_ofs:
                _fold_stage(instance, FOLD_STAGES[stage], as_of, {})
        elif stage == REPORT:
            _fold_stage(instance, WALK_FORWARD, as_ofs[-1], {"folds": len(as_ofs)})
        else:
            _whole_year(Settings(), days)
    return {
        "stage": stage,
        "over": f"{days} days" if stage in (*LAYERS, WHOLE) else f"{len(as_ofs)} folds",
        "seconds": round(time.perf_counter() - started),
        "peak resident, MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "JVM beside it, MB": largest[0] // 1024 or "",
    }


def _as_ofs(days: int) -> list[SymbolDay]:
    """As-of days of the last folds, oldest first; the last knows the whole year."""
    last = FIRST.shifted(days)
    return [last.shifted(-back * WINDOWS["test_days"]) for back in reversed(range(FOLDS))]


def _layer(instance: dg.DagsterInstance, assets: dg.AssetSelection, days: int) -> None:
    definitions = defs()
    for at in range(0, days, RANGE_DAYS):
        part = [FIRST.shifted(offset) for offset in range(at, min(at + RANGE_DAYS, days))]
        materialize_range(definitions, assets, part, instance)


def _fold_stage(
    instance: dg.DagsterInstance, asset: dg.AssetKey, as_of: SymbolDay, config: dict[str, object]
) -> None:
    chosen = {DATASET_TRAINING: WINDOWS, TRAINED: {"trials": TRIALS}}.get(asset, config)
    ops = {asset.to_python_identifier(): {"config": chosen}} if chosen else {}
    quiet = {"console": {"config": {"log_level": "CRITICAL"}}}
    job = defs().resolve_implicit_global_asset_job_def()
    job.execute_in_process({"ops": ops, "loggers": quiet}, instance, as_of.key, asset_selection=[asset])


def _whole_year(settings: Settings, days: int) -> None:
    """Dataset, training, validation and test on all days at once, further back than the graph lets an asset see."""
    lake = Lake.from_settings(settings)
    gold, datasets = Gold.from_settings(settings), Datasets.from_settings(settings)
    signing, as_of = Signing.from_settings(settings), FIRST.shifted(days)
    windows = Windows(days - 2 * HELD_OUT_DAYS, HELD_OUT_DAYS, HELD_OUT_DAYS)
    window = [FIRST.shifted(number) for number in range(days)]
    sources = day_sources(lake.store, lake.clean, window)
    request = DatasetRequest(
        as_of.symbol, as_of.trading_day, windows, [day.trading_day for day in window], sources
    )
    with datasets.engine(gold.tables) as engine:
        freeze(gold.tables, engine, datasets.registry, request)
    gold.tables.close()
    dataset, instrument = datasets.load(as_of), instrument_of(as_of.symbol)
    quotes = quotes_by_day(lake, dataset)
    trained = train(open_events(dataset, "train"), 1, Budget(TRIALS))
    report = validate(trained, open_events(dataset, "validate"), quotes, instrument)
    seen = ValidationDays(
        open_events(dataset, "validate"),
        quotes,
        lambda day: in_time_order(lake.parquet.read(SymbolDay(as_of.symbol, day))),
    )
    fold = dataset.manifest.fold
    packed = pack(trained, report, fold, instrument, dataset.identity(), signing.private, seen)
    run_test(open_bundle(packed, signing.public), dataset.parts["test"], quotes, trained.booster_json)


@contextmanager
def _largest_jvm() -> Iterator[list[int]]:
    """Peak resident kB of the JVM that this process starts meanwhile, looked at twice a second; 0 without one."""
    peak, ended = [0], Event()

    def watch() -> None:
        while not ended.wait(0.5):
            for child in Path("/proc/self/task").glob("*/children"):
                peak[0] = max([peak[0], *(_peak_kb(pid) for pid in child.read_text().split())])

    watcher = Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield peak
    finally:
        ended.set()
        watcher.join()


def _peak_kb(pid: str) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:  # it ended between the listing and the look
        return 0
    said = dict(line.split(":", 1) for line in status.splitlines())
    return int(said["VmHWM"].split()[0]) if said["Name"].strip() == "java" and "VmHWM" in said else 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=YEAR)
    parser.add_argument("--stage", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.stage:
        print(json.dumps(measure(arguments.stage, arguments.days)), flush=True)
    else:
        for row in run(arguments.days):
            print("  ".join(f"{key}: {value}" for key, value in row.items()))


if __name__ == "__main__":
    main()
