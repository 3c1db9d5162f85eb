"""A bar of ticks done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

_PROGRESS_SECONDS = 0.1


@contextmanager
def progress(console: Console, title: str) -> Iterator[Callable[[int, int], None]]:
    """Show a bar while the block runs; it is moved on by (done, of so many)."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as bar:
        task = bar.add_task(title, total=None)
        shown = monotonic()

        def advance(done: int, total: int) -> None:
            nonlocal shown
            now = monotonic()
            if done == total or now - shown > _PROGRESS_SECONDS:
                shown = now
                bar.update(task, completed=done, total=total)

        yield advance
