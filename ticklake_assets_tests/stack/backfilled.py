"""Days brought to gold and to a model by the commands of a home, in processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
from dagster._core.storage.tags import BACKFILL_ID_TAG

from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.demo.content import gold_digests
from ticklake_assets.demo.plan import DemoMarket
from ticklake_assets.instance.home import open_instance
from ticklake_assets.instance.processes import own_program
from ticklake_assets.lifecycle.handover import unpack_trained
from ticklake_assets.modeling.fitting.training import Trained
from ticklake_assets.resources.signing import Signing
from ticklake_assets.storage.models.stage_files import ModelFiles
from ticklake_assets_tests.defs.homes import Home
from ticklake_assets_tests.defs.raw.arrivals import environment_of

PATIENCE_S = 600
_OURS = ("TICKLAKE_", "AWS_", "SPARK_", "DAGSTER_HOME")


def environment(home: Path) -> dict[str, str]:
    """Of a person who has nothing set but where the home is."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    return inherited | {"TICKLAKE_HOME": str(home)}


def start(home: Path, *command: str | Path) -> subprocess.Popen[str]:
    """Start a program; what it says, errors included, is one text."""
    return subprocess.Popen(
        command, env=environment(home), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def said(process: subprocess.Popen[str]) -> str:
    with process:
        return process.communicate(timeout=PATIENCE_S)[0]


def start_backfill(home: Path, days: Sequence[SymbolDay]) -> subprocess.Popen[str]:
    first, last = str(days[0].trading_day), str(days[-1].trading_day)
    return start(home, own_program("ticklake"), "backfill", days[0].symbol, first, last)


def materialize(home: Path, groups: str, days: Sequence[SymbolDay]) -> None:
    """One run in a process of its own; the days must succeed."""
    program = [sys.executable, "-m", "ticklake_assets_tests.stack.materialize"]
    run = start(home, *program, groups, days[0].key, days[-1].key)
    told = said(run)
    assert run.returncode == 0, told[-3_000:]


@contextmanager
def opened(home: Path) -> Iterator[tuple[Home, dg.DagsterInstance]]:
    """The home as a process of its own would see it, and its instance."""
    with environment_of(home):
        seen = Home(home)
        with open_instance(seen.settings) as instance:
            yield seen, instance


def gold_of(home: Path, days: Sequence[SymbolDay]) -> dict[str, str]:
    """sha256 of the rows of each gold table."""
    market = DemoMarket(days[0].symbol, tuple(day.trading_day for day in days))
    with environment_of(home):
        gold = Home(home).gold()
        try:
            return gold_digests(market, gold)
        finally:
            gold.tables.close()


def trained_of(home: Path, as_of: SymbolDay) -> Trained:
    """The files of both models and the report of their training; the dataset's snapshots are the home's own."""
    with environment_of(home):
        seen = Home(home)
        key = Signing.from_settings(seen.settings).public
        return unpack_trained(ModelFiles(seen.store).get("trained", as_of), key)[0]


def await_step(instance: dg.DagsterInstance, backfills: set[str], step: str) -> str:
    """Wait until a run of a backfill that is none of `backfills` is in that step; returns the backfill's id."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        for run in instance.get_runs():
            backfill = run.tags.get(BACKFILL_ID_TAG)
            if backfill and backfill not in backfills and step in _started(instance, run):
                return backfill
        time.sleep(0.2)
    raise AssertionError(f"no run of a new backfill has come to {step} in {PATIENCE_S} s")


def _started(instance: dg.DagsterInstance, run: dg.DagsterRun) -> set[str | None]:
    return {entry.step_key for entry in instance.all_logs(run.run_id, of_type=dg.DagsterEventType.STEP_START)}
