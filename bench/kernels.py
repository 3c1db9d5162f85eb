"""Speed of the kernels on one core, each beside a plain version that must first give the same result.

`python -m bench.kernels` prints the rows. The day is synthetic, 250,000 quotes with about 500 events.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date

import numpy as np
import polars as pl

from ticklake_assets.core.bars import minute_bars
from ticklake_assets.core.features import advance, empty_events, features_of_day, new_state
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.labels import DayLabels, day_end_us, label_day
from ticklake_assets.core.orders import LONG, SHORT, orders_at
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import DayFeatures, Ints, Quotes
from ticklake_assets.modeling.deployed.decision import Decision
from ticklake_assets.modeling.trading.simulation import simulate_day
from ticklake_assets.sources.synthetic import Market, synthetic_day

DAY = SymbolDay("SYNEUR", date(2024, 1, 17))
RULES = instrument_of(DAY.symbol)
INTERPRETED_QUOTES = 20_000
"""The interpreted kernel is too slow for a whole day."""

COLD_START = """
import time
from bench.kernels import DAY, market_day
from ticklake_assets.core.features import features_of_day
quotes = market_day(2_000)
start = time.perf_counter()
features_of_day(DAY, quotes)
print(time.perf_counter() - start)
"""
INTERPRETED = f"""
import time
from bench.kernels import DAY, first, digest, market_day
from ticklake_assets.core.features import features_of_day
quotes = first(market_day(), {INTERPRETED_QUOTES})
start = time.perf_counter()
found = features_of_day(DAY, quotes)
print(time.perf_counter() - start, digest(found))
"""


def run(ticks_a_day: int = 250_000) -> list[dict[str, object]]:
    """Quotes a second of each kernel, beside a plain version where there is one."""
    quotes = market_day(ticks_a_day)
    events = features_of_day(DAY, quotes)
    return [
        *_features(quotes),
        *_labels(quotes, events),
        *_bars(quotes),
        *_simulation(quotes, events),
    ]


def market_day(ticks_a_day: int = 250_000) -> Quotes:
    ticks = synthetic_day(DAY, seed=1, strength=1.0, market=Market(ticks_a_day=ticks_a_day))
    bid, ask, bid_size, ask_size = (
        ticks[name].to_numpy().astype(np.float64) for name in ("bid", "ask", "bid_size", "ask_size")
    )
    ts_us = ticks["ts_event"].to_numpy().astype("datetime64[us]").astype(np.int64)
    return Quotes(ts_us, bid, ask, bid_size, ask_size)


def first(quotes: Quotes, count: int) -> Quotes:
    ts_us, bid, ask, bid_size, ask_size = quotes
    return Quotes(ts_us[:count], bid[:count], ask[:count], bid_size[:count], ask_size[:count])


def digest(found: DayFeatures) -> str:
    return hashlib.sha256(b"".join(column.tobytes() for column in found)).hexdigest()


def _features(quotes: Quotes) -> list[dict[str, object]]:
    """The kernel on a day, quote by quote, interpreted by Python, and its first call in a new process."""
    seconds, slow_digest = _python(INTERPRETED, NUMBA_DISABLE_JIT="1").split()
    assert slow_digest == digest(features_of_day(DAY, first(quotes, INTERPRETED_QUOTES)))
    count = len(quotes.ts_us)
    return [
        _row("features, a day at once", count, _best(lambda: features_of_day(DAY, quotes))),
        _row("features, quote by quote as the endpoint", count, _best(lambda: _one_by_one(quotes), 3)),
        _row("features, the same code interpreted", INTERPRETED_QUOTES, float(seconds)),
        {"what": "features, first call in a new process, s", "value": round(float(_python(COLD_START)), 3)},
    ]


def _one_by_one(quotes: Quotes) -> None:
    state, found = new_state(), empty_events(1)
    one = Quotes(np.empty(1, dtype=np.int64), np.empty(1), np.empty(1), np.empty(1), np.empty(1))
    for row in zip(*(column.tolist() for column in quotes), strict=True):
        for column, value in zip(one, row, strict=True):
            column[0] = value
        advance(state, DAY.start_us, *one, *found)


def _labels(quotes: Quotes, events: DayFeatures) -> list[dict[str, object]]:
    """Both orders of every event; the plain version slices and searches each order's window with numpy."""
    labels = label_day(DAY, quotes, events, RULES)
    for side, found in ((LONG, labels.long), (SHORT, labels.short)):
        assert (found.exit_us == _plain_exits(side, quotes, events, labels)).all()
    count, orders = len(quotes.ts_us), 2 * len(events.ts_us)
    # What the kernel visits: overlapping orders walk the same quotes again.
    walked = sum(
        int(
            (np.searchsorted(quotes.ts_us, side.exit_us) - np.searchsorted(quotes.ts_us, side.entry_us)).sum()
        )
        for side in (labels.long, labels.short)
    )
    kernel = _best(lambda: label_day(DAY, quotes, events, RULES))
    plain = _best(lambda: [_plain_exits(side, quotes, events, labels) for side in (LONG, SHORT)], 3)
    return [
        _row(f"labels, {orders} orders", count, kernel),
        _row(f"labels, {orders} orders, plain numpy", count, plain),
        _row("labels, quotes visited by the walks", walked, kernel),
    ]


