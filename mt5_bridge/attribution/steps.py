"""The steps from the test to the account, in their order, and which word of a journal belongs to which."""

from __future__ import annotations

from enum import StrEnum


class Step(StrEnum):
    """What is replaced, one after the other; each later world has everything that was replaced before it."""

    DATA = "data"
    """The quotes that were served instead of the lake's: the lake's signals, walked on them."""
    SIGNALS = "signals"
    """The signals that were served instead of those of the lake's features."""
    DOWNTIME = "downtime"
    """Without signals that the bridge did not hear, or heard too late to trust."""
    RISK = "risk"
    """Without those that its rules refused, and at the volume that they allowed."""
    REJECTS = "rejects"
    """Without those that the broker refused, lapsed or got lost, and at the volume that was filled."""
    HANDS = "hands"
    """Positions that a person or the broker closed end when that happened."""
    LATENCY = "latency"
    """The account's own positions, at the moments at which they were filled and at the feed's prices then."""
    SPREAD = "spread"
    """At the terminal's quotes of these moments; the profile's mark-up goes."""
    SLIPPAGE = "slippage"
    """At the prices of the fills; the profile's slippage goes."""
    CONVERSION = "conversion"
    """With the profit that the account booked for them: its size of a lot, its rate."""
    COSTS = "costs"
    """With the commission, swap and fees that it booked: the account's deals."""


POSITION_OPEN = "position_open"
"""The table's own reason to pass over a signal, and so no cause of a difference by itself."""

_TOO_LATE = frozenset(
    {
        "signal_old",
        "signal_from_future",
        "terminal_clock",
        "endpoint_clock",
        "quote_missing",
        "quote_old",
        "terminal_silent",
        "endpoint_away",
    }
)
_NOT_ASKED = "declined"
_NOT_FILLED = frozenset({"lapsed", "refused", "never_arrived", "unknown", "intended", "sending"})


def step_of(fate: str, reason: str) -> Step | None:
    """Say which step took a heard signal away; None where none did.

    >>> str(step_of("declined", "daily_loss")), str(step_of("refused", "no_money"))
    ('risk', 'rejects')
    """
    if fate == _NOT_ASKED:
        if reason == POSITION_OPEN:
            return None
        return Step.DOWNTIME if reason in _TOO_LATE else Step.RISK
    return Step.REJECTS if fate in _NOT_FILLED else None
