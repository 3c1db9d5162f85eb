"""Which version trades: the gates' word on each, and the way of a version to the endpoint and back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from ticklake_assets.core.errors import BundleError, MissingDataError
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.modeling.bundle import build_deployment, open_deployment
from ticklake_assets.modeling.document import read_document
from ticklake_assets.modeling.gates import PASSED, GateReport
from ticklake_assets.modeling.walk_forward import WalkForwardReport
from ticklake_assets.resources.endpoint import Endpoint
from ticklake_assets.resources.lake import Lake
from ticklake_assets.resources.models import Models
from ticklake_assets.resources.signing import Signing
from ticklake_assets.settings import Settings
from ticklake_assets.storage.bundles import get_bundle
from ticklake_assets.storage.model_files import ModelFiles
from ticklake_assets.storage.model_registry import PREVIOUS, ModelRegistry, ModelVersion, model_name


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
        files = ModelFiles(self.lake.store)
        judged = [str(day) for day in files.as_of_days("walk_forward", version.symbol)]
        if version.as_of not in judged:
            return None
        day = _day(version)
        report = read_document(WalkForwardReport, files.get("walk_forward", day), f"walk-forward of {day}")
        return report.gates if report.folds[-1].test.bundle == version.bundle else None

    def promote(self, version: ModelVersion) -> ModelVersion:
        """Give a version that passed its gates to the endpoint, and make it champion.

        Raises:
            MissingDataError: no walk-forward judged it.
            BundleError: its gates refused it, or the endpoint did.
            TransientError: the endpoint does not answer; nothing has changed.
        """
        gates = self.gates(version)
        if gates is None:
            raise MissingDataError(
                f"No walk-forward ended with {version} (bundle {version.bundle[:12]}). Expected a judgement by the "
                f"gates, was none: materialize report/walk_forward of {version.symbol}|{version.as_of}"
            )
        if gates.verdict != PASSED:
            raise BundleError(
                f"The gates refused {version} (bundle {version.bundle[:12]}): {'; '.join(gates.reasons)}. "
                f"Expected {PASSED}, was {gates.verdict}"
            )
        bundle = get_bundle(self.lake.store, version.symbol, version.bundle)
        deployment = build_deployment(bundle, gates, self.signing.private)
        ModelFiles(self.lake.store).put("deployed", _day(version), deployment)
        return self._serve(deployment, replace_newer=False)

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
        deployment = ModelFiles(self.lake.store).get("deployed", _day(previous))
        held = open_deployment(deployment, self.signing.public).bundle.digest
        if held != previous.bundle:
            raise MissingDataError(
                f"What was deployed as of {_day(previous)} is another bundle now. Expected {previous.bundle}, was "
                f"{held}: judge that version again by report/walk_forward and promote it"
            )
        return self._serve(deployment, replace_newer=True)

    def _serve(self, deployment: bytes, *, replace_newer: bool) -> ModelVersion:
        opened = open_deployment(deployment, self.signing.public)
        version, _ = self.models.into_service(self.endpoint, deployment, opened, replace_newer=replace_newer)
        return version


def _day(version: ModelVersion) -> SymbolDay:
    return SymbolDay(version.symbol, date.fromisoformat(version.as_of))
