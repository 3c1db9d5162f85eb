from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
import yaml

from ticklake_assets.commands.stage_plots import plot_files
from ticklake_assets_tests.modeling.markets import run_fold

REPOSITORY = Path(__file__).resolve().parents[2]


def test_the_plots_are_the_folds_own_numbers() -> None:
    fold = run_fold().record
    files = plot_files(fold)
    closed = list(csv.DictReader(io.StringIO(files["equity.csv"].decode())))
    assert len(closed) == fold.test.trades > 0
    assert float(closed[-1]["net_pips"]) == pytest.approx(fold.test.net_pips)
    assert max(float(row["drawdown_pips"]) for row in closed) == pytest.approx(fold.test.drawdown_pips)
    assert [row["closed"] for row in closed] == sorted(row["closed"] for row in closed)
    trials = list(csv.DictReader(io.StringIO(files["trials.csv"].decode())))
    losses = [trial.loss for trial in fold.training.trials]
    assert [float(row["loss"]) for row in trials] == losses
    assert [float(row["best_loss"]) for row in trials] == [min(losses[: n + 1]) for n in range(len(losses))]
    bins = json.loads(files["calibration.json"])
    assert [each["observed"] for each in bins] == [each.observed for each in fold.validation.reliability]


def test_a_fold_without_a_trade_has_a_plot_without_a_point() -> None:
    fold = run_fold().record
    days = tuple(day.model_copy(update={"trades": ()}) for day in fold.test.days)
    quiet = fold.model_copy(update={"test": fold.test.model_copy(update={"days": days})})
    assert plot_files(quiet)["equity.csv"] == b"closed,net_pips,drawdown_pips\n"


def test_dvc_draws_columns_that_are_there() -> None:
    files = plot_files(run_fold().record)
    drawn = {}
    for plot in yaml.safe_load((REPOSITORY / "dvc.yaml").read_text())["plots"]:
        for asked in plot.values():
            for path, columns in asked["y"].items():
                drawn[Path(path).name] = {asked["x"], *([columns] if isinstance(columns, str) else columns)}
    assert drawn.keys() == files.keys()
    for name, columns in drawn.items():
        text = files[name].decode()
        held = json.loads(text)[0].keys() if name.endswith("json") else text.splitlines()[0].split(",")
        assert columns <= set(held)
