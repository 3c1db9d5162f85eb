"""Twenty years of thirty symbols as listings see them: empty files by layer, all that the pages read of days."""

from __future__ import annotations

import re
from datetime import date, timedelta
from hashlib import sha256
from itertools import combinations
from pathlib import Path

from ticklake_assets.core.day_files import raw_key
from ticklake_assets.core.instruments import INSTRUMENTS
from ticklake_assets.core.market_tables import MARKET
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.storage.objects.local import LocalObjectStore
from ticklake_assets.storage.raw.seals import SealName, content_id

SYMBOLS, YEARS, LAST = 30, 20, date(2025, 12, 31)
_LIKE = "GBPUSD"
_CURRENCIES = ("EUR", "GBP", "AUD", "NZD", "USD", "CAD", "CHF", "JPY")


def make_large(home: Path) -> list[str]:
    """Give the home's embedded lake the days, beside what it has; the symbols, the known ones first."""
    known = sorted(INSTRUMENTS)
    others = [one + other for one, other in combinations(_CURRENCIES, 2) if one + other not in known]
    made = others[: SYMBOLS - len(known)]
    (home / "instruments.toml").write_text("\n".join(_instrument(name) for name in made))
    days = [LAST - timedelta(days=back) for back in range(365 * YEARS)]
    for symbol in (*known, *made):
        for day in days:
            if day.weekday() < 5:
                _make_day(home / "lake", SymbolDay(symbol, day))
    return [*known, *made]


def _make_day(lake: Path, day: SymbolDay) -> None:
    """Raw, sealed, typed, clean and in gold: nothing is left to do, so no sensor begins with it."""
    digest, raw = sha256(str(day).encode()).hexdigest(), raw_key(day)
    _touch(lake / raw)
    seen = LocalObjectStore(lake).head(raw)
    assert seen is not None
    partition = f"ticks/symbol={day.symbol}/trading_day={day.trading_day}/manifest.json"
    for key in (
        SealName(day, 1, content_id(seen), digest).key,
        f"parquet/{partition}",
        f"clean/{partition}",
        f"made_from/gold/{day.symbol}/{day.trading_day}/{digest}.json",
    ):
        _touch(lake / key)


def _touch(file: Path) -> None:
    try:
        file.touch()
    except FileNotFoundError:
        file.parent.mkdir(parents=True)
        file.touch()


def _instrument(name: str) -> str:
    """The tables of one that comes along, under another name."""
    text = (MARKET / "instruments.toml").read_text()
    tables = re.findall(rf"^\[{_LIKE}[\].].*?(?=^\[(?!{_LIKE}[\].])|\Z)", text, re.MULTILINE | re.DOTALL)
    return "".join(tables).replace(_LIKE, name)
