"""The steps of a run in this process, told as they end: a run of a minute should not look like a standstill."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

import dagster as dg

POLL_SECONDS = 1.0

Report = Callable[[str, float], None]
"""Called once a step with its name (`clean/ticks`) and seconds."""


@contextmanager
def reported_steps(
    instance: dg.DagsterInstance, run_id: str, report: Report, at_work: Callable[[list[str]], None]
) -> Iterator[None]:
    """Call `report` for each step of the run that the block executes, soon after it ended.

    `at_work` is called every second with the names of those that have begun and go on.
    """
    told: set[str] = set()
    ended = Event()

    def look() -> None:
        begun = []
        for step in instance.get_run_step_stats(run_id):
            name = step.step_key.replace("__", "/")
            if step.start_time and not step.end_time:
                begun.append(name)
            if step.start_time and step.end_time and step.step_key not in told:
                told.add(step.step_key)
                report(name, step.end_time - step.start_time)
        at_work(begun)

    def watch() -> None:
        while not ended.wait(POLL_SECONDS):
            look()

    watcher = Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()
        look()
