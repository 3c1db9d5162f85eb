"""How long an order without a trace is asked after before it counts as never arrived.

Asked after means: the terminal had its broker and the right account, and orders, positions, orders and deals of the
history were all answered, and none of them was of the order. A terminal shows some of it seconds late, and a server
may take minutes over a request. So both a number of askings and a time are waited for, in one piece: an asking without
an answer begins it anew. Nothing is sent again even then, and what shows up later still is noticed
(`Mt5Terminal.reports`).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Patience:
    seconds: float
    """From the first asking to the last."""
    askings: int
    """At least; evenly spaced, as those at one moment are one."""


@dataclass
class Inquiry:
    patience: Patience
    askings: int = 0
    first_us: int = 0
    last_us: int = 0

    def is_due(self, now_us: int) -> bool:
        """Whether an asking now would count."""
        return not self.askings or now_us - self.last_us >= self._pause_us

    def without_trace(self, now_us: int) -> None:
        """All was answered, and nothing was there."""
        if not self.is_due(now_us):
            return
        self.first_us = self.first_us if self.askings else now_us
        self.last_us = now_us
        self.askings += 1

    def without_answer(self) -> None:
        """What was not seen meanwhile might have been there."""
        self.askings = 0

    @property
    def is_over(self) -> bool:
        waited_us = self.last_us - self.first_us
        return self.askings >= self.patience.askings and waited_us >= self.patience.seconds * 1e6

    @property
    def _pause_us(self) -> float:
        return self.patience.seconds * 1e6 / max(self.patience.askings - 1, 1)
