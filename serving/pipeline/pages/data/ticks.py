"""Quotes of any range as a chart's figures: bars of a minute where they are many days, quotes where they are few."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, Field

from serving.pipeline.charts.downsample import m4
from serving.pipeline.rendering import number
from serving.pipeline.sources.served import asking_on
from ticklake_assets.core.errors import DataError, MissingDataError, TicklakeError
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.research.lake import Lake

_TICK_DAYS = 3
"""Days that are read quote by quote; more of them by their bars."""
_MOST_DAYS = 400
_MOST_COLUMNS = 1000
_MOST_MARKS = 1500
_US = 1_000_000
_NEITHER, _LONG_WINS = 1, 2
"""Outcomes of `gold/labels`."""

Floats = npt.NDArray[np.float64]


class Series(BaseModel):
    label: str
    unit: str = ""
    digits: int


class Mark(BaseModel):
    """A point on the chart that is no quote."""

    at: float = Field(description="seconds since 1970, UTC")
    y: float | None = Field(None, description="price; without one it stands at the bid of its time")
    label: str
    href: str = ""


class TickFigures(BaseModel):
    """What charts.js draws, and what stands on it."""

    symbol: str
    time: bool = True
    x: str = "time"
    series: list[Series]
    columns: list[list[float]]
    resolution: str = Field(description="`quotes` or `minutes`: what was read")
    rows: int = Field(description="rows in the range, of which the columns have the ones that can be seen")
    overlays: dict[str, list[Mark]]
    notes: list[str] = Field(description="what could not be shown, and why")


def figures(
    lake: Lake, symbol: str, first: datetime, last: datetime, width: int, shown: set[str]
) -> TickFigures:
    """Bid and ask from `first` to before `last`, at most some 4,000 points.

    DataError for a range that is none, or of more than 400 days; MissingDataError where the lake has none of it.
    """
    if not first < last:
        raise DataError(f"Expected a range from a time to a later one, was {first} to {last}")
    if last - first > timedelta(days=_MOST_DAYS):
        raise DataError(f"Expected at most {_MOST_DAYS} days at once, was {(last - first).days}")
    digits = instrument_of(symbol).digits
    days = first.date(), (last - timedelta(microseconds=1)).date()
    by_quote = (days[1] - days[0]).days < _TICK_DAYS
    ts_us, bid, ask = (_quotes if by_quote else _bars)(lake, symbol, *days)
    inside = slice(*np.searchsorted(ts_us, [_us(first), _us(last)]))
    ts_us, bid, ask = ts_us[inside], bid[inside], ask[inside]
    kept = m4(ts_us, (bid, ask), max(min(width, _MOST_COLUMNS), 50) // 2)
    overlays, notes = _overlays(
        lake, symbol, days, first, last, shown if by_quote else shown - {"quarantine"}
    )
    return TickFigures(
        symbol=symbol,
        series=[Series(label=name, digits=digits) for name in ("bid", "ask")],
        columns=[(ts_us[kept] / _US).tolist(), bid[kept].tolist(), ask[kept].tolist()],
        resolution="quotes" if by_quote else "minutes",
        rows=len(ts_us),
        overlays=overlays,
        notes=notes,
    )


def _quotes(lake: Lake, symbol: str, first: date, last: date) -> tuple[npt.NDArray[np.int64], Floats, Floats]:
    rows = lake.ticks(symbol, first, last, columns=["ts_event", "bid", "ask"]).to_arrow()
    return _columns(rows, "ts_event", "bid", "ask")


def _bars(lake: Lake, symbol: str, first: date, last: date) -> tuple[npt.NDArray[np.int64], Floats, Floats]:
    """A minute as its low and its high, so that nothing that a quote touched is left out."""
    rows = lake.bars(symbol, first, last).to_arrow().sort_by("bar_end")
    low = _columns(rows, "bar_end", "bid_low", "ask_low")
    high = _columns(rows, "bar_end", "bid_high", "ask_high")
    ts_us, bid, ask = (np.column_stack(pair).ravel() for pair in zip(low, high, strict=True))
    return ts_us, bid, ask


def _columns(rows: Any, ts: str, *names: str) -> tuple[npt.NDArray[np.int64], Floats, Floats]:
    time = rows[ts].cast("timestamp[us]").cast("int64").to_numpy()
    bid, ask = (rows[name].to_numpy() for name in names)
    return time, bid, ask


def _overlays(
    lake: Lake, symbol: str, days: tuple[date, date], first: datetime, last: datetime, shown: set[str]
) -> tuple[dict[str, list[Mark]], list[str]]:
    sources = {
        "events": _events,
        "labels": _labels,
        "trades": _trades,
        "signals": _signals,
        "quarantine": _quarantine,
    }
    found: dict[str, list[Mark]] = {}
    notes = []
    for name in sorted(shown & sources.keys()):
        try:
            marks = [
                each
                for each in sources[name](lake, symbol, *days)
                if first.timestamp() <= each.at < last.timestamp()
            ]
        except MissingDataError:
            marks = []
        except TicklakeError as error:
            notes.append(f"{name}: {error}")
            continue
        if len(marks) > _MOST_MARKS:
            notes.append(f"{name}: {number(len(marks))} are too many to be told apart: zoom in")
            marks = []
        found[name] = marks
    return found, notes


def _events(lake: Lake, symbol: str, first: date, last: date) -> list[Mark]:
    rows = lake.features(symbol, first, last, columns=["ts_event", "bid"]).to_arrow()
    times = rows["ts_event"].cast("timestamp[us]").cast("int64").to_numpy() / _US
    return [Mark(at=at, y=y, label="event") for at, y in zip(times, rows["bid"].to_numpy(), strict=True)]


def _labels(lake: Lake, symbol: str, first: date, last: date) -> list[Mark]:
    """The side whose order would have paid, by the labels, at its entry."""
    columns = ["outcome", *(f"{side}_{what}" for side in ("long", "short") for what in ("entry_us", "entry"))]
    rows = lake.labels(symbol, first, last, columns=columns).to_arrow().to_pylist()
    winners = [
        (row, "long" if row["outcome"] == _LONG_WINS else "short")
        for row in rows
        if row["outcome"] != _NEITHER
    ]
    return [
        Mark(at=row[f"{side}_entry_us"] / _US, y=row[f"{side}_entry"], label=f"label: {side} would have paid")
        for row, side in winners
    ]


def _trades(lake: Lake, symbol: str, first: date, last: date) -> list[Mark]:  # noqa: ARG001 - whole reports
    """Entries and exits of the newest report's test trades."""
    from ticklake_assets.storage.models.stage_files import ModelFiles

    made = ModelFiles(lake.store).as_of_days("walk_forward", symbol)
    if not made:
        return []
    found = []
    for row in lake.trades(f"{symbol}/{max(made)}").to_arrow().to_pylist():
        for what in ("entry", "exit"):
            at = row[f"{what}_time"].timestamp()
            label = f"{row['side']} {what}, {row['ended']}"
            found.append(Mark(at=at, y=row[what], label=label))
    return found


