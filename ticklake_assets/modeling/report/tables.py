"""The tables of the walk-forward report: gates, folds, kinds of market, days."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import pairwise

from ticklake_assets.modeling.gates import GateReport, GateRow
from ticklake_assets.modeling.manifest import DayRange
from ticklake_assets.modeling.regimes import Regime
from ticklake_assets.modeling.testing import SimulatedDay
from ticklake_assets.modeling.walk_forward import FoldRecord, WalkForwardReport

_LONG = 40
"""Rows from which a table is folded away behind a line."""


def gates_table(gates: GateReport) -> str:
    return _table(
        ["gate", "value", "threshold", "", "reason"],
        [[row.name, _value(row), row.threshold, _mark(row), row.reason] for row in gates.rows],
        numbers={1, 2},
    )


def folds_table(report: WalkForwardReport) -> str:
    """What each fold was trained on, chose, brought and passed."""
    header = ["as of", "train", "validated", "tested", "labels (effective)", "depth, rate", "act at"]
    header += ["overfit gap", "validation net", "test net", "trades", "coverage", "own gates", "bundle"]
    rows = [
        [
            f"{fold.as_of}",
            span_of(fold.windows.train),
            span_of(fold.windows.validation),
            span_of(fold.windows.test),
            f"{fold.training.events:,} ({fold.training.effective:,.0f})",
            _trees(fold.training.parameters),
            f"{fold.validation.thresholds.act:.3f}",
            f"{fold.validation.overfit_gap:+.3f}",
            f"{fold.validation.chosen.net_pips:+,.1f}",
            f"{fold.test.net_pips:+,.1f}",
            f"{fold.test.trades:,}",
            f"{fold.test.coverage:.1%}",
            _own(gates),
            fold.test.bundle[:12],
        ]
        for fold, gates in zip(report.folds, report.fold_gates, strict=True)
    ]
    return _table(header, rows, numbers=set(range(4, 12)))


def regimes_table(regimes: Sequence[Regime]) -> str:
    header = ["by", "kind", "signalled at", "trades", "net, pips", "net a trade", "hit rate"]
    before = [None, *regimes]
    rows = [
        [
            now.by if last is None or last.by != now.by else "",
            now.name,
            now.bounds,
            f"{now.trades:,}",
            f"{now.net_pips:+,.1f}",
            f"{now.net_pips / now.trades:+.2f}",
            f"{now.hit_rate:.0%}",
        ]
        for last, now in pairwise(before)
        if now is not None
    ]
    return _table(header, rows, numbers={3, 4, 5, 6})


def abstentions_table(folds: Sequence[FoldRecord]) -> str:
    """By reason: the events of the test days that were abstained from, and what their orders would have made."""
    reasons = [each for fold in folds for each in fold.test.abstaining.reasons]
    rows = []
    for reason in dict.fromkeys(each.reason for each in reasons):
        same = [each for each in reasons if each.reason == reason]
        net = sum(each.net_pips for each in same)
        told = "nothing" if net == 0 else f"{'saved' if net < 0 else 'cost'} {abs(net):,.1f} pips"
        events, orders = sum(each.events for each in same), sum(each.orders for each in same)
        rows.append([reason.replace("_", " "), f"{events:,}", f"{orders:,}", told])
    return _table(["abstained for", "events", "orders held back", "abstaining"], rows, numbers={1, 2, 3})


def days_table(days: Sequence[SimulatedDay]) -> str:
    """What became of each day's events; many days are folded away."""
    header = ["day", "quotes", "events", "out of distribution", "feed anomaly", "signals", "position open"]
    header += ["no entry", "trades", "net, pips"]
    rows = [
        [
            f"{day.day}",
            f"{day.ticks:,}",
            f"{day.events:,}",
            f"{day.out_of_distribution:,}",
            f"{day.feed_anomalies:,}",
            f"{day.signals:,}",
            f"{day.position_open:,}",
            f"{day.no_entry:,}",
            f"{len(day.trades):,}",
            f"{day.net_pips:+,.1f}",
        ]
        for day in days
    ]
    table = _table(header, rows, numbers=set(range(1, 10)))
    return table if len(days) < _LONG else f"<details><summary>{len(days)} days</summary>{table}</details>"


def _value(row: GateRow) -> str:
    return "not measured" if row.value is None else f"{row.value:,.4g}"


def _mark(row: GateRow) -> str:
    return "–" if row.passed is None else "passed" if row.passed else "failed"


def _own(gates: Sequence[GateRow]) -> str:
    """`passed`, or the names of the gates that the fold alone fails."""
    failed = [row.name.removeprefix("own_fold_").replace("_", " ") for row in gates if not row.passed]
    return f"fails {', '.join(failed)}" if failed else "passed"


def _trees(parameters: dict[str, float]) -> str:
    """The two of the tuned parameters that say most of a model."""
    return f"{parameters['depth']:.0f}, {parameters['learning_rate']:.2f}"


def span_of(window: DayRange) -> str:
    """Days of a window, the month once where it is one: `1–8 Jan`."""
    start = (
        f"{window.first.day}"
        if window.first.month == window.last.month
        else f"{window.first.day} {window.first:%b}"
    )
    return f"{start}–{window.last.day} {window.last:%b}"


def _table(header: Sequence[str], rows: Sequence[Sequence[str]], numbers: set[int]) -> str:
    """Cells are escaped; columns in `numbers` are right-aligned, `passed` and `failed` coloured."""

    def cell(tag: str, place: int, words: str) -> str:
        kind = {"passed": "yes", "failed": "no"}.get(
            words, "n" if place in numbers else "d" if len(words) < 16 else ""
        )
        return f'<{tag} class="{kind}">{escape(words)}</{tag}>'

    head = "".join(cell("th", place, words) for place, words in enumerate(header))
    body = "".join(
        "<tr>" + "".join(cell("td", place, words) for place, words in enumerate(row)) + "</tr>"
        for row in rows
    )
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
