"""How far a signal is trusted: only as far as it is fresh. Each doubt is a word of the journal.

A signal is of a moment that has passed. Its age, the clocks that date it, and the terminal's own quote must fit before
an order follows.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from mt5_bridge.trading.words import Quote
from mt5_bridge.wire.contract import Signal

_MICROS = 1_000_000


Positive = Annotated[float, Field(gt=0)]


class FreshnessLimits(BaseModel):
    """Beyond any of these a signal is passed over."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    signal_age_seconds: Positive = 5.0
    """Between a signal's event and now."""
    clock_skew_seconds: Positive = 5.0
    """Between this machine's clock and the terminal's quotes or the endpoint's clock."""
    quote_age_seconds: Positive = 30.0
    """Of the terminal's own quote at the time of sending."""
    spread_times: Positive = 3.0
    """The terminal's spread now, times that of the signal's tick."""
    distance_share: Positive = 0.5
    """Way of the price since the signal's tick, as a share of the way to the stop."""


class Doubt(StrEnum):
    SIGNAL_OLD = "signal_old"
    SIGNAL_FROM_FUTURE = "signal_from_future"
    TERMINAL_CLOCK = "terminal_clock"
    """This machine's clock and the terminal's quotes are apart."""
    ENDPOINT_CLOCK = "endpoint_clock"
    """This machine's clock and the endpoint's are apart."""
    QUOTE_MISSING = "quote_missing"
    """The terminal has no quote of the symbol now."""
    QUOTE_OLD = "quote_old"
    SPREAD_WIDE = "spread_wide"
    PRICE_AWAY = "price_away"


@dataclass(frozen=True)
class Clocks:
    """How far others are ahead of this machine's clock, seconds; None where it was not measured yet."""

    terminal: float | None = None
    endpoint: float | None = None


def doubt(
    limits: FreshnessLimits, signal: Signal, seen: Quote, standing: Quote | None, now_us: int, clocks: Clocks
) -> Doubt | None:
    """The first reason not to trust a signal, None where it is fresh.

    `seen` is the quote that raised it, `standing` the terminal's own at the time of sending, both UTC as `now_us` is.
    """
    age = (now_us - signal.ts_us) / _MICROS
    skew = limits.clock_skew_seconds
    if age > limits.signal_age_seconds:
        return Doubt.SIGNAL_OLD
    if age < -skew:
        return Doubt.SIGNAL_FROM_FUTURE
    if clocks.terminal is not None and clocks.terminal > skew:
        return Doubt.TERMINAL_CLOCK
    if clocks.endpoint is not None and abs(clocks.endpoint) > skew:
        return Doubt.ENDPOINT_CLOCK
    if standing is None:
        return Doubt.QUOTE_MISSING
    if (now_us - standing.ts_us) / _MICROS > limits.quote_age_seconds:
        return Doubt.QUOTE_OLD
    if _spread(standing) > limits.spread_times * _spread(seen):
        return Doubt.SPREAD_WIDE
    if signal.stop is not None and abs(_middle(standing) - _middle(seen)) > limits.distance_share * abs(
        _middle(seen) - signal.stop
    ):
        return Doubt.PRICE_AWAY
    return None


def _spread(quote: Quote) -> float:
    return quote.ask - quote.bid


def _middle(quote: Quote) -> float:
    return (quote.bid + quote.ask) / 2
