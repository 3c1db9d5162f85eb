"""What the endpoint counted since it started."""

from __future__ import annotations

from collections import Counter
from typing import Any

from serving.endpoint.feed.live_day import status_of
from serving.endpoint.journal.records import Batch
from serving.endpoint.latency import LatencyHistogram


class Counters:
    """Ticks are counted once, however often a client sends one again."""

    def __init__(self) -> None:
        self.ticks = 0
        self.signals = 0
        """Signals sent: one an event of a symbol with a model."""
        self.predictions = 0
        """Events scored; a shadow model beside a live one scores the same event again."""
        self.late = 0
        self.malformed = 0
        """Messages answered with an error."""
        self.quarantined: Counter[str] = Counter()
        self.latency = LatencyHistogram()
        """From having a tick's message to having its answer, without the sockets."""

    def took(self, batch: Batch) -> None:
        """Count the ticks of a batch that was remembered."""
        self.ticks += len(batch.codes)
        for code in batch.codes[batch.codes != 0].tolist():
            status, rule = status_of(code)
            if rule is None:
                self.late += status == "late"
            else:
                self.quarantined[rule] += 1
        self.predictions += sum(map(len, batch.signals))
        self.signals += sum(map(bool, batch.signals))

    def took_tick(self, code: int, signals: list[dict[str, Any]]) -> None:
        """The same of one tick."""
        self.ticks += 1
        if code:
            status, rule = status_of(code)
            if rule is None:
                self.late += status == "late"
            else:
                self.quarantined[rule] += 1
        self.predictions += len(signals)
        self.signals += bool(signals)

    def as_dict(self) -> dict[str, Any]:
        return {
            "ticks": self.ticks,
            "signals": self.signals,
            "predictions": self.predictions,
            "quarantined": dict(self.quarantined),
            "late": self.late,
            "malformed": self.malformed,
            "p50_ms": self.latency.quantile_ms(0.50),
            "p99_ms": self.latency.quantile_ms(0.99),
        }
