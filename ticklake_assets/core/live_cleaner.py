"""The cleaning rules tick by tick, as the endpoint meets them; the kernel is the batch's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

import numpy as np

from ticklake_assets.core import rule_kernel
from ticklake_assets.core.quotes import RULES
from ticklake_assets.core.rule_kernel import grown, judge_tick
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import Quotes

Status = Literal["clean", "quarantined", "late"]
RawTick = tuple[int | None, float | None, float | None, float | None, float | None]
"""`ts_us, bid, ask, bid_size, ask_size`; None where missing."""


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
_QUARANTINED = {code: Verdict("quarantined", rule.name, None) for code, rule in enumerate(RULES, 1)}
"""By the kernel's code."""


class LiveCleaner:
    """Clean one symbol-day as it arrives; constant work a tick, whatever the day's length.

    Ticks of one `ts_event` must come in the order of their `source_row`. A well-formed tick that is older
    than the last one is refused as late, where the batch sorts it in: the only difference between the two.
    """

    def __init__(self, day: SymbolDay) -> None:
        self._start_us, self._end_us = day.start_us, day.end_us
        self._state, self._seen = rule_kernel.new_state()

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
            return _QUARANTINED[rule_kernel.MISSING_FIELD]
        missing = 0
        if bid_size is None:
            bid_size, missing = 0.0, rule_kernel.NO_BID_SIZE
        if ask_size is None:
            ask_size, missing = 0.0, missing | rule_kernel.NO_ASK_SIZE
        state = self._state
        # Floats, or whole numbers would have the kernel compiled once more.
        values = float(bid), float(ask), float(bid_size), float(ask_size)
        code = judge_tick(state, self._seen, self._start_us, self._end_us, ts_us, *values, missing)
        if code != rule_kernel.KEPT:
            verdict = _LATE if code == rule_kernel.LATE else _QUARANTINED[code]
        else:
            gap_us, is_unchanged = int(state[rule_kernel.GAP_US]), bool(state[rule_kernel.UNCHANGED])
            verdict = Verdict("clean", None, CleanQuote(ts_us, *values, gap_us, is_unchanged, missing != 0))
        if 2 * state[rule_kernel.IN_TIME] >= len(self._seen):
            self._seen = grown(state, self._seen)
        return verdict


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
