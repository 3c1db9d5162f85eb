"""The breaker by hand: what opening and closing it do, in words, and how it stands."""

from __future__ import annotations

from typing import Any, Literal

Action = Literal["open", "close"]

ABOUT: dict[Action, tuple[str, ...]] = {
    "open": (
        "From the next tick on every signal of this symbol abstains by the breaker: no bridge opens a position on it.",
        "Positions that are open are not touched: their stops and targets lie at the broker.",
        "The kill switch of a bridge is another thing, on the page Trading.",
        "It stays open, over a restart, too, until a person closes it.",
    ),
    "close": (
        "From the next tick on signals of this symbol may be traded again.",
        "Reasons that hold it open now are muted until each was over once; then they count again.",
    ),
}


def state_of(breaker: dict[str, Any]) -> str:
    """One sentence, for the audit log and the next page.

    >>> state_of({"open": True, "by_hand": True, "hand_reason": "news", "troubles": []})
    'open by hand: news'
    """
    if breaker["open"] and breaker["by_hand"]:
        return f"open by hand: {breaker['hand_reason']}"
    reasons = [each["reason"] for each in breaker["troubles"] if not each["muted"]]
    if breaker["open"]:
        return f"open: {', '.join(reasons)}"
    return "closed"
