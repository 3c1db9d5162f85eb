"""A day as the endpoint meets it: cleaned and sampled one tick at a time."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ticklake_assets.core.features import advance, empty_events, new_state
from ticklake_assets.core.live_cleaner import LiveCleaner, RawTick
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import DayFeatures, Quotes


def replay_day(day: SymbolDay, ticks: Iterable[RawTick]) -> DayFeatures:
    """The events of raw ticks; they come in the order of (`ts_event`, `source_row`)."""
    cleaner, state = LiveCleaner(day), new_state()
    one = Quotes(np.empty(1, dtype=np.int64), np.empty(1), np.empty(1), np.empty(1), np.empty(1))
    event = empty_events(1)
    found, start_us = [empty_events(0)], day.start_us
    for tick in ticks:
        quote = cleaner.push(*tick).quote
        if quote is None:
            continue
        one.ts_us[0], one.bid[0], one.ask[0] = quote.ts_us, quote.bid, quote.ask
        one.bid_size[0], one.ask_size[0] = quote.bid_size, quote.ask_size
        if advance(state, start_us, *one, *event):
            found.append(event.head(1))
    return DayFeatures(*(np.concatenate(parts) for parts in zip(*found, strict=True)))
