"""The broker's wall clock at speed: the same offset holds for whole quarters of an hour."""

from __future__ import annotations

from functools import lru_cache

from mt5_bridge.moments import moment_of, us_of
from mt5_bridge.simulated.specification import Specification
from mt5_bridge.ticks.broker_clock import BrokerClock

_QUARTER_US = 900_000_000
_MINUTE_US = 60_000_000
_DAY_US = 1440 * _MINUTE_US
_MONDAY = 3
"""Days from a Monday to 1970-01-01, a Thursday."""


class Wall:
    """Epoch microseconds UTC to what the broker's clock shows, written as if it were an epoch, and back."""

    def __init__(self, clock: BrokerClock) -> None:
        self._clock = clock
        self._offset_us = lru_cache(maxsize=4096)(self._offset_of_quarter)

    def us(self, moment_us: int) -> int:
        return moment_us + self._offset_us(moment_us // _QUARTER_US)

    def ms(self, moment_us: int) -> int:
        return self.us(moment_us) // 1_000

    def seconds(self, moment_us: int) -> int:
        return self.us(moment_us) // 1_000_000

    def moment_us(self, wall_us: int) -> int:
        """The (first) moment that shows this."""
        return us_of(next(self._clock.utc_times([moment_of(wall_us)])).utc)

    def weekday(self, moment_us: int) -> int:
        """0 is Monday."""
        return (self.us(moment_us) // _DAY_US + _MONDAY) % 7

    def next_midnight_us(self, moment_us: int) -> int:
        """The first moment of the broker's next day."""
        return self.moment_us((self.us(moment_us) // _DAY_US + 1) * _DAY_US)

    def is_open(self, symbol: Specification, moment_us: int) -> bool:
        """Whether the symbol's sessions hold the moment."""
        weekday, minute = self.weekday(moment_us), self.us(moment_us) % _DAY_US // _MINUTE_US
        return any(each.weekday == weekday and each.opens <= minute < each.closes for each in symbol.sessions)

    def _offset_of_quarter(self, quarter: int) -> int:
        moment = moment_of(quarter * _QUARTER_US)
        return us_of(self._clock.wall(moment)) - us_of(moment)
