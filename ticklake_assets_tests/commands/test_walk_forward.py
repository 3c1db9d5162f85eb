from __future__ import annotations

import io
import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.execution.backfill import BulkActionStatus
from dagster._core.storage.dagster_run import NOT_FINISHED_STATUSES
from dagster._core.storage.tags import BACKFILL_ID_TAG
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from typer.testing import CliRunner, Result

from ticklake_assets.cli import app
from ticklake_assets.commands.walk_forward import run_configuration, warn_of_spent_days
from ticklake_assets.commands.watching import CANCELLED
from ticklake_assets.core.features import KERNEL_VERSION
from ticklake_assets.core.folds import Walk, Windows
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.label_version import label_version
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.defs.dataset.assets import DatasetConfig
from ticklake_assets.instance.backfills import runs_of
from ticklake_assets.instance.home import open_instance
from ticklake_assets.lifecycle.folds_of_symbol import FoldsOfSymbol as FoldsOfSymbol
from ticklake_assets.lifecycle.ledger import open_ledger
from ticklake_assets.modeling.judging.walk_forward import WalkForwardReport
from ticklake_assets.resources.lake import Lake
from ticklake_assets.resources.signing import Signing
from ticklake_assets.storage.models.trial_ledger import MOST_OPENINGS
from ticklake_assets.storage.raw.state import forget_made_from, write_made_from
from ticklake_assets_tests.defs.homes import Home, days_from
from ticklake_assets_tests.defs.raw.arrivals import environment_of
from ticklake_assets_tests.lifecycle.synthetic_gold import make_gold, raw_sha256

LAST = date(2024, 1, 17)
CHAIN = ("SYNEUR", "--from", "2024-01-13", "--to", "2024-01-17", "--every", "2d")
ONE_FOLD = ("SYNEUR", "--from", "2024-01-13", "--to", "2024-01-13", "--every", "2d", "--train")
"""Its train days follow."""


def walk_forward(home: Path, *arguments: str) -> Result:
    with pytest.MonkeyPatch.context() as variables:
        variables.setenv("TICKLAKE_HOME", str(home))
        return CliRunner().invoke(app, ["walk-forward", *arguments])


def test_days_that_gold_lacks_come_with_the_commands_that_make_them(tmp_path: Path) -> None:
    home = Home(tmp_path)
    made = days_from("SYNEUR", "2024-01-01", 16)
    for day in (*made[2:5], *made[6:]):
        write_made_from(home.store, day, raw_sha256(day), {})
    answer = walk_forward(tmp_path, *CHAIN)
    assert answer.exit_code == 1
    assert "Gold of SYNEUR lacks 3 of 16 days from 2024-01-01 on" in answer.stderr
    assert re.findall("`([^`]*)`", answer.stderr) == [
        "ticklake backfill SYNEUR 2024-01-01 2024-01-02",
        "ticklake backfill SYNEUR 2024-01-06 2024-01-06",
    ]


def test_days_of_another_kernel_or_other_costs_are_named_before_anything_is_launched(tmp_path: Path) -> None:
    home, days = Home(tmp_path), days_from("SYNEUR", "2024-01-01", 16)
    ours = {"kernel_version": KERNEL_VERSION, "label_version": label_version(instrument_of("SYNEUR"))}
    other = {days[3]: {**ours, "kernel_version": "1"}, days[4]: {**ours, "label_version": "1-0"}, days[9]: {}}
    for day in days:
        write_made_from(home.store, day, raw_sha256(day), other.get(day, ours))
    answer = walk_forward(tmp_path, *CHAIN)
    assert answer.exit_code == 1
    assert (
        "has 3 of 16 days from 2024-01-01 on from another feature kernel, or with labels of" in answer.stderr
    )
    assert re.findall("`([^`]*)`", answer.stderr) == [
        "ticklake backfill SYNEUR 2024-01-04 2024-01-05",
        "ticklake backfill SYNEUR 2024-01-10 2024-01-10",
    ]


