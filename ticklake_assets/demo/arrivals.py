"""Files into landing, and then no hand at all: what runs already brings them to gold."""

from __future__ import annotations

import time
from collections.abc import Sequence

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from ticklake_assets.core.errors import DataError, SetupError
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.storage.objects.store import ObjectStore
from ticklake_assets.storage.raw.state import RawState, observe, refusals

LOOK_S = 3.0
PATIENCE_S = 600.0
"""Without any change for so long nothing moves any more: a month's run takes a minute or two on two cores."""


def await_gold(
    store: ObjectStore,
    days: Sequence[SymbolDay],
    console: Console,
    patience_s: float = PATIENCE_S,
    look_s: float = LOOK_S,
) -> None:
    """Wait until gold holds all `days`, showing how many are in the lake and in gold.

    Raises DataError for a day that was refused, SetupError when nothing has changed for `patience_s`.
    """
    seen, changed = (-1, -1), time.monotonic()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        lake = progress.add_task("days in the lake", total=len(days))
        gold = progress.add_task("days in gold", total=len(days))
        while True:
            state = observe(store)
            _expect_no_refusal(store, state, days)
            made = len(state.done.keys() & set(days))
            arrived = made + len((state.to_build.keys() | state.to_reseal.keys()) & set(days))
            progress.update(lake, completed=arrived)
            progress.update(gold, completed=made)
            if made == len(days):
                return
            if (arrived, made) != seen:
                seen, changed = (arrived, made), time.monotonic()
            elif time.monotonic() - changed > patience_s:
                raise SetupError(
                    f"Expected {len(days)} days in gold, was {made}, {arrived} of them in the lake, unchanged for "
                    f"{patience_s:.0f} s: a replicator and a Dagster daemon must run, see `ticklake stack status`"
                )
            time.sleep(look_s)


def _expect_no_refusal(store: ObjectStore, state: RawState, days: Sequence[SymbolDay]) -> None:
    bad = [day for day in days if day in state.refused or day in state.violated]
    if bad:
        why = state.violated.get(bad[0]) or "; ".join(found.error for found in refusals(store, bad[0]))
        raise DataError(f"Expected {len(days)} days in gold, was {len(bad)} refused, first {bad[0]}: {why}")
