"""What is odd about the quotes of a landed day and refuses nothing: their sizes, and how often they repeat."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.quotes import STALE_RUN
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.sources.source import repeats_in

_MANY_STALE = 0.01
_MANY_REPEATS = 0.5
_FEW_QUOTES = 100
"""Of a day: too few for their repeats to say something."""
_ANY_SIZE = (0.0, 1e3)
_USUAL_SIZES = {"fx": (1e-4, 1e3), "metal": (0.0, 10.0), "crypto": (0.0, 10.0)}
"""Medians of a day, millions of base units, by the instrument's kind; of a currency a hundred units to a billion."""


def quote_notes(day: SymbolDay, ticks: pa.Table) -> list[str]:
    """A sentence about each odd thing of a day of `TICK_SCHEMA` rows; none for quotes that are as expected."""
    return [*_sizes(day, ticks), *_repeats(day, ticks)]


def _sizes(day: SymbolDay, ticks: pa.Table) -> list[str]:
    """How many quotes come without sizes, and whether the others' are written in another unit than was declared."""
    bid_size, ask_size = ticks["bid_size"], ticks["ask_size"]
    is_missing = pc.or_(bid_size.is_null(), ask_size.is_null())
    notes = []
    if count := pc.sum(is_missing).as_py():
        whose = f"{count:,} of {ticks.num_rows:,} quotes of {day}"
        notes = [f"{whose} have no sizes: they stay unknown, and what is computed from sizes is 0 there"]
    sizes = np.concatenate([bid_size.to_numpy(), ask_size.to_numpy()])
    given = sizes[np.isfinite(sizes) & (sizes > 0)]
    least, most = _USUAL_SIZES.get(instrument_of(day.symbol).kind, _ANY_SIZE)
    if len(given) and not least <= (median := float(np.median(given))) <= most:
        notes.append(
            f"the median size of {day} is {median:,.9g} million base units, where {least:g} to {most:g} are usual: "
            "are sizes written in another unit than the dialect says (size_unit)?"
        )
    return notes


def _repeats(day: SymbolDay, ticks: pa.Table) -> list[str]:
    """How many quotes repeat the one before, where most of them do or cleaning would refuse many as a stuck feed's."""
    repeats = repeats_in(ticks)
    count, rows = int(repeats.sum()), len(repeats)
    at = np.arange(rows)
    run = at - np.maximum.accumulate(np.where(repeats, 0, at))
    judged = pc.and_(ticks["bid_size"].is_valid(), ticks["ask_size"].is_valid()).to_numpy()
    stale = int(np.sum((run >= STALE_RUN.least_preceding) & judged))
    if rows < _FEW_QUOTES or (count <= _MANY_REPEATS * rows and stale <= _MANY_STALE * rows):
        return []
    repeated = f"{count:,} of {rows:,} quotes of {day} repeat the one before, but for the time"
    taken = (
        f". {stale:,} of them come after {STALE_RUN.least_preceding} repeats or more: the rule {STALE_RUN.name} takes "
        "those for a stuck feed's"
    )
    return [f"{repeated}{taken if stale else ''}. Where that is the venue's way, declare drop_repeats"]
