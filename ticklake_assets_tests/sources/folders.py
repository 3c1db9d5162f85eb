"""Small folders of ticks, as users have them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets_tests.sources.builders import MONDAY, make_bi5, make_hour

HEADER = "Time,Ask,Bid,AskVolume,BidVolume"


def day_of(day: date, symbol: str = "GBPJPY") -> SymbolDay:
    return SymbolDay(symbol, day)


def make_csv(path: Path, *days: date, header: str = HEADER) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"{day:%d.%m.%Y} 10:00:0{second}.000,132.158,132.141,1,1" for day in days for second in range(3)]
    path.write_text("\n".join([header, *lines, ""]))
    return path


def make_bi5_hours(root: Path, *hours: int, day: date = MONDAY, symbol: str = "GBPJPY") -> None:
    for hour in hours:
        path = root / make_hour(hour, day, symbol).bi5_path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(make_bi5((hour, 132158, 132141, 1.5, 1.13)))
