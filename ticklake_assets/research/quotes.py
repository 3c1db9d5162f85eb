"""Quotes of any length, day by day: memory holds a day, whatever they come from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from ticklake_assets.core.errors import DataError
from ticklake_assets.core.symbol_day import MICROS_PER_DAY, SymbolDay
from ticklake_assets.core.tables import Floats, Ints, Quotes
from ticklake_assets.research.columns import column, day_of, times_us


def quote_days(quotes: Any, symbol: str) -> Iterator[tuple[SymbolDay, Quotes]]:
    """Each UTC day with its quotes; DataError where they are no quotes or out of order."""
    held: list[Quotes] = []
    for piece in _pieces(quotes, symbol):
        if held and _number(held[-1]) != _number(piece):
            if _number(piece) < _number(held[-1]):
                raise DataError(
                    f"Quotes. Expected days in order, was {_day(symbol, piece)} after a later one"
                )
            yield _day(symbol, held[0]), _joined(held)
            held = []
        if held and piece.ts_us[0] < held[-1].ts_us[-1]:
            raise _disorder(piece.ts_us[0])
        held.append(piece)
    if held:
        yield _day(symbol, held[0]), _joined(held)


def _pieces(quotes: Any, symbol: str) -> Iterator[Quotes]:
    """Quotes of one day each, several a day where they come so."""
    if not hasattr(quotes, "__arrow_c_stream__"):
        raise DataError(f"Quotes. Expected a scan or a table of Arrow, Polars or pandas, was {type(quotes)}")
    for batch in pa.RecordBatchReader.from_stream(quotes):
        rows = pa.Table.from_batches([batch])
        if "symbol" in rows.column_names and (others := set(rows["symbol"].unique().to_pylist()) - {symbol}):
            raise DataError(f"Quotes. Expected {symbol} alone, was {sorted(map(str, others))[0]}, too")
        ts_us = times_us(rows, "quotes")
        bid, ask = (column(rows, name, "quotes") for name in ("bid", "ask"))
        if (wrong := np.flatnonzero(~(bid <= ask))).size:
            at = wrong[0]
            raise DataError(f"Quotes, row {at + 1}. Expected bid at most ask, was {bid[at]} and {ask[at]}")
        if (np.diff(ts_us) < 0).any():
            raise _disorder(ts_us[1:][np.diff(ts_us) < 0][0])
        yield from _by_day(ts_us, bid, ask)


def _by_day(ts_us: Ints, bid: Floats, ask: Floats) -> Iterator[Quotes]:
    starts = np.flatnonzero(np.diff(ts_us // MICROS_PER_DAY, prepend=-1))
    for first, after in zip(starts, [*starts, len(ts_us)][1:], strict=True):
        size = np.zeros(after - first)  # no order looks at sizes
        yield Quotes(ts_us[first:after], bid[first:after], ask[first:after], size, size)


def _joined(pieces: list[Quotes]) -> Quotes:
    return Quotes(*(np.concatenate(columns) for columns in zip(*pieces, strict=True)))


def _number(piece: Quotes) -> int:
    return int(piece.ts_us[0]) // MICROS_PER_DAY


def _day(symbol: str, piece: Quotes) -> SymbolDay:
    return SymbolDay(symbol, day_of(int(piece.ts_us[0])))


def _disorder(ts_us: int) -> DataError:
    return DataError(f"Quotes. Expected them in the order of time, was {ts_us} us after a later one")
