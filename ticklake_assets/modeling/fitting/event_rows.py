"""Choose rows of `Events`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ticklake_assets.core.errors import MissingDataError
from ticklake_assets.core.tables import Events, Ints, OrderOutcomes

_EPOCH = date(1970, 1, 1).toordinal()


def take(events: Events, rows: Ints | NDArray[np.bool_]) -> Events:
    """The events at these positions, in this order."""
    return Events(
        day=events.day[rows],
        ts_us=events.ts_us[rows],
        bid=events.bid[rows],
        ask=events.ask[rows],
        features=events.features[rows],
        width=events.width[rows],
        horizon_us=events.horizon_us[rows],
        long=_take_outcomes(events.long, rows),
        short=_take_outcomes(events.short, rows),
        outcome=events.outcome[rows],
        known_at_us=events.known_at_us[rows],
    )


def of_days(events: Events, days: Sequence[date], what: str) -> Events:
    """The events of some trading days; MissingDataError when there are none."""
    wanted = [day.toordinal() - _EPOCH for day in days]
    chosen = take(events, np.isin(events.day, wanted))
    if len(chosen.ts_us) == 0:
        raise MissingDataError(
            f"No event to {what} on. Expected some from {min(days)} to {max(days)}, was none"
        )
    return chosen


def joined(parts: Sequence[Events]) -> Events:
    """The events of several parts as one table, in their order."""
    columns: list[Any] = []
    for column in zip(*parts, strict=True):
        if isinstance(column[0], OrderOutcomes):
            columns.append(OrderOutcomes(*(np.concatenate(each) for each in zip(*column, strict=True))))
        else:
            columns.append(np.concatenate(column))
    return Events(*columns)


def trading_days(events: Events) -> list[date]:
    """The days that have events, sorted."""
    return [date.fromordinal(int(day) + _EPOCH) for day in np.unique(events.day)]


def _take_outcomes(orders: OrderOutcomes, rows: Ints | NDArray[np.bool_]) -> OrderOutcomes:
    return OrderOutcomes(
        outcome=orders.outcome[rows],
        entry_us=orders.entry_us[rows],
        entry=orders.entry[rows],
        exit_us=orders.exit_us[rows],
        exit=orders.exit[rows],
        net=orders.net[rows],
    )
