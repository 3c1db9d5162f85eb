from __future__ import annotations

from datetime import date
from pathlib import Path

import dagster as dg
import pytest

from ticklake_assets.core.errors import TransientError
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.defs.partitions import SYMBOL_DAY
from ticklake_assets.resources.ranges import materialize_range
from ticklake_assets.resources.tracking import EXPERIMENT, Tracking, tracking_resource
from ticklake_assets.settings import Settings

DAY = SymbolDay("EURUSD", date(2024, 1, 15))


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(home=tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def seen(settings: Settings) -> dict[str, list[str]]:
    """Versions that a Dagster run got for two bundles, the first of them twice; on MLflow's SQLite."""
    versions: dict[str, list[str]] = {}

    @dg.op
    def register(tracking: dg.ResourceParam[Tracking]) -> None:
        for digest in ("one", "one", "two"):
            with tracking.stage("validated", DAY, "dataset-digest"):
                versions.setdefault(digest, []).append(tracking.register(DAY.symbol, digest, digest.encode()))

    @dg.job(resource_defs={"tracking": tracking_resource(settings)})
    def job() -> None:
        register()

    job.execute_in_process()
    return versions


def test_a_bundle_is_one_version_however_often_it_is_registered(seen: dict[str, list[str]]) -> None:
    assert seen == {"one": ["1", "1"], "two": ["2"]}


def test_a_version_points_at_its_run_its_bundle_and_its_bytes(
    seen: dict[str, list[str]], settings: Settings, tmp_path: Path
) -> None:
    from mlflow.tracking import MlflowClient

    client = MlflowClient(settings.mlflow)
    version = client.get_model_version("ticklake-EURUSD", "2")
    assert version.tags == {"bundle": "two"}
    run = client.get_run(version.run_id)
    assert run.data.tags["dataset"] == "dataset-digest"
    assert run.info.experiment_id == client.get_experiment_by_name(EXPERIMENT).experiment_id
    held = client.download_artifacts(version.run_id, "bundle/bundle.zip", str(tmp_path))
    assert Path(held).read_bytes() == b"two"


def test_a_server_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    resource = tracking_resource(Settings(home=tmp_path, mlflow_uri="http://127.0.0.1:9"))

    @dg.asset(resource_defs={"tracking": resource}, partitions_def=SYMBOL_DAY, group_name="one")
    def tracked(tracking: dg.ResourceParam[Tracking]) -> None:
        pass

    definitions = dg.Definitions([tracked], executor=dg.in_process_executor)
    expected = r"^MLflow at http://127.0.0.1:9 \(TICKLAKE_MLFLOW_URI\)\. Expected an answer, was .*refused$"
    with dg.DagsterInstance.ephemeral() as instance, pytest.raises(TransientError, match=expected):
        materialize_range(definitions, dg.AssetSelection.groups("one"), [DAY], instance)
