"""A life of versions, for tests of what trades: a real endpoint, a real registry and real gate records."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import NamedTuple

from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.lifecycle.promotion import Promotion
from ticklake_assets.modeling.deployed.admission import open_deployment
from ticklake_assets.modeling.deployed.bundle import open_bundle
from ticklake_assets.modeling.deployed.gates import GateReport
from ticklake_assets.modeling.judging.walk_forward import WalkForwardReport, judge
from ticklake_assets.resources.endpoint import EndpointClient
from ticklake_assets.resources.lake import Lake
from ticklake_assets.resources.models import Models
from ticklake_assets.resources.signing import Signing
from ticklake_assets.storage.models.bundles import put_bundle
from ticklake_assets.storage.models.registry import ModelVersion
from ticklake_assets.storage.models.stage_files import ModelFiles, SymbolBundle
from ticklake_assets.storage.models.trial_ledger import TrialLedger
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
            files.put("judged", SymbolBundle(SYMBOL, bundle.digest), report.canonical())
        run = promotion.registry._client.create_run("0")
        tags = {"bundle": bundle.digest, "as_of": str(as_of)}
        return promotion.registry.register(SYMBOL, run.info.run_id, f"{run.info.artifact_uri}/bundle", tags)

    def open_test_days(self, version: ModelVersion) -> None:
        """Other bundles meet a day that the version was judged on, once more than its judgement counted."""
        report = judged(version.bundle, date.fromisoformat(version.as_of), self.promotion.gates(version))
        ledger, opened = TrialLedger(self.promotion.lake.store), [day.day for day in report.days][-1:]
        for number in range(report.openings + 1):
            ledger.record_opening(SYMBOL, opened, f"variant {number}")

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
            EndpointClient(url=endpoint.url, keys_dir=keys),
        )
        yield Life(promotion, endpoint)


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
