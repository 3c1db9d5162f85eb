"""A life of versions, for tests of what trades: a real endpoint, a real registry and real judgements."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.lifecycle.chain import open_chain
from ticklake_assets.lifecycle.ledger import open_ledger
from ticklake_assets.lifecycle.promotion import Promotion
from ticklake_assets.modeling.deployed.bundle import open_bundle
from ticklake_assets.modeling.deployed.signing import signed_document
from ticklake_assets.modeling.judging.walk_forward import (
    LEAST_OPENINGS,
    WalkForwardReport,
    judge,
)
from ticklake_assets.resources.endpoint import EndpointClient
from ticklake_assets.resources.lake import Lake
from ticklake_assets.resources.models import Models
from ticklake_assets.resources.signing import Signing
from ticklake_assets.storage.models.bundles import put_bundle
from ticklake_assets.storage.models.stage_files import ModelFiles, SymbolBundle
from ticklake_assets.storage.models.trial_ledger import TrialLedger
from ticklake_assets.storage.models.versions import ModelVersion
from ticklake_assets_tests.modeling.chains import chain_to
from ticklake_assets_tests.serving.deployments import make_bundle
from ticklake_assets_tests.serving.running_endpoint import RunningEndpoint, running_endpoint

SYMBOL = "SYNEUR"


class Life(NamedTuple):
    promotion: Promotion
    endpoint: RunningEndpoint

    def version(self, seed: int, as_of: date, verdict: str | None) -> ModelVersion:
        """A registered bundle, judged by a walk-forward report unless `verdict` is None."""
        promotion = self.promotion
        data = make_bundle(self.endpoint.settings.keys_dir, SYMBOL, seed=seed, as_of=as_of)
        bundle = open_bundle(data, promotion.signing.public)
        put_bundle(promotion.lake.store, SYMBOL, bundle.digest, data)
        if verdict:
            self.keep(self.judged(bundle.digest, as_of, parity=1.0 if verdict == "passed" else 0.0))
        run = promotion.registry._client.create_run("0")
        tags = {"bundle": bundle.digest, "as_of": str(as_of)}
        return promotion.registry.register(SYMBOL, run.info.run_id, f"{run.info.artifact_uri}/bundle", tags)

    def judged(self, digest: str, as_of: date, parity: float) -> WalkForwardReport:
        """A real judgement of a real chain, counted in the ledger."""
        folds = chain_to(digest, as_of)
        state = open_chain(self.ledger, folds, "test")
        return judge(folds, state.total, parity, None, state)

    def keep(self, report: WalkForwardReport, key: Ed25519PrivateKey | None = None) -> None:
        """Leave a signed report where it is looked for."""
        files = ModelFiles(self.promotion.lake.store)
        signed = signed_document(report, key or self.promotion.signing.private)
        files.put("walk_forward", SymbolDay(SYMBOL, report.as_of), signed)
        files.put("judged", SymbolBundle(SYMBOL, report.folds[-1].test.bundle), signed)

    @property
    def ledger(self) -> TrialLedger:
        return open_ledger(self.promotion.lake, self.promotion.signing)

    def open_test_days(self, version: ModelVersion) -> None:
        """Other bundles meet a day that the version was judged on, once more than its judgement counted."""
        opened = [date.fromisoformat(version.as_of) - timedelta(days=1)]
        for number in range(LEAST_OPENINGS + 1):
            self.ledger.record_opening(SYMBOL, opened, f"variant {number}")

    def truth(self) -> tuple[dict[str, int], dict[str, int]]:
        """Aliases, and modes at the endpoint, each with a version's number."""
        versions = self.promotion.registry.versions(SYMBOL)
        modes = self.promotion.endpoint.calls.modes()
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
