"""A dirty synthetic day as the endpoint's clients have it: a raw CSV and its ticks in time order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from math import isfinite
from pathlib import Path

from mt5_bridge.ticks.csv_feed import read_ticks
from mt5_bridge.wire.contract import Tick
from serving.endpoint.feed.messages import read_columns
from ticklake_assets.core.cleaning import RawColumns
from ticklake_assets.core.features import features_of_day
from ticklake_assets.core.live_cleaner import clean_day_live
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import DayFeatures, Quotes
from ticklake_assets.sources.dirt import DirtPlan, inject
from ticklake_assets.sources.folder import FolderSource
from ticklake_assets.sources.landing_csv import publish_day
from ticklake_assets.sources.synthetic import Market, synthetic_day

DAY = SymbolDay("SYNEUR", date(2024, 1, 17))


@dataclass(frozen=True)
class RecordedDay:
    day: SymbolDay
    csv: Path
    ticks: list[Tick]
    by_rule: dict[str, int]
    """Rows that were made to break each rule."""

    def columns(self, start: int = 0, end: int | None = None) -> RawColumns:
        """Some of the ticks, as a message of them is read."""
        rows = [[_wire(value) for value in tick[1:]] for tick in self.ticks[start:end]]
        return read_columns({"rows": rows}, ())

    @property
    def quotes(self) -> Quotes:
        """What cleaning keeps."""
        return clean_day_live(self.day, (tick[1:] for tick in self.ticks))

    @property
    def features(self) -> DayFeatures:
        return features_of_day(self.day, self.quotes)


def record_day(folder: Path, day: SymbolDay = DAY, *, ticks: int = 1500, seed: int = 3) -> RecordedDay:
    """Draw, soil and land a day; the market moves as much in few ticks as others in many."""
    table = synthetic_day(day, seed, 1.0, Market(ticks_a_day=ticks))
    dirty, truth = inject(table, day, seed, DirtPlan.for_rows(table.num_rows))
    csv = publish_day(folder, day, dirty).path
    return RecordedDay(day, csv, read_ticks(csv), truth.by_rule)


def real_day(folder: Path, shared_data: Path) -> RecordedDay:
    """A whole day of recorded GBPJPY quotes (16,343), as the folder source lands them."""
    day = SymbolDay("GBPJPY", date(2012, 12, 25))
    csv = publish_day(folder, day, FolderSource(shared_data / "dukascopy").fetch_day(day)).path
    return RecordedDay(day, csv, read_ticks(csv), {})


def _wire(value: float | None) -> float | str | None:
    """A value as JSON holds it."""
    return value if value is None or isfinite(value) else str(value)
