"""Which version trades: the gates' word on each, and the way of a version to the endpoint and back."""

from __future__ import annotations

from dataclasses import dataclass

from ticklake_assets.core.errors import BundleError, MissingDataError
from ticklake_assets.modeling.bundle import build_deployment, open_deployment
from ticklake_assets.modeling.document import read_document
from ticklake_assets.modeling.gates import PASSED, GateReport
from ticklake_assets.modeling.walk_forward import WalkForwardReport, tested_days
from ticklake_assets.resources.endpoint import Endpoint
from ticklake_assets.resources.lake import Lake
from ticklake_assets.resources.models import Models
from ticklake_assets.resources.signing import Signing
from ticklake_assets.settings import Settings
from ticklake_assets.storage.bundles import get_bundle
from ticklake_assets.storage.model_files import ModelFiles, SymbolBundle
from ticklake_assets.storage.model_registry import PREVIOUS, ModelRegistry, ModelVersion, model_name
from ticklake_assets.storage.trial_ledger import TrialLedger


@dataclass(frozen=True)
class Promotion:
    """The lake, where the gates' judgement lies, the registry, and the endpoint."""

    lake: Lake
    models: Models
    signing: Signing
    endpoint: Endpoint

    @classmethod
    def from_settings(cls, settings: Settings) -> Promotion:
        return cls(
            Lake.from_settings(settings),
            Models(mlflow_uri=settings.mlflow),
            Signing.from_settings(settings),
            Endpoint.from_settings(settings),
        )

    @property
    def registry(self) -> ModelRegistry:
        return self.models.registry

    def gates(self, version: ModelVersion) -> GateReport | None:
        """The gates' judgement of exactly this bundle; None where no walk-forward ended with it."""
        report = self._report(version)
        return report.gates if report else None

    def promote(self, version: ModelVersion) -> ModelVersion:
        """Give a version that passed its gates to the endpoint, and make it champion.

        Raises:
            MissingDataError: no walk-forward judged it.
            BundleError: its gates refused it, its test days were opened since, or the endpoint refused it.
            TransientError: the endpoint does not answer; nothing has changed.
        """
        report = self._report(version)
        named = f"{version} (bundle {version.bundle[:12]})"
        remedy = f"materialize report/walk_forward of {version.symbol}|{version.as_of}"
        if report is None:
            raise MissingDataError(
                f"No walk-forward ended with {named}. Expected a judgement by the gates, was none: {remedy}"
            )
        gates = report.gates
        if gates.verdict != PASSED:
            raise BundleError(
                f"The gates refused {named}: {'; '.join(gates.reasons)}. Expected {PASSED}, was {gates.verdict}"
            )
        openings = TrialLedger(self.lake.store).looks(version.symbol, tested_days(report.folds))
        if openings > report.openings:
            raise BundleError(
                f"The judgement of {named} is out of date: its test days were opened again since. Expected at most "
                f"{report.openings} openings, which it counted, was {openings}: test that bundle again, and {remedy}"
            )
        bundle = get_bundle(self.lake.store, version.symbol, version.bundle)
        deployment = build_deployment(bundle, gates, self.signing.private)
        served = self._serve(deployment, replace_newer=False)
        self._files.put("deployed", _bundle(version), deployment)
        return served

    def rollback(self, symbol: str) -> ModelVersion:
        """Give the endpoint the very file of the previous champion; the aliases change places.

        Raises:
            MissingDataError: there is no previous champion, or its file is gone.
        """
        previous = self.registry.aliased(symbol, PREVIOUS)
        if previous is None:
            raise MissingDataError(
                f"{model_name(symbol)} has no previous champion. Expected the alias {PREVIOUS}, was none: "
                "it is there from the second promotion on"
            )
        deployment = self._files.get("deployed", _bundle(previous))
        return self._serve(deployment, replace_newer=True)

    @property
    def _files(self) -> ModelFiles:
        return ModelFiles(self.lake.store)

    def _report(self, version: ModelVersion) -> WalkForwardReport | None:
        bundle = _bundle(version)
        try:
            return read_document(
                WalkForwardReport, self._files.get("judged", bundle), f"judgement of {bundle}"
            )
        except MissingDataError:
            return None

    def _serve(self, deployment: bytes, *, replace_newer: bool) -> ModelVersion:
        opened = open_deployment(deployment, self.signing.public)
        version, _ = self.models.into_service(self.endpoint, deployment, opened, replace_newer=replace_newer)
        return version


def _bundle(version: ModelVersion) -> SymbolBundle:
    return SymbolBundle(version.symbol, version.bundle)
