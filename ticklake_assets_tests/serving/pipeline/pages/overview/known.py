"""An overview in which all is well, to be spoilt."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from serving.pipeline.pages.overview.facts import Bridge, Champion, Days, Held, Known, Symbol, Watched

NOW = datetime(2024, 3, 5, 12, 0, tzinfo=UTC)

CHAMPION = Champion("9f2c" * 16, date(2024, 3, 1), number=3, expires=datetime(2024, 4, 15, tzinfo=UTC))
SYMBOL = Symbol(
    "EURUSD",
    days=Days(last_complete=date(2024, 3, 4), held=40),
    versions=1,
    verdict="passed",
    champion=CHAMPION,
    watched=Watched(
        date(2024, 3, 5), breaker_open=False, drift=0.04, drifted="p_long", signals=9, abstentions=2
    ),
)
BRIDGE = Bridge(
    "paper-1", "paper", "trading", "", NOW, {"EURUSD": Held(("long 0.10 at 1.08412",), Decimal("3.5"))}, "USD"
)
WELL = Known(NOW, (SYMBOL,), (BRIDGE,))


def symbol(**changes: Any) -> Known:
    return replace(WELL, symbols=(replace(SYMBOL, **changes),))


def bridge(**changes: Any) -> Known:
    return replace(WELL, bridges=(replace(BRIDGE, **changes),))
