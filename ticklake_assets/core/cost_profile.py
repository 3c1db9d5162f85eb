"""Which broker's costs: a profile is chosen by its name, read once, and resolved into one symbol's numbers.

    costs = costs_of("EURUSD", "fx", 5, chosen_profile())     # of the profile that TICKLAKE_COSTS names

The variable is read here and by `settings`, which documents and checks it: costs belong to the symbol's facts, which
every process and every worker looks up, and one that forgot to say which would trade at the default's, silently.
"""

from __future__ import annotations

import os
from functools import cache
from importlib.resources import files
from pathlib import Path

from ticklake_assets.core.broker import HOURS, Account, ByPrice, Costs
from ticklake_assets.core.cost_terms import TRIPLE_DAYS, CostProfile, Terms, read_profile
from ticklake_assets.core.errors import SetupError

COSTS_VARIABLE = "TICKLAKE_COSTS"
DEFAULT_PROFILE = "dukascopy"
SYNTHETIC_VENUE = "synthetic"
"""The profile of the synthetic markets, whatever is chosen: no broker has them."""
_FOLDER = files("ticklake_assets.core") / "cost_profiles"


def profile_names() -> list[str]:
    """The profiles to choose from that come with the package."""
    names = (Path(entry.name) for entry in _FOLDER.iterdir())
    return sorted(name.stem for name in names if name.suffix == ".toml" and name.stem != SYNTHETIC_VENUE)


def chosen_profile() -> str:
    return os.environ.get(COSTS_VARIABLE) or DEFAULT_PROFILE


def expect_profile(name: str) -> None:
    """SetupError, with the names there are, where there is no such profile or it can't be read."""
    if name not in profile_names() and not (name.endswith(".toml") and Path(name).is_file()):
        offered = ", ".join(profile_names())
        raise SetupError(
            f"{COSTS_VARIABLE}: Expected one of {offered}, or a TOML file of your own, was {name!r}"
        )
    load_profile(name)


@cache
def load_profile(name: str) -> CostProfile:
    """The profile of that name, or of the file of that path."""
    if name.endswith(".toml"):
        return read_profile(Path(name).stem, Path(name).read_text(encoding="utf-8"))
    return read_profile(name, (_FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


@cache
def costs_of(symbol: str, kind: str, digits: int, profile: str) -> Costs:
    """Resolve what the profile says of a symbol.

    Commission per million is a share of the price, exact in any currency. One per lot is exact where the account's is
    the quote or the base currency of the symbol; else it is converted with the profile's dated rate, not with another
    symbol's quotes: a day of gold depends on no other symbol's day (docs/decisions/0014).
    """
    if kind != SYNTHETIC_VENUE:
        expect_profile(profile)
    held = load_profile(SYNTHETIC_VENUE if kind == SYNTHETIC_VENUE else profile)
    terms, base, quote = held.terms(symbol, kind), symbol[:-3], symbol[-3:]
    missing = [each for each in (base, quote) if each not in held.rates]
    if missing:
        raise SetupError(f"Cost profile {held.name}: [rates] Expected {missing[0]} for {symbol}, was absent")
    units = held.lots * terms.lot_units
    per_unit = _in_quote(terms.commission_per_lot / terms.lot_units, held, base, quote)
    return Costs(
        profile=held.name,
        slippage_pips=terms.slippage_pips * _size_factor(terms, held.lots),
        slippage_by_hour=_by_hour(terms),
        markup_pips=terms.markup_pips,
        commission=ByPrice(
            terms.commission_per_million / 1e6 + per_unit.share,
            per_unit.fixed + terms.commission_points / 10**digits,
        ),
        minimum_commission=_in_quote(terms.minimum_commission / units, held, base, quote),
        commission_from=_conversion(terms, held, base, quote),
        swap_long_pips=terms.swap_long_pips,
        swap_short_pips=terms.swap_short_pips,
        nights=_nights(terms.triple_day),
        latency_ms=terms.latency_ms,
        account=Account(
            currency=held.currency,
            units=units,
            lots=held.lots,
            margin_rate=terms.margin_rate,
            rate=held.rates[quote],
            rate_from=f"{held.name}'s rate of {held.rates_date}",
            reference_price=held.rates[base] / held.rates[quote],
        ),
    )


def _in_quote(amount: float, held: CostProfile, base: str, quote: str) -> ByPrice:
    """An amount of account currency for one base unit, in the quote currency."""
    if quote == held.currency:
        return ByPrice(fixed=amount)
    if base == held.currency:
        return ByPrice(share=amount)
    return ByPrice(fixed=amount / held.rates[quote])


def _conversion(terms: Terms, held: CostProfile, base: str, quote: str) -> str:
    if not terms.commission_per_lot and not terms.minimum_commission:
        return "nothing to convert"
    if held.currency in (base, quote):
        return "the symbol's own price"
    return f"{held.currency} {held.rates[quote]:g} a {quote} of {held.rates_date}"


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
