"""The rows of the walk-forward report's tables, written as a reader sees them: gates, folds, kinds of market, days.

A row is its words by field; templates/tables.html.j2 says which fields a table shows, and under which titles.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from ticklake_assets.modeling.deployed.gates import GateReport, GateRow
from ticklake_assets.modeling.deployed.manifest import DayRange
from ticklake_assets.modeling.judging.benchmarks import Benchmark
from ticklake_assets.modeling.judging.regimes import Regime
from ticklake_assets.modeling.judging.testing import SimulatedDay
from ticklake_assets.modeling.judging.walk_forward import FoldRecord, WalkForwardReport

Row = Mapping[str, str]


def gate_rows(gates: GateReport) -> list[Row]:
    return [
        {
            "gate": row.name,
            "value": "not measured" if row.value is None else f"{row.value:,.4g}",
            "threshold": row.threshold,
            "mark": "–" if row.passed is None else "passed" if row.passed else "failed",
            "reason": row.reason,
        }
        for row in gates.rows
    ]


def benchmark_rows(report: WalkForwardReport) -> list[Row]:
    """The chain, and below it what no skill would have earned on its days."""
    chain = {"what": "this chain", "net": f"{report.net_pips:+,.1f}", "as_well": ""}
    return [
        chain,
        *(
            {"what": each.name, "net": f"{each.net_pips:+,.1f}", "as_well": _as_well(each)}
            for each in report.benchmarks
        ),
    ]


def _as_well(benchmark: Benchmark) -> str:
    """A share of draws, which is never 0; what is not drawn did as well, or did not, as did all draws."""
    share = benchmark.at_least_as_well
    return {0.0: "no", 1.0: "yes"}.get(share, f"{share:.2%}")


def fold_rows(report: WalkForwardReport) -> list[Row]:
    """What each fold was trained on, chose, brought and passed."""
    return [
        {
            "as_of": f"{fold.as_of}",
            "train": span_of(fold.windows.train),
            "validated": span_of(fold.windows.validation),
            "tested": span_of(fold.windows.test),
            "labels": f"{fold.training.events:,} ({fold.training.effective:,.0f})",
            "trees": _trees(fold.training.parameters),
            "act": fold.validation.chosen.acts_at,
            "overfit_gap": f"{fold.validation.overfit_gap:+.3f}",
            "validation_net": f"{fold.validation.chosen.net_pips:+,.1f}",
            "test_net": f"{fold.test.net_pips:+,.1f}",
            "trades": f"{fold.test.trades:,}",
            "coverage": f"{fold.test.coverage:.1%}",
            "own_gates": _own(gates),
            "bundle": fold.test.bundle[:12],
        }
        for fold, gates in zip(report.folds, report.fold_gates, strict=True)
    ]


def regime_rows(regimes: Sequence[Regime]) -> list[Row]:
    """Each kind of market; what it is split by stands beside the first of its kinds."""
    before = [None, *regimes]
    return [
        {
            "by": now.by if last is None or last.by != now.by else "",
            "kind": now.name,
            "bounds": now.bounds,
            "trades": f"{now.trades:,}",
            "net": f"{now.net_pips:+,.1f}",
            "net_a_trade": f"{now.net_pips / now.trades:+.2f}",
            "hit_rate": f"{now.hit_rate:.0%}",
        }
        for last, now in pairwise(before)
        if now is not None
    ]


def abstention_rows(folds: Sequence[FoldRecord]) -> list[Row]:
    """By reason: the events of the test days that were abstained from, and what their orders would have made."""
    reasons = [each for fold in folds for each in fold.test.abstaining.reasons]
    rows: list[Row] = []
    for reason in dict.fromkeys(each.reason for each in reasons):
        same = [each for each in reasons if each.reason == reason]
        net = sum(each.net_pips for each in same)
        rows.append(
            {
                "reason": reason.replace("_", " "),
                "events": f"{sum(each.events for each in same):,}",
                "orders": f"{sum(each.orders for each in same):,}",
                "result": "nothing" if net == 0 else f"{'saved' if net < 0 else 'cost'} {abs(net):,.1f} pips",
            }
        )
    return rows


def day_rows(days: Sequence[SimulatedDay]) -> list[Row]:
    """What became of each day's events."""
    return [
        {
            "day": f"{day.day}",
            "quotes": f"{day.ticks:,}",
            "events": f"{day.events:,}",
            "out_of_distribution": f"{day.out_of_distribution:,}",
            "feed_anomalies": f"{day.feed_anomalies:,}",
            "signals": f"{day.signals:,}",
            "position_open": f"{day.position_open:,}",
            "no_entry": f"{day.no_entry:,}",
            "trades": f"{len(day.trades):,}",
            "net": f"{day.net_pips:+,.1f}",
        }
        for day in days
    ]


def span_of(window: DayRange) -> str:
    """Days of a window, the month once where it is one: `1–8 Jan`."""
    start = (
        f"{window.first.day}"
        if window.first.month == window.last.month
        else f"{window.first.day} {window.first:%b}"
    )
    return f"{start}–{window.last.day} {window.last:%b}"


def _own(gates: Sequence[GateRow]) -> str:
    """`passed`, or the names of the gates that the fold alone fails."""
    failed = [row.name.removeprefix("own_fold_").replace("_", " ") for row in gates if not row.passed]
    return f"fails {', '.join(failed)}" if failed else "passed"


def _trees(parameters: Mapping[str, float]) -> str:
    """The two of the tuned parameters that say most of a model."""
    return f"{parameters['depth']:.0f}, {parameters['learning_rate']:.2f}"
