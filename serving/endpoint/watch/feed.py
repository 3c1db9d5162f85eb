"""What the feed itself does: late messages, clocks that disagree, gaps, each minute's spread and rate."""

from __future__ import annotations

import numpy as np

from serving.endpoint.watch.limits import GAP, SECOND_US, SKEW, STALE
from ticklake_assets.core.tables import Floats, Ints

_AHEAD_US = 60 * SECOND_US
_GAP_US, _STALE_US, _SKEW_US = (int(limit.opens * SECOND_US) for limit in (GAP, STALE, SKEW))


class Feed:
    """Sums of the minute so far, and its worst; plain numbers, for this is done at every tick."""

    def __init__(self) -> None:
        self.last_ts_us = -1
        """Of the last clean tick; -1 before the first."""
        self.last_received_us = -1
        self.is_live = False
        """From the first message on that came when its newest tick was made: a replay's or a back-fill's never does."""
        self.begin_minute()

    def begin_minute(self) -> None:
        self.spread = 0.0
        """Sum over the minute's ticks, price units."""
        self.ticks = 0
        self.gap_us = self.late_us = self.early_us = 0
        """The worst of the minute."""

    def heard(self, newest_us: int, received_us: int) -> bool:
        """Compare a message's newest tick with the clock; True where the two are too far apart."""
        self.last_received_us = received_us
        late = received_us - newest_us
        if not self.is_live:
            self.is_live = -_AHEAD_US <= late <= _STALE_US
            if not self.is_live:
                return False
        self.late_us, self.early_us = max(self.late_us, late), max(self.early_us, -late)
        return late >= _STALE_US or -late >= _SKEW_US

    def tick(self, ts_us: int, spread: float) -> bool:
        """Take a clean tick in; True where it comes after a gap, which does not wait for the minute's end."""
        gap = ts_us - self.last_ts_us if self.last_ts_us >= 0 else 0
        self.last_ts_us = ts_us
        self.spread += spread
        self.ticks += 1
        if gap > self.gap_us:
            self.gap_us = gap
        return gap >= _GAP_US

    def columns(self, ts_us: Ints, spread: Floats) -> bool:
        """`tick` for ticks of one minute that have no gap among them; False, and nothing done, where they have one."""
        first, last = int(ts_us[0]), int(ts_us[-1])
        gap = first - self.last_ts_us if self.last_ts_us >= 0 else 0
        if len(ts_us) > 1:
            gap = max(gap, int((ts_us[1:] - ts_us[:-1]).max()))
        if gap >= _GAP_US:
            return False
        self.gap_us = max(self.gap_us, gap)
        self.last_ts_us = last
        self.spread = float(
            np.cumsum(np.concatenate(([self.spread], spread)))[-1]
        )  # one by one, as `tick` adds
        self.ticks += len(ts_us)
        return True
