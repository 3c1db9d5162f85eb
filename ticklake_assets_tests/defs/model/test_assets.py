"""The model stages on a frozen dataset: what they leave in the ledger, and that spent test days stay closed."""

from __future__ import annotations

import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import dagster as dg
import pytest

from mt5_bridge.risk.limits_file import read_limits
from ticklake_assets.core.errors import SetupError, SpentError
from ticklake_assets.core.folds import Fold
from ticklake_assets.defs.model.assets import model_tested, model_trained, model_validated
from ticklake_assets.defs.resources import build_resources
from ticklake_assets.lifecycle.ledger import open_ledger
from ticklake_assets.lifecycle.provenance import risk_facts
from ticklake_assets.modeling.judging.walk_forward import FoldRecord, own_gates
from ticklake_assets.research.judgements import read_fold
from ticklake_assets.resources.datasets import Datasets
from ticklake_assets.resources.lake import Lake
from ticklake_assets.resources.signing import Signing
from ticklake_assets.settings import Settings
from ticklake_assets.storage.datasets.freeze import DatasetRequest
from ticklake_assets.storage.models.registry import ModelRegistry
from ticklake_assets.storage.models.stage_files import ModelFiles
from ticklake_assets.storage.models.trial_ledger import MOST_OPENINGS, TrialLedger
from ticklake_assets_tests.lifecycle.frozen_market import (
    AS_OF,
    freeze_synthetic_dataset,
    freeze_with_other_days,
)

QUICK = {"ops": {"model__trained": {"config": {"trials": 2, "groups": 4, "held_groups": 2}}}}


@pytest.fixture(scope="module")
def frozen(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, DatasetRequest]:
    settings = Settings(home=tmp_path_factory.mktemp("home"))
    return settings, freeze_synthetic_dataset(settings)


class Refused(NamedTuple):
    """What came of a test on spent days."""

    run: dg.ExecuteInProcessResult
    tested: list[date]


@pytest.fixture(scope="module")
def validated(frozen: tuple[Settings, DatasetRequest]) -> Settings:
    """A home whose one as-of day is trained and validated."""
    settings, _ = frozen
    run(settings, [model_trained, model_validated])
    return settings


@pytest.fixture(scope="module")
def refused(validated: Settings, frozen: tuple[Settings, DatasetRequest]) -> Refused:
    """The model's test after others have spent its days; afterwards they are as good as new."""
    _, request = frozen
    days = list(Fold.before(request.as_of, request.windows).test)
    places = [Path(Lake(url=validated.lake).store.uri("ledger")), validated.keys_dir]
    for place in places:
        shutil.copytree(place, place.parent / f"{place.name} before")
    for number in range(MOST_OPENINGS):
        ledger_of(validated).record_opening(
            AS_OF.symbol, days, f"{number}", {"by": "ann", "at": "2024-02-01"}
        )
    failed = run(validated, [model_tested], raises=False)
    store = Lake(url=validated.lake).store
    tested = ModelFiles(store).as_of_days("tested", AS_OF.symbol)
    for place in places:
        shutil.rmtree(place)
        (place.parent / f"{place.name} before").rename(place)
    return Refused(failed, tested)


@pytest.fixture(scope="module")
def settings(validated: Settings, refused: Refused) -> Settings:
    """A home whose one as-of day is trained, validated and tested."""
    run(validated, [model_tested])
    return validated


def run(
    settings: Settings,
    assets: list[dg.AssetsDefinition],
    *,
    raises: bool = True,
    tested_with: dict[str, str] | None = None,
) -> dg.ExecuteInProcessResult:
    needed = ("lake", "datasets", "signing", "tracking")
    resources = {name: value for name, value in build_resources(settings).items() if name in needed}
    quick = QUICK if model_trained in assets else None
    return dg.materialize(
        [model_trained, model_validated, model_tested],
        selection=assets,
        partition_key=AS_OF.key,
        resources=resources,
        run_config={"ops": {"model__tested": {"config": tested_with}}} if tested_with else quick,
        raise_on_error=raises,
    )


def ledger_of(settings: Settings) -> TrialLedger:
    return open_ledger(Lake.from_settings(settings), Signing.from_settings(settings))


def test_every_stage_is_in_the_ledger_with_who_when_what_and_result(settings: Settings) -> None:
    ledger = ledger_of(settings)
    (fits,) = ledger.notes("fits", AS_OF.symbol).values()
    assert fits["count"] == 12  # 2 trials x 6 combinatorial splits: too few trials to prune
    assert fits["parameters"]["held_groups"] == 2
    assert [len(trial["path_losses"]) for trial in fits["result"]["trials"]] == [3, 3]
    (selection,) = ledger.notes("selections", AS_OF.symbol).values()
    assert selection["count"] == 7
    opened = list(ledger.notes("openings", AS_OF.symbol).values())
    assert [list(note["days"]) for note in opened] == [["2024-01-15", "2024-01-16"]]
    assert list(selection["days"]) == ["2024-01-13", "2024-01-14"]
    assert opened[0]["walk"] == selection["walk"]
    frozen = Datasets.from_settings(settings).registry.manifest("SYNEUR/2024-01-17/v1")
    raw = {line.day.isoformat(): line.raw_sha256 for line in frozen.partitions}
    assert {**selection["days"], **opened[0]["days"]}.items() <= raw.items()
    (result,) = ledger.notes("results", AS_OF.symbol).values()
    record = record_of(settings)
    assert result == {
        "net_pips": record.test.net_pips,
        "trades": record.test.trades,
        "drawdown_pips": record.test.drawdown_pips,
    }
    for note in (fits, selection, *opened):
        assert note["as_of"] == "2024-01-17"
        assert note["dataset"] == "SYNEUR/2024-01-17/v1"
        assert ", " in note["by"]
        assert note["at"].endswith("+00:00")


