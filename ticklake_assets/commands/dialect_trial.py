"""`ticklake dialect try`: ten rows of a file as they are understood, and what landing it would warn of."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
from rich.console import Console
from rich.table import Column, Table

from ticklake_assets.core.errors import SetupError
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.rounding import shown
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.sources.archives import archive_of, table_at
from ticklake_assets.sources.csv_file import CsvFile
from ticklake_assets.sources.dialect_files import all_dialects
from ticklake_assets.sources.folder_scan import claimed_day, symbols_in
from ticklake_assets.sources.landing import landing_notes
from ticklake_assets.sources.source import TICK_SCHEMA

_SHOWN_ROWS = 10
_JUDGED_DAYS = 7
"""A week has an opening and a close of the session."""


def try_file(
    path: Path, symbol: str, dialect: str, zone: str, dialects: Path | None, console: Console
) -> None:
    """SourceError where the file can't be read, SetupError where its symbol is not known."""
    path = path.absolute()
    if not archive_of(path)[0].is_file():  # a pipe would be waited for
        raise SetupError(
            f"Expected a file of ticks, was {path}: {'no file' if path.exists() else 'nothing there'}"
        )
    path = table_at(path)
    symbol = symbol or _symbol_of(path)
    digits = instrument_of(symbol).digits
    file = CsvFile(
        path, dialect, zone, dialects=all_dialects(dialects), named_day=claimed_day(path, path.parent.parent)
    )
    used, rows = file.dialect, file.rows_by_day()
    _say(console, f"{path.name}: {symbol}, dialect {used.name} ({used.about})")
    sizes = f"a size of 1 is {used.size_unit:,.15g} base units" if "bid_size" in used.columns else "no sizes"
    _say(console, f"times: {used.time_layout}, zone: {used.shown_zone}; {sizes}")
    if not rows:
        _say(console, "no rows")
        return
    days = [SymbolDay(symbol, day) for day in rows]
    _say(
        console,
        f"{sum(rows.values()):,} rows of the UTC days {min(rows)} to {max(rows)}; the first:",
    )
    first = file.rows_of(days[0])
    console.print(_table(first.slice(0, _SHOWN_ROWS), digits))
    notes: list[str] = []
    for day in days[:_JUDGED_DAYS]:
        notes += landing_notes(day, first if day == days[0] else file.rows_of(day))
    _say(
        console,
        f"landing {'its first days' if len(days) > _JUDGED_DAYS else 'it'} would warn of{':' if notes else ' nothing'}",
    )
    for note in dict.fromkeys(notes):
        _say(console, f"  {note}", "yellow")


def _symbol_of(path: Path) -> str:
    for part in reversed(path.parts):
        if named := symbols_in(part):
            if len(named) == 1:
                return named[0]
            raise SetupError(
                f"{path}: names {' and '.join(sorted(named))}. Say by --symbol whose ticks it has"
            )
    raise SetupError(f"{path}: Expected a known symbol in its path, or --symbol, was neither")


def _table(ticks: pa.Table, digits: int) -> Table:
    numbers = [Column(name.replace("_", " "), justify="right") for name in TICK_SCHEMA.names[1:]]
    table = Table("time, UTC", *numbers)
    for time, bid, ask, *sizes in zip(*(column.to_pylist() for column in _texts(ticks).columns), strict=True):
        prices = ("unknown" if price is None else f"{float(price):.{digits}f}" for price in (bid, ask))
        told = ("unknown" if size is None else shown(float(size)) for size in sizes)
        table.add_row(time or "unknown", *prices, *told)
    return table


def _texts(ticks: pa.Table) -> pa.Table:
    times = ticks["ts_event"].cast(pa.timestamp("us")).cast(pa.string())
    others = [ticks[name].cast(pa.string()) for name in TICK_SCHEMA.names[1:]]
    return pa.table([times, *others], names=TICK_SCHEMA.names)


def _say(console: Console, text: str, style: str = "") -> None:
    console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)
