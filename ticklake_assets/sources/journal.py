"""The endpoint's sealed journals as a source: the days of a symbol that no vendor has."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np
import pyarrow as pa

from ticklake_assets.core import rule_kernel
from ticklake_assets.core.calendar import is_closed
from ticklake_assets.core.cleaning import RawColumns
from ticklake_assets.core.clock import SYSTEM_CLOCK, Clock
from ticklake_assets.core.errors import MissingDataError
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import Bytes, Floats
from ticklake_assets.journal.reading import read_day
from ticklake_assets.journal.verdicts import FUTURE
from ticklake_assets.journal.whole_day import WholeDay
from ticklake_assets.sources.landing_csv import GRID_TOLERANCE_POINTS
from ticklake_assets.sources.source import TICK_SCHEMA, empty_day, noted, refuse_unfinished

SealedJournal = Callable[[SymbolDay], bytes]
"""The bytes of a day's sealed journal; MissingDataError where nothing was streamed, or it is not sealed yet."""

_FIRST_US, _LAST_US = -62_135_596_800_000_000, 253_402_300_799_999_999
"""Years 1 to 9999, which a CSV can write."""


class JournalSource:
    """What was streamed to the endpoint, in the order in which it was taken in.

    All of it, whatever became of it there: late, from ahead of the clock, twice, of another day. Cleaning judges it
    anew, in time order, so that a day without late and `future` ticks gives the features that were served, bit for bit.
    """

    def __init__(self, sealed_journal: SealedJournal, clock: Clock = SYSTEM_CLOCK) -> None:
        self._sealed_journal = sealed_journal
        self._clock = clock

    def fetch_day(self, day: SymbolDay) -> pa.Table:
        """Where the market is closed a day without a stream is empty; else it is an error, for nobody listened."""
        refuse_unfinished(day, self._clock.now())
        try:
            content = self._sealed_journal(day)
        except MissingDataError:
            if is_closed(instrument_of(day.symbol).calendar, day):
                return empty_day()
            raise
        journaled = read_day(day, content, f"journal of {day}")
        whole = WholeDay.of(journaled)
        notes = (
            []
            if journaled.complete
            else [f"{day} was streamed incompletely: its first ticks or others are missing"]
        )
        return noted(_table(whole.ticks), [*notes, *_notes(day, whole.ticks, whole.codes)])

    def coverage(self, symbol: str) -> tuple[date, date] | None:  # noqa: ARG002 - the endpoint is asked a day at a time
        return None


def _table(ticks: RawColumns) -> pa.Table:
    ts_us, *values, missing = ticks
    bits = (
        rule_kernel.NO_BID,
        rule_kernel.NO_ASK,
        rule_kernel.NO_BID_SIZE,
        rule_kernel.NO_ASK_SIZE,
    )
    is_absent = (missing & rule_kernel.NO_TIME > 0) | ~_can_be_written(ticks)
    columns = [
        pa.array(np.where(is_absent, 0, ts_us), mask=is_absent).cast(TICK_SCHEMA.field("ts_event").type)
    ]
    columns += [pa.array(each, mask=missing & bit > 0) for each, bit in zip(values, bits, strict=True)]
    return pa.table(columns, schema=TICK_SCHEMA)


def _can_be_written(ticks: RawColumns) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return (ticks.ts_us >= _FIRST_US) & (ticks.ts_us <= _LAST_US)


def _notes(day: SymbolDay, ticks: RawColumns, codes: Bytes) -> list[str]:
    """Where gold will not be what was served, and what the CSV cannot hold."""
    late, future = (int(np.count_nonzero(codes == code)) for code in (rule_kernel.LATE, FUTURE))
    beyond = int(np.count_nonzero(~_can_be_written(ticks)))
    noisy = _noisy(day, ticks.bid) + _noisy(day, ticks.ask)
    told = {
        f"{late:,} late ticks, which cleaning sorts in": late,
        f"{future:,} ticks that were ahead of the endpoint's clock, which cleaning takes": future,
        f"{beyond:,} times outside the years 1 to 9999, which a CSV cannot hold and are left empty": beyond,
        f"{noisy:,} prices that are off the point grid by float noise, which the CSV does not keep": noisy,
    }
    return [f"{day} has {what}" for what, count in told.items() if count]


def _noisy(day: SymbolDay, prices: Floats) -> int:
    """Prices that the landing CSV writes as the nearest one on the grid, which is another double."""
    factor = instrument_of(day.symbol).decimal_factor
    with np.errstate(invalid="ignore", over="ignore"):
        points = prices * factor
        nearest = np.rint(points)
        return int(
            np.count_nonzero(
                (np.abs(points - nearest) <= GRID_TOLERANCE_POINTS) & (nearest / factor != prices)
            )
        )
