"""The report's plots, each with what it says and a table of its numbers: drawn by the report's own code."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from markupsafe import Markup

from serving.pipeline.rendering import number, signed
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.modeling.judging.walk_forward import WalkForwardReport
from ticklake_assets.modeling.report import model_charts, money_charts
from ticklake_assets.modeling.report.cost_charts import break_even_sentence, cost_surface_chart
from ticklake_assets.modeling.report.importance import importance_rows
from ticklake_assets.modeling.report.svg import NARROW, WIDE
from ticklake_assets.modeling.report.tables import abstention_rows, day_rows, fold_rows, regime_rows
from ticklake_assets.modeling.trading.simulation import falls

Row = Mapping[str, str]
_HOUR_US = 3_600_000_000


class Column(NamedTuple):
    field: str
    title: str
    is_number: bool = True


class Chart(NamedTuple):
    name: str
    title: str
    about: str
    """What to look for."""
    svg: Markup
    narrow: Markup | None
    """The same for a telephone, where the wide one could not be read."""
    columns: Sequence[Column]
    rows: Sequence[Row]

    @property
    def is_wide(self) -> bool:
        """Whether it was drawn for the whole width of a page."""
        return f'viewBox="0 0 {WIDE} ' in self.svg


class Equity(NamedTuple):
    """Steps of a chain's money, one a closed trade."""

    at_s: list[float]
    """Unix seconds of the exit."""
    net_pips: list[float]
    """Since the first trade."""
    below_pips: list[float]
    """How far below the highest point, at the trade's deepest moment."""


def equity_of(report: WalkForwardReport) -> Equity:
    pip = instrument_of(report.symbol).pip
    trades = [trade for day in report.days for trade in day.trades]
    total, net = 0.0, []
    for trade in trades:
        total += trade.net / pip
        net.append(round(total, 4))
    deepest = (-falls(trades) / pip).reshape(-1, 2).min(axis=1) if trades else []
    return Equity([trade.exit_us / 1e6 for trade in trades], net, [round(float(v), 4) for v in deepest])


def charts_of(report: WalkForwardReport) -> list[Chart]:
    """Every plot of the report but those of its equity, which zoom."""
    return [draw(report) for draw in _DRAWN if report.trades or draw is not _regimes]


def _promise(report: WalkForwardReport) -> Chart:
    draw = model_charts.promise_chart
    return Chart(
        "promise", "Promised and brought, pips a day",
        "Grey: the chosen threshold on the fold's validation days. Coloured: its test days.",
        draw(report), draw(report, NARROW),
        [Column("as_of", "as of", False), Column("act", "acts at"), Column("validation_net", "validation net, pips"),
         Column("test_net", "test net, pips"), Column("trades", "trades"), Column("own_gates", "own gates", False)],
        fold_rows(report),
    )  # fmt: skip


def _days(report: WalkForwardReport) -> Chart:
    return Chart(
        "days", "Net by tested day, pips", "Each bar is a day of the test windows.",
        money_charts.daily_chart(report), None,
        [Column("day", "day", False), Column("events", "events"), Column("signals", "signals"),
         Column("trades", "trades"), Column("net", "net, pips")],
        day_rows(report.days),
    )  # fmt: skip


def _costs(report: WalkForwardReport) -> Chart:
    names = ("spread", "slippage", "commission", "swap")
    costs = {name: sum(getattr(day, f"{name}_cost_pips") for day in report.days) for name in names}
    steps = {"at mid prices": report.net_pips + sum(costs.values())}
    steps |= {name: -cost for name, cost in costs.items()} | {"net": report.net_pips}
    rows = [{"step": name, "pips": signed(value, 1)} for name, value in steps.items()]
    return Chart(
        "costs", "Where the profit went, pips", "From trades at mid prices to the net.",
        money_charts.cost_chart(report), None,
        [Column("step", "step", False), Column("pips", "pips")], rows,
    )  # fmt: skip


