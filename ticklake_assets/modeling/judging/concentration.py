"""Whether a profit lives from one side, one session or one hour: said in a sentence, judged by nobody."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from ticklake_assets.core.orders import LONG, SHORT
from ticklake_assets.modeling.judging.regimes import SESSIONS
from ticklake_assets.modeling.trading.simulation import Trade

_HOUR_US = 3_600_000_000
_SIDES = {LONG: "long", SHORT: "short"}


def concentration(trades: Sequence[Trade], pip: float) -> tuple[str, ...]:
    """A sentence each for a side, a session and an hour (UTC, of the signal) that all of the profit is of."""
    total = sum(trade.net for trade in trades) / pip
    if total <= 0:
        return ()
    told = []
    for side, name in _SIDES.items():
        others = [trade.net / pip for trade in trades if trade.side != side]
        if sum(others) <= 0:
            told.append(
                f"All of the profit is of {name} positions: the {len(others)} {_SIDES[-side]} ones earned "
                f"{sum(others):+,.1f} pips."
            )
    by_hour: dict[int, float] = defaultdict(float)
    for trade in trades:
        by_hour[trade.signal_us // _HOUR_US % 24] += trade.net / pip
    earned = {
        session: sum(net for hour, net in by_hour.items() if session[1] <= hour < session[2])
        for session in SESSIONS
    }
    (name, start, end) = session = max(earned, key=earned.__getitem__)
    elsewhere = sum(net for each, net in earned.items() if each != session)
    if elsewhere <= 0:
        told.append(
            f"All of the profit is of one session, {name}, {start:02}:00 to {end:02}:00 UTC: the others earned "
            f"{elsewhere:+,.1f} pips."
        )
    best = max(by_hour, key=by_hour.__getitem__)
    if total - by_hour[best] <= 0:
        told.append(
            f"All of the profit is of one hour, {best:02}:00 to {best + 1:02}:00 UTC: the others earned "
            f"{total - by_hour[best]:+,.1f} pips."
        )
    return tuple(told)