def _signals(lake: Lake, symbol: str, first: date, last: date) -> list[Mark]:
    """What was served, here or to the demo, and asks for an order; it stands where the market was."""
    settings = lake.settings
    roots = settings.journals, settings.home.absolute() / "demo" / "endpoint" / "journal"
    days = [SymbolDay(symbol, first + timedelta(days=offset)) for offset in range((last - first).days + 1)]
    served = {name: each for root in roots for day in days for name, each in asking_on(root, day).items()}
    return [
        Mark(at=each.signal["ts_us"] / _US, label=f"signal {each.signal['side']}", href=f"/why?name={name}")
        for name, each in served.items()
    ]


def _quarantine(lake: Lake, symbol: str, first: date, last: date) -> list[Mark]:
    rows = lake.ticks(symbol, first, last, layer="quarantine", columns=["ts_event", "bid", "rule"]).to_arrow()
    return [
        Mark(
            at=row["ts_event"].replace(tzinfo=UTC).timestamp(),
            y=row["bid"],
            label=f"quarantined: {row['rule']}",
        )
        for row in rows.to_pylist()
        if row["ts_event"] is not None and row["bid"] is not None and np.isfinite(row["bid"])
    ]


def _us(moment: datetime) -> int:
    return int(moment.timestamp() * _US)
