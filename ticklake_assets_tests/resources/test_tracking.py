"""What MLflow knows of a stage and of a bundle, and that the registry, the runs and the dataset find each other."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import numpy as np
import pytest

from ticklake_assets.core.errors import TransientError
from ticklake_assets.core.features import FEATURES, KERNEL_VERSION
from ticklake_assets.core.folds import Windows
from ticklake_assets.core.schemas import names
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.defs.partitions import SYMBOL_DAY
from ticklake_assets.instance.ranges import materialize_range
from ticklake_assets.modeling.deployed.bundle import open_bundle
from ticklake_assets.modeling.deployed.onnx_scoring import OnnxModel
from ticklake_assets.modeling.deployed.signing import signing_key
from ticklake_assets.resources.tracking import EXPERIMENT, Tracking, tracking_by, tracking_resource
from ticklake_assets.settings import Settings
from ticklake_assets.storage.datasets.files import Dataset
from ticklake_assets.storage.datasets.manifest import DatasetManifest
from ticklake_assets.storage.models.registry import ModelRegistry
from ticklake_assets_tests.modeling.markets import market
from ticklake_assets_tests.serving.deployments import make_bundle

DAY = SymbolDay("SYNEUR", date(2024, 1, 2))


def dataset() -> Dataset:
    """A dataset of three parts of one small market, with the manifest that the registry would hold."""
    events = market(days=1).events
    manifest = DatasetManifest(
        DAY.symbol,
        DAY.trading_day,
        Windows(1, 1, 1),
        KERNEL_VERSION,
        tuple(names(FEATURES)),
        {"bars": 7},
        (),
        {},
    )
    return Dataset(
        manifest, dict.fromkeys(("train", "validate", "test"), events), f"{DAY.symbol}/2024-01-02/v1"
    )


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(home=tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def seen(settings: Settings) -> dict[str, Any]:
    """What a Dagster run got for two bundles, the first of them twice; on MLflow's SQLite."""
    told: dict[str, Any] = {"versions": {}, "bundles": {}}
    key = signing_key(settings.keys_dir).public_key()

    @dg.op
    def register(context: dg.OpExecutionContext, tracking: dg.ResourceParam[Tracking]) -> None:
        told["dagster_run"] = context.run_id
        for seed in (1, 1, 2):
            data = make_bundle(settings.keys_dir, DAY.symbol, seed=seed)
            with tracking.stage("validated", DAY, dataset(), "validate") as run:
                opened = open_bundle(data, key)
                run.log_params({"bundle": opened.digest})
                run.log_metrics({"validation_loss": 0.5})
                told["bundles"][seed] = data
                version = tracking.register(opened, data, dataset())
                told["versions"].setdefault(seed, []).append(
                    (version.number, tracking.run_id == version.run_id)
                )

    @dg.job(resource_defs={"tracking": tracking_resource(settings)})
    def job() -> None:
        register()

    job.execute_in_process()
    return told


@pytest.fixture(scope="module")
def registry(settings: Settings, seen: dict[str, Any]) -> ModelRegistry:
    return ModelRegistry(settings.mlflow)


@pytest.fixture
def mlflow(settings: Settings) -> Iterator[Any]:
    import mlflow

    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(settings.mlflow)
    yield mlflow
    mlflow.set_tracking_uri(before)


def test_a_bundle_is_one_version_however_often_it_is_registered(seen: dict[str, Any]) -> None:
    assert seen["versions"] == {1: [(1, True), (1, False)], 2: [(2, True)]}


