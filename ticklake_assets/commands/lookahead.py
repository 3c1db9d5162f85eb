"""`ticklake lookahead`: the future-poison test on what gold holds, or on a file of one's own."""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Column, Table

from ticklake_assets.core.errors import SetupError
from ticklake_assets.core.lookahead import EVENTS, Leak, find_leaks, poison_times
from ticklake_assets.core.lookahead_subjects import Subject, declared_by, everything
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import Quotes
from ticklake_assets.resources.lake import Lake
from ticklake_assets.settings import Settings
from ticklake_assets.sources.synthetic import synthetic_day
from ticklake_assets.storage.tick_rows import quotes_of

_EPOCH = np.datetime64(0, "us")
_WORDS = {True: "[red]DIFFER[/red]", False: "same", None: "-"}


def look_ahead(
    settings: Settings,
    module: str | None,
    day: SymbolDay,
    events: int | None,
    console: Console,
    *,
    as_json: bool,
) -> bool:
    """Judge every column on one day and print the table; whether all are clean.

    `events` is how many of the day's events are poisoned behind, evenly spaced, and what is known of them; None is each.
    """
    subject = everything() if module is None else declared_by(_load(module))
    quotes = _quotes(settings, day)
    bits = subject.bit_faults(day, quotes)
    sheet = subject.sheet(day, quotes)
    count = len(sheet.ts_us)
    if not count:
        raise SetupError(f"{day} has no event. Expected a day with quotes enough to judge anything")
    times = poison_times(sheet, events)
    leaks = {leak.column: leak for leak in find_leaks(subject.sheet, day, quotes, times)}
    chunks = subject.chunk_faults(day, quotes)
    columns = [*([EVENTS] if EVENTS in leaks else []), *sheet.columns]
    rows = [_row(name, subject, leaks.get(name), chunks, bits) for name in columns]
    if as_json:
        console.print_json(
            json.dumps({"day": day.key, "events": count, "poisoned": len(times), "columns": rows})
        )
    else:
        title = f"{day}: {len(quotes.ts_us):,} quotes, {count} events, poisoned behind {len(times)} times"
        _show(rows, title, console)
    return not any(row["leaks"] or row["chunks_differ"] or row["bits_differ"] for row in rows)


def _row(name: str, subject: Subject, leak: Leak | None, chunks: set[str], bits: set[str]) -> dict[str, Any]:
    """A column's line of the table; None is what does not apply to its kind."""
    in_chunks = {*subject.features, *(each.name for each in subject.labels)}
    return {
        "column": name,
        "kind": subject.kinds.get(name, "label"),
        "leaks": leak is not None,
        "events": leak.events if leak else 0,
        "first": str(_EPOCH + np.timedelta64(leak.first_us, "us")) if leak else None,
        "ahead_s": leak.ahead_us / 1e6 if leak else None,
        "chunks_differ": name in chunks if name in in_chunks else None,
        "bits_differ": name in bits if name in {each.name for each in subject.steps} else None,
    }


def _show(rows: list[dict[str, Any]], title: str, console: Console) -> None:
    table = Table(
        Column("column", no_wrap=True),
        "kind",
        "future",
        "events",
        "from (UTC)",
        "ahead",
        "chunks",
        "bits",
        title=title,
    )
    for row in rows:
        found = ("clean", "", "", "")
        if row["leaks"]:  # the farthest poison that showed lay so far off: what is read lies beyond it
            ahead = f"> {timedelta(seconds=int(row['ahead_s']))}"
            found = ("[red]LEAKS[/red]", f"{row['events']}", row["first"][11:19], ahead)
        words = [_WORDS[row[what]] for what in ("chunks_differ", "bits_differ")]
        table.add_row(row["column"], row["kind"], *found, *words)
    console.print(table)


def _load(module: str) -> ModuleType:
    """A module by its file or its name."""
    path = Path(module)
    if path.suffix != ".py":
        try:
            return import_module(module)
        except ImportError as error:
            raise SetupError(f"{module}: {error}. Expected a Python file or the name of a module") from error
    spec = spec_from_file_location(f"looked_at_{path.stem}", path)
    if spec is None or spec.loader is None or not path.is_file():
        raise SetupError(f"{module} cannot be read. Expected a Python file, was none")
    loaded = module_from_spec(spec)
    sys.modules[spec.name] = loaded  # numba asks for the module of what it compiles
    spec.loader.exec_module(loaded)
    return loaded


def _quotes(settings: Settings, day: SymbolDay) -> Quotes:
    """A clean day: drawn for a synthetic symbol, the lake's for any other."""
    if day.symbol.startswith("SYN"):
        return quotes_of(synthetic_day(day, settings.synthetic_seed, settings.synthetic_strength))
    lake = Lake.from_settings(settings)
    return quotes_of(lake.clean.read(day))
