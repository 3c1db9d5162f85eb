"""The charts of the walk-forward report, each one SVG element made from the report's own numbers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime

from ticklake_assets.core.instruments import instrument
from ticklake_assets.core.metrics import drawdown
from ticklake_assets.core.symbol_day import MICROS_PER_DAY, SymbolDay
from ticklake_assets.modeling.charts import BAND, FAINT, GAIN, INK, LINE, LOSS, Plot, padded, round_values
from ticklake_assets.modeling.simulation import Trade, equity
from ticklake_assets.modeling.walk_forward import WalkForwardReport

_WIDTH = 900


def equity_chart(report: WalkForwardReport) -> str:
    """Net profit after each closed trade, pips, every fold's test window shaded in turn."""
    points = _equity(report)
    plot = Plot(_WIDTH, 260, _span(report), padded([net for _, net in points]))
    for number, fold in enumerate(report.folds):
        start, end = (
            _us(report, fold.windows.test.first),
            _us(report, fold.windows.test.last) + MICROS_PER_DAY,
        )
        title = f"fold {fold.as_of}: {fold.test.net_pips:+.1f} pips in {fold.test.trades} trades"
        plot.band(start, end, BAND if number % 2 == 0 else "#ffffff", title)
    plot.y_axis()
    plot.line(points, LINE)
    plot.x_labels(_day_labels(report))
    return plot.svg("Equity over the tested days")


def drawdown_chart(report: WalkForwardReport) -> str:
    """How far the equity stands below its highest point, pips, at each trade's worst and end.

    The worst counts, as in the gates' `drawdown_pips`: a fall that the trade recovered was there.
    """
    (start, end), trades = _span(report), _trades(report)
    below = (-drawdown(equity(trades)) / instrument(report.symbol).pip).tolist()
    closed = [float(trade.exit_us) for trade in trades for _ in ("worst", "end")]
    points = [(start, 0.0), *zip(closed, below, strict=True)]
    plot = Plot(_WIDTH, 100, (start, end), padded(below), bottom=6)
    plot.y_axis(2)
    plot.area([*points, (end, points[-1][1])], LOSS)
    return plot.svg(f"Drawdown over the tested days, {report.drawdown_pips:.1f} pips at the deepest")


def daily_chart(report: WalkForwardReport) -> str:
    """Net profit of each tested day, pips."""
    days = report.days
    plot = Plot(_WIDTH // 2, 220, (0.0, float(len(days))), padded([day.net_pips for day in days]))
    plot.y_axis()
    for place, day in enumerate(days):
        colour = GAIN if day.net_pips >= 0 else LOSS
        title = f"{day.day}: {day.net_pips:+.1f} pips, {len(day.trades)} trades, {day.events} events"
        plot.bar(place + 0.15, place + 0.85, 0.0, day.net_pips, colour, title)
    step = max(1, len(days) // 6)
    plot.x_labels((place + 0.5, f"{days[place].day:%d %b}") for place in range(0, len(days), step))
    return plot.svg("Net profit by day")


def cost_chart(report: WalkForwardReport) -> str:
    """From the profit at mid prices down to the net: what spread, slippage, commission and swap took."""
    spread = sum(day.spread_cost_pips for day in report.days)
    slippage = sum(day.slippage_cost_pips + day.swap_cost_pips for day in report.days)
    gross = report.net_pips + spread + slippage
    steps = [
        ("at mid", 0.0, gross, LINE),
        ("spread", gross, gross - spread, LOSS),
        ("slippage, fees", gross - spread, report.net_pips, LOSS),
        ("net", 0.0, report.net_pips, GAIN if report.net_pips >= 0 else LOSS),
    ]
    plot = Plot(_WIDTH // 2, 220, (0.0, 4.0), padded([level for step in steps for level in step[1:3]]))
    plot.y_axis()
    for place, (name, start, end, colour) in enumerate(steps):
        plot.bar(place + 0.15, place + 0.85, start, end, colour, f"{name}: {end - start:+.1f} pips")
        across, down = plot.at(place + 0.5, max(start, end))
        plot.text(across, max(down - 3, 9), f"{end - start:+,.1f}", colour=INK)
    plot.x_labels((place + 0.5, name) for place, (name, *_) in enumerate(steps))
    return plot.svg("Where the profit went")


def calibration_chart(report: WalkForwardReport) -> str:
    """Observed frequency over stated probability on the validation days, a dot a bin and fold."""
    bins = [each for fold in report.folds for each in fold.validation.reliability]
    top = max(0.5, *(max(each.stated, each.observed) for each in bins)) * 1.05
    plot = Plot(_WIDTH // 2, 260, (0.0, top), (0.0, top))
    plot.y_axis(5)
    plot.line([(0.0, 0.0), (top, top)], FAINT, 1)
    for each in bins:
        title = f"stated {each.stated:.2f}, observed {each.observed:.2f}, {each.rows} rows"
        plot.dot(each.stated, each.observed, 3 + 12 * each.share**0.5, title)
    plot.x_labels((share, f"{share:g}") for share in round_values(0.0, top, 5))
    return plot.svg("Calibration on validation days")


def importance_chart(report: WalkForwardReport, count: int = 12) -> str:
    """Share of the gain of the most used features: a bar for the mean, a dot for each fold."""
    folds = [fold.training.importance for fold in report.folds]
    names = sorted({name for fold in folds for name in fold})
    mean = {name: sum(fold.get(name, 0.0) for fold in folds) / len(folds) for name in names}
    chosen = sorted(names, key=lambda name: -mean[name])[:count]
    widest = max(fold.get(name, 0.0) for fold in folds for name in chosen)
    plot = Plot(_WIDTH // 2, 260, (0.0, widest * 1.05), (float(len(chosen)), 0.0), left=130)
    for place, name in enumerate(chosen):
        start, (end, middle) = plot.left, plot.at(mean[name], place + 0.5)
        plot.parts.append(
            f'<rect x="{start}" y="{middle - 6}" width="{round(end - start, 1)}" height="12" fill="{LINE}" '
            f'fill-opacity="0.35"><title>{name}: {mean[name]:.1%} of the gain</title></rect>'
        )
        plot.text(start - 6, middle + 4, name, "end", INK)
        for fold, used in zip(report.folds, folds, strict=True):
            plot.dot(used.get(name, 0.0), place + 0.5, 2.5, f"{fold.as_of}: {used.get(name, 0.0):.1%}")
    return plot.svg("Feature importance")


def _equity(report: WalkForwardReport) -> list[tuple[float, float]]:
    pip = instrument(report.symbol).pip
    points, total = [(_span(report)[0], 0.0)], 0.0
    for trade in _trades(report):
        total += trade.net / pip
        points.append((float(trade.exit_us), total))
    return [*points, (_span(report)[1], total)]


def _trades(report: WalkForwardReport) -> list[Trade]:
    return [trade for day in report.days for trade in day.trades]


def _span(report: WalkForwardReport) -> tuple[float, float]:
    first, last = report.folds[0].windows.test.first, report.folds[-1].windows.test.last
    return _us(report, first), _us(report, last) + MICROS_PER_DAY


def _us(report: WalkForwardReport, day: date) -> float:
    return float(SymbolDay(report.symbol, day).start_us)


def _day_labels(report: WalkForwardReport) -> Sequence[tuple[float, str]]:
    start, end = _span(report)
    days = round((end - start) / MICROS_PER_DAY)
    marks = [start + offset * MICROS_PER_DAY for offset in range(0, days, max(1, -(-days // 10)))]
    return [(mark, f"{datetime.fromtimestamp(mark / 1e6, UTC):%d %b}") for mark in marks]
