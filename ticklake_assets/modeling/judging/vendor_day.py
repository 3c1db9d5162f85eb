"""A day as it was streamed against the vendor's day in the lake: what differs, and why.

A feature is a function of the quotes before it. So where the lake's features are those of its own quotes, and the
served ones those of the streamed quotes, no event may differ before the first quote that does.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import numpy as np

from ticklake_assets.core import rule_kernel
from ticklake_assets.core.cleaning import RawColumns, time_order
from ticklake_assets.core.features import features_of_day
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import DayFeatures, Floats, Ints, Quotes
from ticklake_assets.journal.verdicts import status_of
from ticklake_assets.journal.whole_day import WholeDay
from ticklake_assets.modeling.deployed.document import Document
from ticklake_assets.modeling.judging.parity import compare
from ticklake_assets.modeling.judging.recompute import remake

_SHOWN = 20


class VendorDay(Document):
    """Streamed quotes and events beside the vendor's."""

    quotes: int
    """That the lake's clean day has."""
    matched: int
    """Of these, kept live as well, with the same time, prices and sizes."""
    not_kept: dict[str, int]
    """Of these, streamed and not kept live, by what became of them: `late`, `future`, or the rule that they broke."""
    missing: int
    """Of these, never streamed."""
    only_live: int
    """Kept live, and not in the lake's clean day."""
    listed: tuple[str, ...]
    """The first of the quotes that differ."""
    equal_events: int
    """The same time, and the same bits of all features, live and in gold."""
    other_events: int
    """The same time, and other bits."""
    only_live_events: int
    only_gold_events: int
    equal_in_time_order: int
    """Events of gold that the streamed ticks give, bit for bit, once they are sorted by time as in the batch."""
    unexplained: int
    """Events that differ before the first quote that does."""
    gold_is_of_its_quotes: bool
    """The kernel gives gold's bits from the lake's clean day."""

    @property
    def is_explained(self) -> bool:
        return self.gold_is_of_its_quotes and not self.unexplained


def compare_vendor(day: SymbolDay, whole: WholeDay, quotes: Quotes, gold: DayFeatures) -> VendorDay:
    """Hold a streamed day against the clean quotes and the gold features of the same day in the lake."""
    streamed = _keys(_with_zeros(whole.ticks))
    kept = whole.codes == rule_kernel.KEPT
    left = Counter(_keys(quotes))
    not_kept, matched, differing = Counter[str](), 0, list[tuple[int, str]]()
    for row in np.concatenate((np.flatnonzero(kept), np.flatnonzero(~kept))).tolist():
        is_vendors = left[streamed[row]] > 0
        if is_vendors:
            left[streamed[row]] -= 1
        if kept[row] and is_vendors:
            matched += 1
        elif kept[row]:
            differing.append((row, "only live"))
        elif is_vendors:
            status, rule = status_of(int(whole.codes[row]))
            not_kept[rule or status] += 1
            differing.append((row, rule or status))
    places = [(int(whole.ticks.ts_us[row]), _told(whole.ticks, row, what)) for row, what in differing]
    missing = _missing(quotes, left)
    places += [(int(quotes.ts_us[row]), _told(quotes, row, "never streamed")) for row in missing]
    places.sort()
    live = DayFeatures(whole.event_ts_us, np.empty((len(whole.event_ts_us), 0)), whole.features)
    parity = compare(live, gold.ts_us, gold.features)
    ordered = remake(day, whole.ticks.at(time_order(np.arange(len(whole.codes)), whole.ticks)))
    shared = len(np.intersect1d(live.ts_us, gold.ts_us))
    return VendorDay(
        quotes=len(quotes.ts_us),
        matched=matched,
        not_kept=dict(not_kept),
        missing=len(missing),
        only_live=sum(what == "only live" for _, what in differing),
        listed=tuple(text for _, text in places[:_SHOWN]),
        equal_events=parity.identical,
        other_events=shared - parity.identical,
        only_live_events=len(live.ts_us) - shared,
        only_gold_events=len(gold.ts_us) - shared,
        equal_in_time_order=compare(ordered.events, gold.ts_us, gold.features).identical,
        unexplained=_unexplained(live, gold, places[0][0] if places else None),
        gold_is_of_its_quotes=features_of_day(day, quotes).features.tobytes()
        == np.ascontiguousarray(gold.features).tobytes(),
    )


def _unexplained(live: DayFeatures, gold: DayFeatures, first_us: int | None) -> int:
    """Events of either side before the first quote that differs, of which the other side has no equal."""
    before = [
        side if first_us is None else side.head(int(np.searchsorted(side.ts_us, first_us)))
        for side in (live, gold)
    ]
    found = compare(before[0], before[1].ts_us, before[1].features)
    return found.rows - found.identical


def _missing(quotes: Quotes, left: Counter[bytes]) -> list[int]:
    """Rows of quotes that were never streamed; of several that are the same, the last ones."""
    left, rows = left.copy(), []
    keys = _keys(quotes)
    for row in reversed(range(len(keys))):
        if left[keys[row]] > 0:
            left[keys[row]] -= 1
            rows.append(row)
    return rows[::-1]


def _with_zeros(ticks: RawColumns) -> Quotes:
    """Ticks as the clean day holds them: a size that was not delivered is 0."""
    ts_us, bid, ask, bid_size, ask_size, missing = ticks
    return Quotes(
        ts_us,
        bid,
        ask,
        np.where(missing & rule_kernel.NO_BID_SIZE, 0.0, bid_size),
        np.where(missing & rule_kernel.NO_ASK_SIZE, 0.0, ask_size),
    )


def _keys(quotes: Quotes) -> list[bytes]:
    """A tick's values as bytes; 0 has one sign."""
    columns: list[Ints | Floats] = [quotes.ts_us, *(column + 0.0 for column in quotes[1:])]
    rows = np.column_stack([np.ascontiguousarray(column).view(np.int64) for column in columns])
    width = rows.shape[1] * 8
    data = rows.tobytes()
    return [data[at : at + width] for at in range(0, len(data), width)]


def _told(quotes: Quotes | RawColumns, row: int, what: str) -> str:
    at = datetime.fromtimestamp(int(quotes.ts_us[row]) / 1e6, UTC).isoformat(timespec="milliseconds")
    return f"{at} {quotes.bid[row]:.10g} {quotes.ask[row]:.10g}: {what}"
