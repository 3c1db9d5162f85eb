"""A symbol's breaker: while it is open, every signal abstains with `breaker`."""

from __future__ import annotations

from serving.endpoint.watch.limits import CALM_US, Limit
from ticklake_assets.modeling.deployed.document import Document

BREAKER = "breaker"
"""Abstention: the symbol's breaker is open."""


class Trouble(Document):
    """A reason that holds the breaker open."""

    reason: str
    since_us: int
    worst: float
    last_us: int
    """When it was last not well."""
    muted: bool = False
    """A person closed the breaker in spite of it: it counts again once it was over."""


class Hand(Document):
    """What a person did."""

    at_us: int
    opens: bool
    reason: str


class Breaker:
    """It opens by rules and by hand. By rules it closes itself, with hysteresis; by hand only a hand closes it."""

    def __init__(self, troubles: tuple[Trouble, ...] = (), hand: Hand | None = None) -> None:
        self.troubles = {each.reason: each for each in troubles}
        self.hand = hand
        """The last thing that a person did."""
        self.is_open = False
        self._judge()

    def see(self, limit: Limit, value: float, ts_us: int) -> None:
        """Take a measured value in; NaN, as of a window that is not filled yet, says nothing."""
        trouble = self.troubles.get(limit.reason)
        if trouble is None:
            if value >= limit.opens:
                self.troubles[limit.reason] = Trouble(
                    reason=limit.reason, since_us=ts_us, worst=value, last_us=ts_us
                )
                self._judge()
        elif value >= limit.closes:
            worst = max(trouble.worst, value)
            self.troubles[limit.reason] = trouble.model_copy(update={"last_us": ts_us, "worst": worst})
        elif ts_us - trouble.last_us >= CALM_US:
            del self.troubles[limit.reason]
            self._judge()

    def take(self, hand: Hand) -> None:
        """Do what a person said; closing mutes the reasons of this moment until each was over."""
        self.hand = hand
        if not hand.opens:
            for reason, trouble in self.troubles.items():
                self.troubles[reason] = trouble.model_copy(update={"muted": True})
        self._judge()

    @property
    def is_open_by_hand(self) -> bool:
        return self.hand is not None and self.hand.opens

    def _judge(self) -> None:
        self.is_open = self.is_open_by_hand or any(not each.muted for each in self.troubles.values())
