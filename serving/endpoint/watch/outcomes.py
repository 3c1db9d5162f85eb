"""What became of the signals, by the rules of the labels: known once the quotes of their horizon have come."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from typing import NamedTuple

import numpy as np
from pydantic import Field

from ticklake_assets.core.instruments import Instrument
from ticklake_assets.core.labels import day_end_us, label_orders
from ticklake_assets.core.orders import LONG, NO_ENTRY
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import Floats, Ints, Quotes
from ticklake_assets.modeling.deployed.decision import MarketEvent
from ticklake_assets.modeling.deployed.document import Document
from ticklake_assets.modeling.deployed.reference import BINS

MOST_QUOTES = 200_000
"""Kept for orders that are open; beyond that the oldest order is given up, and counted."""


class Totals(Document):
    """The champion's signals since it came into service, by the outcomes of the labels."""

    events: int = Field(0, description="Events scored")
    asked: int = Field(0, description="Events with a side")
    acted: int = Field(0, description="Signals with a side that abstained from nothing")
    settled: int = Field(0, description="Acted signals whose order was entered and whose end is known")
    no_entry: int = Field(0, description="Acted signals whose order was never entered")
    hits: int = Field(0, description="Settled ones that earned after costs")
    net_pips: float = Field(0.0, description="Sum over the settled ones, after costs")
    held_back_pips: float = Field(0.0, description="What the orders of abstaining signals would have made")
    given_up: int = Field(0, description="Signals whose end nobody will know: the stream ended before")
    strange_events: tuple[int, ...] = Field(
        (0,) * BINS, description="Events by tenth of the reference's anomaly scores, the least strange first"
    )
    strange_orders: tuple[int, ...] = Field((0,) * BINS, description="Known orders of these")
    strange_pips: tuple[float, ...] = Field((0.0,) * BINS, description="What they made, or would have made")


class _Open(NamedTuple):
    event: MarketEvent
    side: int
    acted: bool
    tenth: int


class Outcomes:
    """Open orders and the quotes since the oldest one; sums of all others."""

    def __init__(self, day: SymbolDay, instrument: Instrument, totals: Totals | None = None) -> None:
        self._day, self._instrument = day, instrument
        self._day_end_us = day_end_us(day, instrument)
        self._open: list[_Open] = []
        self._ts, self._bid, self._ask = array("q"), array("d"), array("d")
        # Plain numbers and lists: they change at every event.
        self._sums = (totals or Totals()).model_dump()
        for name in ("strange_events", "strange_orders", "strange_pips"):
            self._sums[name] = list(self._sums[name])

    @property
    def totals(self) -> Totals:
        return Totals.model_validate(self._sums)

    def tick(self, ts_us: int, bid: float, ask: float) -> None:
        """Keep a clean quote, the events' own among them."""
        self._ts.append(ts_us)
        self._bid.append(bid)
        self._ask.append(ask)

    def ticks(self, ts_us: Ints, bid: Floats, ask: Floats) -> None:
        """The same of several."""
        self._ts.frombytes(ts_us.tobytes())
        self._bid.frombytes(bid.tobytes())
        self._ask.frombytes(ask.tobytes())

    def signal(self, event: MarketEvent, side: int, *, acted: bool, tenth: int) -> None:
        """Count an event of the last tick, and follow its order where it has a side."""
        sums = self._sums
        sums["events"] += 1
        sums["strange_events"][tenth] += 1
        if side:
            sums["asked"] += 1
            sums["acted"] += acted
            self._open.append(_Open(event, side, acted, tenth))

    def settle(self, *, day_is_over: bool = False) -> None:
        """Work out the orders whose last quote is there; once a minute is soon enough."""
        last = self._ts[-1] if self._ts else -1
        due = [each for each in self._open if day_is_over or last >= self._end_of(each)]
        if due:
            self._work_out(due)
            self._open = [each for each in self._open if not (day_is_over or last >= self._end_of(each))]
        self._forget(last)
        while len(self._ts) > MOST_QUOTES and self._open:
            self._open.pop(0)
            self._sums["given_up"] += 1
            self._forget(last)

    def give_up(self) -> None:
        """The stream ended with orders open."""
        self._sums["given_up"] += len(self._open)
        self._open = []

    def _end_of(self, order: _Open) -> int:
        return min(order.event.ts_us + order.event.horizon_us, self._day_end_us)

    def _work_out(self, due: list[_Open]) -> None:
        ts_us, bid, ask = np.array(self._ts), np.array(self._bid), np.array(self._ask)
        quotes = Quotes(ts_us, bid, ask, bid, ask)  # no order looks at sizes
        times, bids, asks, widths, horizons = (
            np.array(column) for column in zip(*(each.event for each in due), strict=True)
        )
        labels = label_orders(self._day, quotes, times, bids, asks, widths, horizons, self._instrument)
        for row, order in enumerate(due):
            made = labels.long if order.side == LONG else labels.short
            entered = int(made.outcome[row]) != NO_ENTRY
            self._count(order, float(made.net[row]) / self._instrument.pip, entered=entered)

    def _count(self, order: _Open, pips: float, *, entered: bool) -> None:
        sums = self._sums
        sums["strange_orders"][order.tenth] += 1
        sums["strange_pips"][order.tenth] += pips
        if not order.acted:
            sums["held_back_pips"] += pips
        elif entered:
            sums["settled"] += 1
            sums["hits"] += pips > 0
            sums["net_pips"] += pips
        else:
            sums["no_entry"] += 1

    def _forget(self, last_us: int) -> None:
        """Drop the quotes before the oldest open event; those of the last time may yet make one."""
        oldest = self._open[0].event.ts_us if self._open else last_us
        count = bisect_left(self._ts, oldest)
        for column in (self._ts, self._bid, self._ask):
            del column[:count]
