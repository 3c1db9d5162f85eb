"""What costs and latency do to a chain: the heat map of the report and its sentence."""

from __future__ import annotations

from markupsafe import Markup

from ticklake_assets.modeling.judging.cost_surface import CostSurface, SurfaceCell
from ticklake_assets.modeling.judging.walk_forward import WalkForwardReport
from ticklake_assets.modeling.report.svg import GAIN, INK, LOSS, PAPER, Plot

_WIDTH, _ROW = 900, 30
_STRONG = 0.7
"""Opacity from which on the words in a cell are light."""


def cost_surface_chart(report: WalkForwardReport) -> Markup:
    """Net pips of the chain by latency (down) and multiple of today's costs (across), a verdict in each title."""
    surface = report.cost_surface
    rows, columns = surface.rows, len(surface.rows[0].cells)
    widest = max(abs(cell.net_pips) for row in rows for cell in row.cells) or 1.0
    plot = Plot(_WIDTH, _ROW * len(rows) + 40, (0.0, float(columns)), (float(len(rows)), 0.0), left=120)
    for down, row in enumerate(rows):
        late = "as drawn" if row.latency_ms is None else f"{row.latency_ms:,} ms"
        plot.text(plot.left - 8, plot.at(0, down + 0.5)[1] + 4, late, "end", INK)
        for across, cell in enumerate(row.cells):
            title = f"{late}, {cell.multiple:g} times the costs: {_told(cell)}, {row.trades:,} trades"
            opacity = 0.12 + 0.88 * abs(cell.net_pips) / widest
            fill = GAIN if cell.net_pips > 0 else LOSS
            plot.bar(across + 0.02, across + 0.98, down + 0.06, down + 0.94, fill, title, opacity)
            x, y = plot.at(across + 0.5, down + 0.5)
            colour = PAPER if opacity > _STRONG else INK
            plot.text(x, y + 4, f"{cell.net_pips:+,.1f} {cell.verdict}", colour=colour)
    labels = [(place + 0.5, f"{cell.multiple:g} x") for place, cell in enumerate(rows[0].cells)]
    plot.x_labels(labels)
    return plot.svg("Net by latency and cost")


def break_even_sentence(surface: CostSurface) -> str:
    """What a trade pays, and what it may pay."""
    paid, most = surface.cost_pips_a_trade, surface.break_even_pips_a_trade
    if paid is None:
        return "No trade, so nothing was paid."
    if most is None or surface.break_even_multiple is None:
        return "The trades paid nothing: there is no cost to multiply."
    if most <= 0:
        return (
            f"A trade pays {paid:.2f} pips, spread included, and loses {-most:.2f} pips at mid prices already: at no "
            "cost would this chain have earned."
        )
    return (
        f"A trade pays {paid:.2f} pips, spread included. The net is 0 at {surface.break_even_multiple:.2f} times that, "
        f"{most:.2f} pips a trade: the break-even cost."
    )


def _told(cell: SurfaceCell) -> str:
    bound = "no bound" if cell.daily_lower_bound_pips is None else f"{cell.daily_lower_bound_pips:+.1f}"
    return (
        f"{cell.net_pips:+,.1f} pips, {cell.verdict} (5 % lower bound a day {bound}, deflated Sharpe ratio "
        f"{cell.deflated_sharpe:.2f})"
    )
