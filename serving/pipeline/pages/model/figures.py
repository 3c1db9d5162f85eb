"""Figures of line charts, as charts.js draws them and programs read them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict

from serving.pipeline.pages.model.charts import equity_of
from ticklake_assets.modeling.judging.walk_forward import WalkForwardReport


class Series(BaseModel):
    label: str
    unit: str = ""
    digits: int = 1
    kind: Literal["line", "step", "points", "bars"] = "line"
    colour: str = ""
    """A variable of the page's sheet; empty: the next of the series."""
    spanGaps: bool = False  # noqa: N815 - uPlot's name


class Mark(BaseModel):
    x: float
    label: str
    kind: Literal["good", "bad", "warn", "dim"] = "dim"


class Figures(BaseModel):
    """`columns` are those of x (unix seconds, where `time`) and of each series; a missing value is null."""

    model_config = ConfigDict(frozen=True)

    time: bool = True
    x: str = "time"
    series: list[Series]
    columns: list[list[float | None]]
    marks: list[Mark] = []
    sync: str = ""


def equity_figures(report: WalkForwardReport) -> Figures:
    """Net after each closed trade, and how deep it was below its highest point; folds begin at marks."""
    equity = equity_of(report)
    starts = [fold.windows.test.first for fold in report.folds]
    return Figures(
        x="exit",
        series=[
            Series(label="net since the start", unit="pips", kind="step"),
            Series(label="below the highest point", unit="pips", kind="step", colour="bad"),
        ],
        columns=[[*equity.at_s], [*equity.net_pips], [*equity.below_pips]],
        marks=[
            Mark(x=_second(start.toordinal()), label=f"fold {fold.as_of:%d %b}")
            for start, fold in zip(starts, report.folds, strict=True)
        ],
    )


def thinned(low: Sequence[float], high: Sequence[float], most: int) -> list[int]:
    """Indices of a series that look the same in a picture: of each piece its first, lowest and highest.

    `low` and `high` are what is drawn at the bottom and at the top, as bid and ask are.
    """
    if len(low) <= most:
        return list(range(len(low)))
    size = -(-len(low) * 3 // most)
    kept: set[int] = {len(low) - 1}
    for start in range(0, len(low), size):
        piece = range(start, min(start + size, len(low)))
        kept |= {start, min(piece, key=low.__getitem__), max(piece, key=high.__getitem__)}
    return sorted(kept)


def _second(ordinal: int) -> float:
    """Of the start of a day that is numbered as `date.toordinal` does."""
    return (ordinal - 719163) * 86400.0
