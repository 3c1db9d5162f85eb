"""Train, validate and test one fold: what Dagster's assets and the stages of dvc.yaml both call.

    stages = FoldStages(day, run_id, lake, signing, tracking, LakeHandover(files, day), datasets.load_version)
    stages.train(datasets.load(day), seed=1, budget=Budget())
    stages.validate()
    stages.test()

Whoever runs them leaves the same records in the trial ledger, the same MLflow runs and the same files: only who ran
them, and when, is told apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, NamedTuple

from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.live_cleaner import RawTick
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.lifecycle.conversion import rates_by_day
from ticklake_assets.lifecycle.fold_inputs import open_events, quotes_by_day
from ticklake_assets.lifecycle.handover import (
    Handover,
    pack_trained,
    pack_validated,
    search_digest,
    unpack_trained,
    unpack_validated,
)
from ticklake_assets.lifecycle.ledger import open_ledger
from ticklake_assets.lifecycle.mlflow_record import figures_of_test, log_test, log_training, log_validation
from ticklake_assets.lifecycle.risk_plan import RiskChoice, risk_plan
from ticklake_assets.lifecycle.trial_details import contents_of, trial_details, walk_of
from ticklake_assets.modeling.deployed.bundle import expect_fit, open_bundle
from ticklake_assets.modeling.deployed.gates import GateRow
from ticklake_assets.modeling.deployed.signing import signed_document
from ticklake_assets.modeling.fitting.packing import ValidationDays, pack
from ticklake_assets.modeling.fitting.training import TrainingReport, train
from ticklake_assets.modeling.fitting.tuning import Budget
from ticklake_assets.modeling.fitting.validation import ValidationReport, validate
from ticklake_assets.modeling.judging.testing import run_test
from ticklake_assets.modeling.judging.walk_forward import FoldRecord, own_gates
from ticklake_assets.resources.lake import Lake
from ticklake_assets.resources.signing import Signing
from ticklake_assets.resources.tracking import Tracking
from ticklake_assets.storage.datasets.files import Dataset
from ticklake_assets.storage.models.bundles import put_bundle
from ticklake_assets.storage.models.trial_ledger import TrialLedger
from ticklake_assets.storage.models.versions import ModelVersion
from ticklake_assets.storage.partitions.tick_rows import in_time_order


class FoldTraining(NamedTuple):
    """What `train` left."""

    report: TrainingReport
    dataset: Dataset
    mlflow_run: str
    uri: str


class FoldValidation(NamedTuple):
    """What `validate` left."""

    report: ValidationReport
    dataset: Dataset
    bundle: str
    """Digest of the signed bundle: from here on its bytes are fixed."""
    version: ModelVersion
    mlflow_run: str
    uri: str


class FoldTest(NamedTuple):
    """What `test` left."""

    record: FoldRecord
    dataset: Dataset
    gates: tuple[GateRow, ...]
    """Those that the fold meets by itself."""
    openings_left: int
    mlflow_run: str
    uri: str


@dataclass(frozen=True)
class FoldStages:
    """The stages of an as-of day's fold; each works on what the one before handed over."""

    day: SymbolDay
    run: str
    """Who runs them, for the ledger: a Dagster run's id, or `dvc repro`."""
    lake: Lake
    signing: Signing
    tracking: Tracking
    handover: Handover
    frozen: Callable[[Mapping[str, str]], Dataset]
    """Loads the dataset of an identity, and no other."""

    def train(self, dataset: Dataset, seed: int, budget: Budget) -> FoldTraining:
        """Tune and fit both models on the train days; every fit is in the ledger."""
        trained = train(open_events(dataset, "train"), seed, budget)
        report, search = trained.report, search_digest(trained)
        about = self._about(
            dataset,
            parameters={**report.parameters, **report.budget.model_dump(), "seed": seed},
            result={"train_loss": report.train_loss, "trials": [each.model_dump() for each in report.trials]},
        )
        self._ledger.record_fits(*self._symbol_as_of, search, report.budget.fits, about)
        uri = self.handover.put("trained", pack_trained(trained, dataset.identity(), self.signing.private))
        with self.tracking.stage("trained", self.day, dataset, "train") as mlflow:
            log_training(mlflow, report, search)
            return FoldTraining(report, dataset, self.tracking.run_id, uri)

    def validate(self) -> FoldValidation:
        """Calibrate, choose thresholds, sign the bundle, and make it a version of the registry.

        The look at the validation days is in the ledger before anything that was seen leaves this process.
        """
        trained, identity = unpack_trained(self.handover.get("trained"), self.signing.public)
        dataset, search = self._dataset(identity), search_digest(trained)
        instrument, quotes = instrument_of(self.day.symbol), quotes_by_day(self.lake, dataset)
        earlier = self._ledger.selections(*self._symbol_as_of, besides=search)
        events, fold = open_events(dataset, "validate"), dataset.manifest.fold
        report = validate(trained, events, quotes, instrument, earlier)
        seen = ValidationDays(events, quotes, self._raw_ticks)
        data = pack(trained, report, fold, instrument, dataset.identity(), self.signing.private, seen)
        bundle = open_bundle(data, self.signing.public)
        about = self._about(
            dataset,
            parameters={
                "bundle": bundle.digest,
                "quantiles": [each.quantile for each in report.candidates],
            },
            result={"loss": report.loss, "act": report.chosen.act, "net_pips": report.chosen.net_pips},
        )
        self._ledger.record_selection(
            *self._symbol_as_of,
            search,
            report.selections,
            about,
            days=contents_of(dataset.manifest, "validate"),
            walk=walk_of(dataset.manifest, trained.report),
        )
        key = put_bundle(self.lake.store, self.day.symbol, bundle.digest, data)
        self.handover.put("validated", pack_validated(data, report, self.signing.private))
        with self.tracking.stage("validated", self.day, dataset, "validate") as mlflow:
            log_validation(mlflow, report, bundle, search)
            version, mlflow_run = self.tracking.register(bundle, data, dataset), self.tracking.run_id
        return FoldValidation(report, dataset, bundle.digest, version, mlflow_run, self.lake.store.uri(key))

    def test(self, risk: RiskChoice | None = None) -> FoldTest:
        """Simulate the test days with the signed bundle; SpentError, before it meets them, where they are spent.

        With `risk` once more under limits, beside the test: no gate looks at it.
        """
        data, validated = unpack_validated(self.handover.get("validated"), self.signing.public)
        trained, identity = unpack_trained(self.handover.get("trained"), self.signing.public)
        bundle = open_bundle(data, self.signing.public)
        dataset, ledger = self._dataset(bundle.manifest.dataset), self._ledger
        expect_fit(f"dataset of the training of {self.day}", bundle.manifest.dataset, identity)
        symbol, days = self.day.symbol, dataset.manifest.fold.test
        plan = risk_plan(risk, bundle.instrument) if risk else None
        about = self._about(dataset, parameters=bundle.manifest.parameters)
        contents, walk = contents_of(dataset.manifest, "test"), walk_of(dataset.manifest, trained.report)
        ledger.record_opening(symbol, contents, bundle.digest, about, walk=walk)
        quotes = quotes_by_day(self.lake, dataset)
        rates = rates_by_day(self.lake, bundle.instrument)
        report = run_test(bundle, dataset.parts["test"], quotes, trained.booster_json, rates, plan)
        ledger.record_result(symbol, bundle.digest, figures_of_test(report))
        record = FoldRecord(
            as_of=self.day.trading_day,
            windows=bundle.manifest.windows,
            training=trained.report,
            validation=validated,
            test=report,
        )
        uri = self.handover.put("tested", signed_document(record, self.signing.private))
        gates = own_gates(record)
        with self.tracking.stage("tested", self.day, dataset, "test") as mlflow:
            log_test(mlflow, report, gates)
            mlflow_run = self.tracking.run_id
        return FoldTest(record, dataset, gates, ledger.left(symbol, days), mlflow_run, uri)

    def _raw_ticks(self, day: date) -> Iterator[RawTick]:
        return in_time_order(self.lake.parquet.read(SymbolDay(self.day.symbol, day)))

    def _dataset(self, identity: Mapping[str, str]) -> Dataset:
        """What was handed over was made from; BundleError where that is of another day or symbol.

        The ledger counts looks by as-of day: variants of one day that lie in the places of others would be one each.
        """
        dataset = self.frozen(identity)
        made_of = SymbolDay(dataset.manifest.symbol, dataset.manifest.as_of)
        expect_fit(f"as-of day of what was handed over to {self.day}", self.day, made_of)
        return dataset

    @cached_property
    def _ledger(self) -> TrialLedger:
        return open_ledger(self.lake, self.signing)

    @property
    def _symbol_as_of(self) -> tuple[str, date]:
        return self.day.symbol, self.day.trading_day

    def _about(
        self, dataset: Dataset, parameters: Mapping[str, Any], result: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        return trial_details(self.run, self.day.trading_day, dataset.version, parameters, result)
