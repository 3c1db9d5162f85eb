"""How late an order arrives at the simulated broker: by its signal, as label and simulator have it."""

from __future__ import annotations


class Lateness:
    """Of the newest signals; `of` is a server's latency."""

    def __init__(self) -> None:
        self._earliest_us: dict[str, int] = {}

    def hear(self, broker_name: str, earliest_entry_us: int) -> None:
        """A signal of a symbol, and when its order may be filled at the earliest."""
        self._earliest_us[broker_name] = earliest_entry_us

    def of(self, broker_name: str, sent_us: int) -> int:
        """Microseconds from now on to the arrival."""
        return max(self._earliest_us.get(broker_name, sent_us) - sent_us, 0)
