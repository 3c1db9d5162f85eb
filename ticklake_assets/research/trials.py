"""What the trial ledger holds of a symbol, each fit, selection, opening and chain with what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from ticklake_assets.storage.models.trial_ledger import TrialLedger

Entry = dict[str, Any]


def trials(ledger: TrialLedger, symbol: str, as_of: date | None = None) -> list[Entry]:
    """The ledger's records with what came of them; an opening is one entry whatever its days."""
    entries = sorted(_entries(ledger, symbol), key=lambda entry: (entry.get("at", ""), entry["what"]))
    return [entry for entry in entries if as_of is None or entry.get("as_of") == as_of.isoformat()]


def _entries(ledger: TrialLedger, symbol: str) -> Iterator[Entry]:
    results = {_name(key): note for key, note in ledger.notes("results", symbol).items()}
    for what in ("fits", "selections"):
        for note in ledger.notes(what, symbol).values():
            yield {"what": what, **note}
    opened: dict[str, Entry] = {}
    for key, note in ledger.notes("openings", symbol).items():
        told = {name: value for name, value in note.items() if name not in ("days", "test_day")}
        entry = opened.setdefault(_name(key), {"what": "opening", **told, "test_days": []})
        entry["test_days"] += note.get("days") or [note["test_day"]]
    chains = {_name(key): {"what": "chain", **note} for key, note in ledger.notes("chains", symbol).items()}
    for name, entry in (*opened.items(), *chains.items()):
        yield {**entry, "result": results.get(name, {})}


def _name(key: str) -> str:
    return key.rsplit("/", 1)[1]
