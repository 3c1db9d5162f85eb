"""Which tested folds may stay: those on the ticks that gold holds now, in the windows that are asked for."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import cached_property

from ticklake_assets.core.errors import BundleError, MissingDataError
from ticklake_assets.core.features import KERNEL_VERSION
from ticklake_assets.core.folds import Windows
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.label_version import label_version
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.lifecycle.ledger import open_ledger
from ticklake_assets.modeling.deployed.bundle import open_bundle
from ticklake_assets.modeling.judging.walk_forward import FoldRecord, WalkForwardReport
from ticklake_assets.research.judgements import read_fold, read_walk_forward
from ticklake_assets.resources.datasets import Datasets
from ticklake_assets.resources.lake import Lake
from ticklake_assets.resources.signing import Signing
from ticklake_assets.settings import Settings
from ticklake_assets.storage.models.bundles import get_bundle
from ticklake_assets.storage.models.stage_files import ModelFiles
from ticklake_assets.storage.raw.state import list_raw, made_from

_AT_ONCE = 8
"""Markers of gold's days that are read side by side."""


class FoldsOfSymbol:
    """The folds that the lake holds of one symbol."""

    def __init__(self, settings: Settings, symbol: str) -> None:
        self.symbol = symbol
        self._lake = Lake.from_settings(settings)
        self._store = self._lake.store
        self.files = ModelFiles(self._store)
        self._registry = Datasets.from_settings(settings).registry
        self._signing = Signing.from_settings(settings)

    @cached_property
    def gold_sources(self) -> dict[SymbolDay, str]:
        """sha256 of the raw content that each day of gold was made from, as of the first look."""
        return dict(list_raw(self._store, [self.symbol]).made_from)

    def made_otherwise(self, days: Iterable[SymbolDay]) -> list[SymbolDay]:
        """Those of these days of gold that another kernel made, or whose labels are of other rules or costs."""
        ours = {"kernel_version": KERNEL_VERSION, "label_version": label_version(instrument_of(self.symbol))}
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            made = dict(
                zip(
                    wanted := list(days),
                    pool.map(lambda day: made_from(self._store, day), wanted),
                    strict=True,
                )
            )
        return [day for day, by in made.items() if not by or not ours.items() <= by[0].properties.items()]

    @property
    def spent_days(self) -> set[date]:
        """Days that no other bundle may be tested on."""
        return set(open_ledger(self._lake, self._signing).spent(self.symbol))

    @cached_property
    def _present(self) -> set[date]:
        return set(self.files.as_of_days("tested", self.symbol))

    def read(self, as_of: SymbolDay) -> FoldRecord:
        return read_fold(self.files, as_of, self._signing.public)

    def report(self, as_of: SymbolDay) -> WalkForwardReport:
        return read_walk_forward(self.files, as_of, self._signing.public)

    def is_current(self, as_of: SymbolDay, windows: Windows) -> bool:
        """Whether the fold has these windows, today's kernel and labels, and the raw content that gold has.

        The chain is walked by digests: fold, bundle, dataset, raw.
        """
        if as_of.trading_day not in self._present:
            return False
        try:
            fold = self.read(as_of)
            bundle = open_bundle(get_bundle(self._store, self.symbol, fold.test.bundle), self._signing.public)
        except (BundleError, MissingDataError):  # of another version of the code: made again
            return False
        latest = self._registry.latest(self.symbol, as_of.trading_day)
        if latest is None or latest.digest != bundle.manifest.dataset.get("digest"):
            return False
        manifest = self._registry.manifest(latest.tag)
        if manifest.label_version != label_version(instrument_of(self.symbol)):
            return False
        return fold.windows.plain() == windows and all(
            self.gold_sources.get(SymbolDay(self.symbol, line.day)) == line.raw_sha256
            for line in manifest.partitions
        )
