"""The entry of an instrument as TOML: from the vendor's catalogue or from a terminal, with what is to be checked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ticklake_assets.core.cost_profile import load_profile
from ticklake_assets.core.errors import DataError, SetupError
from ticklake_assets.core.market_schema import SYMBOL
from ticklake_assets.core.vendor_catalogue import Listed, listed

_LEAST_TICKS = {"fx": 20_000, "metal": 20_000, "crypto": 20_000, "stock": 1_000}
"""Of an open day, by kind; others: 5,000."""
_PIPS = {"stock": 0.01, "index": 1.0}
"""By kind; others: ten points."""
_ASSUMED = {
    "margin_rate": 0.2,
    "slippage_pips": 1.0,
    "swap_long_pips": 1.0,
    "swap_short_pips": 1.0,
    "latency_ms": [200],
}
"""Costs of a kind that the profile does not know: they work, and are nobody's."""
_ASSUMED_COMMISSION = {"commission_per_million": 52.5}
"""What the ticks' own venue asks for metals: dear rather than free where nobody said it."""


@dataclass(frozen=True)
class Draft:
    """An entry that is to be written."""

    symbol: str
    values: dict[str, Any]
    title: str
    checks: list[str] = field(default_factory=list)
    """What a person has to look up."""

    def toml(self) -> str:
        """As it is appended to a file."""
        return "\n".join(
            [
                "",
                f"# {' '.join(self.title.split())}",
                *(f"# check {each}" for each in self.checks),
                f"[{self.symbol}]",
                *(
                    f"{key} = {_toml(value)}"
                    for key, value in self.values.items()
                    if value not in (None, {}, "")
                ),
                "",
            ]
        )


def from_catalogue(
    name: str,
    symbol: str | None,
    calendar: str | None,
    pip: float | None,
    price: float | None,
    quote_in_usd: float | None,
    profile: str,
) -> Draft:
    """Of the vendor's catalogue; DataError where it is not in it, SetupError where a fact is left to say."""
    found = listed(name)
    if found is None:
        raise DataError(
            f"Expected a symbol or code of the vendor's catalogue, was {name!r}: `ticklake instrument search` finds one"
        )
    called = symbol or found.symbol
    if called is None:
        raise SetupError(f"Expected --symbol for {found.code}, whose name is too long for one, was none")
    values = _facts(found, called) | {
        "calendar": calendar or found.calendar,
        "pip": pip or _pip(found),
        "price": price,
        "quote_in_usd": quote_in_usd,
    }
    if values["calendar"] is None:
        raise SetupError(
            f"Expected --calendar for {found.code}, since none that comes along has its hours: declare "
            "[calendars.NAME] in your file, as docs/instruments.md shows"
        )
    _expect_rates(found, price, quote_in_usd, profile)
    values["costs"] = _costs(found.kind, profile)
    title = f"{found.description}: Dukascopy's {found.code}"
    since = f", first tick {found.first_tick}" if found.first_tick else ""
    return Draft(expect_symbol(called), values, title + since, _checks(values))


def expect_symbol(symbol: str) -> str:
    """SetupError where it can't be one."""
    if not SYMBOL.fullmatch(symbol):
        raise SetupError(f"Expected a symbol of 3 to 12 capital letters and digits, was {symbol!r}")
    return symbol


def _facts(found: Listed, symbol: str) -> dict[str, Any]:
    codes = {}
    if found.code != f"{symbol[:-3]}-{symbol[-3:]}":
        codes["dukascopy"] = found.code
    if found.bi5_code != symbol:
        codes["dukascopy-bi5"] = found.bi5_code
    told = (symbol[:-3], symbol[-3:]) == (found.base.replace(".", ""), found.quote)
    return {
        "about": found.description,
        "kind": found.kind,
        "calendar": None,
        "digits": found.digits,
        "pip": None,
        "min_open_ticks": _LEAST_TICKS.get(found.kind, 5_000),
        "windows": {"train_days": 10, "validate_days": 3, "test_days": 3},
        "base": "" if told else found.base.replace(".", ""),
        "quote": "" if told else found.quote,
        "codes": codes,
    }


def _pip(found: Listed) -> float:
    point = float(f"1e-{found.digits}")
    return max(_PIPS.get(found.kind, float(f"1e{1 - found.digits}")), point)


def _expect_rates(found: Listed, price: float | None, quote_in_usd: float | None, profile: str) -> None:
    """SetupError where the profile has no rate of a side, and none is said."""
    base, quote, rates = found.base.replace(".", ""), found.quote, load_profile(profile).rates
    if quote not in rates and quote_in_usd is None:
        raise SetupError(
            f"Expected --quote-in-usd, the price of one {quote} in USD, as {profile} has none, was none"
        )
    if base not in rates and price is None:
        raise SetupError(
            f"Expected --price, roughly that of one {base} in {quote}, as {profile} has none, was none"
        )


def assumed_commission(kind: str, profile: str) -> dict[str, float]:
    """A commission for the entry's own costs; nothing where the profile states one of its kind."""
    return {} if kind in load_profile(profile).kinds else _ASSUMED_COMMISSION


def _costs(kind: str, profile: str) -> dict[str, Any]:
    commission = assumed_commission(kind, profile)
    return {"lot_units": 1.0, **_ASSUMED, **commission} if commission else {}


def _checks(values: Mapping[str, Any]) -> list[str]:
    costs = (
        "costs: these are assumed, the commission, too; your broker's are not"
        if values["costs"]
        else f"costs: they are those of any {values['kind']} of the profile, lot and swap, too (`ticklake costs`)"
    )
    return [
        f"pip and digits: {values['pip']:g} and {values['digits']}, against a quote of your venue",
        f"calendar: {values['calendar']}, against the hours and holidays of your venue",
        costs,
        "min_open_ticks and windows: against the quotes of a usual day and the history that there is",
    ]


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_toml(each)}" for key, each in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False)
