"""The day as the sandbox served it, beside what gold has of it and what the test said of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from serving.pipeline.sandbox.asked import Asked, Parity
from ticklake_assets.core.errors import MissingDataError
from ticklake_assets.core.tables import DayFeatures, Floats
from ticklake_assets.modeling.judging.parity import compare
from ticklake_assets.modeling.judging.walk_forward import WalkForwardReport
from ticklake_assets.research import Lake
from ticklake_assets.storage.gold.rows import day_features
from ticklake_client import Signal

_SIDES = {"long": 1, "short": -1}


def parity_of(
    lake: Lake, asked: Asked, report: WalkForwardReport | None, served: Floats, signals: Sequence[Signal]
) -> Parity:
    """`served` has a row an event: its time and its features, as the endpoint serves them."""
    gold, gold_is_equal = _beside_gold(lake, asked, served)
    test, test_is_equal = _beside_test(asked, report, len(served), signals)
    return Parity(gold=gold, gold_is_equal=gold_is_equal, test=test, test_is_equal=test_is_equal)


def _beside_gold(lake: Lake, asked: Asked, served: Floats) -> tuple[str, bool | None]:
    try:
        rows = lake.features(asked.symbol, asked.day, asked.day).to_arrow()
    except MissingDataError as missing:
        return f"Gold has no such day: {missing}", None
    held = day_features(rows)
    live = DayFeatures(served[:, 0].astype(np.int64), np.empty((len(served), 0)), served[:, 1:])
    found = compare(live, held.ts_us, held.features)
    if found.identical == found.rows:
        return f"All {found.rows:,} events have the features of gold, bit for bit", True
    return (
        f"{found.identical:,} of {found.rows:,} events are gold's; the first difference: {found.first_difference}",
        False,
    )


def _beside_test(
    asked: Asked, report: WalkForwardReport | None, events: int, signals: Sequence[Signal]
) -> tuple[str, bool | None]:
    if report is None:
        return "No model judged the day, so there is no test to compare with", None
    tested = report.folds[-1].test
    day = next((each for each in tested.days if each.day == asked.day), None)
    if day is None:
        known = f"{tested.days[0].day} to {tested.days[-1].day}" if tested.days else "none"
        return f"The test said nothing of {asked.day}: its days are {known}", None
    asking = {(each.ts_us, _SIDES[each.side]) for each in signals if each.side != "none" and not each.abstain}
    found = sum((trade.signal_us, trade.side) in asking for trade in day.trades)
    is_equal = (events, len(asking), found) == (day.events, day.signals, len(day.trades))
    told = (
        f"Test and sandbox: {day.events:,} and {events:,} events, {day.signals:,} and {len(asking):,} signals that ask "
        f"for an order; {found:,} of the test's {len(day.trades):,} trades have their signal here"
    )
    return told, is_equal
