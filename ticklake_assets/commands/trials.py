"""`ticklake trials`: what the ledger holds, how often test days may still be looked at, and whether it is whole."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Column, Table

from ticklake_assets.core.errors import MissingDataError
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.lifecycle.ledger import known_heads, open_ledger
from ticklake_assets.research.trials import Entry, trials
from ticklake_assets.resources.lake import Lake
from ticklake_assets.resources.signing import Signing
from ticklake_assets.settings import Settings
from ticklake_assets.storage.models.registry import ModelRegistry
from ticklake_assets.storage.models.trial_ledger import MOST_OPENINGS

_TO_THE_MINUTE = len("2024-01-15T10:00")


def show_trials(
    settings: Settings, symbol: str, as_of: date | None, console: Console, *, as_json: bool
) -> None:
    """Print every fit, selection, opening and chain of a symbol, oldest first; of one as-of day where it is given."""
    instrument_of(symbol)
    ledger = open_ledger(Lake.from_settings(settings), Signing.from_settings(settings))
    entries = trials(ledger, symbol, as_of)
    if not entries:
        when = f" as of {as_of}" if as_of else ""
        raise MissingDataError(
            f"No trial of {symbol}{when} in {settings.lake}. Expected some after model/trained ran, was none"
        )
    if as_json:
        console.print_json(json.dumps(entries))
        return
    console.print(_table(entries))
    opened = dict.fromkeys(tuple(entry["test_days"]) for entry in entries if entry["what"] == "opening")
    for days in ([date.fromisoformat(day) for day in each] for each in opened):
        console.print(
            f"test days {days[0]} to {days[-1]}: looked at {ledger.met(symbol, days)} times, "
            f"{ledger.left(symbol, days)} of {MOST_OPENINGS} left"
        )


def verify_trials(settings: Settings, console: Console) -> None:
    """Say since when the ledger counts and where it ends, after every entry and every head known elsewhere fit.

    Raises:
        ImmutabilityError: an entry was removed, altered, moved or put in, or the ledger was cut or begun anew.
    """
    lake, signing = Lake.from_settings(settings), Signing.from_settings(settings)
    ledger = open_ledger(lake, signing)
    head, known, mute = ledger.head(), 0, 0
    for where, found in known_heads(lake, signing, _registry(settings)):
        if found is None:
            mute += 1
            continue
        ledger.expect(found, where)
        known += 1
    if head.entries == 0:
        console.print(f"the ledger of {settings.lake} has no entry yet", soft_wrap=True)
        return
    console.print(
        f"the ledger of {settings.lake} counts since {ledger.since()}: {head.entries} entries, each signed and linked\n"
        f"head: {head.sha256}\n"
        f"{known} heads that are known elsewhere are in it"
        + (f"; {mute} records of before name none" if mute else ""),
        highlight=False, soft_wrap=True,
    )  # fmt: skip


def _registry(settings: Settings) -> ModelRegistry | None:
    """None where it would be a database that asking makes."""
    database = settings.mlflow.removeprefix("sqlite:///")
    is_absent = database != settings.mlflow and not Path(database).exists()
    return None if is_absent else ModelRegistry(settings.mlflow)


def _table(entries: list[Entry]) -> Table:
    """Two lines an entry, so that a run's id stays whole in a terminal of 80 columns."""
    headings = (Column("when, UTC", no_wrap=True), Column("what", no_wrap=True), "by whom, on what, result")
    table = Table(*headings, box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for entry in entries:
        count = f"{entry['count']} " if "count" in entry else ""
        told = "; ".join(filter(None, (str(entry.get("dataset", "")), _told(entry.get("result", {})))))
        table.add_row(
            str(entry.get("at", ""))[:_TO_THE_MINUTE].replace("T", " "),
            f"{count}{entry['what']}\nas of {entry.get('as_of', 'an unknown day')}",
            f"{entry.get('by', 'unknown')}\n{told}",
        )
    return table


def _told(result: Mapping[str, Any]) -> str:
    """Figures of a result; the single trials of a search are for --json."""
    figures = {name: value for name, value in result.items() if not isinstance(value, list)}
    return ", ".join(
        f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in figures.items()
    )
