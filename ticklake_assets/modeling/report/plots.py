"""Small PNG plots for the metadata of assets: one figure a function, no pyplot, no global state."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from ticklake_assets.modeling.trading.simulation import Trade, equity, falls

INK, LINE, SOFT, LOSS = "#1f2933", "#2f6f9f", "#c9d6df", "#b5533c"
"""Text, the figure's subject, what is behind it, and what was lost."""
_DPI = 90


def equity_png(trades: Sequence[Trade], pip: float) -> bytes:
    """Equity after each trade above its drawdown, pips: the fall is as deep as the gates' `drawdown_pips`."""
    figure, (top, bottom) = _figure(2, heights=[3, 1])
    closed = np.array([trade.exit_us for trade in trades], dtype="datetime64[us]")
    curve = equity(trades) / pip
    top.step(closed, curve[1::2], where="post", color=LINE, linewidth=1.6)
    top.axhline(0, color=SOFT, linewidth=0.8)
    top.set_ylabel("net, pips")
    fall = falls(trades) / pip
    bottom.fill_between(np.repeat(closed, 2), -fall, color=LOSS, alpha=0.6, linewidth=0)
    bottom.set_ylim(-max(1.0, float(fall.max(initial=0.0)) * 1.05), 0)
    bottom.set_ylabel("drawdown")
    days = np.unique(closed.astype("datetime64[D]"))
    shown = days[:: max(1, -(-len(days) // 6))]
    for axes, labels in ((top, [""] * len(shown)), (bottom, [f"{day.item():%d %b}" for day in shown])):
        axes.set_xticks(shown, labels)
    return _png(figure)


def calibration_png(stated: Sequence[float], observed: Sequence[float], share: Sequence[float]) -> bytes:
    """Observed frequency over stated probability, a point a bin, sized by its share of the sample."""
    figure, (axes,) = _figure(1)
    top = max(0.5, *stated, *observed) * 1.05
    axes.plot([0, top], [0, top], color=SOFT, linewidth=1)
    axes.scatter(stated, observed, s=[400 * each for each in share], color=LINE, alpha=0.8, linewidths=0)
    axes.set(xlabel="stated probability", ylabel="observed", xlim=(0, top), ylim=(0, top))
    return _png(figure)


def _figure(rows: int, heights: Sequence[float] | None = None) -> tuple[Figure, list[Axes]]:
    figure = Figure(figsize=(6.4, 3.2), dpi=_DPI, layout="constrained")
    grid = figure.subplots(rows, 1, squeeze=False, height_ratios=heights)
    axes = [row[0] for row in grid]
    for each in axes:
        each.spines[["top", "right"]].set_visible(False)
        each.tick_params(colors=INK, labelsize=8)
        each.xaxis.label.set(color=INK, size=8)
        each.yaxis.label.set(color=INK, size=8)
    return figure, axes


def _png(figure: Figure) -> bytes:
    """Render in 64 colours, a third of the bytes, and without a time: the same data gives the same bytes."""
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png")
    image = Image.open(drawn).convert("RGB").quantize(64)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
