"""The order table over a whole day's quotes: what labels, simulator and paper terminal do, order by order.

One order or position at a time. A signal that comes while the symbol is taken becomes nothing; the symbol is free from
the quote on that ends the order before it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from mt5_bridge.attribution.documents import Key, Quotes, Wanted
from mt5_bridge.trading.words import Outcome


class ByHand(NamedTuple):
    """When a person or the broker closed a position, and which of the two."""

    ts_us: int
    outcome: Outcome


_NOBODY: Mapping[Key, ByHand] = {}


class Walked(NamedTuple):
    """A position of the table, by the places of its quotes."""

    key: Key
    entry: int
    exit: int
    outcome: Outcome


def trade_by_table(
    quotes: Quotes, signals: Iterable[Wanted], by_hand: Mapping[Key, ByHand] = _NOBODY
) -> list[Walked]:
    """Walk `signals`, in time order. A position of `by_hand` ends at that moment, if it lives that long."""
    held, free_from = list[Walked](), 0
    for wanted in signals:
        at = bisect_left(quotes.ts_us, wanted.signal_us)  # an event is the first quote of its time
        if at < free_from:
            continue
        end_us = min(wanted.horizon_end_us, wanted.day_end_us)
        entry = bisect_left(quotes.ts_us, wanted.earliest_entry_us, lo=at)
        if entry == len(quotes.ts_us) or quotes.ts_us[entry] >= end_us:
            free_from = bisect_left(quotes.ts_us, end_us)
        elif _hit(quotes, wanted, entry) is not None:
            free_from = entry
        else:
            position = _leave(quotes, wanted, entry, by_hand.get(wanted.key))
            held.append(position)
            is_last = position.outcome is Outcome.DAY_END and quotes.ts_us[position.exit] < wanted.day_end_us
            free_from = len(quotes.ts_us) if is_last else position.exit
    return held


def _leave(quotes: Quotes, wanted: Wanted, entry: int, by_hand: ByHand | None) -> Walked:
    end_us = min(wanted.horizon_end_us, wanted.day_end_us)
    for place in range(entry + 1, len(quotes.ts_us)):
        ts_us = quotes.ts_us[place]
        if by_hand is not None and ts_us > by_hand.ts_us:
            return Walked(wanted.key, entry, place - 1, by_hand.outcome)
        outcome = _hit(quotes, wanted, place)
        if outcome is None and ts_us >= end_us:
            outcome = Outcome.TIME if wanted.horizon_end_us <= wanted.day_end_us else Outcome.DAY_END
        if outcome is not None:
            return Walked(wanted.key, entry, place, outcome)
    return Walked(wanted.key, entry, len(quotes.ts_us) - 1, Outcome.DAY_END)


def _hit(quotes: Quotes, wanted: Wanted, place: int) -> Outcome | None:
    is_long = wanted.side == "long"
    price = quotes.bid[place] if is_long else quotes.ask[place]
    if price >= wanted.target if is_long else price <= wanted.target:
        return Outcome.TARGET
    return Outcome.STOP if (price <= wanted.stop if is_long else price >= wanted.stop) else None
