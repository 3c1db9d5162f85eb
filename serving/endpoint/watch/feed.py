"""What the feed itself does, tick by tick: late ticks, clocks that disagree, gaps, each minute's spread and rate."""

from __future__ import annotations

from serving.endpoint.watch.limits import GAP, SECOND_US, SKEW, STALE

_AHEAD_US = 60 * SECOND_US
_GAP_US, _STALE_US, _SKEW_US = (int(limit.opens * SECOND_US) for limit in (GAP, STALE, SKEW))


class Feed:
    """Sums of the minute so far, and its worst; plain numbers, for this is done at every tick."""

    def __init__(self) -> None:
        self.last_ts_us = -1
        """Of the last clean tick; -1 before the first."""
        self.last_received_us = -1
        self.is_live = False
        """From the first tick on that came when it was made: what came long after is a replay or a back-fill."""
        self.begin_minute()

    def begin_minute(self) -> None:
        self.spread = 0.0
        """Sum over the minute's ticks, price units."""
        self.ticks = 0
        self.gap_us = self.late_us = self.early_us = 0
        """The worst of the minute."""

    def tick(self, ts_us: int, received_us: int, spread: float) -> bool:
        """Take a clean tick in; True where it breaks a limit, which does not wait for the minute's end."""
        gap = ts_us - self.last_ts_us if self.last_ts_us >= 0 else 0
        late = received_us - ts_us
        self.last_ts_us, self.last_received_us = ts_us, received_us
        self.spread += spread
        self.ticks += 1
        if gap > self.gap_us:
            self.gap_us = gap
        if not self.is_live:
            if not -_AHEAD_US <= late <= _STALE_US:
                return gap >= _GAP_US
            self.is_live = True
        if late > self.late_us:
            self.late_us = late
        if -late > self.early_us:
            self.early_us = -late
        return gap >= _GAP_US or late >= _STALE_US or -late >= _SKEW_US
