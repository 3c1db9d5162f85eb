"""The charts of a report about its money, each one SVG element made from the report's own numbers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from itertools import groupby

from markupsafe import Markup

from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.symbol_day import MICROS_PER_DAY, SymbolDay
from ticklake_assets.modeling.judging.walk_forward import WalkForwardReport
from ticklake_assets.modeling.report.svg import (
    BAND,
    GAIN,
    INK,
    LINE,
    LOSS,
    PAPER,
    WIDE,
    Plot,
    padded,
    thinned,
)
from ticklake_assets.modeling.trading.simulation import Trade, falls

_READABLE = 46
"""Pixels that a fold's net takes above the equity."""
_DATED = 90
"""Pixels that a date takes below it, with air."""


def equity_chart(report: WalkForwardReport, width: int = WIDE) -> Markup:
    """Net profit after each closed trade, pips, every fold's test window shaded in turn, its own net on top."""
    points = _equity(report)
    plot = Plot(width, 276, _span(report), padded([net for _, net in points]), top=24)
    for number, fold in enumerate(report.folds):
        start, end = (
            _us(report, fold.windows.test.first),
            _us(report, fold.windows.test.last) + MICROS_PER_DAY,
        )
        title = f"fold {fold.as_of}: {fold.test.net_pips:+.1f} pips in {fold.test.trades} trades"
        plot.band(start, end, BAND if number % 2 == 0 else PAPER, title)
        if plot.at(end, 0)[0] - plot.at(start, 0)[0] >= _READABLE:
            plot.text(plot.at((start + end) / 2, 0)[0], 16, f"{fold.test.net_pips:+,.0f}")
    plot.y_axis()
    plot.line(thinned(points, width), LINE)
    plot.x_labels(_day_labels(report, width // _DATED))
    return plot.svg("Equity over the tested days")


def drawdown_chart(report: WalkForwardReport, width: int = WIDE) -> Markup:
    """How far the equity stands below its highest point, pips, at each trade's deepest and end.

    The deepest counts, as in the gates' `drawdown_pips`: a fall that the trade recovered was there.
    """
    (start, end), trades = _span(report), _trades(report)
    below = (-falls(trades) / instrument_of(report.symbol).pip).tolist()
    closed = [float(trade.exit_us) for trade in trades for _ in ("deepest", "end")]
    points = [(start, 0.0), *zip(closed, below, strict=True)]
    plot = Plot(width, 100, (start, end), padded(below), bottom=6)
    plot.y_axis(2)
    plot.area(thinned([*points, (end, points[-1][1])], width), LOSS)
    return plot.svg(f"Drawdown over the tested days, {report.drawdown_pips:.1f} pips at the deepest")


def daily_chart(report: WalkForwardReport) -> Markup:
    """Net profit of each tested day, pips."""
    days = report.days
    plot = Plot(WIDE // 2, 220, (0.0, float(len(days))), padded([day.net_pips for day in days]))
    plot.y_axis()
    for place, day in enumerate(days):
        colour = GAIN if day.net_pips >= 0 else LOSS
        title = f"{day.day}: {day.net_pips:+.1f} pips, {len(day.trades)} trades, {day.events} events"
        plot.bar(place + 0.15, place + 0.85, 0.0, day.net_pips, colour, title)
    step = max(1, len(days) // 6)
    plot.x_labels((place + 0.5, f"{days[place].day:%d %b}") for place in range(0, len(days), step))
    return plot.svg("Net profit by day")


def cost_chart(report: WalkForwardReport) -> Markup:
    """From the profit at mid prices down to the net: what spread, slippage, commission and swap took."""
    costs = {
        "spread": sum(day.spread_cost_pips for day in report.days),
        "slippage": sum(day.slippage_cost_pips for day in report.days),
        "commission": sum(day.commission_cost_pips for day in report.days),
        "swap": sum(day.swap_cost_pips for day in report.days),
    }
    level = report.net_pips + sum(costs.values())
    steps = [("at mid", 0.0, level, LINE)]
    for name, cost in costs.items():
        steps.append((name, level, level - cost, LOSS if cost >= 0 else GAIN))
        level -= cost
    steps.append(("net", 0.0, report.net_pips, GAIN if report.net_pips >= 0 else LOSS))
    span = padded([level for step in steps for level in step[1:3]])
    plot = Plot(WIDE // 2, 220, (0.0, float(len(steps))), span)
    plot.y_axis()
    for place, (name, start, end, colour) in enumerate(steps):
        plot.bar(place + 0.15, place + 0.85, start, end, colour, f"{name}: {end - start:+.1f} pips")
        across, down = plot.at(place + 0.5, max(start, end))
        plot.text(across, max(down - 3, 9), f"{end - start:+,.1f}", colour=INK)
    plot.x_labels((place + 0.5, name) for place, (name, *_) in enumerate(steps))
    return plot.svg("Where the profit went")


def regime_chart(report: WalkForwardReport) -> Markup:
    """Net pips a trade in each kind of market, the three splits side by side."""
    nets = [each.net_pips / each.trades for each in report.regimes]
    groups = [list(group) for _, group in groupby(report.regimes, lambda regime: regime.by)]
    plot = Plot(WIDE, 200, (0.0, len(nets) + 0.5 * (len(groups) - 1)), padded(nets), top=26)
    plot.y_axis()
    place = 0.0
    for group in groups:
        plot.text(plot.at(place + len(group) / 2, 0)[0], 14, f"by {group[0].by}", colour=INK)
        for regime in group:
            net = regime.net_pips / regime.trades
            title = f"{regime.name}, {regime.bounds}: {net:+.2f} pips a trade, {regime.trades:,} trades"
            plot.bar(place + 0.1, place + 0.9, 0.0, net, GAIN if net >= 0 else LOSS, title)
            plot.x_labels([(place + 0.5, regime.name)])
            place += 1
        place += 0.5
    return plot.svg("Net pips a trade by kind of market")


def _equity(report: WalkForwardReport) -> list[tuple[float, float]]:
    pip = instrument_of(report.symbol).pip
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


def _day_labels(report: WalkForwardReport, most: int) -> Sequence[tuple[float, str]]:
    start, end = _span(report)
    days = round((end - start) / MICROS_PER_DAY)
    marks = [start + offset * MICROS_PER_DAY for offset in range(0, days, max(1, -(-days // most)))]
    return [(mark, f"{datetime.fromtimestamp(mark / 1e6, UTC):%d %b}") for mark in marks]
