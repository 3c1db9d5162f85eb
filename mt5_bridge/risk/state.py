"""What the rules remember: a fold of facts and of nothing else, so that a restart finds the same state in the journal.

state = RiskState.of(facts)
state = state.after(Killed(ts_us=5, reason="a person said so"))
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal, localcontext
from functools import cache
from typing import NamedTuple

from mt5_bridge.risk.facts import (
    BalanceMoved,
    Closed,
    DayBegan,
    EquitySeen,
    Fact,
    Filled,
    Killed,
    LimitsChanged,
    Released,
    Reserved,
    Resumed,
)
from mt5_bridge.risk.words import ARITHMETIC, Exposure
from mt5_bridge.ticks.broker_clock import MOST_BROKERS, BrokerClock

FILLS_KEPT = 200
"""Of which a limit of slippage may look at most."""


class Held(NamedTuple):
    """An order that may be filled, or a position."""

    exposure: Exposure
    is_filled: bool = False
    net: Decimal = Decimal(0)
    """Of the parts that are closed."""


class SeenFill(NamedTuple):
    ts_us: int
    slippage_pips: Decimal


@dataclass(frozen=True)
class RiskState:
    """Money in account currency."""

    limits: str = ""
    """Digest of those in force; empty before the first were named."""
    clock: str = MOST_BROKERS
    day: date = date.min
    """By the clock, of the newest fact."""
    day_start: Decimal | None = None
    """Equity that the daily loss counts from: the first that was seen today; None before."""
    equity: Decimal | None = None
    """As last seen."""
    peak: Decimal | None = None
    trades: int = 0
    """Positions entered today."""
    losses: int = 0
    """Losing trades since the last that was none."""
    last_loss_us: int = 0
    fills: tuple[SeenFill, ...] = ()
    held: Mapping[str, Held] = field(default_factory=dict)
    """By intent id."""
    killed: str | None = None
    """Why nothing may be sent."""

    @classmethod
    def of(cls, facts: Iterable[Fact]) -> RiskState:
        state = cls()
        for fact in facts:
            state = state.after(fact)
        return state

    def on(self, ts_us: int) -> RiskState:
        """The state at a moment: a new day counts anew. Days never go back, whatever clock a fact is by."""
        day = day_of(ts_us, self.clock)
        return self if day <= self.day else replace(self, day=day, trades=0, day_start=None)

    def after(self, fact: Fact) -> RiskState:
        """The state once this happened, too."""
        ruled = self
        if isinstance(fact, LimitsChanged):  # its clock says which day it is
            ruled = replace(self, limits=fact.digest, clock=fact.clock)
        with localcontext(ARITHMETIC):
            return ruled.on(fact.ts_us)._after(fact)

    def _after(self, fact: Fact) -> RiskState:
        match fact:
            case LimitsChanged():
                return self
            case DayBegan():
                return replace(self._seen(fact.equity), day_start=fact.equity)
            case EquitySeen():
                return self._seen(fact.equity)
            case BalanceMoved():
                return self._moved(fact.amount)
            case Reserved():
                return self._with(fact.intent_id, Held(fact.exposure))
            case Filled():
                return self._filled(fact)
            case Closed():
                return self._closed(fact)
            case Released():
                return self._with(fact.intent_id, None)
            case Killed():
                return replace(self, killed=fact.reason)
            case Resumed():
                resumed = replace(self, killed=None)
                return replace(resumed, peak=self.equity, losses=0) if fact.anew else resumed

    def _seen(self, equity: Decimal) -> RiskState:
        peak = equity if self.peak is None else max(self.peak, equity)
        start = equity if self.day_start is None else self.day_start
        return replace(self, equity=equity, peak=peak, day_start=start)

    def _moved(self, amount: Decimal) -> RiskState:
        moved = (None if each is None else each + amount for each in (self.equity, self.peak, self.day_start))
        equity, peak, start = moved
        return replace(self, equity=equity, peak=peak, day_start=start)

    def _filled(self, fact: Filled) -> RiskState:
        fills = (*self.fills, SeenFill(fact.ts_us, fact.slippage_pips))[-FILLS_KEPT:]
        held = self.held.get(fact.intent_id)
        is_new = held is None or not held.is_filled
        state = replace(self, fills=fills, trades=self.trades + is_new)
        if held is None:
            return state
        exposure = held.exposure.of(fact.volume) if fact.is_complete else held.exposure
        return state._with(fact.intent_id, held._replace(exposure=exposure, is_filled=True))

    def _closed(self, fact: Closed) -> RiskState:
        held = self.held.get(fact.intent_id)
        net = fact.net + (held.net if held else 0)
        if held is not None and fact.volume_left > 0:
            left = held._replace(exposure=held.exposure.of(fact.volume_left), net=net)
            return self._with(fact.intent_id, left)
        is_loss = net < 0
        return replace(
            self._with(fact.intent_id, None),
            losses=self.losses + 1 if is_loss else 0,
            last_loss_us=max(fact.ts_us, self.last_loss_us) if is_loss else self.last_loss_us,
        )

    def _with(self, intent_id: str, held: Held | None) -> RiskState:
        others = {name: each for name, each in self.held.items() if name != intent_id}
        return replace(self, held=others if held is None else {**others, intent_id: held})


def day_of(ts_us: int, clock: str) -> date:
    """The day of a moment by a broker's clock, or by `utc`."""
    return _clock(clock).wall(datetime.fromtimestamp(ts_us // 1_000_000, UTC)).date()


@cache
def _clock(name: str) -> BrokerClock:
    return BrokerClock.parse(name)
