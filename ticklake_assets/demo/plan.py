"""What a demo runs on: symbols, days and folds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from ticklake_assets.core.calendar import calendar_days
from ticklake_assets.core.errors import SetupError
from ticklake_assets.core.instruments import Instrument, instrument_of
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.settings import Settings
from ticklake_assets.sources.folder import FolderSource

SYNTHETIC_SYMBOLS = ("SYNEUR", "SYNJPY")
SYNTHETIC_FIRST = date(2024, 1, 1)
SYNTHETIC_FOLDS = 3


@dataclass(frozen=True)
class DemoMarket:
    """One symbol's days; the last is held out: no stage of the model sees it, it is replayed."""

    symbol: str
    days: tuple[date, ...]

    @property
    def instrument(self) -> Instrument:
        return instrument_of(self.symbol)

    @property
    def symbol_days(self) -> list[SymbolDay]:
        return [SymbolDay(self.symbol, day) for day in self.days]

    @property
    def held_out(self) -> SymbolDay:
        return SymbolDay(self.symbol, self.days[-1])

    @property
    def as_ofs(self) -> list[SymbolDay]:
        """As-of days of the folds, oldest first, the held-out day last; empty where the history is too short."""
        windows = self.instrument.windows
        room = len(self.days) - 1 - windows.lookback_days
        if room < 0:
            return []
        return [
            self.held_out.shifted(-back * windows.test_days)
            for back in range(room // windows.test_days, -1, -1)
        ]


def synthetic_markets() -> list[DemoMarket]:
    """Two synthetic symbols, just enough days for three folds and the held-out day."""
    markets = []
    for symbol in SYNTHETIC_SYMBOLS:
        windows = instrument_of(symbol).windows
        count = windows.lookback_days + (SYNTHETIC_FOLDS - 1) * windows.test_days
        last = SymbolDay(symbol, SYNTHETIC_FIRST).shifted(count).trading_day
        markets.append(DemoMarket(symbol, tuple(calendar_days(SYNTHETIC_FIRST, last))))
    return markets


def market_of_folder(folder: Path, symbol: str | None, settings: Settings) -> DemoMarket:
    """All days that a folder of real ticks covers, read as the settings say."""
    if symbol is None:
        raise SetupError("Expected --symbol with --ticks, was none: name the symbol of the folder's ticks")
    if not folder.is_dir():
        raise SetupError(f"Expected a folder of ticks, was {folder}")
    instrument_of(symbol)
    source = FolderSource(folder, settings.source_dialect, settings.source_zone, dialects=settings.dialects)
    return DemoMarket(symbol, tuple(calendar_days(*source.coverage(symbol))))
