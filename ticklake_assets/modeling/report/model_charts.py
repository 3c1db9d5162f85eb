"""The charts of a report about its models: calibration, coverage against risk, importance over time, promises."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from ticklake_assets.modeling.fitting.thresholds import Candidate
from ticklake_assets.modeling.fitting.validation import CalibrationBin
from ticklake_assets.modeling.judging.walk_forward import FoldRecord, WalkForwardReport
from ticklake_assets.modeling.report.svg import (
    FAINT,
    GAIN,
    INK,
    LINE,
    LOSS,
    PAPER,
    WIDE,
    Plot,
    padded,
    round_values,
)
from ticklake_assets.modeling.trading.abstaining import CoveragePoint

_ROW = 21
"""Pixels a feature in the map of importance."""
_DATED = 75
"""Pixels that a date takes below a chart, with air."""
_READABLE = 44
"""Pixels that a number in a cell takes."""


def calibration_chart(report: WalkForwardReport) -> Markup:
    """Observed frequency over stated probability on the validation days: dots by fold, a line for all."""
    folds = [fold.validation.reliability for fold in report.folds]
    bins = [each for fold in folds for each in fold]
    top = max(0.5, *(max(each.stated, each.observed) for each in bins)) * 1.05
    plot = Plot(WIDE // 2, 290, (0.0, top), (0.0, top), bottom=38)
    plot.y_axis(5)
    plot.line([(0.0, 0.0), (top, top)], FAINT, 1)
    for each in bins:
        title = f"stated {each.stated:.2f}, observed {each.observed:.2f}, {each.rows} rows"
        plot.dot(each.stated, each.observed, 3, title, 0.35)
    pooled = [_pooled([fold[place] for fold in folds if place < len(fold)]) for place in range(len(folds[0]))]
    plot.line(pooled, LINE)
    for stated, observed in pooled:
        plot.dot(stated, observed, 5, f"all folds: stated {stated:.2f}, observed {observed:.2f}", 1.0)
    plot.x_axis(((share, f"{share:g}") for share in round_values(0.0, top, 5)), "stated probability")
    plot.y_title("observed")
    return plot.svg("Calibration on validation days")


def _pooled(bins: Sequence[CalibrationBin]) -> tuple[float, float]:
    """The same bin of all folds, each weighted with its rows."""
    rows = sum(each.rows for each in bins)
    return (
        sum(each.stated * each.rows for each in bins) / rows,
        sum(each.observed * each.rows for each in bins) / rows,
    )


def coverage_risk_chart(report: WalkForwardReport) -> Markup:
    """Net pips a trade on the validation days, over the share of events that an act threshold lets through."""
    folds = [fold.validation.candidates for fold in report.folds]
    means = [[_net_a_trade([each]) for each in fold] for fold in folds]
    pooled = [
        (1 - same[0].quantile, _net_a_trade(same)) for same in zip(*folds, strict=True)
    ]  # the grid of thresholds is one for all folds
    low, high = padded([mean for fold in means for mean in fold])
    plot = Plot(WIDE // 2, 290, (0.0, max(share for share, _ in pooled) + 0.05), (low, high), bottom=38)
    plot.y_axis(5)
    for fold, nets in zip(report.folds, means, strict=True):
        curve = [(1 - each.quantile, net) for each, net in zip(fold.validation.candidates, nets, strict=True)]
        plot.line(curve, FAINT, 1, 0.35)
        chosen = fold.validation.chosen
        title = (
            f"fold {fold.as_of} acts on {1 - chosen.quantile:.0%}: {_net_a_trade([chosen]):+.2f} pips a trade"
        )
        plot.dot(1 - chosen.quantile, _net_a_trade([chosen]), 3.5, title, 0.6)
    plot.line(pooled, LINE, 2.2)
    shares = [share for share, _ in pooled]
    plot.x_axis(((share, f"{share:.0%}") for share in shares), "share of events acted on")
    plot.y_title("net pips a trade")
    return plot.svg("Coverage against risk on validation days")


def abstaining_chart(report: WalkForwardReport) -> Markup:
    """Net pips an order over the share of events that the anomaly model admits, the least strange ones first."""
    tested = [
        _net_an_order(same) for same in zip(*(f.test.abstaining.curve for f in report.folds), strict=True)
    ]
    seen = [
        _net_an_order(same)
        for same in zip(*(f.validation.abstaining.curve for f in report.folds), strict=True)
    ]
    shares = [share for share, _ in tested]
    plot = Plot(
        WIDE // 2, 290, (min(shares) - 0.02, 1.01), padded([net for _, net in (*tested, *seen)]), bottom=38
    )
    plot.y_axis(5)
    plot.line(seen, FAINT, 1.4, 0.6)
    plot.line(tested, LINE, 2.2)
    for share, net in tested:
        plot.dot(share, net, 3.5, f"{share:.1%} of the events admitted: {net:+.2f} pips an order", 1.0)
    plot.x_axis(((share, f"{share:.0%}") for share in (0.6, 0.7, 0.8, 0.9, 1.0)), "share of events admitted")
    plot.y_title("net pips an order")
    return plot.svg("What abstaining from strange events saved or cost")


def _net_an_order(points: Sequence[CoveragePoint]) -> tuple[float, float]:
    """The same coverage of all folds, pooled."""
    net, orders = sum(each.net_pips for each in points), sum(each.orders for each in points)
    return points[0].coverage, net / max(1, orders)


def _net_a_trade(candidates: Sequence[Candidate]) -> float:
    return sum(each.net_pips for each in candidates) / max(1, sum(each.trades for each in candidates))


def importance_chart(report: WalkForwardReport, count: int = 14) -> Markup:
    """Share of the gain by feature and fold, the most used features of all folds first: a map over time."""
    folds = [fold.training.importance for fold in report.folds]
    names = {name for fold in folds for name in fold}
    mean = {name: sum(fold.get(name, 0.0) for fold in folds) / len(folds) for name in sorted(names)}
    chosen = sorted(mean, key=lambda name: -mean[name])[:count]
    widest = max(fold.get(name, 0.0) for fold in folds for name in chosen)
    height = _ROW * len(chosen) + 34
    plot = Plot(WIDE, height, (0.0, float(len(folds))), (float(len(chosen)), 0.0), left=150)
    cell = (plot.width - plot.left - plot.right) / len(folds)
    for row, name in enumerate(chosen):
        plot.text(plot.left - 8, plot.at(0, row + 0.5)[1] + 4, name, "end", INK)
        for column, (fold, used) in enumerate(zip(report.folds, folds, strict=True)):
            share = used.get(name, 0.0)
            strength = share / widest
            title = f"{name}, fold {fold.as_of}: {share:.1%} of the gain"
            plot.bar(
                column + 0.02, column + 0.98, row + 0.06, row + 0.94, LINE, title, 0.06 + 0.94 * strength
            )
            if cell >= _READABLE:
                across, down = plot.at(column + 0.5, row + 0.5)
                plot.text(across, down + 4, f"{share:.0%}", colour=PAPER if strength > 0.6 else INK)
    plot.x_labels(_as_of_labels(report.folds, WIDE))
    return plot.svg("Feature importance over time")


def promise_chart(report: WalkForwardReport, width: int = WIDE) -> Markup:
    """Net pips a day of each fold: what validation promised beside what the test days brought."""
    promised = [
        fold.validation.chosen.net_pips / len(fold.validation.chosen.daily_net_pips) for fold in report.folds
    ]
    brought = [fold.test.net_pips / len(fold.test.days) for fold in report.folds]
    plot = Plot(width, 190, (0.0, float(len(report.folds))), padded([*promised, *brought]))
    plot.y_axis()
    for place, (fold, hoped, came) in enumerate(zip(report.folds, promised, brought, strict=True)):
        told = f"fold {fold.as_of}: {hoped:+.1f} pips a day on validation days, {came:+.1f} on test days"
        plot.bar(place + 0.14, place + 0.48, 0.0, hoped, FAINT, told, 0.55)
        plot.bar(place + 0.52, place + 0.86, 0.0, came, GAIN if came >= 0 else LOSS, told)
    plot.x_labels(_as_of_labels(report.folds, width))
    return plot.svg("Promised on validation days and brought on test days")


def _as_of_labels(folds: Sequence[FoldRecord], width: int) -> list[tuple[float, str]]:
    step = -(-len(folds) // (width // _DATED))
    return [(place + 0.5, f"{folds[place].as_of:%d %b}") for place in range(0, len(folds), step)]
