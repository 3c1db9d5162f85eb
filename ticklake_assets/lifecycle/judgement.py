"""Judge a chain of tested folds by the gates, and keep the judgement where people and `deploy/endpoint` find it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ticklake_assets.core.bundle_files import CARD
from ticklake_assets.core.live_replay import replay_day
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.lifecycle.chain import expect_opened, open_chain
from ticklake_assets.lifecycle.ledger import expect_judged_heads, open_ledger
from ticklake_assets.lifecycle.mlflow_record import log_walk_forward
from ticklake_assets.modeling.deployed.bundle import open_bundle
from ticklake_assets.modeling.deployed.card import card_markdown
from ticklake_assets.modeling.deployed.signing import signed_document
from ticklake_assets.modeling.judging.latency import decision_ms
from ticklake_assets.modeling.judging.parity import compare
from ticklake_assets.modeling.judging.testing import BundleTest
from ticklake_assets.modeling.judging.walk_forward import FoldRecord, WalkForwardReport, chain_digest, judge
from ticklake_assets.modeling.report.page import report_html, report_json
from ticklake_assets.modeling.report.trades import trades_csv
from ticklake_assets.resources.gold import Gold
from ticklake_assets.resources.lake import Lake
from ticklake_assets.resources.signing import Signing
from ticklake_assets.resources.tracking import Tracking
from ticklake_assets.storage.gold.rows import day_features
from ticklake_assets.storage.models.bundles import dataset_of, get_bundle
from ticklake_assets.storage.models.stage_files import ModelFiles, SymbolBundle
from ticklake_assets.storage.partitions.tick_rows import in_time_order


class Judged(NamedTuple):
    """A judgement, and where it lies."""

    report: WalkForwardReport
    html: str
    numbers: str
    mlflow_run: str


@dataclass(frozen=True)
class Judgement:
    """What a chain is judged with: its last bundle is replayed and timed on the lake's own ticks."""

    lake: Lake
    gold: Gold
    signing: Signing
    tracking: Tracking

    def of(self, folds: Sequence[FoldRecord], run: str) -> Judged:
        """Judge the chain, oldest fold first; the look is in the ledger before anything is seen.

        BundleError where the ledger lacks an opening of a fold; ImmutabilityError where it lacks what an earlier
        judgement of the symbol knew.
        """
        last = folds[-1].test
        day, ledger = SymbolDay(last.symbol, folds[-1].as_of), open_ledger(self.lake, self.signing)
        expect_judged_heads(ledger, self.lake, self.signing, day.symbol)
        expect_opened(ledger, folds)
        state = open_chain(ledger, folds, run)
        report = judge(folds, state.total, self._parity(last), self._decision_ms(last), state)
        figures = {"verdict": report.gates.verdict, "net_pips": report.net_pips, "trades": report.trades}
        ledger.record_result(day.symbol, chain_digest(folds), figures)
        page, numbers, files = report_html(report), report_json(report), ModelFiles(self.lake.store)
        html_uri = files.put("report", day, page.encode(), ".html")
        numbers_uri = files.put("report", day, numbers, ".json")
        signed = signed_document(report, self.signing.private)
        files.put("walk_forward", day, signed)
        files.put("report", day, trades_csv(report).encode(), ".trades.csv")
        files.put("report", day, card_markdown(last.manifest, report.gates).encode(), f".{CARD}")
        files.put("judged", SymbolBundle(day.symbol, last.bundle), signed)
        datasets = [dataset_of(self.lake.store, day.symbol, fold.test.bundle) for fold in folds]
        with self.tracking.walk_forward(day, datasets) as mlflow:
            log_walk_forward(mlflow, report, page, numbers.decode(), self.lake.url)
            self.tracking.record_verdict(day.symbol, last.bundle, report.gates.verdict)
            return Judged(report, html_uri, numbers_uri, self.tracking.run_id)

    def _parity(self, test: BundleTest) -> float | None:
        """Replay the last open test day tick by tick as the endpoint would; the share of gold's bits that come out."""
        opened = [day.day for day in test.days if day.is_open]
        if not opened:
            return None
        tested = SymbolDay(test.symbol, opened[-1])
        held = day_features(self.gold.tables.scan("features", tested.symbol, [tested.trading_day]))
        live = replay_day(tested, in_time_order(self.lake.parquet.read(tested)))
        return compare(live, held.ts_us, held.features).share

    def _decision_ms(self, test: BundleTest) -> float | None:
        """Time the tested file on the events of its last day with some, on this machine."""
        days = [day.day for day in test.days if day.events > 1]
        if not days:
            return None
        bundle = open_bundle(get_bundle(self.lake.store, test.symbol, test.bundle), self.signing.public)
        return decision_ms(bundle, day_features(self.gold.tables.scan("features", test.symbol, days[-1:])))
