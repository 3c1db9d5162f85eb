"""A day's signals, counted as they come: by what they say, and why they abstain."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

SHOWN = 200


def is_actionable(signal: dict[str, Any]) -> bool:
    """Whether an order may follow."""
    return bool(signal["tradable"] and signal["side"] != "none" and not signal["abstain"])


@dataclass
class DayCounts:
    """The newest day's; a later day begins anew."""

    day: str = ""
    signals: int = 0
    actionable: int = 0
    """Of a model that may trade, with a side and no reason to abstain."""
    by_side: Counter[str] = field(default_factory=Counter)
    abstentions: Counter[str] = field(default_factory=Counter)
    newest: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=SHOWN))
    """The oldest first."""
    last_id: str = ""
    """Of the endpoint: where to go on."""

    def take(self, event_id: str, signal: dict[str, Any]) -> bool:
        """Count a signal; False of an older day, whose signals are no news."""
        day = event_id[:10]
        if day < self.day:
            return False
        if day > self.day:
            self.begin(day)
        self.last_id = event_id
        self.signals += 1
        self.actionable += is_actionable(signal)
        self.by_side[signal["side"]] += 1
        self.abstentions.update(signal["abstain"])
        self.newest.append(signal)
        return True

    def begin(self, day: str) -> None:
        self.day, self.signals, self.actionable, self.last_id = day, 0, 0, ""
        for each in (self.by_side, self.abstentions, self.newest):
            each.clear()

    def as_dict(self) -> dict[str, Any]:
        return {"day": self.day, "signals": self.signals, "actionable": self.actionable}
