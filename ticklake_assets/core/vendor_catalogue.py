"""What Dukascopy's feed has: some 1,500 instruments, with their codes, decimals and the day of the first tick.

`market/dukascopy.csv` is made of the vendor's public metadata (`python -m ticklake_assets.commands.catalogue_table`).
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from datetime import date
from functools import cache

from ticklake_assets.core.cost_terms import KINDS
from ticklake_assets.core.market_tables import MARKET

COLUMNS = ("code", "digits", "first_tick", "description")
_LONGEST_SYMBOL = 12
_CURRENCIES = frozenset(
    (
        "AED", "AUD", "CAD", "CHF", "CNH", "CZK", "DKK", "EUR", "GBP", "HKD", "HUF", "ILS", "JPY",
        "MXN", "NOK", "NZD", "PLN", "RON", "SAR", "SEK", "SGD", "THB", "TRY", "USD", "ZAR",
    )
)  # fmt: skip
_METALS = frozenset(("XAU", "XAG", "XPT", "XPD"))
_KINDS_BY_CLASS = {"IDX": "index", "CMD": "commodity"}


@dataclass(frozen=True)
class Listed:
    """One instrument of the vendor's."""

    code: str
    """As the JSON feed has it: EUR-USD, USA500.IDX-USD."""
    digits: int
    first_tick: date | None
    """None where the vendor doesn't know."""
    description: str

    @property
    def bi5_code(self) -> str:
        """As the bi5 feed has it: USA500IDXUSD."""
        return re.sub(r"[-.]", "", self.code)

    @property
    def base(self) -> str:
        return self.code.rpartition("-")[0]

    @property
    def quote(self) -> str:
        return self.code.rpartition("-")[2]

    @property
    def symbol(self) -> str | None:
        """What it is called here: its bi5 code, less its class where that is too long; None where both are."""
        short = f"{self.base.partition('.')[0]}{self.quote}"
        return next((each for each in (self.bi5_code, short) if len(each) <= _LONGEST_SYMBOL), None)

    @property
    def kind(self) -> str:
        """Table of a cost profile, by the code alone."""
        base, _, venue = self.base.partition(".")
        if venue:
            return _KINDS_BY_CLASS.get(venue, "stock")
        if base in _METALS:
            return "metal"
        return "fx" if base in _CURRENCIES else "crypto"

    @property
    def calendar(self) -> str | None:
        """The calendar that comes along and fits; None where none does."""
        base, _, venue = self.base.partition(".")
        if venue == "US":
            return "us_stocks"
        if venue == "IDX":
            return "indices" if base.startswith("US") else None
        return None if venue else {"fx": "fx", "metal": "metals", "crypto": "crypto"}[self.kind]


@cache
def catalogue() -> tuple[Listed, ...]:
    """All of them, by code."""
    with (MARKET / "dukascopy.csv").open(encoding="utf-8") as file:
        return tuple(
            Listed(
                row["code"],
                int(row["digits"]),
                date.fromisoformat(row["first_tick"]) if row["first_tick"] else None,
                row["description"],
            )
            for row in csv.DictReader(file)
        )


def search(text: str) -> list[Listed]:
    """Those whose code or description has every word of the text: currencies and metals first, shares last.

    Of each kind those in dollars come first.
    """
    words = text.upper().split()
    found = [each for each in catalogue() if all(word in _told(each) for word in words)]
    return sorted(found, key=lambda each: (KINDS.index(each.kind), each.quote != "USD"))


def listed(name: str) -> Listed | None:
    """The one of that symbol or code, however it is written: xagusd, XAG-USD, XAG/USD."""
    wanted = re.sub(r"[^A-Z0-9]", "", name.upper())
    found = [each for each in catalogue() if wanted in (each.bi5_code, each.symbol)]
    return found[0] if found else None


def _told(each: Listed) -> str:
    return f"{each.code} {each.bi5_code} {each.description}".upper()
