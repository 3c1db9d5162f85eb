"""`ticklake backfill`: ask Dagster's daemon for landing to gold, and show its runs."""

from __future__ import annotations

import time
from datetime import date

import dagster as dg
from rich.console import Console

from ticklake_assets.commands.watching import watch
from ticklake_assets.core.calendar import calendar_days
from ticklake_assets.core.errors import DataError
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.definitions import defs
from ticklake_assets.defs.jobs import TO_GOLD
from ticklake_assets.defs.landing.assets import landing_run_config
from ticklake_assets.defs.partitions import SYMBOL_DAY
from ticklake_assets.defs.raw.sensors import days_in_flight, raw_arrivals
from ticklake_assets.instance.backfills import request_backfill
from ticklake_assets.instance.home import daemon, explained_instance_errors, open_to_launch
from ticklake_assets.resources.landing import SourceConfig
from ticklake_assets.settings import Settings

_LOOKS_S = 3.0 * (raw_arrivals.minimum_interval_seconds or 0)


def backfill_days(
    settings: Settings, symbol: str, first: date, last: date, console: Console, *, wait: bool = True
) -> bool:
    """Backfill landing to gold; returns whether all of it succeeded (True when not waiting).

    The ticks come from where `settings` say, also when the daemon that runs was started with others.
    """
    days = _days(symbol, first, last)
    definitions = defs()
    assets = sorted(TO_GOLD.resolve(definitions.resolve_asset_graph()))
    with explained_instance_errors(settings), open_to_launch(settings) as instance:
        title = f"{symbol} {first} to {last}"
        config = landing_run_config(SourceConfig.from_settings(settings))
        backfill_id = request_backfill(instance, definitions, assets, days, title, config)
        console.print(f"Backfill {backfill_id}: {title}, {len(days)} days of {len(assets)} assets")
        if not wait:
            console.print("The daemon of `ticklake dev` launches it.")
            return True
        with daemon(instance, settings.dagster_home) as used:
            console.print(
                "Started a Dagster daemon for it." if used.is_ours else "A Dagster daemon is running."
            )
            succeeded = watch(instance, backfill_id, console)
            if used.is_ours and not succeeded:
                console.print("The raw sensor brings the good days of failed runs to gold.")
                _await_quiet(instance, set(days))
            return succeeded


def _days(symbol: str, first: date, last: date) -> list[SymbolDay]:
    instrument_of(symbol)
    days = [SymbolDay(symbol, day) for day in calendar_days(first, last)]
    known = [day for day in days if SYMBOL_DAY.has_partition_key(day.key)]
    if not days or len(known) < len(days):
        offered = f"{first} to {last}"
        raise DataError(
            f"Days of {symbol}. Expected complete past days in the calendar of the graph, was {offered}"
        )
    return days


def _await_quiet(instance: dg.DagsterInstance, days: set[SymbolDay]) -> None:
    """Wait until no run has held any of `days` for a few looks of the raw sensor: this daemon ends with us."""
    quiet_since = time.monotonic()
    while time.monotonic() - quiet_since < _LOOKS_S:
        if days & days_in_flight(instance):
            quiet_since = time.monotonic()
        time.sleep(1.0)
