"""Parity of a day that was served: its sealed journal, the bundles that scored, and the lake's own day together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from ticklake_assets.core.day_files import journal_key
from ticklake_assets.core.errors import BundleError, MissingDataError
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.journal.reading import read_day
from ticklake_assets.journal.whole_day import WholeDay
from ticklake_assets.modeling.deployed.bundle import Bundle, open_bundle
from ticklake_assets.modeling.judging.recompute import recompute
from ticklake_assets.modeling.judging.vendor_day import VendorDay, compare_vendor
from ticklake_assets.modeling.report.parity import ParityReport, parity_markdown
from ticklake_assets.resources.gold import Gold
from ticklake_assets.resources.lake import Lake
from ticklake_assets.resources.signing import Signing
from ticklake_assets.storage.gold.rows import day_features
from ticklake_assets.storage.models.bundles import get_bundle
from ticklake_assets.storage.partitions.tick_rows import quotes_of
from ticklake_assets.storage.raw.sealed_journals import read_sealed_journal, sealed_digest
from ticklake_assets.storage.raw.state import made_from


class Compared(NamedTuple):
    """A report, and where it lies."""

    report: ParityReport
    markdown: str
    uri: str
    """Of the Markdown; beside it the same as `.json`."""


@dataclass(frozen=True)
class ServedParity:
    lake: Lake
    gold: Gold
    signing: Signing

    def of(self, day: SymbolDay) -> Compared:
        """Compare the day, and keep the report under `parity/SYMBOL/`.

        Raises:
            MissingDataError: the day's journal is not in the lake.
            ImmutabilityError: it changed there.
            DataError: it is of another kernel or other rules.
        """
        store = self.lake.store
        journaled = read_day(day, read_sealed_journal(store, day), journal_key(day))
        whole = WholeDay.of(journaled)
        digests = whole.counted().bundles
        bundles, unknown = self._bundles(day.symbol, digests)
        report = ParityReport(
            symbol=day.symbol,
            trading_day=day.trading_day.isoformat(),
            journal_sha256=sealed_digest(store, day) or "",
            complete=journaled.complete,
            bundles=tuple(digests),
            unknown_bundles=unknown,
            recomputed=recompute(day, journaled, bundles, unknown),
            vendor=self._vendor(day, whole),
        )
        stem, markdown = f"parity/{day.symbol}/{day.trading_day}", parity_markdown(report)
        store.put(f"{stem}.json", report.canonical())
        store.put(f"{stem}.md", markdown.encode())
        return Compared(report, markdown, store.uri(f"{stem}.md"))

    def _bundles(self, symbol: str, digests: list[str]) -> tuple[dict[str, Bundle], dict[str, str]]:
        """The lake's bundles by digest, and why others cannot be opened."""
        bundles, unknown = {}, {}
        for digest in digests:
            try:
                bundles[digest] = open_bundle(
                    get_bundle(self.lake.store, symbol, digest), self.signing.public
                )
            except (BundleError, MissingDataError) as error:
                unknown[digest] = str(error)
        return bundles, unknown

    def _vendor(self, day: SymbolDay, whole: WholeDay) -> VendorDay | None:
        if not made_from(self.lake.store, day):
            return None
        quotes = quotes_of(self.lake.clean.read(day))
        gold = day_features(self.gold.tables.scan("features", day.symbol, [day.trading_day]))
        return compare_vendor(day, whole, quotes, gold)
