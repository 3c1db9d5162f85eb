"""What is known of a model's version: judgement and fold as they were signed, bundle, dataset and trials."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from serving.pipeline.sources.mlflow import Mlflow
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.modeling.deployed.document import read_document
from ticklake_assets.modeling.deployed.manifest import BundleManifest
from ticklake_assets.modeling.deployed.signing import public_key
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

    from ticklake_assets.modeling.judging.walk_forward import FoldRecord, WalkForwardReport

_KEPT = 64
"""Judgements in memory: a chain of a quarter is a megabyte or two."""


class Models:
    """Versions by the registry, all else by the lake; what was signed is verified by the public key."""

    def __init__(self, lake: Lake, mlflow: Mlflow) -> None:
        self._lake = lake
        self.mlflow = mlflow
        self._judged: Callable[[SymbolBundle, str], WalkForwardReport | None] = lru_cache(_KEPT)(
            self._read_judged
        )
        self._tested: Callable[[SymbolDay, str], FoldRecord] = lru_cache(_KEPT)(self._read_fold)
        self._told: Callable[[SymbolBundle], BundleManifest] = lru_cache(_KEPT)(self._read_manifest)

    def versions(self, symbol: str = "") -> list[ModelVersion]:
        return self.mlflow.versions(symbol)

    def version(self, symbol: str, name: str) -> ModelVersion:
        """By number, alias or digits of its bundle; MissingDataError names those that there are."""
        return named_version(self.versions(symbol), symbol, name)

    def champion(self, symbol: str) -> ModelVersion | None:
        return self._aliased(symbol, CHAMPION)

    def previous(self, symbol: str) -> ModelVersion | None:
        return self._aliased(symbol, PREVIOUS)

    def judgement(self, version: ModelVersion) -> WalkForwardReport | None:
        """The last judgement of exactly this bundle; None where no walk-forward ended with it.

        BundleError where it was edited or signed by another key.
        """
        of = SymbolBundle(version.symbol, version.bundle)
        etag = self._files.etag("judged", of)
        return self._judged(of, etag) if etag else None

    def fold(self, version: ModelVersion) -> FoldRecord | None:
        """The version's own training, validation and test; None where it was not tested, or its day was made anew."""
        if report := self.judgement(version):
            return report.folds[-1]
        if not version.as_of:  # registered before versions told it
            return None
        day = SymbolDay.parse(f"{version.symbol}|{version.as_of}")
        etag = self._files.etag("tested", day)
        fold = self._tested(day, etag) if etag else None
        return fold if fold and fold.test.bundle == version.bundle else None

    def judged_chain(self, version: ModelVersion) -> ModelVersion | None:
        """The latest version whose judged chain has this one as an earlier fold."""
        for other in reversed(self.versions(version.symbol)):
            report = self.judgement(other) if other.number != version.number else None
            if report and version.bundle in {fold.test.bundle for fold in report.folds[:-1]}:
                return other
        return None

    def manifest(self, version: ModelVersion) -> BundleManifest:
        """What the bundle says of itself; its digest is the version's."""
        return self._told(SymbolBundle(version.symbol, version.bundle))

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

    def _read_judged(self, of: SymbolBundle, _etag: str) -> WalkForwardReport | None:
        return judgement_of(self._files, of, self._key)

    def _read_fold(self, day: SymbolDay, _etag: str) -> FoldRecord:
        return read_fold(self._files, day, self._key)

    def _read_manifest(self, of: SymbolBundle) -> BundleManifest:
        return read_document(BundleManifest, bundle_manifest(self._lake.store, *of), f"manifest of {of}")
