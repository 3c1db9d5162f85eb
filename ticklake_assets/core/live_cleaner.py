"""The cleaning rules of `core.quotes` tick by tick, as the endpoint meets them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from math import inf
from typing import Literal, NamedTuple

import numpy as np

from ticklake_assets.core import quotes
from ticklake_assets.core.quotes import LOOKBACK, SPIKE, SPIKE_SHARE, STALE_RUN, Rule
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import Quotes

Status = Literal["clean", "quarantined", "late"]
RawTick = tuple[int | None, float | None, float | None, float | None, float | None]
"""`ts_us, bid, ask, bid_size, ask_size`; None where missing."""
_Values = tuple[float, float, float | None, float | None]


class CleanQuote(NamedTuple):
    """A kept tick as the clean partition holds it: prices in price units, sizes in millions."""

    ts_us: int
    bid: float
    ask: float
    bid_size: float
    ask_size: float
    gap_us: int
    is_unchanged: bool
    is_size_missing: bool


class Verdict(NamedTuple):
    status: Status
    rule: str | None
    """The rule that a quarantined tick broke."""
    quote: CleanQuote | None
    """The kept tick; None unless `clean`."""


_LATE = Verdict("late", None, None)
_QUARANTINED = {rule: Verdict("quarantined", rule.name, None) for rule in quotes.RULES}


class LiveCleaner:
    """Clean one symbol-day as it arrives; constant work a tick, whatever the day's length.

    Ticks of one `ts_event` must come in the order of their `source_row`. A well-formed tick that is older
    than the last one is refused as late, where the batch sorts it in: the only difference between the two.
    """

    def __init__(self, day: SymbolDay) -> None:
        self.start_us = day.start_us
        self.end_us = day.end_us
        self.last_us = day.start_us
        """`ts_event` of the last well-formed tick; the day's start before the first."""
        self.seen: set[_Values] = set()
        """Values of the distinct ticks of `last_us`."""
        self.sums: deque[float] = deque(maxlen=LOOKBACK)
        """bid + ask of the last distinct ticks."""
        self.last_values: _Values | None = None
        """Values of the last distinct tick."""
        self.unchanged = 0
        """How many distinct ticks before the last one equal it without a break."""
        self.clean_us: int | None = None
        """`ts_event` of the last clean tick."""

    def push(
        self,
        ts_us: int | None,
        bid: float | None,
        ask: float | None,
        bid_size: float | None,
        ask_size: float | None,
    ) -> Verdict:
        """Judge the next tick of the feed; `ts_us` is epoch microseconds UTC, None is a missing field."""
        if ts_us is None or bid is None or ask is None:
            return _QUARANTINED[quotes.MISSING_FIELD]
        broken = self._row_local(ts_us, bid, ask, bid_size, ask_size)
        if broken is not None:
            return _QUARANTINED[broken]
        if ts_us < self.last_us:
            return _LATE
        values = (bid, ask, bid_size, ask_size)
        if ts_us > self.last_us:
            self.last_us = ts_us
            self.seen.clear()
        if values in self.seen:
            return _QUARANTINED[quotes.DUPLICATE]
        self.seen.add(values)
        self.unchanged = self.unchanged + 1 if values == self.last_values else 0
        self.last_values = values
        broken = self._looking_back(bid + ask)
        if broken is not None:
            return _QUARANTINED[broken]
        return Verdict("clean", None, self._quote(ts_us, bid, ask, bid_size, ask_size))

    def _row_local(
        self, ts_us: int, bid: float, ask: float, bid_size: float | None, ask_size: float | None
    ) -> Rule | None:
        if not (
            -inf < bid < inf
            and -inf < ask < inf
            and (bid_size is None or -inf < bid_size < inf)
            and (ask_size is None or -inf < ask_size < inf)
        ):
            return quotes.NON_FINITE
        if not self.start_us <= ts_us < self.end_us:
            return quotes.WRONG_DAY
        if bid <= 0 or ask <= 0 or (bid_size or 0) < 0 or (ask_size or 0) < 0:
            return quotes.NON_POSITIVE
        return quotes.CROSSED if bid > ask else None

    def _looking_back(self, total: float) -> Rule | None:
        """Judge the distinct tick with this bid + ask by the ones before it, then remember it."""
        broken = None
        preceding = len(self.sums)
        if preceding >= SPIKE.least_preceding:
            median = sorted(self.sums)[(preceding - 1) // 2]
            if abs(total - median) > SPIKE_SHARE * median:
                broken = SPIKE
        if broken is None and self.unchanged >= STALE_RUN.least_preceding:
            broken = STALE_RUN
        self.sums.append(total)
        return broken

    def _quote(
        self, ts_us: int, bid: float, ask: float, bid_size: float | None, ask_size: float | None
    ) -> CleanQuote:
        gap_us = 0 if self.clean_us is None else ts_us - self.clean_us
        self.clean_us = ts_us
        return CleanQuote(
            ts_us,
            bid,
            ask,
            0.0 if bid_size is None else bid_size,
            0.0 if ask_size is None else ask_size,
            gap_us,
            self.unchanged > 0,
            bid_size is None or ask_size is None,
        )


def clean_day_live(day: SymbolDay, ticks: Iterable[RawTick]) -> Quotes:
    """Feed ticks to a fresh `LiveCleaner` in the order given and gather what it keeps, without late ones."""
    push = LiveCleaner(day).push
    verdicts = (push(*tick) for tick in ticks)
    kept = [verdict.quote for verdict in verdicts if verdict.quote is not None]
    return Quotes(
        np.array([quote.ts_us for quote in kept], dtype=np.int64),
        *(
            np.array([getattr(quote, name) for quote in kept], dtype=np.float64)
            for name in ("bid", "ask", "bid_size", "ask_size")
        ),
    )
