"""What a symbol-day's file is called, in the landing folder and in the lake: one grammar for both.

GBPJPY/2012/12/GBPJPY_2012-12-03.csv            below landing's `ticks/` and the lake's `raw/ticks/`
GBPJPY/2012/12/GBPJPY_2012-12-03.r2.csv         a correction, then `.r3.csv`
GBPJPY/2012/12/GBPJPY_2012-12-03.journal        below the lake's `journal/ticks/`: what the endpoint was streamed
"""

from __future__ import annotations

import re
from datetime import date

from ticklake_assets.core.symbol_day import SymbolDay

RAW = "raw/ticks/"
"""Where raw objects lie in the lake."""
JOURNALS = "journal/ticks/"
"""Where the endpoint's sealed journals lie in the lake."""
_DAY_FILE = re.compile(r"([A-Z0-9]{3,12})/(\d{4})/(\d{2})/\1_(\2-\3-\d{2})(?:\.r([2-9]|[1-9]\d+))?\.csv")


def day_file(day: SymbolDay, revision: int = 1) -> str:
    """
    >>> day_file(SymbolDay.parse("GBPJPY|2012-12-03"), 2)
    'GBPJPY/2012/12/GBPJPY_2012-12-03.r2.csv'
    """
    when, suffix = day.trading_day, f".r{revision}" if revision > 1 else ""
    return f"{day.symbol}/{when.year:04}/{when.month:02}/{day.symbol}_{when.isoformat()}{suffix}.csv"


def parse_day_file(path: str) -> tuple[SymbolDay, int] | None:
    """Symbol-day and revision of a day's file; None for any other path, of no day of the calendar, too."""
    match = _DAY_FILE.fullmatch(path)
    if match is None:
        return None
    try:
        return SymbolDay(match[1], date.fromisoformat(match[4])), int(match[5] or 1)
    except ValueError:
        return None


def raw_key(day: SymbolDay, revision: int = 1) -> str:
    """
    >>> raw_key(SymbolDay.parse("GBPJPY|2012-12-03"))
    'raw/ticks/GBPJPY/2012/12/GBPJPY_2012-12-03.csv'
    """
    return RAW + day_file(day, revision)


def journal_key(day: SymbolDay) -> str:
    """
    >>> journal_key(SymbolDay.parse("GBPJPY|2012-12-03"))
    'journal/ticks/GBPJPY/2012/12/GBPJPY_2012-12-03.journal'
    """
    return f"{JOURNALS}{day_file(day).removesuffix('.csv')}.journal"


def parse_raw_key(key: str) -> tuple[SymbolDay, int] | None:
    """Symbol-day and revision of a raw key; None for any other key."""
    return parse_day_file(key.removeprefix(RAW)) if key.startswith(RAW) else None
