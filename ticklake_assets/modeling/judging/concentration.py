"""Whether a profit lives from one side, one session or one hour: said in a sentence, judged by nobody."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from ticklake_assets.core.orders import LONG, SHORT
from ticklake_assets.modeling.judging.regimes import SESSIONS
from ticklake_assets.modeling.trading.simulation import Trade

_HOUR_US = 3_600_000_000
_LIVES_FROM = 0.9
"""Share of the profit: who earned so much in one place has not shown that it earns in another."""
_SIDES = {LONG: "long", SHORT: "short"}


def concentration(trades: Sequence[Trade], pip: float) -> tuple[str, ...]:
    """A sentence each for a side, a session and an hour (UTC, of the signal) that nearly all of the profit is of."""
    total = sum(trade.net for trade in trades) / pip
    if total <= 0:
        return ()
    told: list[str] = []
    for side, name in _SIDES.items():
        others = [trade.net / pip for trade in trades if trade.side != side]
        told += _told(sum(others), total, f"{name} positions", f"{len(others)} {_SIDES[-side]} ones")
    by_hour: dict[int, float] = defaultdict(float)
    for trade in trades:
        by_hour[trade.signal_us // _HOUR_US % 24] += trade.net / pip
    earned = {
        session: sum(net for hour, net in by_hour.items() if session[1] <= hour < session[2])
        for session in SESSIONS
    }
    (name, start, end) = session = max(earned, key=earned.__getitem__)
    elsewhere = sum(net for each, net in earned.items() if each != session)
    told += _told(elsewhere, total, f"one session, {name}, {start:02}:00 to {end:02}:00 UTC")
    best = max(by_hour, key=by_hour.__getitem__)
    told += _told(total - by_hour[best], total, f"one hour, {best:02}:00 to {best + 1:02}:00 UTC")
    return tuple(told)


def _told(others: float, total: float, of: str, who: str = "others") -> list[str]:
    """The sentence, where the others earned next to nothing."""
    if others > (1 - _LIVES_FROM) * total:
        return []
    share = "All" if others <= 0 else f"{1 - others / total:.0%}"
    return [f"{share} of the profit is of {of}: the {who} earned {others:+,.1f} pips."]
