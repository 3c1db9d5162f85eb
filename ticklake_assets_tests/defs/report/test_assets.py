"""`report/walk_forward` over two tested folds: what MLflow, the registry and the catalogue say of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import dagster as dg
import pytest
from typer.testing import CliRunner

from ticklake_assets.cli import app
from ticklake_assets.core.errors import DataError, TransientError
from ticklake_assets.defs.model.assets import model_tested, model_trained, model_validated
from ticklake_assets.defs.report.assets import walk_forward
from ticklake_assets.defs.resources import build_resources
from ticklake_assets.modeling.deployed.card import card_markdown
from ticklake_assets.modeling.judging.walk_forward import WalkForwardReport
from ticklake_assets.research.judgements import read_walk_forward
from ticklake_assets.resources.datasets import Datasets
from ticklake_assets.resources.lake import Lake
from ticklake_assets.resources.signing import Signing
from ticklake_assets.settings import Settings
from ticklake_assets.storage.models.registry import ModelRegistry
from ticklake_assets.storage.models.stage_files import ModelFiles
from ticklake_assets_tests.lifecycle.frozen_market import AS_OF, freeze_synthetic_dataset

ASSETS = [model_trained, model_validated, model_tested, walk_forward]
FOLDS = [AS_OF.shifted(-2), AS_OF]
VERSIONS = [f"{fold.symbol}/{fold.trading_day}/v1" for fold in FOLDS]
QUICK = {"ops": {"model__trained": {"config": {"trials": 2}}}}


class Walked(NamedTuple):
    settings: Settings
    dagster_run: str
    told: dict[str, dg.MetadataValue]
    report: WalkForwardReport
    page: bytes


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Walked:
    settings = Settings(home=tmp_path_factory.mktemp("home"))
    freeze_synthetic_dataset(settings, len(FOLDS))
    for fold in FOLDS:
        materialize(settings, ASSETS[:-1], fold.key, QUICK)
    done = materialize(settings, [walk_forward], AS_OF.key, asked(8))
    (made,) = done.asset_materializations_for_node("report__walk_forward")
    files = ModelFiles(Lake(url=settings.lake).store)
    report = read_walk_forward(files, AS_OF, Signing.from_settings(settings).public)
    return Walked(settings, done.run_id, dict(made.metadata), report, files.get("report", AS_OF, ".html"))


def materialize(
    settings: Settings, assets: list[dg.AssetsDefinition], key: str, config: dict[str, Any] | None = None
) -> dg.ExecuteInProcessResult:
    needed = ("lake", "gold", "datasets", "signing", "tracking")
    resources = {name: value for name, value in build_resources(settings).items() if name in needed}
    return dg.materialize(ASSETS, selection=assets, partition_key=key, resources=resources, run_config=config)


def asked(train_days: int) -> dict[str, Any]:
    """Configuration of a report over both folds, as a walk-forward asks for it."""
    windows = {"train_days": train_days, "validate_days": 2, "test_days": 2}
    return {"ops": {"report__walk_forward": {"config": {"folds": len(FOLDS), **windows}}}}


@pytest.fixture
def mlflow(walked: Walked) -> Iterator[Any]:
    import mlflow

    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(walked.settings.mlflow)
    yield mlflow
    mlflow.set_tracking_uri(before)


def run_of(walked: Walked, mlflow: Any) -> Any:
    return mlflow.get_run(walked.told["mlflow_run"].value)


def test_the_run_says_what_was_judged_by_whom_and_how(walked: Walked, mlflow: Any) -> None:
    run, report = run_of(walked, mlflow), walked.report
    told = run.data.tags
    assert (told["stage"], told["symbol"], told["as_of"]) == ("walk_forward", "SYNEUR", "2024-01-17")
    assert (told["dagster_run"], told["datasets"]) == (walked.dagster_run, ", ".join(VERSIONS))
    assert told["verdict"] == report.gates.verdict == "insufficient_evidence"
    assert told["reasons"].startswith(
        "There are too few open test days to confirm an edge (test_days is 4, expected >= 6)"
    )
    assert walked.told["in_words"].value == report.gates.headline
    assert run.data.params == {
        "bundle": report.folds[-1].test.bundle,
        "folds": "2",
        "openings": "5",
        "costs": report.costs.version,
        "currency": "EUR",
    }
    state = report.ledger
    assert state is not None
    assert (state.here, state.elsewhere) == (1, 0), "two folds of one rolling chain, which nobody previewed"
    assert {name: told[f"ledger_{name}"] for name in state.model_dump()} == {
        name: str(value) for name, value in state.model_dump().items()
    }
    assert told["ledger_lake"] == walked.settings.lake
    above = mlflow.get_run(told["mlflow.parentRunId"])
    assert above.data.tags["dagster_run_id"] == walked.dagster_run


def test_the_ledger_is_verified_with_the_heads_that_judgement_and_mlflow_wrote_down(walked: Walked) -> None:
    environment = {"TICKLAKE_HOME": str(walked.settings.home)}
    done = CliRunner().invoke(app, ["trials", "--verify"], env=environment)
    assert done.exit_code == 0, done.stderr
    told = done.stdout.splitlines()
    assert walked.report.ledger is not None
    assert f"counts since {walked.report.ledger.since}: " in told[0]
    assert told[2] == "2 heads that are known elsewhere are in it"


def test_its_inputs_are_the_datasets_that_the_folds_were_tested_on(walked: Walked, mlflow: Any) -> None:
    registry = Datasets.from_settings(walked.settings).registry
    given = {each.dataset.name: each.dataset.digest for each in run_of(walked, mlflow).inputs.dataset_inputs}
    assert given == {version: registry.version(version).digest[:36] for version in VERSIONS}


def test_folds_are_steps_and_gates_are_metrics(walked: Walked, mlflow: Any) -> None:
    run, report = run_of(walked, mlflow), walked.report
    history = mlflow.MlflowClient().get_metric_history(run.info.run_id, "folds/net_pips")
    assert [(each.step, each.value) for each in history] == [
        (number, fold.test.net_pips) for number, fold in enumerate(report.folds, 1)
    ]
    metrics = run.data.metrics
    measured = {f"gates/{row.name}": row.value for row in report.gates.rows if row.value is not None}
    assert {name: value for name, value in metrics.items() if name.startswith("gates/")} == measured
    assert measured["gates/parity"] == 1
    assert "pbo" not in metrics, "too few days to tell"
    for name in ("net_pips", "drawdown_pips", "deflated_sharpe", "trades_a_day"):
        assert metrics[name] == getattr(report, name)


def test_the_page_its_numbers_and_the_table_of_gates_lie_beside_it(
    walked: Walked, mlflow: Any, tmp_path: Path
) -> None:
    run = run_of(walked, mlflow).info.run_id
    folder = Path(mlflow.artifacts.download_artifacts(run_id=run, dst_path=str(tmp_path)))
    assert (folder / "report.html").read_bytes() == walked.page
    assert json.loads((folder / "report.json").read_bytes())["net_pips"] == walked.report.net_pips
    card = (folder / "model_card.md").read_text()
    assert (
        walked.told["model_card"].value
        == card
        == card_markdown(walked.report.folds[-1].test.manifest, walked.report.gates)
    )
    files = ModelFiles(Lake(url=walked.settings.lake).store)
    assert files.get("report", AS_OF, ".model_card.md").decode() == card
    assert files.get("report", AS_OF, ".trades.csv") == (folder / "trades.csv").read_bytes()
    table = mlflow.load_table("gates.json", run_ids=[run])
    assert list(table["name"]) == [row.name for row in walked.report.gates.rows]
    assert list(table["reason"]) == [row.reason for row in walked.report.gates.rows]


def test_version_and_run_name_each_other(walked: Walked, mlflow: Any) -> None:
    run, registry = run_of(walked, mlflow), ModelRegistry(walked.settings.mlflow)
    judged, earlier = registry.find(AS_OF.symbol, "2"), registry.find(AS_OF.symbol, "1")
    assert judged.tags["walk_forward_run"] == run.info.run_id
    assert judged.tags["verdict"] == walked.report.gates.verdict
    assert run.data.tags["model_version"] == "version 2 of ticklake-SYNEUR"
    assert "verdict" not in earlier.tags, "a chain judges the bundle that it ends with"
    assert set(registry.stages(judged)) == {"trained", "validated", "tested", "walk_forward"}


def test_a_version_is_shown_with_the_run_that_judged_it(walked: Walked) -> None:
    environment = {"TICKLAKE_HOME": str(walked.settings.home)}
    done = CliRunner().invoke(app, ["model", "show", AS_OF.symbol, "2", "--json"], env=environment)
    told = json.loads(done.stdout)
    assert told["runs"]["walk_forward, MLflow"] == walked.told["mlflow_run"].value
    assert told["metrics"]["walk_forward trades"] == walked.report.trades
    assert told["metrics"]["tested trades"] == walked.report.folds[-1].test.trades
    assert not [name for name in told["metrics"] if "/" in name], "the gates have a group of their own"
    shown = CliRunner().invoke(app, ["model", "show", AS_OF.symbol, "2"], env=environment).stdout.splitlines()
    refusals = walked.report.gates.refusals
    assert shown[0] == walked.report.gates.headline, "the verdict comes first"
    assert shown[1 : 1 + len(refusals)] == [f"  {row.sentence}  {row.figures}" for row in refusals]
    assert refusals[0].sentence in told["gates"]["test_days"]


def test_a_fold_that_was_made_in_other_windows_than_were_asked_for_is_not_judged(walked: Walked) -> None:
    with pytest.raises(DataError, match=r"fold of SYNEUR.2024-01-15 has .*Expected .* 6/2/2, was 8/2/2:"):
        materialize(walked.settings, [walk_forward], AS_OF.key, asked(6))


def test_without_mlflow_nothing_is_judged_and_the_error_is_that_of_the_model_stages(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, mlflow_uri="http://127.0.0.1:9")
    expected = r"^MLflow at http://127.0.0.1:9 \(TICKLAKE_MLFLOW_URI\)\. Expected an answer, was .*refused$"
    for assets in ([model_trained], [walk_forward]):
        with pytest.raises(dg.DagsterResourceFunctionError) as failed:
            materialize(settings, assets, AS_OF.key)
        assert isinstance(failed.value.__cause__, TransientError)
        with pytest.raises(TransientError, match=expected):
            raise failed.value.__cause__
