"""Which version trades: the gates' word on each, and the way of a version to the endpoint and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from ticklake_assets.core.errors import BundleError, MissingDataError
from ticklake_assets.lifecycle.chain import count_of
from ticklake_assets.lifecycle.ledger import head_of, open_ledger
from ticklake_assets.modeling.deployed.admission import Deployment, build_deployment, open_deployment
from ticklake_assets.modeling.deployed.gates import PASSED, GateReport
from ticklake_assets.modeling.deployed.manifest import LedgerState
from ticklake_assets.modeling.judging.recount import expect_recounted
from ticklake_assets.modeling.judging.testing import acted_risk
from ticklake_assets.modeling.judging.walk_forward import WalkForwardReport
from ticklake_assets.research.judgements import judgement_of
from ticklake_assets.resources.endpoint import EndpointClient
from ticklake_assets.resources.lake import Lake
from ticklake_assets.resources.models import Models
from ticklake_assets.resources.signing import Signing
from ticklake_assets.settings import Settings
from ticklake_assets.storage.models.bundles import get_bundle
from ticklake_assets.storage.models.registry import ModelRegistry
from ticklake_assets.storage.models.stage_files import ModelFiles, SymbolBundle
from ticklake_assets.storage.models.versions import CHAMPION, PREVIOUS, ModelVersion, model_name


class InService(NamedTuple):
    """What the endpoint took."""

    version: ModelVersion
    deployment: Deployment
    mode: str
    """`live` or `shadow`."""


@dataclass(frozen=True)
class Promotion:
    """The lake, where the gates' judgement lies, the registry, and the endpoint."""

    lake: Lake
    models: Models
    signing: Signing
    endpoint: EndpointClient

    @classmethod
    def from_settings(cls, settings: Settings) -> Promotion:
        return cls(
            Lake.from_settings(settings),
            Models(mlflow_uri=settings.mlflow),
            Signing.from_settings(settings),
            EndpointClient.from_settings(settings),
        )

    @property
    def registry(self) -> ModelRegistry:
        return self.models.registry

    def gates(self, version: ModelVersion) -> GateReport | None:
        """The gates' judgement of exactly this bundle; None where no walk-forward ended with it."""
        report = self._report(version)
        return report.gates if report else None

    def deploy(self, report: WalkForwardReport) -> InService:
        """Give the bundle that a report judged to the endpoint: to trade if it passed, else to score as a shadow.

        Every figure and gate is recounted from the trades first: what is signed is what was computed.

        Raises:
            BundleError: a figure does not follow from the trades; it passed, but its test days were looked at since;
                or the endpoint refused it.
            ImmutabilityError: the ledger that it was counted in was broken, cut or begun anew since.
            TransientError: the endpoint does not answer; nothing has changed.
        """
        judged = SymbolBundle(report.symbol, report.folds[-1].test.bundle)
        expect_recounted(report)
        if report.ledger is None:
            raise BundleError(
                f"Nobody counted the looks at the test days of {judged}. Expected a ledger, was none"
            )
        if report.gates.verdict == PASSED:
            self._expect_current(report, report.ledger)
        bundle = get_bundle(self.lake.store, *judged)
        tested = acted_risk(report.folds[-1].test)
        deployment = build_deployment(bundle, report.gates, report.ledger, self.signing.private, tested)
        served = self._serve(deployment, replace_newer=False)
        if served.deployment.tradable:  # what a rollback would bring back; no later judgement takes that away
            self._files.put("deployed", judged, deployment)
        return served

    def promote(self, version: ModelVersion) -> ModelVersion:
        """Give a version that passed its gates to the endpoint, and make it champion.

        The champion itself is given the very file that it had: its test days were looked at after the choice was made.

        Raises:
            MissingDataError: no walk-forward judged it.
            BundleError, TransientError: its gates refused it; or as `deploy` does.
        """
        report = self._report(version)
        named = f"{version} (bundle {version.bundle[:12]})"
        if report is None:
            raise MissingDataError(
                f"No walk-forward ended with {named}. Expected a judgement by the gates, was none: "
                f"materialize report/walk_forward of {version.symbol}|{version.as_of}"
            )
        if report.gates.verdict != PASSED:
            raise BundleError(
                f"The gates refused {named}: {'; '.join(report.gates.reasons)}. Expected {PASSED}, was "
                f"{report.gates.verdict}"
            )
        if CHAMPION in version.aliases:
            return self._serve_again(version)
        return self.deploy(report).version

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
        return self._serve_again(previous)

    @property
    def _files(self) -> ModelFiles:
        return ModelFiles(self.lake.store)

    def _report(self, version: ModelVersion) -> WalkForwardReport | None:
        return judgement_of(self._files, _bundle(version), self.signing.public)

    def _expect_current(self, report: WalkForwardReport, state: LedgerState) -> None:
        """Every look at the test days makes a good result easier to find: a judgement holds for those it counted."""
        ledger, bundle = open_ledger(self.lake, self.signing), report.folds[-1].test.bundle[:12]
        ledger.expect(head_of(state), f"the judgement of bundle {bundle}")
        openings = count_of(ledger, report.folds).total
        if openings > report.openings:
            raise BundleError(
                f"The judgement of bundle {bundle} is out of date: it is the best of more trials by now. Expected at "
                f"most {report.openings} openings, which it counted, was {openings}: test that bundle again, and "
                f"materialize report/walk_forward of {report.symbol}|{report.as_of}"
            )

    def _serve_again(self, version: ModelVersion) -> ModelVersion:
        return self._serve(self._files.get("deployed", _bundle(version)), replace_newer=True).version

    def _serve(self, deployment: bytes, *, replace_newer: bool) -> InService:
        opened = open_deployment(deployment, self.signing.public)
        version, mode = self.models.into_service(
            self.endpoint, deployment, opened, replace_newer=replace_newer
        )
        return InService(version, opened, mode)


def _bundle(version: ModelVersion) -> SymbolBundle:
    return SymbolBundle(version.symbol, version.bundle)
