"""A fold made by Dagster's assets and the same made by the stages of dvc.yaml: equal but for who ran them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from mlflow import MlflowClient
from typer.testing import CliRunner

from mt5_bridge.attribution.documents import BridgeDay, Quotes, TestedDays
from mt5_bridge.attribution.waterfall import explain
from mt5_bridge.attribution.worlds import Day
from ticklake_assets.cli import app as typer_app
from ticklake_assets.commands.stages import FOLDER, RUN, app
from ticklake_assets.defs.model.assets import model_tested, model_trained, model_validated
from ticklake_assets.lifecycle.ledger import open_ledger
from ticklake_assets.research.judgements import read_fold
from ticklake_assets.resources.lake import Lake
from ticklake_assets.resources.signing import Signing
from ticklake_assets.resources.tracking_store import EXPERIMENT
from ticklake_assets.settings import Settings
from ticklake_assets.storage.models.registry import ModelRegistry
from ticklake_assets.storage.models.stage_files import ModelFiles
from ticklake_assets_tests.defs.model.test_assets import run
from ticklake_assets_tests.lifecycle.frozen_market import AS_OF, freeze_synthetic_dataset

STAGES = ("trained", "validated", "tested")
WHO_AND_WHEN = {"by", "at"}
WHOSE = {
    "dagster_run",
    "run_by",
    "mlflow.parentRunId",
    "mlflow.user",
    "mlflow.source.name",
    "mlflow.source.type",
}
"""Tags of MLflow that say who ran a stage, and how."""


class Left(NamedTuple):
    """What the three stages of the fold left."""

    records: dict[str, dict[str, Any]]
    runs: dict[str, dict[str, Any]]
    version: dict[str, str]
    files: dict[str, bytes]
    bundles: dict[str, bytes]
    by: set[str]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def both(home: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Left, Left]:
    """What either way left, from one frozen dataset; MLflow's store and the ledger are new ones for the second."""
    settings = Settings(home=home)
    freeze_synthetic_dataset(settings)
    run(settings, [model_trained, model_validated, model_tested])
    files = ModelFiles(Lake(url=settings.lake).store)
    by_dagster = left(settings, {stage: files.get(stage, AS_OF) for stage in STAGES})
    forget(settings)
    work = tmp_path_factory.mktemp("work")
    other = {
        "mlflow_uri": f"sqlite:///{work / 'mlflow.db'}",
        "mlflow_artifacts": (work / "artifacts").as_uri(),
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(work)
        for name, value in {"home": str(settings.home), **other}.items():
            patch.setenv(f"TICKLAKE_{name.upper()}", value)
        for words in (
            ["dataset", AS_OF.symbol, str(AS_OF.trading_day)],
            ["train", "--trials", "2", "--groups", "4", "--held-groups", "2"],
            ["validate"],
            ["test"],
        ):
            answer = CliRunner().invoke(app, words, catch_exceptions=False)
            assert answer.exit_code == 0, answer.stderr
    made = {stage: next((work / FOLDER).glob(f"{stage}.*")).read_bytes() for stage in STAGES}
    return by_dagster, left(Settings(home=settings.home, **other), made)


def forget(settings: Settings) -> None:
    """As if nothing had been trained: no ledger, no model files."""
    for name in ("ledger", "models", "bundles"):
        shutil.rmtree(Lake(url=settings.lake).store.uri(name))


def left(settings: Settings, files: dict[str, bytes]) -> Left:
    store = Lake(url=settings.lake).store
    ledger = open_ledger(Lake.from_settings(settings), Signing.from_settings(settings))
    kinds = ("fits", "selections", "openings", "chains", "results")
    notes = {key: note for kind in kinds for key, note in ledger.notes(kind, AS_OF.symbol).items()}
    (version,) = ModelRegistry(settings.mlflow).versions(AS_OF.symbol)
    tags = {"aliases": ", ".join(version.aliases), **version.tags}
    return Left(
        {key: without(note, WHO_AND_WHEN) for key, note in notes.items()},
        stage_runs(settings),
        without(tags, WHOSE),
        files,
        {found.key: store.get(found.key) for found in store.list("bundles/")},
        {note["by"].split(", ", 1)[1] for note in notes.values() if "by" in note},
    )


def without(told: Mapping[str, Any], names: set[str]) -> dict[str, Any]:
    return {name: value for name, value in told.items() if name not in names}


def stage_runs(settings: Settings) -> dict[str, dict[str, Any]]:
    """Everything that MLflow has of each stage: parameters, every step of the metrics, tags, inputs, artefacts."""
    client = MlflowClient(settings.mlflow)
    experiment = client.get_experiment_by_name(EXPERIMENT).experiment_id
    runs = {
        each.data.tags["stage"]: each
        for each in client.search_runs([experiment])
        if "stage" in each.data.tags
    }
    return {stage: told_of(client, each) for stage, each in runs.items()}


def told_of(client: MlflowClient, run: Any) -> dict[str, Any]:
    steps = {
        name: [(each.step, each.value) for each in client.get_metric_history(run.info.run_id, name)]
        for name in run.data.metrics
    }
    inputs = [
        (each.dataset.to_dictionary(), [tag.value for tag in each.tags]) for each in run.inputs.dataset_inputs
    ]
    folder = Path(run.info.artifact_uri.removeprefix("file://"))
    documents = {path.name: json.loads(path.read_bytes()) for path in folder.glob("*.json")}
    models = {path.name: path.read_bytes() for path in folder.glob("bundle/*.zip")}
    return {
        "name": run.info.run_name,
        "status": run.info.status,
        "params": run.data.params,
        "metrics": steps,
        "tags": without(run.data.tags, WHOSE),
        "inputs": inputs,
        "documents": documents,
        "models": models,
    }


def test_the_ledger_holds_the_same_records(both: tuple[Left, Left]) -> None:
    by_dagster, by_dvc = both
    assert by_dvc.records == by_dagster.records
    kinds = [key.split("/")[0] for key in by_dagster.records]
    assert kinds == ["fits", "selections", "openings", "results"]
    assert by_dvc.by == {RUN}
    assert RUN not in by_dagster.by


def test_mlflow_holds_the_same_runs_and_the_same_version(both: tuple[Left, Left]) -> None:
    by_dagster, by_dvc = both
    assert set(by_dagster.runs) == set(STAGES)
    for stage in STAGES:
        assert by_dvc.runs[stage] == by_dagster.runs[stage]
        assert by_dagster.runs[stage]["documents"], "there is a report to compare"
    assert by_dagster.runs["validated"]["models"]
    assert by_dvc.version == by_dagster.version
    assert by_dagster.version["bundle"] in next(iter(by_dagster.bundles))


def test_the_files_are_the_same_bytes(both: tuple[Left, Left]) -> None:
    by_dagster, by_dvc = both
    assert by_dvc.files == by_dagster.files
    assert by_dvc.bundles == by_dagster.bundles


def test_the_tested_days_are_told_as_they_were_tested(
    both: tuple[Left, Left], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For the bridge: signals and trades come out again of the bundle and the lake, and of no other quotes."""
    monkeypatch.setenv("TICKLAKE_HOME", str(home))
    store = Lake(url=Settings(home=home).lake).store
    ModelFiles(store).put("tested", AS_OF, both[0].files["tested"])
    answer = CliRunner().invoke(
        typer_app, ["tested", AS_OF.symbol, str(AS_OF.trading_day), "--json"], catch_exceptions=False
    )
    assert answer.exit_code == 0, answer.output
    told = TestedDays.model_validate_json(answer.stdout)
    key = Signing.from_settings(Settings(home=home)).public
    test = read_fold(ModelFiles(store), AS_OF, key).test
    assert [day.trading_day for day in told.days] == [day.day for day in test.days]
    for day, tested in zip(told.days, test.days, strict=True):
        assert len(day.signals) == tested.signals
        assert [(each.entry_us, each.entry, each.exit_us, each.exit) for each in day.trades] == [
            (each.entry_us, each.entry, each.exit_us, each.exit) for each in tested.trades
        ]
        real = BridgeDay(
            symbol=day.symbol, trading_day=day.trading_day, mode="paper", account="paper", heard=()
        )
        explained = explain(Day(day, day.signals, Quotes([], [], []), real))
        assert explained.real == 0, "its costs are those that it names, to the bit"
    assert sum(len(day.trades) for day in told.days) > 0
