"""`ticklake export`: days of a layer as one file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from ticklake_assets.commands.day_ranges import shortened
from ticklake_assets.commands.table_files import form_of, write_file
from ticklake_assets.core.errors import DataError
from ticklake_assets.research.lake import Lake, open_lake
from ticklake_assets.research.scan import Scan
from ticklake_assets.research.ticks import TICK_LAYERS


def export_days(layer: str, symbol: str, first: date, last: date, out: Path, console: Console) -> None:
    """Write days of a layer, both ends included, to the file `out`, which appears whole; memory holds a day.

    Raises:
        DataError: no such layer or symbol, or days the wrong way round.
        MissingDataError: the lake has none of these days.
        SetupError: the file's name ends in nothing that can be written.
    """
    form = form_of(out)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with open_lake() as lake:
        scan = _scan(lake, layer, symbol, first, last)
        with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
            days = partial(progress.track, description=f"{layer} of {symbol}, days", total=len(scan.days))
            rows = write_file(replace(scan, tables=lambda: iter(days(scan.tables()))).batches(), out, form)
    console.print(f"{out}: {rows:,} rows of {len(scan.days)} days", highlight=False, soft_wrap=True)
    if scan.missing:
        console.print(
            f"nothing in this layer of days with a session: {shortened(scan.missing)}",
            style="yellow", highlight=False, soft_wrap=True,
        )  # fmt: skip


def _scan(lake: Lake, layer: str, symbol: str, first: date, last: date) -> Scan:
    if layer in TICK_LAYERS:
        return lake.ticks(symbol, first, last, layer=layer)
    gold: dict[str, Callable[..., Scan]] = {
        "bars": lake.bars,
        "features": lake.features,
        "labels": lake.labels,
    }
    if layer not in gold:
        raise DataError(f"Layer {layer!r}. Expected one of {', '.join((*TICK_LAYERS, *gold))}")
    return gold[layer](symbol, first, last)
