"""What is known of a model's version: judgement and fold as they were signed, bundle, dataset and trials."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, NamedTuple

from serving.pipeline.sources.mlflow import Mlflow
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.modeling.deployed.document import read_document
from ticklake_assets.modeling.deployed.manifest import BundleManifest
from ticklake_assets.modeling.deployed.signing import public_key
from ticklake_assets.modeling.report.trades import TradeLine, trade_lines
from ticklake_assets.research.judgements import judgement_of, read_fold
from ticklake_assets.research.lake import Lake
from ticklake_assets.storage.datasets.manifest import DatasetManifest
from ticklake_assets.storage.datasets.registry import DatasetRegistry
from ticklake_assets.storage.models.bundles import bundle_manifest
from ticklake_assets.storage.models.stage_files import ModelFiles, SymbolBundle
from ticklake_assets.storage.models.trial_ledger import TrialLedger
from ticklake_assets.storage.models.versions import CHAMPION, PREVIOUS, ModelVersion, named_version

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from ticklake_assets.modeling.deployed.gates import GateReport
    from ticklake_assets.modeling.judging.walk_forward import FoldRecord, WalkForwardReport

_REPORTS = 4
"""Whole judgements in memory: that of a year's chain takes some hundred megabytes."""
_KEPT = 4096
"""Of what is small: verdicts and manifests."""
_CHAIN = 30
"""Versions after one, among which the judged chain that it is a fold of is looked for."""


class Judged(NamedTuple):
    """What is kept of every judgement."""

    gates: GateReport
    earlier: frozenset[str]
    """Bundles of its folds but the last."""


class Models:
    """Versions by the registry, all else by the lake; what was signed is verified by the public key."""

    def __init__(self, lake: Lake, mlflow: Mlflow) -> None:
        self._lake = lake
        self.mlflow = mlflow
        self._reports = lru_cache(_REPORTS)(self._read_report)
        self._judged = lru_cache(_KEPT)(self._read_judged)
        self._tested = lru_cache(_REPORTS)(self._read_fold)
        self._told = lru_cache(_KEPT)(self._read_manifest)
        self._traded = lru_cache(_REPORTS)(self._read_trades)

    def versions(self, symbol: str = "") -> list[ModelVersion]:
        return self.mlflow.versions(symbol)

    def version(self, symbol: str, name: str) -> ModelVersion:
        """By number, alias or digits of its bundle; MissingDataError names those that there are."""
        return named_version(self.versions(symbol), symbol, name)

    def champion(self, symbol: str) -> ModelVersion | None:
        return self._aliased(symbol, CHAMPION)

    def previous(self, symbol: str) -> ModelVersion | None:
        return self._aliased(symbol, PREVIOUS)

    def judged(self, version: ModelVersion) -> Judged | None:
        """The gates' word on exactly this bundle; None where no walk-forward ended with it.

        BundleError where it was edited or signed by another key.
        """
        of = _bundle(version)
        etag = self._files.etag("judged", of)
        return self._judged(of, etag) if etag else None

    def judgement(self, version: ModelVersion) -> WalkForwardReport | None:
        """The same, whole."""
        of = _bundle(version)
        etag = self._files.etag("judged", of)
        return self._reports(of, etag) if etag else None

    def fold(self, version: ModelVersion) -> FoldRecord | None:
        """The version's own training, validation and test; None where it was not tested, or its day was made anew."""
        if report := self.judgement(version):
            return report.folds[-1]
        day = _day(version)
        etag = self._files.etag("tested", day) if day else ""
        fold = self._tested(day, etag) if day and etag else None
        return fold if fold and fold.test.bundle == version.bundle else None

    def folds(self, version: ModelVersion) -> Sequence[FoldRecord]:
        """Those of the chain that was judged with it; its own alone where none was. Empty where it was not tested."""
        if report := self.judgement(version):
            return report.folds
        fold = self.fold(version)
        return [fold] if fold else []

    def trades(self, version: ModelVersion) -> Sequence[TradeLine]:
        """The test trades of its folds, in the order of time."""
        day, judged = _day(version), self._files.etag("judged", _bundle(version))
        etag = judged or (self._files.etag("tested", day) if day else "")
        return self._traded(version.symbol, version.number, etag)

    def judged_chain(self, version: ModelVersion) -> ModelVersion | None:
        """The next version whose judged chain has this one as an earlier fold."""
        later = [other for other in self.versions(version.symbol) if other.as_of > version.as_of]
        for other in sorted(later, key=lambda each: (each.as_of, each.number))[:_CHAIN]:
            judged = self.judged(other)
            if judged and version.bundle in judged.earlier:
                return other
        return None

    def manifest(self, version: ModelVersion) -> BundleManifest:
        """What the bundle says of itself; its digest is the version's."""
        return self._told(_bundle(version))

    def dataset(self, version: ModelVersion) -> DatasetManifest:
        """The frozen dataset that it was made from, as the registry of datasets has it."""
        return self._datasets.manifest(version.tags.get("dataset", ""))

    @cached_property
    def ledger(self) -> TrialLedger:
        """To be read: it knows the public key alone. Every read verifies the whole chain."""
        keys = self._lake.settings.keys_dir
        return TrialLedger(self._lake.store, self._key, keys / "ledger_heads.json")

    @property
    def _key(self) -> Ed25519PublicKey:
        return public_key(self._lake.settings.keys_dir)

    @cached_property
    def _files(self) -> ModelFiles:
        return ModelFiles(self._lake.store)

    @cached_property
    def _datasets(self) -> DatasetRegistry:
        chosen = self._lake.settings
        return DatasetRegistry(
            chosen.registry_dir, f"{chosen.lake}/datasets", chosen.s3_endpoint, chosen.s3_region
        )

    def _aliased(self, symbol: str, alias: str) -> ModelVersion | None:
        return next((version for version in self.versions(symbol) if alias in version.aliases), None)

    def _read_report(self, of: SymbolBundle, _etag: str) -> WalkForwardReport | None:
        return judgement_of(self._files, of, self._key)

    def _read_judged(self, of: SymbolBundle, etag: str) -> Judged | None:
        report = self._reports(of, etag)
        if report is None:
            return None
        return Judged(report.gates, frozenset(fold.test.bundle for fold in report.folds[:-1]))

    def _read_trades(self, symbol: str, number: int, _etag: str) -> Sequence[TradeLine]:
        folds = self.folds(self.version(symbol, str(number)))
        return trade_lines(folds) if folds else []

    def _read_fold(self, day: SymbolDay, _etag: str) -> FoldRecord:
        return read_fold(self._files, day, self._key)

    def _read_manifest(self, of: SymbolBundle) -> BundleManifest:
        return read_document(BundleManifest, bundle_manifest(self._lake.store, *of), f"manifest of {of}")


def _bundle(version: ModelVersion) -> SymbolBundle:
    return SymbolBundle(version.symbol, version.bundle)


def _day(version: ModelVersion) -> SymbolDay | None:
    """None for a version from before versions told their as-of day."""
    return SymbolDay.parse(f"{version.symbol}|{version.as_of}") if version.as_of else None
