"""A day of a symbol as a person judges it: its files and what each layer was made from, rows by rule, hours, gaps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ticklake_assets.core.day_files import RAW, parse_raw_key
from ticklake_assets.core.errors import MissingDataError
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.storage.objects.store import ObjectStore
from ticklake_assets.storage.partitions.store import PartitionManifest, PartitionStore
from ticklake_assets.storage.raw.seals import Seal, load_seal, newest_revision, seal_names
from ticklake_assets.storage.raw.state import Refusal, made_from, refusals

_HOUR_US = 3_600_000_000
_HOURS = 24
_LEAST_GAP_US = 60_000_000
"""Time between two quotes from which on it is called a gap."""
_GAPS = 10


class Revision(NamedTuple):
    """A raw file of the day."""

    key: str
    revision: int
    size: int
    seals: tuple[Seal, ...]
    """What its bytes were when they were first read; more than one where the object was written anew."""


class Gap(NamedTuple):
    first_us: int
    last_us: int


@dataclass(frozen=True)
class Hours:
    """By hour of the UTC day."""

    ticks: tuple[int, ...]
    spread: tuple[float | None, ...]
    """Mean, price units; None without a quote."""
    gaps: tuple[Gap, ...]
    """The longest between two quotes, the longest first."""


@dataclass(frozen=True)
class DayQuality:
    day: SymbolDay
    revisions: tuple[Revision, ...]
    """The newest first."""
    parquet: PartitionManifest | None
    clean: PartitionManifest | None
    gold_from: tuple[str, ...]
    """sha256 of the raw content that gold was made from."""
    refusals: tuple[Refusal, ...]

    @property
    def sealed(self) -> str:
        """sha256 of the newest revision; empty before it was read."""
        seals = self.revisions[0].seals if self.revisions else ()
        return seals[-1].sha256 if seals else ""

    @property
    def made_from(self) -> Mapping[str, str]:
        """By layer that has the day: sha256 of the raw bytes that it was made from."""
        found = {"parquet": self.parquet, "clean": self.clean}
        layers = {layer: each.made_from.sha256 for layer, each in found.items() if each is not None}
        return layers | ({"gold": self.gold_from[-1]} if self.gold_from else {})


def day_quality(store: ObjectStore, symbol: str, day: date) -> DayQuality:
    """All but the rows; MissingDataError where no layer has the day."""
    of = SymbolDay(symbol, day)
    seals = [load_seal(store, name) for name in seal_names(store, of)]
    prefix = f"{RAW}{symbol}/{day:%Y/%m}/"
    named = [(each, parse_raw_key(each.key)) for each in store.list(prefix)]
    revisions = sorted(
        (
            Revision(each.key, found[1], each.size, tuple(seal for seal in seals if seal.key == each.key))
            for each, found in named
            if found and found[0] == of
        ),
        key=lambda each: -each.revision,
    )
    parquet, clean = (PartitionStore(store, layer).manifest(of) for layer in ("parquet", "clean"))
    gold = tuple(each.sha256 for each in made_from(store, of))
    if not (revisions or parquet or clean or gold):
        raise MissingDataError(
            f"{of}: Expected a day that some layer has, was none: `ticklake backfill {symbol} {day} {day}` brings it"
        )
    assert not revisions or revisions[0].revision == newest_revision(store, of)
    return DayQuality(of, tuple(revisions), parquet, clean, gold, tuple(refusals(store, of)))


def hours_of(
    ts_us: npt.NDArray[np.int64], bid: npt.NDArray[np.float64], ask: npt.NDArray[np.float64], start_us: int
) -> Hours:
    """Of a day's clean quotes in their order; `start_us` is its midnight."""
    hour = np.clip((ts_us - start_us) // _HOUR_US, 0, _HOURS - 1)
    ticks = np.bincount(hour, minlength=_HOURS)
    spread = np.bincount(hour, weights=ask - bid, minlength=_HOURS)
    means = tuple(float(total / count) if count else None for total, count in zip(spread, ticks, strict=True))
    between = np.diff(ts_us)
    longest = [at for at in np.argsort(-between, kind="stable")[:_GAPS] if between[at] >= _LEAST_GAP_US]
    gaps = tuple(Gap(int(ts_us[at]), int(ts_us[at + 1])) for at in longest)
    return Hours(tuple(map(int, ticks)), means, gaps)
