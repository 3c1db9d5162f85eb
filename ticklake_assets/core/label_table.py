"""The columns of `gold/labels`: those of the orders, and two for each label in `core/added/labels`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ticklake_assets.core import declared
from ticklake_assets.core.added import labels as added_labels
from ticklake_assets.core.declared import Known, Label
from ticklake_assets.core.errors import DataError
from ticklake_assets.core.features import FEATURE_TABLE
from ticklake_assets.core.instruments import Instrument
from ticklake_assets.core.schemas import LABELS, Column
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import DayFeatures, Quotes

ADDED_LABELS = declared.added(added_labels, Label, (*LABELS, *FEATURE_TABLE))

LABEL_TABLE = (
    *LABELS,
    *(
        column
        for each in ADDED_LABELS
        for column in (
            Column(each.name, "float64", each.doc, nullable=True),
            Column(f"{each.name}_known_at", "timestamp_us", f"when {each.name} is known", nullable=True),
        )
    ),
)
"""`gold/labels`: one row an event, keyed like `gold/features`; an added label is missing in rows of code without it."""


def added_label_columns(
    day: SymbolDay, quotes: Quotes, events: DayFeatures, instrument: Instrument
) -> dict[str, NDArray[Any]]:
    """The columns of every added label, a row an event."""
    columns: dict[str, NDArray[Any]] = {}
    for each in ADDED_LABELS:
        known = outcome_of(each, day, quotes, events, instrument)
        columns |= {each.name: known.values, f"{each.name}_known_at": known.known_at_us}
    return columns


def outcome_of(
    label: Label, day: SymbolDay, quotes: Quotes, events: DayFeatures, instrument: Instrument
) -> Known:
    """One label's values; DataError where they are not one an event, or known before it or after the day."""
    values, known_at_us = label.outcome(day, quotes, events, instrument)
    values, known_at_us = np.asarray(values, dtype=np.float64), np.asarray(known_at_us)
    if not values.shape == known_at_us.shape == events.ts_us.shape or known_at_us.dtype != np.int64:
        raise DataError(
            f"Label {label.name} of {day}: Expected {len(events.ts_us)} values and int64 times, was "
            f"{values.shape} and {known_at_us.shape} {known_at_us.dtype}"
        )
    outside = (known_at_us < events.ts_us) | (known_at_us >= day.end_us)
    if outside.any():
        at = int(np.argmax(outside))
        raise DataError(
            f"Label {label.name} of {day}: Expected known_at from its event, {events.ts_us[at]}, to the day's end, "
            f"{day.end_us}, was {known_at_us[at]}"
        )
    return Known(values, known_at_us)
