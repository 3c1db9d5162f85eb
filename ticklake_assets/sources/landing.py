"""Land a day: fetch it from a source, publish it as a CSV, say what is odd about it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.sources.day_notes import notes_of
from ticklake_assets.sources.landing_csv import Landed, publish_day
from ticklake_assets.sources.quote_notes import quote_notes
from ticklake_assets.sources.source import TickSource, notes_in


class LandedDay(NamedTuple):
    """A published day."""

    landed: Landed
    rows: int
    notes: list[str]
    """What is odd about it: a sentence each."""


def land_day(root: Path, day: SymbolDay, source: TickSource) -> LandedDay:
    """Fetch a day and publish it in the landing folder `root`."""
    table = source.fetch_day(day)
    return LandedDay(publish_day(root, day, table), table.num_rows, landing_notes(day, table))


def landing_notes(day: SymbolDay, table: pa.Table) -> list[str]:
    """What is odd about a day, and refuses nothing of it."""
    return [*notes_in(table), *notes_of(day, table), *quote_notes(day, table)]
