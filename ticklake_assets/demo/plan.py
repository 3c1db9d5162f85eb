"""What a demo runs on: symbols, days and folds."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from ticklake_assets.core.calendar import calendar_days
from ticklake_assets.core.errors import MissingDataError, SetupError
from ticklake_assets.core.instruments import INSTRUMENTS, Instrument, instrument_of
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
    """All days that a folder of real ticks covers, read as the settings say; of its only symbol where none is named.

    Raises:
        SetupError: it is no folder, or holds several symbols, which are listed with their days, or none.
    """
    if not folder.is_dir():
        raise SetupError(f"Expected a folder of ticks, was {folder}")
    source = FolderSource(folder, settings.source_dialect, settings.source_zone, dialects=settings.dialects)
    if symbol is None:
        found = _symbols_of(source)
        if len(found) != 1:
            told = [f"{name} ({first} to {last})" for name, (first, last) in found.items()]
            raise SetupError(
                f"Expected --symbol with --ticks, was none. The folder {folder} has "
                f"{', '.join(told) or 'ticks of no symbol that `ticklake instruments` lists'}"
            )
        (symbol,) = found
    instrument_of(symbol)
    return DemoMarket(symbol, tuple(calendar_days(*source.coverage(symbol))))


def _symbols_of(source: FolderSource) -> dict[str, tuple[date, date]]:
    """Known symbols with files there, each with its first and last day."""
    found = {}
    for symbol, instrument in INSTRUMENTS.items():
        if not instrument.is_synthetic:
            with suppress(MissingDataError):
                found[symbol] = source.coverage(symbol)
    return found
