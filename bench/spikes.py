"""What the spike rule refuses: real quotes, and errors put among them.

`python -m bench spikes` takes the real ticks of the tests (`TICKLAKE_TEST_DATA`, else `shared/data` beside the
checkout) and the synthetic market. Errors stand at least `APART` rows apart. *now* is the share that any rule
catches, *before* what version 1 caught, whose spike was whatever is 0.5 % from the lower median. On *one side* the
error is in the bid where it goes down and in the ask where it goes up; else the row is crossed. A slipped digit is
replaced by any other, counted from the first that is not 0.
"""

from __future__ import annotations

import io
import os
import re
import zipfile
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from ticklake_assets.core import rule_kernel
from ticklake_assets.core.cleaning import RawColumns, judge_day
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import Floats, Ints
from ticklake_assets.sources.bi5 import decode_bi5
from ticklake_assets.sources.json_feed import decode_json
from ticklake_assets.sources.symbol_hour import SymbolHour
from ticklake_assets.sources.synthetic import Market, synthetic_day

DATA = Path(os.environ.get("TICKLAKE_TEST_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
APART = 40
MOST = 500
"""Errors of a kind, a day."""
Slip = Callable[[Floats, np.random.Generator], Floats]


class Day(NamedTuple):
    day: SymbolDay
    columns: RawColumns


def run() -> list[dict[str, object]]:
    """A row a data set for quotes as they are, all taken for real, then a row a kind of error: now / before."""
    sets = {name: found for name, days in _data_sets().items() if (found := list(days))}
    rows: list[dict[str, object]] = []
    rows.append({"what": "quotes", **{name: _quotes(days) for name, days in sets.items()}})
    refused = {name: _refused(days) for name, days in sets.items()}
    rows.append({"what": "real quotes refused as spikes, now / before", **refused})
    for kind, slip in _kinds().items():
        for where, is_both in (("", True), (", one side", False)):
            shares = {name: _share(days, slip, is_both=is_both) for name, days in sets.items()}
            cells = {name: f"{now:.1%} / {before:.1%}" for name, (now, before) in shares.items()}
            rows.append({"what": kind + where, **cells})
    return rows


def _kinds() -> dict[str, Slip]:
    kinds: dict[str, Slip] = {"x 10": lambda price, _: price * 10, "/ 10": lambda price, _: price / 10}
    for share in (0.006, 0.01, 0.02, 0.05):
        kinds[f"{share:.1%} off"] = partial(_off, share)
    for place in range(1, 6):
        kinds[f"digit {place}"] = partial(_other_digit, place)
    return kinds


def _quotes(days: list[Day]) -> int:
    return sum(len(each.columns.ts_us) for each in days)


def _refused(days: list[Day]) -> str:
    now = sum(int((judge_day(*each).codes == rule_kernel.SPIKE).sum()) for each in days)
    return f"{now} / {sum(int(_by_median(each.columns).sum()) for each in days)}"


def _share(days: list[Day], slip: Slip, *, is_both: bool) -> tuple[float, float]:
    """Share of the errors caught by our rules, and by the row alone or its distance from the median."""
    count = ours = median = 0
    for at, (day, columns) in enumerate(days):
        rng = np.random.default_rng([7, at])
        slots = np.arange(APART, len(columns.ts_us) - APART, APART)
        rows = np.sort(rng.permutation(slots)[:MOST])
        spoilt = columns._replace(bid=columns.bid.copy(), ask=columns.ask.copy())
        wrong = slip(columns.bid[rows], rng)
        if is_both:
            spoilt.bid[rows], spoilt.ask[rows] = wrong, wrong + (columns.ask - columns.bid)[rows]
        else:
            below = wrong < columns.bid[rows]
            spoilt.bid[rows[below]], spoilt.ask[rows[~below]] = wrong[below], wrong[~below]
        codes = judge_day(day, spoilt).codes[rows]
        count += len(rows)
        ours += int((codes != rule_kernel.KEPT).sum())
        is_local = (codes > rule_kernel.KEPT) & (codes < rule_kernel.SPIKE)
        median += int((is_local | _by_median(spoilt)[rows]).sum())
    return ours / count, median / count


def _by_median(columns: RawColumns) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """The rule of version 1, where no row is broken by itself."""
    total = columns.bid + columns.ask
    before = np.lib.stride_tricks.sliding_window_view(total, 8)[:-1]
    median = np.sort(before, axis=1)[:, 3]
    found = np.zeros(len(total), dtype=np.bool_)
    found[8:] = np.abs(total[8:] - median) > 0.005 * median
    return found


def _off(share: float, price: Floats, rng: np.random.Generator) -> Floats:
    return price * (1 + share * rng.choice([-1, 1], len(price)))


def _other_digit(place: int, price: Floats, rng: np.random.Generator) -> Floats:
    unit = 10.0 ** (np.floor(np.log10(price)) - (place - 1))
    digit = np.floor(price / unit + 1e-6) % 10
    slipped: Floats = price + ((digit + rng.integers(1, 10, len(price))) % 10 - digit) * unit
    return slipped


def _data_sets() -> dict[str, Iterator[Day]]:
    bi5, feed = DATA / "dukascopy", DATA / "dukascopy_json"
    return {
        "GBPJPY 2012-12, Dukascopy": _hours(bi5, "GBPJPY"),
        "EURUSD 2019-02, Dukascopy": _hours(bi5, "EURUSD"),
        "BTCUSD 2023-02, Dukascopy": _hours(bi5, "BTCUSD"),
        "EURUSD 2026-07, JSON feed": _json_hours(feed, "EUR-USD"),
        "EURUSD 2014-05, OANDA": _zips(DATA / "oanda" / "eurusd"),
        "SYNEUR": _synthetic("SYNEUR"),
        "SYNJPY": _synthetic("SYNJPY"),
    }


def _hours(folder: Path, symbol: str) -> Iterator[Day]:
    for place in sorted({path.parent for path in (folder / symbol).glob("*/*/*/*.bi5")}):
        year, month, number = map(int, place.parts[-3:])
        day = SymbolDay(symbol, date(year, month + 1, number))
        hours = [(path, SymbolHour(day, int(path.name[:2]))) for path in sorted(place.glob("*.bi5"))]
        parts = [decode_bi5(path.read_bytes(), hour, path.name) for path, hour in hours]
        yield from _day(day, pa.concat_tables(parts))


def _json_hours(folder: Path, code: str) -> Iterator[Day]:
    for path in sorted(folder.glob(f"ticks-{code}-*.json")):
        year, month, number, hour = map(int, re.findall(r"\d+", path.stem))
        day = SymbolDay(code.replace("-", ""), date(year, month, number))
        yield from _day(day, decode_json(path.read_bytes(), SymbolHour(day, hour), path.name))


def _zips(folder: Path) -> Iterator[Day]:
    """OANDA's days: milliseconds since midnight, bid, ask."""
    for path in sorted(folder.glob("*.zip")):
        day = SymbolDay("EURUSD", date.fromisoformat(path.name[:8]))
        with zipfile.ZipFile(path) as archive:
            rows = np.loadtxt(io.BytesIO(archive.read(archive.namelist()[0])), delimiter=",")
        ts_us = day.start_us + rows[:, 0].astype(np.int64) * 1000
        none = np.zeros(len(rows))
        missing = np.full(len(rows), rule_kernel.NO_BID_SIZE | rule_kernel.NO_ASK_SIZE, dtype=np.uint8)
        yield from _ordered(day, RawColumns(ts_us, rows[:, 1], rows[:, 2], none, none, missing))


def _synthetic(symbol: str) -> Iterator[Day]:
    for number in range(1, 4):
        day = SymbolDay(symbol, date(2024, 1, number))
        yield from _day(day, synthetic_day(day, 1, 1.0, Market(ticks_a_day=40_000)))


def _day(day: SymbolDay, ticks: pa.Table) -> Iterator[Day]:
    bid, ask, bid_size, ask_size = (ticks[name].to_numpy() for name in ("bid", "ask", "bid_size", "ask_size"))
    ts_us = ticks["ts_event"].cast(pa.int64()).to_numpy()
    yield from _ordered(
        day, RawColumns(ts_us, bid, ask, bid_size, ask_size, np.zeros(len(ts_us), dtype=np.uint8))
    )


def _ordered(day: SymbolDay, columns: RawColumns) -> Iterator[Day]:
    """The day in time order without the rows that other rules refuse; nothing where hardly a row is left."""
    order: Ints = np.argsort(columns.ts_us, kind="stable")
    columns = columns.at(order)
    codes = judge_day(day, columns).codes
    kept = columns.at((codes == rule_kernel.KEPT) | (codes == rule_kernel.SPIKE))
    if len(kept.ts_us) > 4 * APART:
        yield Day(day, kept)