def _surface(report: WalkForwardReport) -> Chart:
    surface = report.cost_surface
    multiples = [cell.multiple for cell in surface.rows[0].cells]
    rows = [
        {
            "late": "as drawn" if row.latency_ms is None else number(row.latency_ms, unit="ms"),
            "trades": number(row.trades),
        }
        | {f"{cell.multiple:g}": f"{signed(cell.net_pips, 1)} {cell.verdict}" for cell in row.cells}
        for row in surface.rows
    ]
    return Chart(
        "surface", "Net by latency and cost, pips", break_even_sentence(surface),
        cost_surface_chart(report), None,
        [Column("late", "latency", False), Column("trades", "trades"),
         *(Column(f"{multiple:g}", f"{multiple:g} x costs") for multiple in multiples)],
        rows,
    )  # fmt: skip


def _regimes(report: WalkForwardReport) -> Chart:
    return Chart(
        "regimes", "Net a trade by kind of market, pips",
        "By side, and by the market at the signal: volatility and spread in thirds of these trades, sessions by UTC "
        "hours.",
        money_charts.regime_chart(report), None,
        [Column("by", "by", False), Column("kind", "kind", False), Column("bounds", "signalled at", False),
         Column("trades", "trades"), Column("net", "net, pips"), Column("net_a_trade", "net a trade, pips"),
         Column("hit_rate", "hit rate")],
        regime_rows(report.regimes),
    )  # fmt: skip


def _importance(report: WalkForwardReport) -> Chart:
    return Chart(
        "importance", "Feature importance over time",
        "Share of the trees' gain by feature, fold by fold. A map that changes from column to column is a market that "
        "changes, or a model that fits noise. The table says what each was worth on test days.",
        model_charts.importance_chart(report), None,
        [Column("feature", "feature", False), Column("rise", "loss rises by"), Column("spread", "spread"),
         Column("helped", "in folds"), Column("gain", "share of gain"), Column("moves_with", "moves with", False)],
        importance_rows(report.folds),
    )  # fmt: skip


def _calibration(report: WalkForwardReport) -> Chart:
    rows = [
        {
            "as_of": f"{fold.as_of}",
            "stated": f"{each.stated:.3f}",
            "observed": f"{each.observed:.3f}",
            "rows": number(each.rows),
        }
        for fold in report.folds
        for each in fold.validation.reliability
    ]
    return Chart(
        "calibration", "Calibration",
        "What happened over what was stated, on validation days: small dots are folds, the line is all of them. Honest "
        "models lie on the diagonal.",
        model_charts.calibration_chart(report), None,
        [Column("as_of", "fold", False), Column("stated", "stated"), Column("observed", "observed"),
         Column("rows", "rows")],
        rows,
    )  # fmt: skip


def _acting(report: WalkForwardReport) -> Chart:
    rows = [
        {"as_of": f"{fold.as_of}", "acts": each.acts_at, "share": f"{1 - each.quantile:.0%}",
         "trades": number(each.trades), "net": signed(each.net_pips, 1),
         "chosen": "chosen" if each.quantile == fold.validation.chosen.quantile else ""}
        for fold in report.folds
        for each in fold.validation.candidates
    ]  # fmt: skip
    return Chart(
        "acting", "Coverage and risk of acting",
        "Net a trade on validation days over the share of events acted on: fewer and surer trades lie to the left. "
        "Thin lines are folds, the thick one is all of them, dots are what each fold chose.",
        model_charts.coverage_risk_chart(report), None,
        [Column("as_of", "fold", False), Column("acts", "acts at"), Column("share", "of events"),
         Column("trades", "trades"), Column("net", "net, pips"), Column("chosen", "", False)],
        rows,
    )  # fmt: skip


def _abstaining(report: WalkForwardReport) -> Chart:
    return Chart(
        "abstaining", "Coverage and risk of strange events",
        "Net an order over the share of events that the anomaly model admits, least strange first, on test days "
        "(coloured) and validation days (grey). A line that falls to the right: abstaining pays.",
        model_charts.abstaining_chart(report), None,
        [Column("reason", "abstained for", False), Column("events", "events"),
         Column("orders", "orders held back"), Column("result", "abstaining", False)],
        abstention_rows(report.folds),
    )  # fmt: skip


_DRAWN: tuple[Callable[[WalkForwardReport], Chart], ...] = (
    _promise, _days, _costs, _surface, _regimes, _importance, _calibration, _acting, _abstaining,
)  # fmt: skip
