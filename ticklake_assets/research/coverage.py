"""What a lake holds of each symbol, day by day: by listings, the clean manifests and the last report."""

from __future__ import annotations

import json
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from ticklake_assets.core.day_files import parse_raw_key
from ticklake_assets.core.instruments import INSTRUMENTS
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.research.asked import Asked
from ticklake_assets.settings import Settings
from ticklake_assets.storage.objects.store import ObjectStore
from ticklake_assets.storage.partitions.store import PartitionStore
from ticklake_assets.storage.raw.state import Listings, compare, list_raw, refusals
from ticklake_assets.storage.replication.landing_folder import LandingFolder

LAYERS = ("landed", "raw", "parquet", "clean", "gold")
"""From the vendor's file on; a day is as far as the last of them that holds it."""
_MANIFEST = re.compile(
    r"(?:parquet|clean)/ticks/symbol=([A-Z0-9]{3,12})/trading_day=(\d{4}-\d{2}-\d{2})/manifest\.json"
)
_REPORT = re.compile(r"models/report/([A-Z0-9]{3,12})/(\d{4}-\d{2}-\d{2})\.json")
_AT_ONCE = 8
"""Manifests that are fetched together: a bucket answers in tens of milliseconds."""


@dataclass
class Coverage:
    """One symbol."""

    symbol: str
    layers: dict[str, set[date]] = field(default_factory=lambda: {layer: set() for layer in LAYERS})
    """Days by layer. `landed` counts what lies in the landing folder, taken or waiting; gold a closed day, too."""
    revised: dict[date, int] = field(default_factory=dict)
    """Highest revision of days that were corrected."""
    refused: dict[date, str] = field(default_factory=dict)
    """Days whose present content failed for good, and what is wrong with the others that a person has to see to."""
    rows: int = 0
    """Clean rows."""
    quarantined: Counter[str] = field(default_factory=Counter)
    """Rows by the rule that they broke."""
    verdict: str = ""
    """Of the newest walk-forward report."""
    verdict_as_of: date | None = None

    @cached_property
    def days(self) -> list[date]:
        """Every day that some layer holds; asked for once it is whole, and kept, as the gaps are."""
        return sorted(set().union(*self.layers.values()))

    @cached_property
    def gaps(self) -> list[date]:
        """Days between the first and the last that no layer holds although the instrument's calendar has a session.

        None of a symbol that this installation has no calendar for.
        """
        held = self.days
        if self.symbol not in INSTRUMENTS or not held:
            return []
        return list(Asked(self.symbol, held[0], held[-1]).missing(held))

    @property
    def quarantined_share(self) -> float:
        refused = self.quarantined.total()
        return refused / (refused + self.rows) if refused else 0.0

    def as_dict(self) -> dict[str, object]:
        """For programs: counts, and the days that ask for a look."""
        held = self.days
        return {
            "symbol": self.symbol,
            "first_day": str(held[0]) if held else None,
            "last_day": str(held[-1]) if held else None,
            "days": {layer: len(days) for layer, days in self.layers.items()},
            "gaps": [str(day) for day in self.gaps],
            "revised": {str(day): revision for day, revision in sorted(self.revised.items())},
            "refused": {str(day): why for day, why in sorted(self.refused.items())},
            "clean_rows": self.rows,
            "quarantined_rows": dict(self.quarantined),
            "verdict": self.verdict or None,
            "verdict_as_of": str(self.verdict_as_of) if self.verdict_as_of else None,
        }


class _Found(dict[str, Coverage]):
    def __missing__(self, symbol: str) -> Coverage:
        return self.setdefault(symbol, Coverage(symbol))


def coverages(
    settings: Settings, store: ObjectStore, symbol: str | None = None, *, counts_rows: bool = True
) -> list[Coverage]:
    """What there is, of every symbol or of one, by symbol.

    Rows are in the clean manifests, one a day, of which twenty years of thirty symbols have too many to read for a
    look at days: without `counts_rows` rows and quarantine stay 0.
    """
    found = _Found()
    _add_landed(found, LandingFolder(settings.landing_dir))
    _add_raw(found, store, list_raw(store, None if symbol is None else [symbol]))
    _add_partitions(found, store, "" if symbol is None else f"{symbol}/")
    if counts_rows:
        _add_rows(found, store)
    _add_verdicts(found, store, "" if symbol is None else f"{symbol}/")
    return [found[name] for name in sorted(found) if symbol in (None, name)]


def _add_landed(found: _Found, landing: LandingFolder) -> None:
    for file in (*landing.waiting(), *landing.taken()):
        found[file.day.symbol].layers["landed"].add(file.day.trading_day)


def _add_raw(found: _Found, store: ObjectStore, listings: Listings) -> None:
    for each in listings.objects:
        if named := parse_raw_key(each.key):
            day, revision = named
            found[day.symbol].layers["raw"].add(day.trading_day)
            if revision > found[day.symbol].revised.get(day.trading_day, 1):
                found[day.symbol].revised[day.trading_day] = revision
    for day, _ in listings.made_from:
        found[day.symbol].layers["gold"].add(day.trading_day)
    state = compare(listings)
    for day in state.refused:
        said = "; ".join(f"{each.layer}: {each.error}" for each in refusals(store, day))
        found[day.symbol].refused[day.trading_day] = said
    for day, problem in state.violated.items():
        found[day.symbol].refused[day.trading_day] = problem
    for day, key in state.gone.items():
        found[day.symbol].refused[day.trading_day] = f"{key} was sealed and is gone"


def _add_partitions(found: _Found, store: ObjectStore, only: str) -> None:
    for layer in ("parquet", "clean"):
        for each in store.list(f"{layer}/ticks/symbol={only}"):
            if match := _MANIFEST.fullmatch(each.key):
                found[match[1]].layers[layer].add(date.fromisoformat(match[2]))


def _add_rows(found: _Found, store: ObjectStore) -> None:
    clean = PartitionStore(store, "clean")
    days = [SymbolDay(each.symbol, day) for each in found.values() for day in each.layers["clean"]]
    with ThreadPoolExecutor(_AT_ONCE) as beside:
        for day, manifest in zip(days, beside.map(clean.manifest, days), strict=True):
            if manifest is not None:
                found[day.symbol].rows += manifest.rows
                found[day.symbol].quarantined.update(manifest.quarantined)


def _add_verdicts(found: _Found, store: ObjectStore, only: str) -> None:
    newest: dict[str, tuple[date, str]] = {}
    for each in store.list(f"models/report/{only}"):
        if match := _REPORT.fullmatch(each.key):
            report = date.fromisoformat(match[2]), each.key
            newest[match[1]] = max(newest.get(match[1], report), report)
    for symbol, (as_of, key) in newest.items():
        found[symbol].verdict = json.loads(store.get(key))["gates"]["verdict"]
        found[symbol].verdict_as_of = as_of