def test_version_runs_bundle_and_dataset_point_at_each_other(
    seen: dict[str, Any], registry: ModelRegistry, mlflow: Any
) -> None:
    version = registry.find(DAY.symbol, "2")
    manifest = dataset().manifest
    assert version.tags == {
        "bundle": version.bundle,
        "as_of": "2024-01-02",
        "kernel_version": KERNEL_VERSION,
        "dagster_run": seen["dagster_run"],
        "dataset": "SYNEUR/2024-01-02/v1",
        "dataset_digest": manifest.digest,
    }
    run = mlflow.get_run(version.run_id)
    assert run.data.params["bundle"] == version.bundle
    assert run.data.tags["dataset"] == version.tags["dataset"]
    assert (
        mlflow.get_run(run.data.tags["mlflow.parentRunId"]).data.tags["dagster_run_id"] == seen["dagster_run"]
    )
    assert run.info.experiment_id == mlflow.get_experiment_by_name(EXPERIMENT).experiment_id
    (given,) = run.inputs.dataset_inputs
    assert (given.dataset.name, given.dataset.digest) == (version.tags["dataset"], manifest.digest[:36])
    assert [tag.value for tag in given.tags] == ["validate"]
    assert manifest.digest in given.dataset.source


def test_the_registered_model_scores_by_its_signature_and_holds_the_signed_file(
    seen: dict[str, Any], settings: Settings, mlflow: Any, tmp_path: Path
) -> None:
    import pandas as pd

    model = mlflow.pyfunc.load_model("models:/ticklake-SYNEUR@candidate")
    assert model.metadata.signature.inputs.input_names() == names(FEATURES)
    rows = np.random.default_rng(1).normal(size=(5, len(FEATURES))).astype(np.float32)
    given = model.predict(pd.DataFrame(rows, columns=names(FEATURES)))
    opened = open_bundle(seen["bundles"][2], signing_key(settings.keys_dir).public_key())
    row_by_row = np.array(given["probabilities"]).reshape(-1, 3)  # MLflow lays tensors flat into its table
    assert (row_by_row == OnnxModel(opened.parts.pattern_onnx).probabilities(rows)).all()
    held = mlflow.artifacts.download_artifacts("models:/ticklake-SYNEUR/2", dst_path=str(tmp_path))
    assert (Path(held) / "bundle.zip").read_bytes() == seen["bundles"][2]


def test_stages_of_a_version_are_found(registry: ModelRegistry, seen: dict[str, Any]) -> None:
    stages = registry.stages(registry.find(DAY.symbol, "1"))
    assert set(stages) == {"validated"}
    assert stages["validated"].dagster_run == seen["dagster_run"]
    assert stages["validated"].metrics == {"validation_loss": 0.5}
    assert registry.stages(replace_bundle(registry)) == {}


def replace_bundle(registry: ModelRegistry) -> Any:
    return registry.find(DAY.symbol, "1")._replace(tags={"bundle": "another", "as_of": "2024-01-02"})


def test_a_server_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    resource = tracking_resource(Settings(home=tmp_path, mlflow_uri="http://127.0.0.1:9"))

    @dg.asset(resource_defs={"tracking": resource}, partitions_def=SYMBOL_DAY, group_name="one")
    def tracked(tracking: dg.ResourceParam[Tracking]) -> None:
        pass

    definitions = dg.Definitions([tracked], executor=dg.in_process_executor)
    expected = r"^MLflow at http://127.0.0.1:9 \(TICKLAKE_MLFLOW_URI\)\. Expected an answer, was .*refused$"
    with dg.DagsterInstance.ephemeral() as instance, pytest.raises(TransientError, match=expected):
        materialize_range(definitions, dg.AssetSelection.groups("one"), [DAY], instance)


def test_what_mlflow_refuses_amid_a_stage_is_one_line(tmp_path: Path) -> None:
    """Outside of Dagster, where it ends a command."""
    expected = r"^MLflow at sqlite:///.*mlflow\.db does not do it: .*[Cc]hanging param values is not allowed"
    with pytest.raises(TransientError, match=expected):
        log_two_seeds(Settings(home=tmp_path))


def log_two_seeds(settings: Settings) -> None:
    """In one run, which MLflow refuses."""
    with (
        tracking_by(settings, "me") as tracking,
        tracking.stage("trained", DAY, dataset(), "train") as run,
    ):
        run.log_params({"seed": 1})
        run.log_params({"seed": 2})
