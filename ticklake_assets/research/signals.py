"""A user's signals, checked, and as the simulator's decisions on a day of quotes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from ticklake_assets.core.errors import DataError
from ticklake_assets.core.instruments import Instrument
from ticklake_assets.core.orders import LONG, SHORT, orders_at, width_on_grid
from ticklake_assets.core.symbol_day import MICROS_PER_DAY, SymbolDay
from ticklake_assets.core.tables import Floats, Ints, Quotes
from ticklake_assets.modeling.deployed.decision import NO_SIDE, Decision
from ticklake_assets.research.columns import column, micros, times_us

NO_ANCHOR = "no_anchor"
"""Reason of a signal before the day's first quote: there is no price that it could mean."""
_WHAT = "Signals"


@dataclass(frozen=True)
class Signals:
    """Those that ask for an order, in the order of time."""

    ts_us: Ints
    side: Ints
    horizon_us: Ints
    width: Floats | None
    """Price units, on the point grid; None where stops and targets are given."""
    stop: Floats | None
    target: Floats | None

    @classmethod
    def of(cls, signals: Any, instrument: Instrument) -> Signals:
        """Read a table of signals.

        Raises:
            DataError: it is none, or a row is not as `simulate` says.
        """
        if not hasattr(signals, "__arrow_c_stream__"):
            raise DataError(f"{_WHAT}. Expected a table of Arrow, Polars or pandas, was {type(signals)}")
        rows = pa.table(signals)
        ts_us, side = times_us(rows, _WHAT), column(rows, "side", _WHAT)
        _expect(np.isin(side, (LONG, SHORT, NO_SIDE)), side, "side", "1, -1 or 0")
        if (np.diff(ts_us) < 0).any():
            at = int(np.argmax(np.diff(ts_us) < 0)) + 1
            raise DataError(f"{_WHAT}, row {at + 1}. Expected the order of time, was before row {at}")
        horizon = micros(rows, "horizon_us", _WHAT)
        _expect(horizon > 0, horizon, "horizon_us", "more than 0 us")
        width, stop, target = _barriers(rows, side, instrument)
        asks = side != NO_SIDE
        kept = [None if each is None else each[asks] for each in (width, stop, target)]
        return cls(ts_us[asks], side[asks].astype(np.int64), horizon[asks], *kept)

    @property
    def orders(self) -> int:
        """How many ask for an order."""
        return len(self.ts_us)

    def on(
        self, day: SymbolDay, quotes: Quotes, instrument: Instrument
    ) -> tuple[list[Decision], list[tuple[int, str]]]:
        """The day's decisions, and its signals that no quote precedes, each with the reason.

        An order is anchored at the first quote of the signal's time, as an event's is, else at the last before it.
        """
        first, after = np.searchsorted(self.ts_us, [day.start_us, day.end_us])
        ts_us = self.ts_us[first:after]
        at = np.searchsorted(quotes.ts_us, ts_us)
        same = quotes.ts_us[np.minimum(at, len(quotes.ts_us) - 1)] == ts_us
        anchor = np.where(same, at, at - 1)
        rows = first + np.flatnonzero(anchor >= 0)
        anchor = anchor[anchor >= 0]
        made: dict[int, Decision] = {}
        for side in (LONG, SHORT):
            places = np.flatnonzero(self.side[rows] == side)
            orders = self._orders(side, rows[places], quotes, anchor[places], instrument)
            made |= zip(places.tolist(), orders, strict=True)
        decisions = [made[place] for place in range(len(rows))]
        return decisions, [(int(each), NO_ANCHOR) for each in ts_us[: len(ts_us) - len(rows)]]

    def outside(self, days: Sequence[SymbolDay]) -> list[int]:
        """Times of signals on none of these days."""
        numbers = [day.start_us // MICROS_PER_DAY for day in days]
        outside: list[int] = self.ts_us[~np.isin(self.ts_us // MICROS_PER_DAY, numbers)].tolist()
        return outside

    def _orders(
        self, side: int, rows: Ints, quotes: Quotes, anchor: Ints, instrument: Instrument
    ) -> list[Decision]:
        """The decisions of rows that are all of one side."""
        width = self.width[rows] if self.width is not None else np.ones(len(rows))
        order = orders_at(
            side,
            self.ts_us[rows],
            quotes.bid[anchor],
            quotes.ask[anchor],
            width,
            self.horizon_us[rows],
            instrument,
        )
        stop, target = order.stop, order.target
        if self.stop is not None and self.target is not None:
            stop, target = self.stop[rows], self.target[rows]
        columns = (self.ts_us[rows], order.earliest_entry_us, stop, target, order.horizon_end_us)
        return [
            Decision(ts, side, (), entry, below, above, end)
            for ts, entry, below, above, end in zip(*(each.tolist() for each in columns), strict=True)
        ]


def _barriers(
    rows: pa.Table, side: Floats, instrument: Instrument
) -> tuple[Floats | None, Floats | None, Floats | None]:
    if "width" in rows.column_names:
        if {"stop", "target"} & set(rows.column_names):
            raise DataError(f"{_WHAT}. Expected a column width, or stop and target, was both")
        width = column(rows, "width", _WHAT)
        _expect(width > 0, width, "width", "more than 0")
        return width_on_grid(width, instrument), None, None
    factor = instrument.decimal_factor
    stop, target = (np.rint(column(rows, name, _WHAT) * factor) / factor for name in ("stop", "target"))
    _expect((target - stop) * side >= 0, stop, "stop", "a long's below its target, a short's above")
    return None, stop, target


def _expect(holds: Any, values: Any, name: str, expected: str) -> None:
    if not np.all(holds):
        at = int(np.argmin(holds))
        raise DataError(f"{_WHAT}, row {at + 1}, column {name}. Expected {expected}, was {values[at]}")
