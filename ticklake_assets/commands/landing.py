"""`ticklake land`: the first layer by hand, without Dagster."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ticklake_assets.core.calendar import calendar_days
from ticklake_assets.core.errors import DataError, SetupError, TicklakeError
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.files import expect_writable
from ticklake_assets.resources.landing import Landing
from ticklake_assets.settings import Settings
from ticklake_assets.sources.landing import land_day
from ticklake_assets.sources.landing_csv import Landed
from ticklake_assets.sources.progress import DownloadBar
from ticklake_assets.sources.source import TickSource


@dataclass
class _Count:
    """What became of the days so far."""

    ticks: int = 0
    new: int = 0
    known: int = 0
    failed: int = 0

    def add(self, landed: Landed, ticks: int) -> None:
        self.ticks += ticks
        self.new += landed.is_new
        self.known += not landed.is_new


def land_days(
    settings: Settings, symbol: str, first: date, last: date, console: Console, ticks: Path | None = None
) -> bool:
    """Land days FIRST to LAST; returns whether all of them are there.

    `ticks` is a folder that takes the place of the configured source. A day that fails is named and the others
    are landed; what the machine lacks (SetupError) ends it at once, since every day would meet it.
    """
    days = _days(symbol, first, last)
    expect_writable(settings.landing_dir)  # now, not after the first day's hours have come
    count = _Count()
    with _watched(_with_folder(settings, symbol, ticks), days, console) as (source, on_day):
        for day in days:
            try:
                found = land_day(settings.landing_dir, day, source)
                count.add(found.landed, found.rows)
                for note in found.notes:
                    console.print(note, style="yellow", markup=False, highlight=False, soft_wrap=True)
            except SetupError:
                raise
            except TicklakeError as error:
                count.failed += 1
                named = str(error) if day.key in str(error) else f"{day}: {error}"
                console.print(named, style="red", markup=False, highlight=False, soft_wrap=True)
            on_day(day, count.ticks)
    console.print(
        f"{symbol} {first} to {last}: {count.ticks:,} ticks; {count.new} new files, "
        f"{count.known} days there already, {count.failed} failed: {settings.landing_dir}",
        highlight=False,
        soft_wrap=True,
    )
    return not count.failed


def _days(symbol: str, first: date, last: date) -> list[SymbolDay]:
    instrument_of(symbol)
    days = [SymbolDay(symbol, day) for day in calendar_days(first, last)]
    if not days:
        raise DataError(
            f"Days of {symbol}. Expected a first day no later than the last, was {first} to {last}"
        )
    return days


def _with_folder(settings: Settings, symbol: str, ticks: Path | None) -> Settings:
    if ticks is None:
        return settings
    if instrument_of(symbol).is_synthetic:
        raise SetupError(f"Expected a symbol of real ticks with --ticks, was the synthetic {symbol}")
    return settings.model_copy(update={"source": "folder", "source_dir": ticks})


@contextmanager
def _watched(
    settings: Settings, days: Sequence[SymbolDay], console: Console
) -> Iterator[tuple[TickSource, Callable[[SymbolDay, int], None]]]:
    """The source, and what to call after each day: a download is shown by the hour, anything else by the day."""
    landing = Landing.from_settings(settings)
    symbol = days[0].symbol
    if landing.ticks.source.startswith("dukascopy") and not instrument_of(symbol).is_synthetic:
        with DownloadBar(days, console) as bar:
            yield landing.watched_source_of(symbol, bar), lambda *_: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    ticks_so_far = TextColumn("days  {task.fields[ticks]:,} ticks")
    with Progress(*columns, ticks_so_far, TimeRemainingColumn(), console=console) as progress:
        task = progress.add_task(symbol, total=len(days), ticks=0)

        def on_day(day: SymbolDay, ticks: int) -> None:
            progress.update(task, advance=1, description=f"{symbol} {day.trading_day}", ticks=ticks)

        yield landing.source_of(symbol), on_day
