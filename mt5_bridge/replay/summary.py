"""What a replay came to, as numbers."""

from __future__ import annotations

from array import array
from collections import Counter
from dataclasses import dataclass
from math import ceil, fsum

from pydantic import BaseModel

from mt5_bridge.attribution.waterfall import Attribution
from mt5_bridge.trading.words import Entry, Fate, OrderState
from mt5_bridge.wire.contract import Answer, SymbolFacts


@dataclass
class Counts:
    """Answers of the endpoint."""

    status: Counter[str]
    rules: Counter[str]
    signals: Counter[str]
    """Signals by `tradable` or `shadow`."""

    def add(self, answer: Answer) -> None:
        self.status[answer.status] += 1
        if answer.rule is not None:
            self.rules[answer.rule] += 1
        if answer.signal is not None:
            self.signals["tradable" if answer.signal.tradable else "shadow"] += 1


class Summary(BaseModel):
    """A replayed day. Orders and positions are the journal's: the whole session's, also after a restart."""

    symbol: str
    mode: str = "paper"
    ticks: int
    clean: int
    quarantined: dict[str, int]
    """Ticks by the rule they broke."""
    late: int
    signals: int
    tradable_signals: int
    """Signals of a bundle that passed its gates."""
    passed_over: dict[str, int]
    """Signals that became no order, by reason."""
    intents: int
    """Decisions to send an order."""
    lost: dict[str, int]
    """Intents that became no order because a bridge died: `lapsed` surely never left it, `never_arrived` may have."""
    orders: int
    """Orders that the terminal accepted."""
    fills: int
    """Executions: entries and exits."""
    trades: int
    """Positions that were closed."""
    outcomes: dict[str, int]
    open_positions: int
    net_pips: float
    """Profit of the closed positions after spread, slippage, commission and swap."""
    p50_ms: float
    """Round trip of one tick, seen by the client."""
    p99_ms: float
    seconds: float
    ticks_per_second: float
    attribution: Attribution | None = None
    """Why the day's money is not the test's, where that was given."""


def summarise(
    facts: SymbolFacts,
    counts: Counts,
    passed_over: Counter[str],
    entries: list[Entry],
    round_trips: array[float],
    seconds: float,
) -> Summary:
    """Count a day; `entries` are its journal's."""
    ticks = counts.status.total()
    positions = [entry.position for entry in entries if entry.position is not None]
    closed = [position for position in positions if position.exit is not None]
    fates = Counter(entry.fate for entry in entries)
    outcomes = Counter(str(position.outcome) for position in closed)
    outcomes["no_entry"] = fates[OrderState.NO_ENTRY]
    sorted_trips = sorted(round_trips)
    return Summary(
        symbol=facts.symbol,
        ticks=ticks,
        clean=counts.status["clean"],
        quarantined=dict(counts.rules),
        late=counts.status["late"],
        signals=counts.signals.total(),
        tradable_signals=counts.signals["tradable"],
        passed_over=dict(passed_over),
        intents=sum(entry.fate != Fate.DECLINED for entry in entries),
        lost={str(fate): count for fate in (Fate.LAPSED, Fate.NEVER_ARRIVED) if (count := fates[fate])},
        orders=sum(not isinstance(entry.fate, Fate) for entry in entries),
        fills=len(positions) + len(closed),
        trades=len(closed),
        outcomes={name: count for name, count in sorted(outcomes.items()) if count},
        open_positions=len(positions) - len(closed),
        net_pips=fsum(position.net for position in closed) / facts.pip,
        p50_ms=quantile(sorted_trips, 0.50) * 1e3,
        p99_ms=quantile(sorted_trips, 0.99) * 1e3,
        seconds=seconds,
        ticks_per_second=ticks / seconds if seconds > 0 else 0.0,
    )


def quantile(sorted_values: list[float], share: float) -> float:
    """Smallest value that at least `share` of the values do not exceed; 0 when there is none."""
    return sorted_values[max(ceil(share * len(sorted_values)) - 1, 0)] if sorted_values else 0.0
