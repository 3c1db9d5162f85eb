"""Dataset to report outside Dagster: each command is a stage of dvc.yaml; train, validate and test are the assets' own.

Stages hand files on in `.ticklake/stages`, where DVC hashes them. The lake, MLflow, the registry of datasets and the
keys are those of the settings. What Dagster has tried is the same entry of the trial ledger: no count grows by it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from ticklake_assets.commands.stage_plots import plot_files
from ticklake_assets.core.bundle_files import CARD
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.files import replace_file
from ticklake_assets.lifecycle.chain import open_chain
from ticklake_assets.lifecycle.fold_stages import FoldStages
from ticklake_assets.lifecycle.handover import FolderHandover
from ticklake_assets.lifecycle.ledger import expect_judged_heads, open_ledger
from ticklake_assets.modeling.deployed.card import card_markdown
from ticklake_assets.modeling.deployed.signing import read_signed
from ticklake_assets.modeling.fitting.tuning import GROUPS, HELD_GROUPS, TRIALS, Budget
from ticklake_assets.modeling.judging.walk_forward import LEAST_OPENINGS, FoldRecord, judge
from ticklake_assets.modeling.report.page import report_html
from ticklake_assets.modeling.report.trades import trades_csv
from ticklake_assets.resources.datasets import Datasets
from ticklake_assets.resources.lake import Lake
from ticklake_assets.resources.signing import Signing
from ticklake_assets.resources.tracking import tracking_by
from ticklake_assets.settings import Settings
from ticklake_assets.storage.datasets.files import Dataset, load, read_manifest
from ticklake_assets.terminal import guarded

FOLDER = Path(".ticklake/stages")
RUN = "dvc repro"
_VERSION = "version.txt"
_COSTS = "costs.txt"
"""Beside the dataset, so that DVC runs all stages again where another cost profile was chosen."""

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback()
def stages() -> None:
    """Run one stage of dvc.yaml; `dvc repro` runs those that are out of date."""


@app.command("dataset")
@guarded()
def checkout_dataset(
    symbol: str,
    as_of: Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"])],
    version: Annotated[str, typer.Option(help="tag; empty: the latest of the as-of day")] = "",
) -> None:
    """Bring a frozen dataset back from the registry."""
    datasets = Datasets.from_settings(Settings())
    tag = version or datasets.load(SymbolDay(symbol, as_of.date())).version
    datasets.registry.checkout(tag, FOLDER / "dataset")
    replace_file(FOLDER / f"dataset/{_VERSION}", tag.encode())
    replace_file(FOLDER / f"dataset/{_COSTS}", instrument_of(symbol).costs.version.encode())


@app.command("train")
@guarded()
def train_models(
    seed: int = 1, trials: int = TRIALS, groups: int = GROUPS, held_groups: int = HELD_GROUPS
) -> None:
    """Fit the anomaly and the pattern model on the train window."""
    with _stages() as fold:
        fold.train(_dataset(), seed, Budget(trials, groups, held_groups))


@app.command("validate")
@guarded()
def validate_models() -> None:
    """Calibrate, choose thresholds and sign the bundle."""
    with _stages() as fold:
        fold.validate()


@app.command("test")
@guarded()
def test_bundle() -> None:
    """Simulate the test days tick by tick with the bundle that was signed."""
    with _stages() as fold:
        fold.test()


@app.command("report")
@guarded()
def report_fold() -> None:
    """Judge the one fold by the gates; write the report, and what `dvc metrics` and `dvc plots` show.

    The report counts the lake's openings of the test days; the metrics count the least, so that they are reproducible.
    """
    settings = Settings()
    lake, signing = Lake.from_settings(settings), Signing.from_settings(settings)
    fold = read_signed(FoldRecord, FolderHandover(FOLDER).get("tested"), "tested fold", signing.public)
    ledger = open_ledger(lake, signing)
    expect_judged_heads(ledger, lake, signing, fold.test.symbol)
    state = open_chain(ledger, [fold], RUN)
    judged = judge([fold], state.total, parity=None, ledger=state)
    alone = judge([fold], LEAST_OPENINGS, parity=None)
    validation = fold.validation
    metrics = {
        "verdict": alone.gates.verdict,
        "bundle": fold.test.bundle[:16],
        "train_loss": fold.training.train_loss,
        "validation_loss": validation.loss,
        "overfit_gap": validation.overfit_gap,
        "calibration_error": validation.calibration_error,
        "test_loss": fold.test.loss,
        "trades": alone.trades,
        "net_pips": alone.net_pips,
        "drawdown_pips": alone.drawdown_pips,
        f"deflated_sharpe_{LEAST_OPENINGS}_openings": alone.deflated_sharpe,
    }
    replace_file(FOLDER / "report/report.html", report_html(judged).encode())
    replace_file(FOLDER / "report/trades.csv", trades_csv(judged).encode())
    replace_file(FOLDER / "report" / CARD, card_markdown(fold.test.manifest, judged.gates).encode())
    for name, data in plot_files(fold).items():
        replace_file(FOLDER / "report" / "plots" / name, data)
    replace_file(FOLDER / "report/metrics.json", (json.dumps(metrics, indent=1) + "\n").encode())


@contextmanager
def _stages() -> Iterator[FoldStages]:
    """The stages of the checked-out dataset's fold."""
    settings, manifest = Settings(), read_manifest(FOLDER / "dataset")
    lake, signing = Lake.from_settings(settings), Signing.from_settings(settings)
    with tracking_by(settings, RUN) as tracking:
        day = SymbolDay(manifest.symbol, manifest.as_of)
        yield FoldStages(day, RUN, lake, signing, tracking, FolderHandover(FOLDER), _dataset)


def _dataset(trained_on: Mapping[str, str] | None = None) -> Dataset:
    """The dataset that is checked out; DataError where it is not the one that was trained on."""
    version = (FOLDER / "dataset" / _VERSION).read_text()
    return load(FOLDER / "dataset", version, trained_on["digest"] if trained_on else None)


if __name__ == "__main__":
    app()