def test_what_was_frozen_since_the_training_changes_neither_validation_nor_test(
    settings: Settings, frozen: tuple[Settings, DatasetRequest]
) -> None:
    """The later version has other features on a day of each part: the same bundle comes out, to the last trade."""
    before = record_of(settings)
    freeze_with_other_days(*frozen)
    assert Datasets.from_settings(settings).load(AS_OF).version == "SYNEUR/2024-01-17/v2"
    run(settings, [model_validated])
    run(settings, [model_tested])
    assert record_of(settings) == before


def test_a_test_shows_the_gates_that_the_fold_meets_by_itself(settings: Settings) -> None:
    (tested,) = run(settings, [model_tested]).asset_materializations_for_node("model__tested")
    shown = tested.metadata["gates_of_this_fold"]
    assert isinstance(shown, dg.TableMetadataValue)
    expected = {row.name: row for row in own_gates(record_of(settings))}
    assert [row.data["gate"] for row in shown.records] == list(expected)
    (version,) = ModelRegistry(settings.mlflow).versions(AS_OF.symbol)
    metrics = ModelRegistry(settings.mlflow).stages(version)["tested"].metrics
    assert {name: metrics[f"gates/{name}"] for name in expected} == {
        name: row.value for name, row in expected.items()
    }


def test_the_same_again_is_no_new_opening(settings: Settings) -> None:
    run(settings, [model_validated, model_tested])
    assert ledger_of(settings).met(AS_OF.symbol, record_days(settings)) == 1
    assert ledger_of(settings).left(AS_OF.symbol, record_days(settings)) == MOST_OPENINGS - 1


def test_limits_of_risk_are_held_against_a_test_on_request_alone(settings: Settings, tmp_path: Path) -> None:
    before, limits = record_of(settings), tmp_path / "limits.toml"
    limits.write_text("[day]\ntrades = 3\n")
    asked = {"limits": str(limits), "balance": "2500", "lot_step": "0.1"}
    (shown,) = run(settings, [model_tested], tested_with=asked).asset_materializations_for_node(
        "model__tested"
    )
    record, digest = record_of(settings), read_limits(limits).digest
    assert record.test.model_copy(update={"risk": None}) == before.test
    risk = record.test.risk
    assert risk is not None
    assert (risk.limits, risk.currency, risk.balance) == (digest, "EUR", Decimal(2_500))
    assert {trade.volume % Decimal("0.1") for day in risk.days for trade in day.sized} <= {Decimal(0)}
    assert shown.metadata["risk_limits"].value == digest
    (version,) = ModelRegistry(settings.mlflow).versions(AS_OF.symbol)
    stage = ModelRegistry(settings.mlflow).stages(version)["tested"]
    assert stage.metrics["risk_net"] == float(risk.net)
    files, public = ModelFiles(Lake(url=settings.lake).store), Signing.from_settings(settings).public
    told = {"risk limits of model/tested": digest}
    assert risk_facts(files, AS_OF, record.test.bundle, public) == told
    assert risk_facts(files, AS_OF, "another", public) == {}
    run(settings, [model_tested])
    assert record_of(settings) == before
    assert risk_facts(files, AS_OF, record.test.bundle, public) == {}


def test_limits_that_cannot_be_meant_end_a_test_before_its_days_are_met(
    settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "limits.toml").write_text("[day]\nloss = 3\n")
    failed = run(
        settings, [model_tested], raises=False, tested_with={"limits": str(tmp_path / "limits.toml")}
    )
    (failure,) = [event for event in failed.all_events if event.is_step_failure]
    assert failure.step_failure_data.error.cause.cls_name == SetupError.__name__


def test_spent_test_days_stay_closed_to_another_model(refused: Refused) -> None:
    assert not refused.run.success
    (failure,) = [event for event in refused.run.all_events if event.is_step_failure]
    error = failure.step_failure_data.error.cause
    assert error.cls_name == SpentError.__name__
    assert "Test days 2024-01-15 to 2024-01-16 of SYNEUR are spent" in error.message
    assert refused.tested == []


def record_of(settings: Settings) -> FoldRecord:
    return read_fold(ModelFiles(Lake(url=settings.lake).store), AS_OF, Signing.from_settings(settings).public)


def record_days(settings: Settings) -> list[date]:
    return [day.day for day in record_of(settings).test.days]
