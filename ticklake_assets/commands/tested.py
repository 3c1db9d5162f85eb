"""`ticklake tested`: a fold's tested days, for people and for the bridge."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from mt5_bridge.attribution.documents import TestedDays
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.lifecycle.day_attribution import DayAttribution
from ticklake_assets.resources.gold import Gold
from ticklake_assets.resources.lake import Lake
from ticklake_assets.resources.signing import Signing
from ticklake_assets.settings import Settings


def tell_tested(settings: Settings, as_of: SymbolDay, console: Console, *, as_json: bool) -> None:
    """Raises what reading the fold raises, and DataError where the lake makes other trades today."""
    lake = DayAttribution(
        Lake.from_settings(settings), Gold.from_settings(settings), Signing.from_settings(settings)
    )
    days = lake.tested_by(as_of)
    if as_json:
        console.print_json(TestedDays(days=tuple(days)).model_dump_json())
        return
    table = Table(
        "day", "signals", "trades", "net", title=f"{as_of.symbol}, tested by the fold of {as_of.trading_day}"
    )
    for day in days:
        net = f"{day.net_money:+,.2f} {day.terms.currency}"
        table.add_row(str(day.trading_day), str(len(day.signals)), str(len(day.trades)), net)
    console.print(table)
