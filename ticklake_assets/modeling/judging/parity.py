"""Replay a raw day as the endpoint meets it and compare the features with gold's, bit for bit."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from ticklake_assets.core.features import FEATURES, advance, empty_events, new_state
from ticklake_assets.core.live_cleaner import LiveCleaner, RawTick
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import DayFeatures, Floats, Ints, Quotes
from ticklake_assets.modeling.deployed.document import Document


class Parity(Document):
    """How many of a day's events are the same live and in gold."""

    rows: int
    """Events that either side has."""
    identical: int
    """Events of the same time whose features are the same bits."""
    first_difference: str | None
    """Where the two part, None where they don't."""

    @property
    def share(self) -> float | None:
        """1 where all rows agree; None without a row."""
        return self.identical / self.rows if self.rows else None


def replay_day(day: SymbolDay, ticks: Iterable[RawTick]) -> DayFeatures:
    """Clean and sample raw ticks one at a time; they come in the order of (`ts_event`, `source_row`)."""
    cleaner, state = LiveCleaner(day), new_state()
    one = Quotes(np.empty(1, dtype=np.int64), np.empty(1), np.empty(1), np.empty(1), np.empty(1))
    event = empty_events(1)
    found = [empty_events(0)]
    for tick in ticks:
        quote = cleaner.push(*tick).quote
        if quote is None:
            continue
        one.ts_us[0], one.bid[0], one.ask[0] = quote.ts_us, quote.bid, quote.ask
        one.bid_size[0], one.ask_size[0] = quote.bid_size, quote.ask_size
        if advance(state, day.start_us, *one, *event):
            found.append(event.head(1))
    return DayFeatures(*(np.concatenate(parts) for parts in zip(*found, strict=True)))


def compare(live: DayFeatures, gold_ts_us: Ints, gold_features: Floats) -> Parity:
    """Compare events by time; features of shape (n, F) as gold holds them."""
    shared, here, there = np.intersect1d(live.ts_us, gold_ts_us, return_indices=True)
    same = live.features[here].view(np.int64) == np.ascontiguousarray(gold_features[there]).view(np.int64)
    agree = same.all(axis=1)
    rows = len(live.ts_us) + len(gold_ts_us) - len(shared)
    return Parity(
        rows=rows,
        identical=int(agree.sum()),
        first_difference=_first_difference(live, gold_ts_us, shared, same),
    )


def _first_difference(
    live: DayFeatures, gold_ts_us: Ints, shared: Ints, same: NDArray[np.bool_]
) -> str | None:
    found: list[tuple[int, str]] = []
    for name, only in (
        ("live", np.setdiff1d(live.ts_us, gold_ts_us)),
        ("gold", np.setdiff1d(gold_ts_us, live.ts_us)),
    ):
        if len(only):
            found.append((int(only[0]), f"an event that only {name} has"))
    rows, columns = np.nonzero(~same)
    if len(rows):
        found.append((int(shared[rows[0]]), f"feature {FEATURES[columns[0]].name} has other bits"))
    if not found:
        return None
    ts_us, what = min(found)
    return f"ts_us {ts_us}: {what}"
