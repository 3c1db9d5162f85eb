"""What an endpoint said of a day, taken down as it is said."""

from __future__ import annotations

from dataclasses import dataclass, field

from mt5_bridge.attribution.documents import Quotes, Wanted
from mt5_bridge.wire.contract import Answer, Tick


@dataclass
class HeardDay:
    ticks: int = 0
    ts_us: list[int] = field(default_factory=list)
    bid: list[float] = field(default_factory=list)
    ask: list[float] = field(default_factory=list)
    wanted: list[Wanted] = field(default_factory=list)
    """Signals that asked for an order."""

    @property
    def quotes(self) -> Quotes:
        """Those that it called clean."""
        return Quotes(self.ts_us, self.bid, self.ask)

    def add(self, tick: Tick, answer: Answer) -> None:
        self.ticks += 1
        if answer.status == "clean":
            assert tick.ts_us is not None
            assert tick.bid is not None
            assert tick.ask is not None
            self.ts_us.append(tick.ts_us)
            self.bid.append(tick.bid)
            self.ask.append(tick.ask)
        if answer.signal is not None and (wanted := Wanted.of(answer.signal)) is not None:
            self.wanted.append(wanted)
