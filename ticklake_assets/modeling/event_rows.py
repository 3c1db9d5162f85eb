"""Choose rows of `Events`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from ticklake_assets.core.errors import MissingDataError
from ticklake_assets.core.tables import Events, Ints, OrderOutcomes

_EPOCH = date(1970, 1, 1).toordinal()


def take(events: Events, rows: Ints | NDArray[np.bool_]) -> Events:
    """The events at these positions, in this order."""
    parts = [
        OrderOutcomes(*(column[rows] for column in part)) if isinstance(part, OrderOutcomes) else part[rows]
        for part in events
    ]
    return Events(*parts)


def of_days(events: Events, days: Sequence[date], what: str) -> Events:
    """The events of some trading days; MissingDataError when there are none."""
    wanted = [day.toordinal() - _EPOCH for day in days]
    chosen = take(events, np.isin(events.day, wanted))
    if len(chosen.ts_us) == 0:
        raise MissingDataError(
            f"No event to {what} on. Expected some from {min(days)} to {max(days)}, was none"
        )
    return chosen


def trading_days(events: Events) -> list[date]:
    """The days that have events, sorted."""
    return [date.fromordinal(int(day) + _EPOCH) for day in np.unique(events.day)]
