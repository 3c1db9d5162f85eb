"""What a broker charges for one symbol, resolved from a cost profile: the numbers that label, simulator and paper use.

Numbers are costs: a credit is negative. Whatever was converted to the quote currency is converted here already.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from hashlib import sha256

HOURS = 24
_DOCUMENTED = {"use_attribute_docstrings": True}
"""For pydantic, which documents these records by what is said of their fields."""


@dataclass(frozen=True)
class ByPrice:
    """An amount in the quote currency for one unit of the base currency: `share` x price + `fixed`."""

    __pydantic_config__ = _DOCUMENTED

    share: float = 0.0
    """Of the price."""
    fixed: float = 0.0
    """Units of the quote currency."""


@dataclass(frozen=True)
class Account:
    """Whose money it is, and how much of the symbol one trade buys or sells."""

    __pydantic_config__ = _DOCUMENTED

    currency: str
    """Three letters."""
    units: float
    """Base units of a trade: lots times the units of a lot."""
    lots: float
    """The same in lots."""
    margin_rate: float
    """Share of the notional that an open position binds."""
    rate: float
    """Account currency for one unit of the quote currency by the profile: used where the day has no quote of it."""
    rate_from: str
    """Where that rate is from, in words with its date."""
    reference_price: float
    """The symbol's price by the profile's rates, for tables: no trade is priced with it."""


@dataclass(frozen=True)
class Costs:
    """Everything that a trade of one symbol pays beyond the prices that the feed quotes."""

    __pydantic_config__ = _DOCUMENTED

    profile: str
    """Name of the cost profile."""
    slippage_pips: float
    """Expected slippage of one fill in ordinary hours, for the profile's trade size."""
    slippage_by_hour: tuple[float, ...]
    """Factors of it by UTC hour of the fill, 24 of them."""
    markup_pips: float
    """What the broker's spread is wider than the feed's: paid once a round turn. Barriers are touched by the feed's."""
    commission: ByPrice
    """Of one side, at the side's own price."""
    minimum_commission: ByPrice
    """What a side pays at least."""
    commission_from: str
    """How the commission came into the quote currency: exact, or by a dated rate."""
    swap_long_pips: float
    """What a long position pays for a night."""
    swap_short_pips: float
    """What a short position pays for a night."""
    nights: tuple[int, ...]
    """Nights that the rollover of a weekday charges, Monday first; the triple day's are three."""
    latency_ms: tuple[int, ...]
    """From the event's quote to the order's arrival: equally likely values, of which each event draws one."""
    account: Account
    """Whose money it is."""

    @property
    def version(self) -> str:
        """The profile's name and a digest of every number above: other numbers are another version."""
        return f"{self.profile}-{sha256(repr(sorted(asdict(self).items())).encode()).hexdigest()[:8]}"


_UNKNOWN = float("nan")
UNPRICED = Costs(
    profile="none",
    slippage_pips=_UNKNOWN,
    slippage_by_hour=(1.0,) * HOURS,
    markup_pips=_UNKNOWN,
    commission=ByPrice(_UNKNOWN, _UNKNOWN),
    minimum_commission=ByPrice(_UNKNOWN, _UNKNOWN),
    commission_from="",
    swap_long_pips=_UNKNOWN,
    swap_short_pips=_UNKNOWN,
    nights=(0,) * 7,
    latency_ms=(0,),
    account=Account("", _UNKNOWN, _UNKNOWN, _UNKNOWN, _UNKNOWN, "", _UNKNOWN),
)
"""Of a symbol that no profile was asked about: a trade at such costs is NaN, never free."""
