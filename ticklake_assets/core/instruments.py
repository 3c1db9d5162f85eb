"""What ticklake knows of a symbol: a symbol without an entry here cannot exist."""

from __future__ import annotations

from dataclasses import dataclass

from ticklake_assets.core.calendar import Calendar
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
    slippage_pips: float
    """Expected slippage of one fill, pips; positive when it costs."""
    commission_pips: float
    """Commission of a round turn, expressed in pips."""
    swap_pips: float
    """What either side pays for a night, pips. Brokers' tables differ by side, day and year, so the side that might be
    credited is not; the night of a Wednesday counts three."""
    min_open_ticks: int
    """Quotes below which a day counts as not open for training (holidays, Sunday evenings)."""
    windows: Windows
    """Default train, validate and test windows."""
    stops_level_points: int = 0
    """Least distance of a stop or target from the price, points (the broker's `trade_stops_level`)."""
    latency_ms: int = 200
    """From the event's quote to the order's arrival."""
    is_synthetic: bool = False
    """Whether its ticks are drawn by `sources.synthetic` and not traded anywhere."""

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


def _fx(symbol: str, digits: int = 5, slippage_pips: float = 0.1, swap_pips: float = 0.5) -> Instrument:
    pip = float(f"1e-{digits - 1}")
    return Instrument(symbol, digits, pip, Calendar.FX, slippage_pips, 0.0, swap_pips, 20_000, _MONTH)


def _synthetic(symbol: str, digits: int, slippage_pips: float) -> Instrument:
    pip = float(f"1e-{digits - 1}")
    return Instrument(
        symbol, digits, pip, Calendar.ALWAYS, slippage_pips, 0.0, 0.0, 5_000, _DEMO, is_synthetic=True
    )


_TABLE = (
    _fx("AUDUSD"),
    Instrument("BTCUSD", 1, 1.0, Calendar.ALWAYS, 1.0, 0.0, 5.0, 20_000, _MONTH),
    _fx("EURGBP"),
    _fx("EURJPY", digits=3, slippage_pips=0.2, swap_pips=1.0),
    _fx("EURUSD"),
    _fx("GBPJPY", digits=3, slippage_pips=0.2, swap_pips=1.0),
    _fx("GBPUSD"),
    _fx("NZDUSD"),
    _synthetic("SYNEUR", digits=5, slippage_pips=0.1),
    _synthetic("SYNJPY", digits=3, slippage_pips=0.2),
    _fx("USDCAD"),
    _fx("USDCHF"),
    _fx("USDJPY", digits=3),
    Instrument("XAUUSD", 3, 0.1, Calendar.FX, 0.5, 0.0, 2.0, 20_000, _MONTH),
)

INSTRUMENTS = {instrument.symbol: instrument for instrument in _TABLE}
"""Every known symbol. `SYN...` are the synthetic markets of the demo, kept apart from real symbols."""


def instrument_of(symbol: str) -> Instrument:
    """Look a symbol up, or say which ones there are."""
    try:
        return INSTRUMENTS[symbol]
    except KeyError:
        known = ", ".join(sorted(INSTRUMENTS))
        raise DataError(
            f"Symbol {symbol!r} has no metadata (digits, pip, calendar). Expected one of {known}; "
            "add a line to ticklake_assets/core/instruments.py"
        ) from None