@given(st.integers(1, 20), st.integers(1, 5), st.integers(1, 5), st.integers(0, 30), st.booleans())
def test_one_configuration_gives_each_fold_its_windows(
    train: int,
    validate: int,
    every: int,
    span: int,
    anchored: bool,  # noqa: FBT001 - drawn
) -> None:
    walk = Walk(date.fromordinal(LAST.toordinal() - span), LAST, Windows(train, validate, every), anchored)
    ops = run_configuration(walk)["ops"]
    config = DatasetConfig(**ops["dataset__training"]["config"])
    for as_of in walk.as_ofs:
        assert config.windows(SymbolDay("SYNEUR", as_of)) == walk.windows_of(as_of)


def test_spent_test_days_of_folds_that_are_to_be_made_are_told(tmp_path: Path) -> None:
    home, walk = Home(tmp_path), Walk(date(2024, 1, 13), LAST, Windows(8, 2, 2))
    folds = FoldsOfSymbol(home.settings, "SYNEUR")
    ledger = open_ledger(Lake.from_settings(home.settings), Signing.from_settings(home.settings))
    made = [SymbolDay("SYNEUR", as_of) for as_of in walk.as_ofs]
    for number in range(MOST_OPENINGS):
        ledger.record_opening("SYNEUR", [date(2024, 1, 13)], f"variant {number}")
    console = Console(file=io.StringIO(), width=80)
    warn_of_spent_days(folds, walk, [made[0], made[2]], console)
    assert console.file.getvalue() == ""  # type: ignore[attr-defined]
    warn_of_spent_days(folds, walk, made, console)
    (line,) = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert line.startswith("Test days of 1 folds are spent, as of 2024-01-15: ")


@pytest.mark.slow
@pytest.mark.timeout(3_600)
def test_a_chain_is_made_once_goes_on_where_it_was_and_is_made_again_after_a_correction(
    tmp_path: Path,
) -> None:
    home = Home(tmp_path)
    days = days_from("SYNEUR", "2024-01-01", 16)
    make_gold(home.settings, days)
    with environment_of(tmp_path):
        first = walk_forward(tmp_path, *CHAIN[:2], "2024-01-15", *CHAIN[3:])
        assert first.exit_code == 0, first.output
        assert "2 folds as of 2024-01-15 to 2024-01-17, rolling; 0 are tested already" in first.output
        longer = walk_forward(tmp_path, *CHAIN)
        assert longer.exit_code == 0, longer.output
        assert "3 folds as of 2024-01-13 to 2024-01-17, rolling; 2 are tested already" in longer.output
        assert re.search(
            r"2024-01-13  trained on [\d,]+ events of 8 days, acts at 0\.\d+; tested", longer.output
        )
        anchored = walk_forward(tmp_path, *CHAIN, "--anchored")
        assert anchored.exit_code == 0, anchored.output
        assert "anchored; 1 are tested already" in anchored.output, "the first fold is the same"
    report = read_report(home, days[-1].shifted(1))
    assert [fold.windows.train.first for fold in report.folds] == [date(2024, 1, 1)] * 3
    assert [fold.windows.train.days for fold in report.folds] == [8, 10, 12]
    page = tmp_path / "lake/models/report/SYNEUR/2024-01-17.html"
    assert "</html>" in page.read_text()
    assert json.loads(page.with_suffix(".json").read_bytes())["net_pips"] == report.net_pips

    corrected, as_ofs = days[-1], days_from("SYNEUR", "2024-01-13", 5)[::2]
    forget_made_from(home.store, corrected)
    write_made_from(home.store, corrected, "f" * 64, {})
    folds = FoldsOfSymbol(home.settings, "SYNEUR")
    windows = [fold.windows.plain() for fold in report.folds]
    assert [folds.is_current(as_of, asked) for as_of, asked in zip(as_ofs, windows, strict=True)] == [
        True,
        True,
        False,
    ]


