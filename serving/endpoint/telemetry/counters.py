"""What the endpoint counted since it started: plain integers, added to on the way and read when somebody asks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic_ns, time_ns
from typing import Any

import numpy as np

from serving.endpoint.telemetry.latency import LatencyHistogram
from serving.endpoint.telemetry.stages import Stage, Stages
from ticklake_assets.journal.records import Batch
from ticklake_assets.journal.verdicts import status_of


class SymbolCounters:
    """Of one symbol. What a client sends again is not counted again."""

    def __init__(self) -> None:
        self._codes: Counter[int] = Counter()
        """Ticks by the verdict on them."""
        self.events = 0
        self.predictions = 0
        """Events scored; a shadow model beside a live one scores the same event again."""
        self.signals: Counter[str] = Counter()
        """Signals sent, by side: one an event of a symbol with a model."""
        self.abstentions: Counter[str] = Counter()
        """By reason; a signal may have several."""
        self.last_tick_ns = 0
        """`monotonic_ns` when the last tick came in; 0 before the first."""

    def took(self, batch: Batch) -> None:
        """Count the ticks of a batch that was remembered."""
        odd = batch.codes[np.flatnonzero(batch.codes)]
        self._codes[0] += len(batch.codes) - len(odd)
        if len(odd):
            self._codes.update(odd.tolist())
        self.events += len(batch.event_rows)
        self.last_tick_ns = monotonic_ns()
        for signals in batch.signals:
            self._signalled(signals)

    def took_tick(self, code: int, signals: list[dict[str, Any]], *, event: bool) -> None:
        """The same of one tick."""
        self._codes[code] += 1
        self.last_tick_ns = monotonic_ns()
        if event:
            self.events += 1
            self._signalled(signals)

    @property
    def ticks(self) -> Counter[str]:
        """Ticks by status."""
        by_status: Counter[str] = Counter()
        for code, count in self._codes.items():
            by_status[status_of(code)[0]] += count
        return by_status

    @property
    def quarantined(self) -> Counter[str]:
        """Ticks by the cleaning rule that they broke."""
        ruled = ((status_of(code)[1], count) for code, count in self._codes.items())
        return Counter({rule: count for rule, count in ruled if rule is not None})

    def _signalled(self, signals: list[dict[str, Any]]) -> None:
        self.predictions += len(signals)
        if signals:
            sent = signals[0]
            self.signals[sent["side"]] += 1
            if sent["abstain"]:
                self.abstentions.update(sent["abstain"])


class Counters:
    """Of the whole endpoint, and of each symbol that it met."""

    def __init__(self) -> None:
        self.since_us = time_ns() // 1000
        """When counting began, epoch microseconds: a restart's counts begin anew."""
        self.symbols: dict[str, SymbolCounters] = {}
        self.malformed = 0
        """Messages answered with an error."""
        self.connections: Counter[str] = Counter()
        """Open now, by kind."""
        self.stages: dict[Stage, LatencyHistogram] = {stage: LatencyHistogram() for stage in Stage}
        """One duration a message and stage that it went through."""
        self.message = Stages(self.stages)
        """The stop-watch of the message that the loop has in hand; another's as soon as somebody awaits."""

    def of(self, symbol: str) -> SymbolCounters:
        """Ask once and keep it: it stays the same."""
        return self.symbols.setdefault(symbol, SymbolCounters())

    def begin(self, *, traced: bool = False) -> Stages:
        """Take a message in hand."""
        self.message = Stages(self.stages, traced=traced)
        return self.message

    @contextmanager
    def connected(self, kind: str) -> Iterator[None]:
        """Count a connection for as long as the block lasts."""
        self.connections[kind] += 1
        try:
            yield
        finally:
            self.connections[kind] -= 1

    @property
    def latency(self) -> LatencyHistogram:
        """From having a message to having its answer, without the sockets."""
        return self.stages[Stage.TOTAL]

    def as_dict(self) -> dict[str, Any]:
        """The sums over symbols that `/v1/stats` answers."""
        every = list(self.symbols.values())
        ticks, quarantined, abstentions = Counter[str](), Counter[str](), Counter[str]()
        for symbol in every:
            ticks += symbol.ticks
            quarantined += symbol.quarantined
            abstentions += symbol.abstentions
        return {
            "ticks": ticks.total(),
            "events": sum(symbol.events for symbol in every),
            "signals": sum(symbol.signals.total() for symbol in every),
            "predictions": sum(symbol.predictions for symbol in every),
            "abstentions": dict(abstentions),
            "quarantined": dict(quarantined),
            "late": ticks["late"],
            "malformed": self.malformed,
            "p50_ms": self.latency.quantile_ms(0.50),
            "p99_ms": self.latency.quantile_ms(0.99),
            "stages": {
                stage: {
                    "count": each.count,
                    "p50_ms": each.quantile_ms(0.50),
                    "p99_ms": each.quantile_ms(0.99),
                }
                for stage, each in self.stages.items()
                if each.count
            },
        }
