"""`dvc repro` as a newcomer types it: in a fresh clone, from a dataset that others froze."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ticklake_assets.core.folds import Fold
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.lifecycle.ledger import open_ledger
from ticklake_assets.resources.lake import Lake
from ticklake_assets.resources.signing import Signing
from ticklake_assets.settings import Settings
from ticklake_assets.storage.datasets.freeze import DatasetRequest
from ticklake_assets_tests.lifecycle.frozen_market import (
    AS_OF,
    freeze_synthetic_dataset,
    freeze_with_other_days,
)
from ticklake_assets_tests.test_architecture import REPOSITORY, files

V1, V2 = (f"{AS_OF.symbol}/{AS_OF.trading_day}/v{number}" for number in (1, 2))
REPORT = Path(".ticklake/stages/report/report.html")
METRICS = REPORT.with_name("metrics.json")


class Clone:
    """A clone of what is, or may become, tracked, with the interpreter that runs the tests as its environment."""

    def __init__(self, folder: Path, home: Path) -> None:
        self.folder = folder
        self._home = home
        for path in files():
            target = folder / path.relative_to(REPOSITORY)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
        self.run("git", "init", "--quiet")
        (folder / ".venv").symlink_to(sys.prefix)
        (folder / ".git" / "info" / "exclude").write_text("/.venv\n")
        self.commit("As cloned")

    def run(self, *command: str) -> str:
        ours = {name for name in os.environ if name.startswith(("PYTHONPATH", "PYTEST_"))}
        environment = {name: value for name, value in os.environ.items() if name not in ours}
        for who in ("AUTHOR", "COMMITTER"):
            environment |= {f"GIT_{who}_NAME": "me", f"GIT_{who}_EMAIL": "me@localhost"}
        environment["TICKLAKE_HOME"] = str(self._home)
        environment["DVC_SITE_CACHE_DIR"] = str(self.folder / ".dvc" / "tmp" / "site")
        done = subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def commit(self, message: str) -> None:
        self.run("git", "add", "--all")
        self.run("git", "commit", "--quiet", "-m", message)

    def dvc(self, *arguments: str) -> str:
        return self.run(sys.executable, "-m", "dvc", *arguments)

    def dvc_json(self, *arguments: str) -> Any:
        return json.loads(self.dvc(*arguments, "--json"))

    def metrics(self) -> bytes:
        return (self.folder / METRICS).read_bytes()

    def report_words(self) -> str:
        """The report's text as a browser reads it: a line break between two words is a blank."""
        return " ".join((self.folder / REPORT).read_text().split())

    def pin(self, version: str) -> None:
        params = self.folder / "params.yaml"
        params.write_text(params.read_text().replace('version: ""', f'version: "{version}"'))


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_frozen_version_gives_the_same_metrics_to_the_last_digit(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    request = freeze_synthetic_dataset(settings)
    first = Clone(tmp_path / "first", settings.home)
    first.dvc("repro")
    metrics = json.loads(first.metrics())
    assert metrics["trades"] > 0
    assert metrics["verdict"] == "insufficient_evidence"  # one fold has two test days
    assert first.dvc("repro").count("didn't change") == 4, "all but the look for a newer version"

    freeze_with_other_days(settings, request)
    open_test_days(settings, request)
    second = Clone(tmp_path / "second", settings.home)
    second.pin(V1)
    second.dvc("repro")
    assert second.metrics() == first.metrics(), (
        "a version is what it was, whatever was frozen or tested since"
    )
    counted = [f"best of {n} over" in each.report_words() for each, n in ((first, 5), (second, 9))]
    assert counted == [True, True], "the report tells what the lake remembers"
    first.dvc("repro", "dataset")
    taken = first.folder / ".ticklake" / "stages" / "dataset" / "version.txt"
    assert taken.read_text() == V2, "without a pin the latest is taken"
    assert taken.with_name("costs.txt").read_text() == instrument_of(AS_OF.symbol).costs.version


def open_test_days(settings: Settings, request: DatasetRequest) -> None:
    """Eight other bundles look at the test days, and another search at the validation days."""
    ledger = open_ledger(Lake.from_settings(settings), Signing.from_settings(settings))
    fold = Fold.before(request.as_of, request.windows)
    ledger.record_selection(request.symbol, request.as_of, "another search", 1_000)
    for number in range(8):
        ledger.record_opening(request.symbol, fold.test, f"variant {number}")


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_an_experiment_is_compared_by_metrics_and_plots(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    freeze_synthetic_dataset(settings)
    clone = Clone(tmp_path / "clone", settings.home)
    clone.dvc("repro")
    before = json.loads(clone.metrics())
    clone.commit("The first fold")
    clone.dvc("exp", "run", "--name", "seed-2", "--set-param", "seed=2")
    after = json.loads(clone.metrics())
    changed = clone.dvc_json("metrics", "diff", "HEAD", "seed-2")[str(METRICS)]
    assert changed["train_loss"]["old"] == before["train_loss"]
    assert changed["train_loss"]["diff"] == after["train_loss"] - before["train_loss"] != 0
    drawn = clone.dvc_json("plots", "diff", "HEAD", "seed-2")["data"]
    assert set(drawn) == {"calibration", "equity", "trials"}
    assert all(plots for plots in drawn.values())
    assert "seed-2" in json.dumps(clone.dvc_json("exp", "show"))
