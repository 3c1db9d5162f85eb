"""The day at a glance: how many quotes an hour, and how wide."""

from __future__ import annotations

import io

import dagster as dg
import numpy as np
import pyarrow as pa
from matplotlib.figure import Figure

from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.defs.metadata import image

_HOURS = np.arange(24)
_MICROS_PER_HOUR = 3_600_000_000


def quotes_by_hour(day: SymbolDay, rows: pa.Table) -> dg.MetadataValue:
    """Ticks and median spread by UTC hour of a clean day, as an image that Dagster's UI shows."""
    hour = (rows["ts_event"].cast(pa.int64()).to_numpy() - day.start_us) // _MICROS_PER_HOUR
    spread_pips = rows["spread"].to_numpy() / instrument_of(day.symbol).pip
    medians = [float(np.median(spread_pips[hour == at])) if (hour == at).any() else np.nan for at in _HOURS]
    figure = Figure(figsize=(6.4, 2.2), layout="constrained")
    ticks, spreads = figure.subplots(1, 2)
    ticks.bar(_HOURS, np.bincount(hour, minlength=24), color="#4c78a8")
    ticks.set_title(f"{day.symbol} {day.trading_day}: ticks by hour, UTC", fontsize=8)
    spreads.plot(_HOURS, medians, color="#e45756", marker=".", linewidth=1)
    spreads.set_title("median spread by hour, pips", fontsize=8)
    for axes in (ticks, spreads):
        axes.set_ylim(bottom=0)
        axes.tick_params(labelsize=7)
        axes.spines[["top", "right"]].set_visible(False)
    png = io.BytesIO()
    figure.savefig(png, format="png", dpi=80, metadata={"Software": None})
    return image(png.getvalue())
