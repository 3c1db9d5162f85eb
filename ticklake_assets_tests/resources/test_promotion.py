"""A life of versions with a real endpoint, a real registry and real gate records: one truth after each step."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import NamedTuple

import pytest

from ticklake_assets.core.errors import BundleError, MissingDataError, TransientError
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.modeling.bundle import open_bundle, open_deployment
from ticklake_assets.modeling.gates import GATES, GateReport, evaluate
from ticklake_assets.modeling.walk_forward import WalkForwardReport, judge
from ticklake_assets.resources.endpoint import Endpoint
from ticklake_assets.resources.lake import Lake
from ticklake_assets.resources.models import Models
from ticklake_assets.resources.promotion import Promotion
from ticklake_assets.resources.signing import Signing
from ticklake_assets.storage.bundles import put_bundle
from ticklake_assets.storage.model_files import ModelFiles
from ticklake_assets.storage.model_registry import ModelVersion
from ticklake_assets_tests.modeling.markets import run_fold
from ticklake_assets_tests.serving.deployments import make_bundle, make_deployment
from ticklake_assets_tests.serving.running_endpoint import RunningEndpoint, running_endpoint

SYMBOL = "SYNEUR"


class Life(NamedTuple):
    promotion: Promotion
    endpoint: RunningEndpoint

    def version(self, seed: int, as_of: date, verdict: str | None) -> ModelVersion:
        """A registered bundle, judged by a walk-forward report unless `verdict` is None."""
        keys, promotion = self.endpoint.settings.keys_dir, self.promotion
        data = make_bundle(keys, SYMBOL, seed=seed, as_of=as_of)
        bundle = open_bundle(data, promotion.signing.public)
        put_bundle(promotion.lake.store, SYMBOL, bundle.digest, data)
        if verdict:
            report = judged(bundle.digest, as_of, gates(keys, passed=verdict == "passed"))
            files = ModelFiles(promotion.lake.store)
            files.put("walk_forward", SymbolDay(SYMBOL, as_of), report.canonical())
        run = promotion.registry._client.create_run("0")
        tags = {"bundle": bundle.digest, "as_of": str(as_of)}
        return promotion.registry.register(SYMBOL, run.info.run_id, f"{run.info.artifact_uri}/bundle", tags)

    def truth(self) -> tuple[dict[str, int], dict[str, int]]:
        """Aliases, and modes at the endpoint, each with a version's number."""
        versions = self.promotion.registry.versions(SYMBOL)
        modes = self.promotion.endpoint.modes()
        aliases = {alias: version.number for version in versions for alias in version.aliases}
        return aliases, {modes[v.bundle]: v.number for v in versions if v.bundle in modes}


@contextmanager
def living(folder: Path, empty: Path) -> Iterator[Life]:
    """An endpoint, a lake and a registry of their own; `empty` is a registry's database without a model."""
    uri = folder / "mlflow.db"
    uri.write_bytes(empty.read_bytes())
    with running_endpoint(folder) as endpoint:
        keys = str(endpoint.settings.keys_dir)
        promotion = Promotion(
            Lake(url=(folder / "lake").as_uri()),
            Models(mlflow_uri=f"sqlite:///{uri}"),
            Signing(keys_dir=keys),
            Endpoint(url=endpoint.url, keys_dir=keys),
        )
        yield Life(promotion, endpoint)


def empty_registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An MLflow database, to be copied: making one takes seconds."""
    path = tmp_path_factory.mktemp("mlflow") / "empty.db"
    assert Models(mlflow_uri=f"sqlite:///{path}").registry.versions() == []
    return path


@pytest.fixture
def life(tmp_path: Path, mlflow_db: Path) -> Iterator[Life]:
    with living(tmp_path, mlflow_db) as life:
        yield life


@pytest.fixture(scope="module")
def mlflow_db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return empty_registry(tmp_path_factory)


def gates(keys: Path, *, passed: bool) -> GateReport:
    deployment = open_deployment(
        make_deployment(keys, SYMBOL, passed=passed), Signing(keys_dir=str(keys)).public
    )
    return deployment.record.report


def judged(digest: str, as_of: date, report: GateReport) -> WalkForwardReport:
    """A real report, said to be of another bundle and judgement."""
    fold = run_fold().record
    named = fold.model_copy(update={"test": fold.test.model_copy(update={"bundle": digest})})
    return judge([fold], 1, 1.0).model_copy(update={"folds": (named,), "as_of": as_of, "gates": report})


def test_promotions_and_a_rollback_keep_registry_and_endpoint_one(life: Life) -> None:
    first = life.version(1, date(2024, 1, 10), "passed")
    second = life.version(2, date(2024, 1, 12), "passed")
    assert life.truth() == ({"candidate": 2}, {})
    life.promotion.promote(first)
    assert life.truth() == ({"champion": 1, "candidate": 2}, {"live": 1})
    life.promotion.promote(second)
    assert life.truth() == ({"champion": 2, "previous": 1}, {"live": 2})
    assert life.promotion.rollback(SYMBOL).number == 1, "older than what is live, and live again"
    assert life.truth() == ({"champion": 1, "previous": 2}, {"live": 1})
    life.promotion.rollback(SYMBOL)
    assert life.truth() == ({"champion": 2, "previous": 1}, {"live": 2})


def test_what_the_gates_refused_or_never_saw_is_not_promoted(life: Life) -> None:
    rejected = life.version(1, date(2024, 1, 10), "rejected")
    unseen = life.version(2, date(2024, 1, 12), None)
    refused = r"The gates refused version 1 .*deflated_sharpe is 0.*Expected passed, was rejected"
    with pytest.raises(BundleError, match=refused):
        life.promotion.promote(rejected)
    unjudged = r"No walk-forward ended with version 2.*materialize report/walk_forward"
    with pytest.raises(MissingDataError, match=unjudged):
        life.promotion.promote(unseen)
    assert life.truth() == ({"candidate": 2}, {})


def test_a_judgement_of_another_bundle_of_the_day_does_not_count(life: Life) -> None:
    first = life.version(1, date(2024, 1, 10), "passed")
    life.version(2, date(2024, 1, 10), "passed")  # the day was trained and judged again
    with pytest.raises(MissingDataError, match="No walk-forward ended with version 1"):
        life.promotion.promote(first)


def test_an_endpoint_that_is_not_there_or_refuses_moves_nothing(life: Life) -> None:
    first, second = (life.version(n, date(2024, 1, 10 + n), "passed") for n in (1, 2))
    life.promotion.promote(second)
    with pytest.raises(BundleError, match="older than the live one"):
        life.promotion.promote(first)
    away = Promotion(
        life.promotion.lake,
        life.promotion.models,
        life.promotion.signing,
        Endpoint(url="http://127.0.0.1:9", keys_dir=str(life.endpoint.settings.keys_dir)),
    )
    with pytest.raises(TransientError, match="doesn't answer"):
        away.promote(first)
    assert life.truth() == ({"champion": 2}, {"live": 2})


def test_without_a_previous_champion_there_is_no_way_back(life: Life) -> None:
    life.promotion.promote(life.version(1, date(2024, 1, 10), "passed"))
    with pytest.raises(MissingDataError, match="no previous champion"):
        life.promotion.rollback(SYMBOL)


def test_every_gate_is_in_the_record_that_is_judged(life: Life) -> None:
    report = life.promotion.gates(life.version(1, date(2024, 1, 10), "passed"))
    assert report is not None
    assert [row.name for row in report.rows] == [gate.name for gate in GATES]
    assert evaluate({row.name: row.value for row in report.rows}).verdict == "passed"
