"""Great Expectations suites as asset checks: the suite decides before a day is published (law 9)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import dagster as dg
import pandas as pd
from dagster_shared.record import replace

from ticklake_assets.core.errors import DataError
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.defs.metadata import failures_metadata
from ticklake_assets.resources.expectations import Expectation, Expectations, Finding

Suite = Sequence[Expectation]


class Watch(NamedTuple):
    """What is worth a warning and refuses nothing."""

    name: str
    doc: str


class CheckOfDay(dg.AssetCheckResult):
    """A result of the one partition of a run, for a check that has partitions.

    A backfill names the partition as a range of one, and Dagster 1.13 then notes none with the result: it would stand
    beside every partition, and its own would stay without.
    """

    def to_asset_check_evaluation(self, step_context: Any) -> dg.AssetCheckEvaluation:
        found = super().to_asset_check_evaluation(step_context)
        return replace(found, partition=step_context.partition_key)


def specs(suite: Suite, asset: dg.AssetKey, watches: Sequence[Watch] = ()) -> list[dg.AssetCheckSpec]:
    """Declare each expectation of a suite, and each watch, as a check of `asset`."""
    told = [(each.name, each.doc) for each in suite] + [(each.name, each.doc) for each in watches]
    return [dg.AssetCheckSpec(name, asset=asset, description=doc) for name, doc in told]


class Audit:
    """Run a suite over the days of a run and keep the findings for the checks."""

    def __init__(
        self, expectations: Expectations, suite: Suite, asset: dg.AssetKey, watches: Sequence[Watch] = ()
    ) -> None:
        self._watched: dict[str, dict[SymbolDay, str]] = {each.name: {} for each in watches}
        self._expectations = expectations
        self._suite = suite
        self.asset = asset
        self._findings: dict[str, dict[SymbolDay, Finding]] = defaultdict(dict)

    def require(self, day: SymbolDay, frame: pd.DataFrame) -> None:
        """Raise DataError naming every expectation that `frame`, about to be published as `day`, does not meet."""
        findings = self._expectations.test(self._suite, frame)
        for finding in findings:
            self._findings[finding.name][day] = finding
        broken = [f"{finding.name} ({finding.observed})" for finding in findings if not finding.passed]
        if broken:
            asset = self.asset.to_user_string()
            raise DataError(f"{day} of {asset} is not published. Expected {'; '.join(broken)}")

    def watch(self, day: SymbolDay, watch: Watch, said: Sequence[str]) -> None:
        """Note what is odd about a day, or that nothing is."""
        self._watched[watch.name][day] = "; ".join(said)

    def results(self) -> Iterator[dg.AssetCheckResult]:
        """One result an expectation over the days of the run, naming the days that failed."""
        for item in self._suite:
            days = self._findings[item.name]
            failed = {day.key: finding.observed for day, finding in days.items() if not finding.passed}
            met = f"{len(failed)} of {len(days)} days failed" if failed else f"met by {len(days)} days"
            yield dg.AssetCheckResult(
                passed=not failed,
                check_name=item.name,
                asset_key=self.asset,
                description=f"{_span(days)}: {met}",
                metadata={
                    "days": _span(days),
                    "partitions": len(days),
                    "failed": failures_metadata(failed),
                    "expectation": str(item),
                },
            )
        for name, said in self._watched.items():
            odd = {day.key: text for day, text in said.items() if text}
            seen = f"{len(odd)} of {len(said)} days look odd" if odd else "nothing odd"
            yield dg.AssetCheckResult(
                passed=not odd,
                severity=dg.AssetCheckSeverity.WARN,
                check_name=name,
                asset_key=self.asset,
                description=f"{_span(said)}: {seen}",
                metadata={"days": _span(said), "partitions": len(said), "failed": failures_metadata(odd)},
            )


def _span(days: Iterable[SymbolDay]) -> str:
    """Symbols and days of a run: the UI shows the last result of a check, whatever it was of."""
    by_symbol: dict[str, list[SymbolDay]] = defaultdict(list)
    for day in sorted(days):
        by_symbol[day.symbol].append(day)
    spans = []
    for symbol, own in by_symbol.items():
        first, last = own[0].trading_day, own[-1].trading_day
        spans.append(f"{symbol} {first}" + ("" if first == last else f" to {last}"))
    return ", ".join(spans) or "no day"
