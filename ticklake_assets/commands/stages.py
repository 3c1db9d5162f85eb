"""Dataset to report outside Dagster: each command is a stage of dvc.yaml and calls what the asset calls.

Stages hand files on in `.ticklake/stages`, where DVC hashes them. The lake, the registry and the keys are those
of the settings. Counts in the trial ledger do not grow: the same chain is the same entry.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from ticklake_assets.commands.stage_plots import plot_files
from ticklake_assets.core.instruments import instrument
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.defs.model.handover import (
    open_events,
    pack_trained,
    quotes_by_day,
    search_digest,
    trial_details,
    unpack_trained,
)
from ticklake_assets.modeling.bundle import open_bundle
from ticklake_assets.modeling.document import read_document
from ticklake_assets.modeling.packing import pack
from ticklake_assets.modeling.report.page import report_html
from ticklake_assets.modeling.testing import run_test
from ticklake_assets.modeling.training import train
from ticklake_assets.modeling.tuning import GROUPS, HELD_GROUPS, TRIALS, Budget
from ticklake_assets.modeling.validation import ValidationReport, validate
from ticklake_assets.modeling.walk_forward import LEAST_OPENINGS, FoldRecord, chain_digest, judge, tested_days
from ticklake_assets.resources.datasets import Datasets
from ticklake_assets.resources.lake import Lake
from ticklake_assets.resources.signing import Signing
from ticklake_assets.settings import Settings
from ticklake_assets.storage.dataset_files import Dataset, load
from ticklake_assets.storage.trial_ledger import TrialLedger
from ticklake_assets.terminal import guarded

FOLDER = Path(".ticklake/stages")
_TRAINED = "trained.zip"

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
    _write("dataset", "version.txt", tag.encode())


@app.command("train")
@guarded()
def train_models(
    seed: int = 1, trials: int = TRIALS, groups: int = GROUPS, held_groups: int = HELD_GROUPS
) -> None:
    """Fit the anomaly and the pattern model on the train window."""
    dataset = _dataset()
    made = train(open_events(dataset, "train"), seed, Budget(trials, groups, held_groups))
    _ledger(Settings()).record_fits(
        dataset.manifest.symbol,
        dataset.manifest.as_of,
        search_digest(made),
        made.report.budget.fits,
        trial_details(
            "dvc repro", dataset.manifest.as_of, dataset.version, parameters=made.report.parameters
        ),
    )
    _write("train", _TRAINED, pack_trained(made, dataset.identity()))


@app.command("validate")
@guarded()
def validate_models() -> None:
    """Calibrate, choose thresholds and sign the bundle."""
    trained, identity = unpack_trained(_read("train", _TRAINED))
    dataset, settings = _dataset(identity["digest"]), Settings()
    manifest, known = dataset.manifest, instrument(dataset.manifest.symbol)
    ledger, search = _ledger(settings), search_digest(trained)
    earlier = ledger.selections(known.symbol, manifest.as_of, besides=search)
    quotes = quotes_by_day(Lake.from_settings(settings), dataset)
    report = validate(trained, open_events(dataset, "validate"), quotes, known, earlier)
    signing = Signing.from_settings(settings)
    bundle = pack(trained, report, manifest.fold, known, dataset.identity(), signing.private)
    about = trial_details(
        "dvc repro",
        dataset.manifest.as_of,
        dataset.version,
        result={"loss": report.loss, "act": report.chosen.act},
    )
    ledger.record_selection(known.symbol, manifest.as_of, search, report.selections, about)
    _write("validate", "bundle.zip", bundle)
    _write("validate", "report.json", report.canonical())


@app.command("test")
@guarded()
def test_bundle() -> None:
    """Simulate the test days tick by tick with the bundle that was signed."""
    settings = Settings()
    bundle = open_bundle(_read("validate", "bundle.zip"), Signing.from_settings(settings).public)
    dataset = _dataset(bundle.manifest.dataset["digest"])
    trained, _ = unpack_trained(_read("train", _TRAINED))
    symbol, fold = dataset.manifest.symbol, dataset.manifest.fold
    ledger = _ledger(settings)
    ledger.record_opening(
        symbol,
        fold.test,
        bundle.digest,
        trial_details(
            "dvc repro", dataset.manifest.as_of, dataset.version, parameters=bundle.manifest.parameters
        ),
    )
    quotes = quotes_by_day(Lake.from_settings(settings), dataset)
    tested = run_test(bundle, dataset.parts["test"], quotes, trained.booster_json)
    ledger.record_result(symbol, bundle.digest, {"net_pips": tested.net_pips, "trades": tested.trades})
    record = FoldRecord(
        as_of=fold.as_of,
        windows=bundle.manifest.windows,
        training=trained.report,
        validation=read_document(ValidationReport, _read("validate", "report.json"), "validation report"),
        test=tested,
    )
    _write("test", "fold.json", record.canonical())


@app.command("report")
@guarded()
def report_fold() -> None:
    """Judge the one fold by the gates; write the report, and what `dvc metrics` and `dvc plots` show.

    The report counts the lake's openings of the test days; the metrics count the least, so that they are reproducible.
    """
    fold = read_document(FoldRecord, _read("test", "fold.json"), "tested fold")
    ledger = _ledger(Settings())
    symbol, (days,) = fold.test.symbol, tested_days([fold])
    ledger.record_chain(symbol, days, chain_digest([fold]), trial_details("dvc repro", fold.as_of, "1 fold"))
    judged = judge([fold], ledger.looks(symbol, [days]), parity=None)
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
    _write("report", "report.html", report_html(judged).encode())
    for name, data in plot_files(fold).items():
        _write("report", f"plots/{name}", data)
    _write("report", "metrics.json", (json.dumps(metrics, indent=1) + "\n").encode())


def _dataset(trained_on: str | None = None) -> Dataset:
    """The dataset that is checked out; DataError where it is not the one of this digest."""
    return load(FOLDER / "dataset", _read("dataset", "version.txt").decode(), trained_on)


def _ledger(settings: Settings) -> TrialLedger:
    return TrialLedger(Lake.from_settings(settings).store)


def _read(stage: str, name: str) -> bytes:
    return (FOLDER / stage / name).read_bytes()


def _write(stage: str, name: str, data: bytes) -> None:
    path = FOLDER / stage / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


if __name__ == "__main__":
    app()