def _plain_exits(side: int, quotes: Quotes, events: DayFeatures, labels: DayLabels) -> Ints:
    """Exit time of every order on one side, 0 where there was no entry."""
    bid, ask = events.context[:, 0], events.context[:, 1]
    orders = orders_at(side, events.ts_us, bid, ask, labels.width, labels.horizon_us, RULES)
    price, end = (quotes.bid if side == LONG else quotes.ask) * side, day_end_us(DAY, RULES)
    exits = np.zeros(len(events.ts_us), dtype=np.int64)
    for k in range(len(exits)):
        limit = min(int(orders.horizon_end_us[k]), end)
        start = int(np.searchsorted(quotes.ts_us, orders.earliest_entry_us[k]))
        stop, target = side * orders.stop[k], side * orders.target[k]
        if start == len(price) or quotes.ts_us[start] >= limit or not stop < price[start] < target:
            continue
        last = min(int(np.searchsorted(quotes.ts_us, limit)), len(price) - 1)
        window = price[start + 1 : last + 1]
        hits = np.flatnonzero((window <= stop) | (window >= target))
        exits[k] = quotes.ts_us[start + 1 + hits[0] if len(hits) else last]
    return exits


def _bars(quotes: Quotes) -> list[dict[str, object]]:
    """Minute bars beside Polars on columns in memory."""
    frame = pl.DataFrame({"ts": quotes.ts_us, "bid": quotes.bid, "ask": quotes.ask})

    def polars_bars() -> pl.DataFrame:
        prices = [
            getattr(pl.col(side), take)().alias(f"{side}_{name}")
            for side in ("bid", "ask")
            for name, take in (("open", "first"), ("high", "max"), ("low", "min"), ("close", "last"))
        ]
        minute = (pl.col("ts") // 60_000_000 + 1) * 60_000_000
        grouped = frame.group_by(minute.alias("bar_end"), maintain_order=True)
        spread = (pl.col("ask") - pl.col("bid")).mean().alias("spread_mean")
        return grouped.agg(*prices, pl.len().alias("tick_count").cast(pl.Int64), spread)

    ours, theirs = minute_bars(DAY, quotes), polars_bars()
    for name, column in ours.items():
        assert np.allclose(column, theirs[name].to_numpy(), rtol=1e-12, atol=0)
    count = len(quotes.ts_us)
    return [
        _row("minute bars", count, _best(lambda: minute_bars(DAY, quotes))),
        _row("minute bars, Polars (its own threads)", count, _best(polars_bars)),
    ]


def _simulation(quotes: Quotes, events: DayFeatures) -> list[dict[str, object]]:
    """Every event asks for a long order; what comes while one is open is refused, as in a test window."""
    labels = label_day(DAY, quotes, events, RULES)
    bid, ask = events.context[:, 0], events.context[:, 1]
    orders = orders_at(LONG, events.ts_us, bid, ask, labels.width, labels.horizon_us, RULES)
    columns = (orders.earliest_entry_us, orders.stop, orders.target, orders.horizon_end_us)
    decisions = [
        Decision(ts_us, LONG, (), *order)
        for ts_us, *order in zip(events.ts_us.tolist(), *(column.tolist() for column in columns), strict=True)
    ]
    done = simulate_day(DAY, quotes, decisions, RULES)
    by_event = dict(zip(events.ts_us.tolist(), labels.long.net.tolist(), strict=True))
    assert all(trade.net == by_event[trade.signal_us] for trade in done.trades)
    seconds = _best(lambda: simulate_day(DAY, quotes, decisions, RULES))
    return [_row(f"sequential simulation, {len(done.trades)} trades", len(quotes.ts_us), seconds)]


def _best(work: Callable[[], object], repeats: int = 7) -> float:
    """Shortest of several runs, seconds: the least disturbed by whatever else the machine does."""
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def _row(what: str, quotes: int, seconds: float) -> dict[str, object]:
    return {"what": what, "M quotes/s": round(quotes / seconds / 1e6, 3), "ms": round(seconds * 1000, 2)}


def _python(code: str, **environment: str) -> str:
    """What a new process prints."""
    command, variables = [sys.executable, "-c", code], {**os.environ, **environment}
    return subprocess.run(command, env=variables, check=True, capture_output=True, text=True).stdout


def main() -> None:
    for row in run():
        print("  ".join(f"{key}: {value}" for key, value in row.items()))


if __name__ == "__main__":
    main()
