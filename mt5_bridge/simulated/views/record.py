"""Records of the package from fields by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mt5_bridge.simulated.wall import Wall

_EMPTY = dict.fromkeys(
    (
        *("basis", "category", "bank", "description", "exchange", "formula", "isin", "page", "comment"),
        *("external_id", "mqid", "symbol", "currency_base", "currency_profit", "currency_margin"),
    ),
    "",
)


def record(kind: Any, fields: Mapping[str, Any]) -> Any:
    """A record of the package; of fields that are not given numbers are 0 and texts empty."""
    return kind([fields.get(name, _EMPTY.get(name, 0)) for name in kind.__match_args__])


def times(wall: Wall, **moments_us: int) -> dict[str, int]:
    """Each in seconds, and as `_msc` in milliseconds; 0 stays 0."""
    shown = {}
    for name, moment_us in moments_us.items():
        shown[name] = wall.seconds(moment_us) if moment_us else 0
        shown[f"{name}_msc"] = wall.ms(moment_us) if moment_us else 0
    return shown
