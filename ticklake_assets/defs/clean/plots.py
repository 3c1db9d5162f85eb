"""The day at a glance: how many quotes an hour, and how wide."""

from __future__ import annotations

import dagster as dg
import numpy as np
import pyarrow as pa

from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.modeling.report.sketch import HEIGHT, LOSS, WIDTH, chart, line, rows_of

_HOURS = np.arange(24)
_MICROS_PER_HOUR = 3_600_000_000


def quotes_by_hour(day: SymbolDay, rows: pa.Table) -> dg.MetadataValue:
    """Ticks (bars) and median spread (line) by UTC hour of a clean day, as Dagster's UI shows it at once."""
    hour = (rows["ts_event"].cast(pa.int64()).to_numpy() - day.start_us) // _MICROS_PER_HOUR
    spread_pips = rows["spread"].to_numpy() / instrument_of(day.symbol).pip
    medians = np.array(
        [float(np.median(spread_pips[hour == at])) if (hour == at).any() else np.nan for at in _HOURS]
    )
    ticks = np.bincount(hour, minlength=24)
    widest = float(np.nanmax(medians)) if len(rows) else 0.0
    width = WIDTH / 24
    heights = np.round(ticks / max(1, ticks.max()) * HEIGHT).astype(int)
    bars = "".join(f"M{round(width * at) + 6} {HEIGHT}v{-tall}" for at, tall in enumerate(heights) if tall)
    spreads = line([width * at + 6 for at in range(24)], rows_of(medians, 0.0, widest))
    return dg.MetadataValue.md(
        chart(
            f"0 to 24 h UTC: up to {ticks.max():,} ticks an hour; spread up to {widest:.3g} pips",
            [(spreads, LOSS)],
            bars,
        )
    )
