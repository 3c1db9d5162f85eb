"""Which broker's costs: a profile is chosen by its name, read once, and resolved into one symbol's numbers.

    costs = costs_of("EURUSD", "fx", 5, chosen_profile())     # of the profile that TICKLAKE_COSTS names

The variable is read here and by `settings`, which documents and checks it: costs belong to the symbol's facts, which
every process and every worker looks up, and one that forgot to say which would trade at the default's, silently.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from ticklake_assets.core.broker import HOURS, Account, ByPrice, Costs
from ticklake_assets.core.cost_terms import TRIPLE_DAYS, CostProfile, Terms, read_profile
from ticklake_assets.core.errors import SetupError
from ticklake_assets.core.home_files import elsewhere, of_home

COSTS_VARIABLE = "TICKLAKE_COSTS"
DEFAULT_PROFILE = "dukascopy"
SYNTHETIC_VENUE = "synthetic"
"""The profile of the synthetic markets, whatever is chosen: no broker has them."""
_FOLDER = files("ticklake_assets.core") / "cost_profiles"


def profile_names() -> list[str]:
    """The profiles to choose from that come with the package."""
    names = (Path(entry.name) for entry in _FOLDER.iterdir())
    return sorted(name.stem for name in names if name.suffix == ".toml" and name.stem != SYNTHETIC_VENUE)


@dataclass(frozen=True)
class OwnTerms:
    """What an instrument's own entry says of its costs, for profiles that say nothing of it."""

    base: str
    quote: str
    price: float | None = None
    """Its price, roughly: the rate of its base where the profile has none."""
    quote_in_usd: float | None = None
    """The rate of its quote currency where the profile has none."""
    terms: Mapping[str, Any] = field(default_factory=dict)
    """Keys of `Terms` that count above those of its kind and below those that the profile has of the symbol."""


def chosen_profile() -> str:
    """A profile's name, or the whole path of a file: a relative one is of TICKLAKE_HOME."""
    return placed(os.environ.get(COSTS_VARIABLE) or DEFAULT_PROFILE)


def placed(name: str) -> str:
    """A profile as a setting names it: its name, or the whole path of its file."""
    return str(of_home(name)) if name.endswith(".toml") else name


def expect_profile(name: str) -> None:
    """SetupError, with the names there are, where there is no such profile or it can't be read."""
    if name not in profile_names() and not (name.endswith(".toml") and Path(name).is_file()):
        offered = ", ".join(profile_names())
        raise SetupError(
            f"{COSTS_VARIABLE}: Expected one of {offered}, or a TOML file of your own, was {name!r}"
            + elsewhere(os.environ.get(COSTS_VARIABLE) or name)
        )
    load_profile(name)


@cache
def load_profile(name: str) -> CostProfile:
    """The profile of that name, or of the file of that path."""
    if name.endswith(".toml"):
        return read_profile(Path(name).stem, Path(name).read_text(encoding="utf-8"))
    return read_profile(name, (_FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def costs_of(symbol: str, kind: str, digits: int, profile: str, own: OwnTerms | None = None) -> Costs:
    """Resolve what the profile says of a symbol, and its own entry where the profile is silent.

    Commission per million is a share of the price, exact in any currency. One per lot is exact where the account's is
    the quote or the base currency of the symbol; else it is converted with the profile's dated rate, not with another
    symbol's quotes: a day of gold depends on no other symbol's day (docs/decisions/0014).
    """
    if kind != SYNTHETIC_VENUE:
        expect_profile(profile)
    held = load_profile(SYNTHETIC_VENUE if kind == SYNTHETIC_VENUE else profile)
    own = own or OwnTerms(symbol[:-3], symbol[-3:])
    terms, base, quote = held.terms(symbol, kind, own.terms), own.base, own.quote
    rates = held.rates | _own_rates(held, own)
    missing = [each for each in (base, quote) if each not in rates]
    if missing:
        key = "price" if missing[0] == base else "quote_in_usd"
        raise SetupError(
            f"Cost profile {held.name}: [rates] Expected {missing[0]} for {symbol}, was absent; or `{key}` in the "
            "instrument's own entry"
        )
    units = held.lots * terms.lot_units
    per_unit = _in_quote(terms.commission_per_lot / terms.lot_units, held.currency, rates, base, quote)
    return Costs(
        profile=held.name,
        slippage_pips=terms.slippage_pips * _size_factor(terms, held.lots),
        slippage_by_hour=_by_hour(terms),
        markup_pips=terms.markup_pips,
        commission=ByPrice(
            terms.commission_per_million / 1e6 + per_unit.share,
            per_unit.fixed + terms.commission_points / 10**digits,
        ),
        minimum_commission=_in_quote(terms.minimum_commission / units, held.currency, rates, base, quote),
        commission_from=_conversion(terms, held, rates, base, quote),
        swap_long_pips=terms.swap_long_pips,
        swap_short_pips=terms.swap_short_pips,
        nights=_nights(terms.triple_day),
        latency_ms=terms.latency_ms,
        account=Account(
            currency=held.currency,
            units=units,
            lots=held.lots,
            margin_rate=terms.margin_rate,
            rate=rates[quote],
            rate_from=_rate_from(held, quote),
            reference_price=rates[base] / rates[quote],
        ),
    )


def _own_rates(held: CostProfile, own: OwnTerms) -> dict[str, float]:
    """What the profile has no rate of, by the instrument's own entry: in account currency."""
    rates: dict[str, float] = {}
    if own.quote not in held.rates and own.quote_in_usd is not None and "USD" in held.rates:
        rates[own.quote] = own.quote_in_usd * held.rates["USD"]
    quote = (held.rates | rates).get(own.quote)
    if own.base not in held.rates and own.price is not None and quote is not None:
        rates[own.base] = own.price * quote
    return rates


def _rate_from(held: CostProfile, quote: str) -> str:
    return f"{held.name}'s rate of {held.rates_date}" if quote in held.rates else "the instrument's own entry"


def _in_quote(amount: float, currency: str, rates: Mapping[str, float], base: str, quote: str) -> ByPrice:
    """An amount of account currency for one base unit, in the quote currency."""
    if quote == currency:
        return ByPrice(fixed=amount)
    if base == currency:
        return ByPrice(share=amount)
    return ByPrice(fixed=amount / rates[quote])


def _conversion(terms: Terms, held: CostProfile, rates: Mapping[str, float], base: str, quote: str) -> str:
    if not terms.commission_per_lot and not terms.minimum_commission:
        return "nothing to convert"
    if held.currency in (base, quote):
        return "the symbol's own price"
    dated = f"of {held.rates_date}" if quote in held.rates else "by the instrument's own entry"
    return f"{held.currency} {rates[quote]:g} a {quote} {dated}"


def _size_factor(terms: Terms, lots: float) -> float:
    """Of the smallest band that holds the size; of the largest one where it is larger than all."""
    factor = 1.0
    for band in sorted(terms.slippage_sizes, key=lambda each: each["lots"]):
        factor = band["factor"]
        if lots <= band["lots"]:
            break
    return factor


def _by_hour(terms: Terms) -> tuple[float, ...]:
    factors = [1.0] * HOURS
    for row in terms.slippage_sessions:
        for hour in range(int(row["from_hour"]), min(int(row["to_hour"]), HOURS)):
            factors[hour] = row["factor"]
    return tuple(factors)


def _nights(triple_day: str) -> tuple[int, ...]:
    if triple_day == "none":
        return (1,) * 7
    return (*(3 if day == triple_day else 1 for day in TRIPLE_DAYS), 0, 0)
