"""What ticklake knows of a symbol: a symbol without an entry here cannot exist."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from ticklake_assets.core.broker import UNPRICED, Costs
from ticklake_assets.core.calendar import Calendar
from ticklake_assets.core.cost_profile import SYNTHETIC_VENUE, chosen_profile, costs_of
from ticklake_assets.core.errors import DataError
from ticklake_assets.core.folds import Windows


@dataclass(frozen=True)
class Instrument:
    """Static facts of a symbol. Prices are in units of the quote currency."""

    symbol: str
    digits: int
    """Decimals of a price; a *point* is the last of them."""
    pip: float
    """The trader's unit of price change: 10 points for 5- and 3-digit FX."""
    calendar: Calendar
    kind: str
    """Which table of a cost profile it is in: `fx`, `metal`, `crypto` or `synthetic`."""
    min_open_ticks: int
    """Quotes below which a day counts as not open for training (holidays, Sunday evenings)."""
    windows: Windows
    """Default train, validate and test windows."""
    stops_level_points: int = 0
    """Least distance of a stop or target from the price, points (the broker's `trade_stops_level`)."""
    costs: Costs = UNPRICED
    """What trading it costs by the chosen profile: `instrument_of` fills it in."""

    @property
    def is_synthetic(self) -> bool:
        """Whether its ticks are drawn by `sources.synthetic` and not traded anywhere."""
        return self.kind == SYNTHETIC_VENUE

    @property
    def base(self) -> str:
        return self.symbol[:-3]

    @property
    def quote(self) -> str:
        return self.symbol[-3:]

    def charging(self, **costs: Any) -> Instrument:
        """The same symbol at costs that differ in these fields of `Costs`."""
        return replace(self, costs=replace(self.costs, **costs))

    @property
    def point(self) -> float:
        """Smallest price step, rounded so that 10**-digits is the nearest double."""
        return float(f"1e-{self.digits}")

    @property
    def vendor_code(self) -> str:
        """The JSON feed's dashed code: EURUSD is EUR-USD."""
        return f"{self.symbol[:-3]}-{self.symbol[-3:]}"

    @property
    def decimal_factor(self) -> int:
        """The bi5 feed's divisor of integer prices."""
        return int(10**self.digits)


_MONTH = Windows(train_days=10, validate_days=3, test_days=3)
_DEMO = Windows(train_days=8, validate_days=2, test_days=2)


def _fx(symbol: str, digits: int = 5) -> Instrument:
    return Instrument(symbol, digits, float(f"1e-{digits - 1}"), Calendar.FX, "fx", 20_000, _MONTH)


def _synthetic(symbol: str, digits: int) -> Instrument:
    pip = float(f"1e-{digits - 1}")
    return Instrument(symbol, digits, pip, Calendar.ALWAYS, SYNTHETIC_VENUE, 5_000, _DEMO)


_TABLE = (
    _fx("AUDUSD"),
    Instrument("BTCUSD", 1, 1.0, Calendar.ALWAYS, "crypto", 20_000, _MONTH),
    _fx("EURGBP"),
    _fx("EURJPY", digits=3),
    _fx("EURUSD"),
    _fx("GBPJPY", digits=3),
    _fx("GBPUSD"),
    _fx("NZDUSD"),
    _synthetic("SYNEUR", digits=5),
    _synthetic("SYNJPY", digits=3),
    _fx("USDCAD"),
    _fx("USDCHF"),
    _fx("USDJPY", digits=3),
    Instrument("XAUUSD", 3, 0.1, Calendar.FX, "metal", 20_000, _MONTH),
)

INSTRUMENTS = {instrument.symbol: instrument for instrument in _TABLE}
"""Every known symbol, without costs. `SYN...` are the synthetic markets of the demo, kept apart from real symbols."""


def instrument_of(symbol: str, profile: str | None = None) -> Instrument:
    """Look a symbol up, with the costs of a profile (the chosen one), or say which symbols there are."""
    return _priced(symbol, profile or chosen_profile())


@cache
def _priced(symbol: str, profile: str) -> Instrument:
    try:
        found = INSTRUMENTS[symbol]
    except KeyError:
        known = ", ".join(sorted(INSTRUMENTS))
        raise DataError(
            f"Symbol {symbol!r} has no metadata (digits, pip, calendar). Expected one of {known}; "
            "add a line to ticklake_assets/core/instruments.py"
        ) from None
    return replace(found, costs=costs_of(symbol, found.kind, found.digits, profile))
