"""From a bundle down to raw bytes and back up: over lake, registries and the history of Dagster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ticklake_assets.core.day_files import parse_raw_key
from ticklake_assets.core.errors import BundleError, DataError, MissingDataError, TicklakeError
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.instance.history import RunHistory
from ticklake_assets.lifecycle.day_provenance import DayProvenance, Node
from ticklake_assets.lifecycle.promotion import Promotion
from ticklake_assets.modeling.deployed.document import read_document
from ticklake_assets.modeling.deployed.manifest import BundleManifest
from ticklake_assets.research.judgements import read_fold
from ticklake_assets.resources.datasets import Datasets
from ticklake_assets.resources.gold import Gold
from ticklake_assets.settings import Settings
from ticklake_assets.storage.datasets.snapshots import pins
from ticklake_assets.storage.models.bundles import bundle_key, bundle_manifest, stored_bundles
from ticklake_assets.storage.models.stage_files import ModelFiles
from ticklake_assets.storage.models.versions import ModelVersion, model_name


@dataclass(frozen=True)
class Provenance:
    """Everything that keeps a link of the chain; only read."""

    promotion: Promotion
    gold: Gold
    datasets: Datasets
    history: RunHistory
    days: DayProvenance

    @classmethod
    def from_settings(cls, settings: Settings, history: RunHistory, *, rehash: bool) -> Provenance:
        promotion = Promotion.from_settings(settings)
        days = DayProvenance(promotion.lake.store, rehash=rehash)
        return cls(promotion, Gold.from_settings(settings), Datasets.from_settings(settings), history, days)

    def bundles(self, digest: str) -> list[tuple[str, str]]:
        """Symbol and digest of each bundle whose digest begins so."""
        return [named for named in stored_bundles(self.promotion.lake.store) if named[1].startswith(digest)]

    def bundle(self, symbol: str, digest: str) -> Node:
        """A bundle, how it was judged, and the dataset below it."""
        manifest = self._manifest(symbol, digest)
        facts: dict[str, Any] = {
            "symbol": symbol,
            "as_of": str(manifest.as_of),
            "kernel": manifest.kernel_version,
        }
        facts |= {"stored": bundle_key(symbol, digest), **self._registered(symbol, digest)}
        key = SymbolDay(symbol, manifest.as_of).key
        for asset in ("model/validated", "model/tested", "deploy/endpoint"):
            facts |= self._run(asset, key, "bundle", digest)
        files, public = ModelFiles(self.promotion.lake.store), self.promotion.signing.public
        facts |= risk_facts(files, SymbolDay(symbol, manifest.as_of), digest, public)
        return Node("bundle", digest, facts, [self.dataset(symbol, manifest.dataset)])

    def dataset(self, symbol: str, identity: Mapping[str, str]) -> Node:
        """A dataset's version, the snapshots of gold that it is pinned to, and its days."""
        tag = identity.get("version", "")
        try:
            manifest = self.datasets.registry.manifest(tag)
        except TicklakeError as error:
            return Node("dataset", tag, dict(identity) | {"state": str(error)})
        state = (
            "as the bundle says"
            if manifest.digest == identity.get("digest")
            else "ANOTHER digest than the bundle's"
        )
        facts = {"digest": manifest.digest, "state": state, "kernel": manifest.kernel_version}
        facts |= {"labels": manifest.label_version or "unknown"}
        facts |= self._run("dataset/training", SymbolDay(symbol, manifest.as_of).key, "version", tag)
        snapshots = [
            Node(
                "snapshot", f"gold.{pin.table} @ {pin.snapshot_id}", {"state": pin.state, "tag": manifest.tag}
            )
            for pin in pins(self.gold.tables.catalog, manifest)
        ]
        days = [self.days.day(manifest, line) for line in manifest.partitions]
        for day in days:
            raw = _deepest(day)
            raw.facts |= self._run("raw/ticks", f"{symbol}|{day.name}", "sha256", raw.facts["sha256"])
        return Node("dataset", tag, facts, [*snapshots, *days])

    def affected_by(self, key: str) -> tuple[Node, SymbolDay]:
        """A raw object with the datasets and bundles that were made from its sealed bytes, and whose day it is.

        Raises:
            DataError: the key is no raw object's.
            MissingDataError: it was never sealed, so nothing was made from it.
        """
        named = parse_raw_key(key[key.find("raw/ticks/") :]) if "raw/ticks/" in key else None
        if named is None:
            raise DataError(
                f"Expected the key of a raw object like raw/ticks/EURUSD/2024/01/EURUSD_2024-01-15.csv, was {key!r}"
            )
        day, revision = named
        digests = self.days.sealed(day, revision)
        if not digests:
            raise MissingDataError(
                f"{key} was never sealed. Expected a sealed object; nothing was made from others"
            )
        raw = self.days.raw(day, digests[0])
        bundles = [
            (digest, self._manifest(day.symbol, digest))
            for _, digest in stored_bundles(self.promotion.lake.store, day.symbol)
        ]
        for version in self.datasets.registry.versions(day.symbol):
            manifest = self.datasets.registry.manifest(version.tag)
            parts = [
                line.part
                for line in manifest.partitions
                if line.day == day.trading_day and line.raw_sha256 in digests
            ]
            if not parts:
                continue
            dataset = (version.tag, manifest.digest)
            made = [
                Node("bundle", digest, {"as_of": str(about.as_of), **self._registered(day.symbol, digest)})
                for digest, about in bundles
                if (about.dataset.get("version"), about.dataset.get("digest")) == dataset
            ]
            raw.made_from.append(
                Node("dataset", version.tag, {"digest": manifest.digest, "part": parts[0]}, made)
            )
        return raw, day

    def _manifest(self, symbol: str, digest: str) -> BundleManifest:
        text = bundle_manifest(self.promotion.lake.store, symbol, digest)
        return read_document(BundleManifest, text, f"manifest of bundle {digest}")

    def _registered(self, symbol: str, digest: str) -> dict[str, Any]:
        """The registry's and the gates' word on a bundle; a registry that doesn't answer is no end of the chain."""
        try:
            version = self.promotion.registry.of_bundle(symbol, digest)
        except TicklakeError as error:
            return {"registry": str(error)}
        if version is None:
            return {"registry": f"no version of {model_name(symbol)}"}
        gates = self.promotion.gates(version)
        return {
            "registry": _words(version),
            "verdict": gates.verdict if gates else "not judged",
            "mlflow_run": version.run_id,
        }

    def _run(self, asset: str, partition: str, name: str, value: str) -> dict[str, str]:
        """The newest Dagster run that left this value in a partition's metadata; nothing where history has none."""
        run = self.history.run_that_left(asset, partition, name, value)
        return {f"dagster_run of {asset}": run} if run else {}


def risk_facts(files: ModelFiles, as_of: SymbolDay, digest: str, key: Ed25519PublicKey) -> dict[str, str]:
    """The limits that a bundle's test was held against; nothing without any, or where another bundle is tested."""
    try:
        test = read_fold(files, as_of, key).test
    except (BundleError, MissingDataError):
        return {}
    return {"risk limits of model/tested": test.risk.limits} if test.risk and test.bundle == digest else {}


def _words(version: ModelVersion) -> str:
    return ", ".join([str(version), *version.aliases])


def _deepest(node: Node) -> Node:
    while node.made_from:
        node = node.made_from[0]
    return node
