"""The cleaning rules once more, slowly and row by row, to check the ground truth of the dirt."""

from __future__ import annotations

import math

import pyarrow as pa

from ticklake_assets.core.symbol_day import SymbolDay

_Quote = tuple[float, float, float | None, float | None]


def rule_by_row(table: pa.Table, day: SymbolDay) -> dict[int, str]:
    """First rule that each caught row breaks, by 1-based source row."""
    caught: dict[int, str] = {}
    well_formed: list[tuple[int, int, _Quote]] = []
    columns = [table[name].cast(pa.int64()).to_pylist() if name == "ts_event" else table[name].to_pylist()
               for name in ("ts_event", "bid", "ask", "bid_size", "ask_size")]  # fmt: skip
    for number, (ts_us, bid, ask, bid_size, ask_size) in enumerate(zip(*columns, strict=True), start=1):
        rule = _row_local(day, ts_us, bid, ask, bid_size, ask_size)
        if rule is None:
            well_formed.append((ts_us, number, (bid, ask, bid_size, ask_size)))
        else:
            caught[number] = rule
    distinct: list[tuple[int, _Quote]] = []
    for ts_us, number, quote in sorted(well_formed):
        if any(seen_ts == ts_us and seen == quote for seen_ts, seen in reversed(distinct[-200:])):
            caught[number] = "duplicate"
            continue
        before = [seen for _, seen in distinct[-8:]]
        if _is_spike(quote, before):
            caught[number] = "spike"
        elif None not in quote and len(before) == 8 and all(seen == quote for seen in before):
            caught[number] = "stale_run"
        distinct.append((ts_us, quote))
    return caught


def _row_local(
    day: SymbolDay,
    ts_us: int | None,
    bid: float | None,
    ask: float | None,
    bid_size: float | None,
    ask_size: float | None,
) -> str | None:
    if ts_us is None or bid is None or ask is None:
        return "missing_field"
    sizes = [size for size in (bid_size, ask_size) if size is not None]
    if not all(math.isfinite(value) for value in (bid, ask, *sizes)):
        return "non_finite"
    if not day.start_us <= ts_us < day.end_us:
        return "wrong_day"
    if bid <= 0 or ask <= 0 or any(size < 0 for size in sizes):
        return "non_positive"
    return "crossed" if bid > ask else None


def _is_spike(quote: _Quote, before: list[_Quote]) -> bool:
    if len(before) < 5:
        return False
    sums = sorted(bid + ask for bid, ask, _, _ in before)
    spreads = sorted(ask - bid for bid, ask, _, _ in before)
    middle = (len(before) - 1) // 2
    median = sums[middle]
    reach = max(0.005 * median, 3 * spreads[middle], 3 * (sums[-3] - sums[2]))
    away = abs(quote[0] + quote[1] - median)
    step = abs(quote[0] + quote[1] - (before[-1][0] + before[-1][1]))
    return min(away, step) > reach or away > 0.1 * median
