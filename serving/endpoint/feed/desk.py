"""What every session of an endpoint works with."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from serving.endpoint.feed.signal_hub import SignalHub
from serving.endpoint.journal.journals import Journals
from serving.endpoint.models.store import ModelStore
from serving.endpoint.telemetry.counters import Counters
from serving.endpoint.telemetry.traces import Tracer
from ticklake_assets.notices import Notices


def _wall_clock_us() -> int:
    return time.time_ns() // 1000


@dataclass(frozen=True)
class Desk:
    models: ModelStore
    counters: Counters
    journals: Journals
    hub: SignalHub = field(default_factory=SignalHub)
    now_us: Callable[[], int] = _wall_clock_us
    """The wall clock, epoch microseconds UTC."""
    notices: Notices = field(default_factory=lambda: Notices([], window_s=1))
    tracer: Tracer | None = None
    """None where no exporter is configured."""
    skew_us: int = 5_000_000
    """How far ahead of it a tick may be."""

    def close(self) -> None:
        self.hub.close()
        self.journals.close()
