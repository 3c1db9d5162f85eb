"""Where the time of a message goes: one clock reading a stage, 50 ns each."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from time import perf_counter_ns
from typing import NamedTuple

from serving.endpoint.telemetry.latency import LatencyHistogram

MOST_SPANS = 64
"""Of a trace; a batch with many events has more, and they would say nothing new."""


class Stage(StrEnum):
    """What happens to a message, in its order."""

    READ = "read"
    CLEAN = "clean"
    FEATURES = "features"
    SCORE = "score"
    DECIDE = "decide"
    JOURNAL = "journal"
    ANSWER = "answer"
    TOTAL = "total"


class Span(NamedTuple):
    """A stretch of a message's time, nanoseconds of `perf_counter_ns`."""

    stage: Stage
    start_ns: int
    end_ns: int


class Stages:
    """The stop-watch of one message: made when it has come, `done(stage)` as each stage ends, `finish()` at the end.

    A batch passes a stage several times; its time there is summed, so a histogram has one duration a message.
    `spans` are kept for a trace, and only where somebody traces.
    """

    __slots__ = ("_began", "_histograms", "_last", "_spent", "signal_id", "spans")

    def __init__(self, histograms: Mapping[Stage, LatencyHistogram], *, traced: bool = False) -> None:
        self._histograms = histograms
        self._spent: dict[Stage, int] = {}
        self.signal_id = ""
        """Of the last signal that the message led to."""
        self.spans: list[Span] | None = [] if traced else None
        self._began = self._last = perf_counter_ns()

    def done(self, stage: Stage) -> None:
        """What passed since the stage before was spent in this one."""
        now = perf_counter_ns()
        self._spent[stage] = self._spent.get(stage, 0) + now - self._last
        if self.spans is not None and len(self.spans) < MOST_SPANS:
            self.spans.append(Span(stage, self._last, now))
        self._last = now

    def passed(self, stage: Stage) -> bool:
        """Whether the message went through a stage."""
        return stage in self._spent

    def finish(self) -> None:
        """Record the message; what came after the last stage counts in the total alone."""
        now = perf_counter_ns()
        for stage, spent in self._spent.items():
            self._histograms[stage].record(spent)
        self._histograms[Stage.TOTAL].record(now - self._began)
        if self.spans is not None:
            self.spans.append(Span(Stage.TOTAL, self._began, now))
