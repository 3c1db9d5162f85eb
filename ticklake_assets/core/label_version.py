"""Which labels: a version of what outcomes depend on beside quotes and features, the symbol's costs included."""

from __future__ import annotations

from dataclasses import asdict
from hashlib import sha256

from ticklake_assets.core import declared
from ticklake_assets.core.added import labels as added_labels
from ticklake_assets.core.calendar import hours_version
from ticklake_assets.core.instruments import Instrument
from ticklake_assets.core.label_table import ADDED_LABELS
from ticklake_assets.core.labels import order_constants

BUILT_IN_VERSION = "2"
"""Of widths, horizons, the walk of orders, costs and calendar (`labels`, `orders`, `costs`, `calendar` in core); bump
it when their bits change."""

_SOURCES = declared.sources_digest(*declared.modules_of(added_labels))
LABEL_RULES = BUILT_IN_VERSION + (f"+{_SOURCES[:8]}" if ADDED_LABELS else "")
"""The same for every symbol; with added labels it changes as often as their text."""

_OF_TRAINING = (
    "min_open_ticks",
    "windows",
    "kind",
    "costs",
    "base",
    "quote",
    "codes",
    "price_range",
    "about",
)
"""Facts of an instrument that no outcome depends on; every other one counts, so that a new one does, too."""
_OF_MONEY = ("profile", "commission_from", "account")
"""The same of its costs, whose numbers count: two profiles that charge the same make the same labels."""


def label_version(instrument: Instrument) -> str:
    """Rules and costs behind a symbol's labels; recorded with each day of gold and each dataset."""
    facts = {name: str(fact) for name, fact in asdict(instrument).items() if name not in _OF_TRAINING}
    facts["calendar"] = hours_version(instrument.calendar)
    if instrument.tick_points == 1:  # said by no version of before
        del facts["tick_points"]
    facts |= {name: str(fact) for name, fact in asdict(instrument.costs).items() if name not in _OF_MONEY}
    facts |= {name: str(value) for name, value in order_constants().items()}
    return f"{LABEL_RULES}-{sha256(repr(sorted(facts.items())).encode()).hexdigest()[:8]}"