@pytest.mark.slow
@pytest.mark.timeout(3_600)
def test_two_walks_of_a_symbol_at_once_judge_each_its_own_folds(tmp_path: Path) -> None:
    """Without the locks each reports the other's fold, or loses the daemon that the other has started."""
    home = Home(tmp_path)
    make_gold(home.settings, days_from("SYNEUR", "2024-01-01", 12))
    with environment_of(tmp_path), ExitStack() as ended:
        walks = [start_walk(*ONE_FOLD, f"{days}d", until=ended) for days in (8, 6)]
        said = [walk.communicate(timeout=3_000)[0] for walk in walks]
    for walk, days, text in zip(walks, (8, 6), said, strict=True):
        assert walk.returncode == 0, text
        assert f"events of {days} days, acts at" in text
    waited = [f"waiting for another walk-forward of SYNEUR in {tmp_path}" in text for text in said]
    assert sorted(waited) == [False, True]


@pytest.mark.slow
@pytest.mark.timeout(3_600)
def test_an_interrupted_walk_holds_its_symbol_until_its_runs_have_ended(tmp_path: Path) -> None:
    """Else the next one's fold of the same day is replaced behind its back, with other windows."""
    home = Home(tmp_path)
    make_gold(home.settings, days_from("SYNEUR", "2024-01-01", 12))
    with environment_of(tmp_path), open_instance(home.settings) as instance, ExitStack() as ended:
        walks = {
            next_line(walk): walk
            for walk in [start_walk(*ONE_FOLD, each, until=ended) for each in ("8d", "6d")]
        }
        (_, first), (waiting, second) = sorted(walks.items())  # capitals first
        assert waiting.startswith("waiting for another walk-forward of SYNEUR")
        started = dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED])
        (run,) = await_some(lambda: instance.get_runs(started))
        first.send_signal(signal.SIGINT)
        assert next_line(second).startswith("SYNEUR: 1 folds")
        (then,) = instance.get_runs(dg.RunsFilter(run_ids=[run.run_id]))
        assert then.status is dg.DagsterRunStatus.CANCELED
        await_some(lambda: instance.get_backfills()[1:])
        second.send_signal(signal.SIGINT)
        said = [walk.communicate(timeout=300)[0] for walk in (first, second)]
        assert len(runs_of(instance, run.tags[BACKFILL_ID_TAG])) == 1, "and none came after it"
        assert not instance.get_runs_count(dg.RunsFilter(statuses=list(NOT_FINISHED_STATUSES)))
        assert {each.status for each in instance.get_backfills()} == {BulkActionStatus.CANCELED}
    assert [walk.returncode for walk in (first, second)] == [130, 130], said
    assert all(CANCELLED in text for text in said)
    assert f"2024-01-13  cancelled: run {run.run_id}" in said[0]


def start_walk(*arguments: str, until: ExitStack) -> subprocess.Popen[str]:
    """As from a terminal: what a shell has put into the background would ignore Ctrl-C."""
    command = ["/usr/bin/env", "--default-signal=INT"]
    command += [sys.executable, "-m", "ticklake_assets.cli", "walk-forward", *arguments]
    walk = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    until.enter_context(walk)
    until.callback(walk.terminate)
    return walk


def next_line(walk: subprocess.Popen[str]) -> str:
    """The next line that it says."""
    assert walk.stdout is not None
    return walk.stdout.readline()


def await_some(look: Callable[[], Sequence[Any]]) -> Sequence[Any]:
    """What a look finds, once it finds any."""
    for _ in range(300):
        if found := look():
            return found
        time.sleep(1)
    raise AssertionError("nothing came in 300 s")


def read_report(home: Home, as_of: SymbolDay) -> WalkForwardReport:
    return FoldsOfSymbol(home.settings, as_of.symbol).report(as_of)


def test_the_lake_that_is_asked_is_the_settings_own(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert FoldsOfSymbol(home.settings, "SYNEUR").gold_sources == {}
    (day,) = days_from("SYNEUR", "2024-01-01", 1)
    write_made_from(Lake(url=home.settings.lake).store, day, raw_sha256(day), {})
    folds = FoldsOfSymbol(home.settings, "SYNEUR")
    assert folds.gold_sources == {day: raw_sha256(day)}
    assert not folds.is_current(day, Windows(8, 2, 2))
