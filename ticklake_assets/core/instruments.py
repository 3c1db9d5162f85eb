"""What ticklake knows of a symbol: a symbol without an entry in a file of instruments cannot exist.

The package's file is `core/market/instruments.toml`; TICKLAKE_INSTRUMENTS names the user's own (docs/instruments.md).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ticklake_assets.core.broker import UNPRICED, Costs
from ticklake_assets.core.cost_profile import (
    SYNTHETIC_VENUE,
    OwnTerms,
    chosen_profile,
    costs_of,
    load_profile,
)
from ticklake_assets.core.errors import DataError, SetupError
from ticklake_assets.core.folds import Windows
from ticklake_assets.core.market_tables import MarketTables, own_file, with_own

if TYPE_CHECKING:
    from ticklake_assets.core.market_schema import InstrumentEntry


@dataclass(frozen=True)
class Instrument:
    """Static facts of a symbol. Prices are in units of the quote currency."""

    symbol: str
    digits: int
    """Decimals of a price; a *point* is the last of them."""
    pip: float
    """The trader's unit of price change: 10 points for 5- and 3-digit FX."""
    calendar: str
    """When it is open: the name of a calendar (`core.calendar`)."""
    kind: str
    """Which table of a cost profile it is in: `fx`, `metal`, `crypto`, `index` and so on, or `synthetic`."""
    min_open_ticks: int
    """Quotes below which a day counts as not open for training (holidays, Sunday evenings)."""
    windows: Windows
    """Default train, validate and test windows."""
    stops_level_points: int = 0
    """Least distance of a stop or target from the price, points (the broker's `trade_stops_level`)."""
    costs: Costs = UNPRICED
    """What trading it costs by the chosen profile: `instrument_of` fills it in."""
    tick_points: int = 1
    """Points of the smallest price step (the broker's `trade_tick_size`): stops and targets lie on its grid."""
    base: str = ""
    """What is bought and sold; without a word, the symbol less its quote currency."""
    quote: str = ""
    """The currency of its prices; without a word, the symbol's last three letters."""
    codes: tuple[tuple[str, str], ...] = ()
    """(source, code) where a source's code is not the usual one."""
    price_range: tuple[float, float] | None = None
    """Prices outside of it are odd (a wrong decimal factor, say); landing says so and refuses nothing."""
    about: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "base", self.base or self.symbol[:-3])
        object.__setattr__(self, "quote", self.quote or self.symbol[-3:])

    @property
    def is_synthetic(self) -> bool:
        """Whether its ticks are drawn by `sources.synthetic` and not traded anywhere."""
        return self.kind == SYNTHETIC_VENUE

    def charging(self, **costs: Any) -> Instrument:
        """The same symbol at costs that differ in these fields of `Costs`."""
        return replace(self, costs=replace(self.costs, **costs))

    @property
    def point(self) -> float:
        """Smallest price step, rounded so that 10**-digits is the nearest double."""
        return float(f"1e-{self.digits}")

    @property
    def vendor_code(self) -> str:
        """The JSON feed's dashed code: EURUSD is EUR-USD, USA500IDXUSD is USA500.IDX-USD."""
        return dict(self.codes).get("dukascopy", f"{self.base}-{self.quote}")

    @property
    def bi5_code(self) -> str:
        """The bi5 feed's code: the symbol, unless said otherwise."""
        return dict(self.codes).get("dukascopy-bi5", self.symbol)

    @property
    def decimal_factor(self) -> int:
        """The bi5 feed's divisor of integer prices."""
        return int(10**self.digits)


class _Instruments(Mapping[str, Instrument]):
    """The known symbols as a mapping that is read at its first use."""

    def __getitem__(self, symbol: str) -> Instrument:
        return _known(own_file())[symbol]

    def __iter__(self) -> Iterator[str]:
        return iter(_known(own_file()))

    def __len__(self) -> int:
        return len(_known(own_file()))


INSTRUMENTS: Mapping[str, Instrument] = _Instruments()
"""Every known symbol, sorted, without costs. `SYN...` are the demo's markets, kept apart from real symbols."""


def instrument_of(symbol: str, profile: str | None = None) -> Instrument:
    """Look a symbol up, with the costs of a profile (the chosen one), or say which symbols there are."""
    return _priced(symbol, profile or chosen_profile(), own_file())


def priced_in(tables: MarketTables, symbol: str, profile: str) -> Instrument:
    """An instrument of tables, with its costs by a profile; DataError names those that there are."""
    entry = tables.instruments.get(symbol)
    if entry is None:
        raise DataError(
            f"Symbol {symbol!r} has no metadata (digits, pip, calendar). Expected one of "
            f"{', '.join(sorted(tables.instruments))}; `ticklake instrument add` makes it known"
        )
    found = _instrument(symbol, entry)
    terms = OwnTerms(found.base, found.quote, entry.price, entry.quote_in_usd, entry.costs)
    return replace(found, costs=costs_of(symbol, found.kind, found.digits, profile, terms))


@cache
def _known(own: Path | None) -> dict[str, Instrument]:
    return {symbol: _instrument(symbol, entry) for symbol, entry in sorted(with_own(own).instruments.items())}


def _instrument(symbol: str, entry: InstrumentEntry) -> Instrument:
    windows = Windows(**entry.windows.model_dump())
    low_high = (entry.price_range[0], entry.price_range[1]) if entry.price_range else None
    return Instrument(
        symbol=symbol,
        digits=entry.digits,
        pip=entry.pip,
        calendar=entry.calendar,
        kind=entry.kind,
        min_open_ticks=entry.min_open_ticks,
        windows=windows,
        stops_level_points=entry.stops_level_points,
        tick_points=entry.tick_points,
        base=entry.base,
        quote=entry.quote,
        codes=tuple(sorted(entry.codes.items())),
        price_range=low_high,
        about=entry.about,
    )


@cache
def _priced(symbol: str, profile: str, own: Path | None) -> Instrument:
    found = priced_in(with_own(own), symbol, profile)
    if not found.is_synthetic:
        _expect_known_tables(profile)
    return found


def _expect_known_tables(profile: str) -> None:
    """SetupError where a profile prices a symbol that nobody knows: one misspelt would cost what its kind does."""
    held = load_profile(profile)
    if unknown := sorted(held.instruments.keys() - INSTRUMENTS.keys()):
        near = get_close_matches(unknown[0], INSTRUMENTS, n=3, cutoff=0.5) or INSTRUMENTS
        raise SetupError(
            f"Cost profile {held.name}: [instruments.{unknown[0]}] Expected a symbol that is known, one of "
            f"{', '.join(near)}, was {unknown[0]!r}: `ticklake instrument add` makes one known"
        )
