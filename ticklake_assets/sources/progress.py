"""The download's progress bar: hours, ticks, bytes and time left."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.filesize import decimal
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.sources.dukascopy import HourFetched
from ticklake_assets.sources.symbol_hour import hours_to_ask


class DownloadBar:
    """A bar over the hours of days; pass it as a source's `on_hour` and use it as a context manager."""

    def __init__(self, days: Sequence[SymbolDay], console: Console | None = None) -> None:
        self._ticks = 0
        self._bytes = 0
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("hours  {task.fields[ticks]:,} ticks  {task.fields[size]}"),
            TimeRemainingColumn(),
            console=console,
        )
        total = sum(len(hours_to_ask(day)) for day in days)
        self._task = self._progress.add_task("download", total=total, ticks=0, size=decimal(0))

    def __call__(self, fetched: HourFetched) -> None:
        self._ticks += fetched.ticks
        self._bytes += 0 if fetched.is_cached else fetched.bytes
        day = fetched.hour.day
        self._progress.update(
            self._task,
            advance=1,
            description=f"{day.symbol} {day.trading_day}",
            ticks=self._ticks,
            size=decimal(self._bytes),
        )

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()
