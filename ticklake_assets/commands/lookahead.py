"""`ticklake lookahead`: the future-poison test on what gold holds, or on a file of one's own."""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from traceback import extract_tb
from types import ModuleType
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Column, Table

from ticklake_assets.core.errors import SetupError, TicklakeError
from ticklake_assets.core.lookahead import EVENTS, Leak, find_leaks, poison_times
from ticklake_assets.core.lookahead_subjects import Subject, declared_by, everything
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import Quotes
from ticklake_assets.resources.lake import Lake
from ticklake_assets.settings import Settings
from ticklake_assets.sources.synthetic import synthetic_day
from ticklake_assets.storage.partitions.tick_rows import quotes_of
from ticklake_assets.terminal import clock

_EPOCH = np.datetime64(0, "us")
_FAULTS = ("leaks", "chunks_differ", "bits_differ", "not_finite")
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

    `events` is how many of the day's events are poisoned behind, evenly spaced, and what is known of them; None is all.
    """
    subject = everything() if module is None else declared_by(_load(module))
    quotes = _quotes(settings, day)
    bits = subject.bit_faults(day, quotes)
    sheet = subject.sheet(day, quotes)
    count = len(sheet.ts_us)
    if not count:
        raise SetupError(f"{day} has no event. Expected a day with quotes enough to judge anything")
    times = poison_times(sheet, events)
    with clock(f"{day}: replacing the future behind {len(times)} times"):
        leaks = {leak.column: leak for leak in find_leaks(subject.sheet, day, quotes, times)}
    chunks, not_finite = subject.chunk_faults(day, quotes), subject.not_finite(sheet)
    columns = [*([EVENTS] if EVENTS in leaks else []), *sheet.columns]
    rows = [_row(name, subject, leaks.get(name), chunks, bits, not_finite.get(name)) for name in columns]
    if as_json:
        console.print_json(
            json.dumps({"day": day.key, "events": count, "poisoned": len(times), "columns": rows})
        )
    else:
        title = f"{day}: {len(quotes.ts_us):,} quotes, {count} events, poisoned behind {len(times)} times"
        _show(rows, title, console)
    return not any(row[fault] for row in rows for fault in _FAULTS)


def _row(
    name: str,
    subject: Subject,
    leak: Leak | None,
    chunks: set[str],
    bits: set[str],
    not_finite: int | None,
) -> dict[str, Any]:
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
        "not_finite": not_finite,
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
        "finite",
        title=title,
        padding=0,  # nine columns in the 80 characters of a terminal
        show_edge=False,
    )
    for row in rows:
        found = ("clean", "", "", "")
        if row["leaks"]:  # the farthest poison that showed lay so far off: what is read lies beyond it
            ahead = f"> {timedelta(seconds=int(row['ahead_s']))}"
            found = ("[red]LEAKS[/red]", f"{row['events']}", row["first"][11:19], ahead)
        words = [_WORDS[row[what]] for what in ("chunks_differ", "bits_differ")]
        count = row["not_finite"]
        finite = f"[red]{count} NOT[/red]" if count else "-" if count is None else "yes"
        table.add_row(row["column"], row["kind"], *found, *words, finite)
    console.print(table)


def _load(module: str) -> ModuleType:
    """A module by its file or its name."""
    path = Path(module)
    is_file = path.suffix == ".py"
    if is_file and not path.is_file():
        raise SetupError(f"{module} cannot be read. Expected a Python file, was none")
    try:
        return _run(path) if is_file else import_module(module)
    except TicklakeError:
        raise
    except Exception as error:  # whatever a user's file may raise while it runs
        raise SetupError(
            f"{_place(error) or module}: {type(error).__name__}: {getattr(error, 'msg', error)}. "
            "Expected a Python file, or the name of a module, that can be imported"
        ) from error


def _run(path: Path) -> ModuleType:
    spec = spec_from_file_location(f"looked_at_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    loaded = module_from_spec(spec)
    sys.modules[spec.name] = loaded  # numba asks for the module of what it compiles
    spec.loader.exec_module(loaded)
    return loaded


def _place(error: Exception) -> str | None:
    """File and line of what could not be parsed, or else the deepest of the file that was run; None before it runs."""
    if isinstance(error, SyntaxError):
        return f"{error.filename}:{error.lineno}"
    frames = [
        frame
        for frame in extract_tb(error.__traceback__)
        if frame.filename != __file__ and "importlib" not in frame.filename
    ]
    lines = [frame.lineno for frame in frames if frame.filename == frames[0].filename]
    return f"{frames[0].filename}:{lines[-1]}" if lines else None


def _quotes(settings: Settings, day: SymbolDay) -> Quotes:
    """A clean day: drawn for a synthetic symbol, the lake's for any other."""
    if day.symbol.startswith("SYN"):
        return quotes_of(synthetic_day(day, settings.synthetic_seed, settings.synthetic_strength))
    lake = Lake.from_settings(settings)
    return quotes_of(lake.clean.read(day))
