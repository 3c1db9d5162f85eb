"""Freeze the training set of an as-of day: checked by SQL, pinned to snapshots, versioned.

The order makes it safe: checks first, then files in a temporary folder, then the snapshots' tags, then the
registry. Whatever dies on the way leaves no version behind.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from ticklake_assets.core.errors import MissingDataError
from ticklake_assets.core.features import FEATURES, KERNEL_VERSION
from ticklake_assets.core.folds import Fold, Windows
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.label_table import LABEL_TABLE
from ticklake_assets.core.label_version import label_version
from ticklake_assets.core.schemas import CONTEXT, PARTITION, Column, names
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.storage.datasets.check_results import CheckResult, require
from ticklake_assets.storage.datasets.checks import CheckedWindow, run_checks
from ticklake_assets.storage.datasets.files import Dataset, load, rows_digest, write_part
from ticklake_assets.storage.datasets.manifest import MANIFEST, PARTS, DatasetDay, DatasetManifest
from ticklake_assets.storage.datasets.registry import DatasetRegistry, DatasetVersion
from ticklake_assets.storage.datasets.snapshots import committed_in
from ticklake_assets.storage.datasets.sources import DaySource
from ticklake_assets.storage.gold.rows import events
from ticklake_assets.storage.gold.tables import GoldTables, columns_at
from ticklake_assets.storage.sql.engine import SqlEngine

_TABLES = ("bars", "features", "labels")
_KEYS = [*names(PARTITION), "ts_event"]


@dataclass(frozen=True)
class DatasetRequest:
    """What to freeze: the look-back of an as-of day, and what is known of its days."""

    symbol: str
    as_of: date
    windows: Windows
    days: Collection[date]
    """Days that the caller's window holds (the graph's partitions): a truncated window is found out here."""
    sources: Mapping[date, DaySource]
    """What gold was made from, by day; a day that gold lacks is absent."""
    kernel_version: str = KERNEL_VERSION
    feature_names: Sequence[str] = tuple(names(FEATURES))
    label_table: tuple[Column, ...] = LABEL_TABLE

    @property
    def label_version(self) -> str:
        """Of the labels that this code makes for the symbol."""
        return label_version(instrument_of(self.symbol))

    @property
    def labels(self) -> list[str]:
        """Columns of the labels, less their keys."""
        return [column for column in names(self.label_table) if column not in _KEYS]


class Frozen(NamedTuple):
    """A dataset in the registry, and the checks that let it in."""

    version: DatasetVersion
    manifest: DatasetManifest
    checks: list[CheckResult]


def freeze(gold: GoldTables, engine: SqlEngine, registry: DatasetRegistry, request: DatasetRequest) -> Frozen:
    """Check, pin, write and version one dataset; the same content again is the version that exists.

    Raises:
        MissingDataError: the window is short, gold lacks days or holds days of another kernel or with other
            labels; names them and the command that makes them.
        DataError: a check fails; nothing is frozen.
    """
    fold = _complete_fold(request)
    snapshots = _snapshots(gold, request, fold)
    checks = run_checks(engine, _window(gold, request, fold, snapshots))
    require(checks, f"Dataset {request.symbol} {request.as_of}")
    with TemporaryDirectory(prefix="ticklake-dataset-") as folder:
        manifest = write_dataset(gold, request, fold, snapshots, Path(folder))
        latest = registry.latest(request.symbol, request.as_of)
        if latest is None or not registry.manifest(latest.tag).same_content(manifest):
            for table, snapshot in snapshots.items():
                gold.tag(table, snapshot, manifest.tag)
        version = registry.publish(Path(folder), manifest, checks)
    return Frozen(version, registry.manifest(version.tag), checks)


def write_dataset(
    gold: GoldTables, request: DatasetRequest, fold: Fold, snapshots: Mapping[str, int], folder: Path
) -> DatasetManifest:
    """Write the three parts and their manifest into a folder."""
    quotes = _quotes_by_day(gold, request.symbol, fold, snapshots["bars"])
    commits = committed_in(gold.table("features"), snapshots["features"], request.symbol)
    least = instrument_of(request.symbol).min_open_ticks
    rows = _joined(gold, request, fold, snapshots)
    lines: list[DatasetDay] = []
    files: dict[str, str] = {}
    for part in PARTS:
        of_days: dict[date, pa.Table] = {day: _of_day(rows, day) for day in getattr(fold, part)}
        for day, of_day in of_days.items():
            count, is_open = quotes.get(day, 0), quotes.get(day, 0) >= least
            identity = (rows_digest(of_day), request.sources[day].raw_sha256)
            lines.append(DatasetDay(day, part, of_day.num_rows, count, is_open, *identity, commits.get(day)))
        name, digest = write_part(folder, part, pa.concat_tables(of_days.values()).combine_chunks())
        files[name] = digest
    manifest = DatasetManifest(
        symbol=request.symbol,
        as_of=request.as_of,
        windows=request.windows,
        kernel_version=request.kernel_version,
        feature_names=tuple(request.feature_names),
        snapshots=dict(snapshots),
        partitions=tuple(lines),
        files=files,
        label_version=request.label_version,
    )
    (folder / MANIFEST).write_bytes(manifest.to_json())
    return manifest


def load_latest(registry: DatasetRegistry, symbol: str, as_of: date) -> Dataset:
    """Bring back and read the latest version of an as-of day."""
    latest = registry.latest(symbol, as_of)
    if latest is None:
        raise MissingDataError(
            f"No dataset of {symbol} as of {as_of} is frozen. Expected a version in the registry"
        )
    return _load(registry, latest.tag)


def load_version(registry: DatasetRegistry, tag: str, digest: str) -> Dataset:
    """Bring back and read the version that was trained on, whatever was frozen since.

    Raises:
        MissingDataError: the registry has it no more, or its bytes cannot be brought back.
        DataError: the tag is another dataset's now.
    """
    if tag not in {version.tag for version in registry.versions()}:
        raise MissingDataError(
            f"The dataset that was trained on is gone. Expected {tag} with digest {digest} in the registry, was no "
            "such version: materialize dataset/training and model/trained again"
        )
    return _load(registry, tag, digest)


def _load(registry: DatasetRegistry, tag: str, digest: str | None = None) -> Dataset:
    with TemporaryDirectory(prefix="ticklake-dataset-") as folder:
        registry.checkout(tag, Path(folder))
        return load(Path(folder), tag, digest)


def _complete_fold(request: DatasetRequest) -> Fold:
    fold = Fold.before(request.as_of, request.windows)
    if short := [day for day in fold.days if day not in request.days]:
        raise MissingDataError(
            f"The window before {request.symbol} {request.as_of} is short: it lacks {len(short)} days from "
            f"{short[0]}. Expected {len(fold.days)} days, was {len(fold.days) - len(short)}; "
            "take a later as-of day or shorter windows"
        )
    lacking = [day for day in fold.days if day not in request.sources]
    _require_none(request, fold, lacking, "lacks", "Expected all")
    kernels = {day: request.sources[day].kernel_version for day in fold.days}
    _require_all(request, fold, kernels, request.kernel_version, "kernel", "has from another feature kernel")
    labels = {day: request.sources[day].label_version for day in fold.days}
    what = "has with labels of other rules or costs"
    _require_all(request, fold, labels, request.label_version, "label version", what)
    return fold


def _require_all(
    request: DatasetRequest, fold: Fold, made_by: Mapping[date, str], version: str, of: str, what: str
) -> None:
    other = [day for day, by in made_by.items() if by != version]
    found = ", ".join(sorted({made_by[day] for day in other}))
    _require_none(request, fold, other, what, f"Expected all by {of} {version}, was {found}")


def _require_none(request: DatasetRequest, fold: Fold, days: list[date], what: str, expected: str) -> None:
    if days:
        raise MissingDataError(
            f"Gold of {request.symbol} {what} {len(days)} of {len(fold.days)} days: "
            f"{', '.join(map(str, days))}. {expected}; make them with "
            f"`ticklake backfill {request.symbol} {days[0]} {days[-1]}`"
        )


def _snapshots(gold: GoldTables, request: DatasetRequest, fold: Fold) -> dict[str, int]:
    remedy = f"make it with `ticklake backfill {request.symbol} {fold.days[0]} {fold.days[-1]}`"
    found: dict[str, int] = {}
    for table in _TABLES:
        snapshot = gold.snapshot_id(table)
        if snapshot is None:
            raise MissingDataError(f"gold.{table} was never written. Expected a snapshot; {remedy}")
        found[table] = snapshot
    for table, columns in (("features", request.feature_names), ("labels", request.labels)):
        if new := sorted(set(columns) - columns_at(gold.table(table), found[table])):
            raise MissingDataError(
                f"gold.{table} was last written before {new} existed. Expected every column; {remedy}"
            )
    return found


def _window(
    gold: GoldTables, request: DatasetRequest, fold: Fold, snapshots: Mapping[str, int]
) -> CheckedWindow:
    keyed = [SymbolDay(request.symbol, day) for day in fold.days]
    return CheckedWindow(
        symbol=request.symbol,
        fold=fold,
        feature_names=request.feature_names,
        label_table=request.label_table,
        min_open_ticks=instrument_of(request.symbol).min_open_ticks,
        sources={day: request.sources[day] for day in fold.days},
        snapshots=snapshots,
        committed={
            table: sum(gold.row_counts(table, keyed, snapshots[table]).values())
            for table in ("features", "labels")
        },
    )


def _quotes_by_day(gold: GoldTables, symbol: str, fold: Fold, snapshot: int) -> dict[date, int]:
    bars = gold.scan("bars", symbol, fold.days, snapshot, ["trading_day", "tick_count"])
    sums = bars.group_by("trading_day").aggregate([("tick_count", "sum")]).to_pylist()
    return {row["trading_day"]: row["tick_count_sum"] for row in sums}


def _joined(gold: GoldTables, request: DatasetRequest, fold: Fold, snapshots: Mapping[str, int]) -> pa.Table:
    """An event a row: keys, context, features, then the label."""
    left = [*_KEYS, *names(CONTEXT), *request.feature_names]
    features = gold.scan("features", request.symbol, fold.days, snapshots["features"], left)
    labels = gold.scan("labels", request.symbol, fold.days, snapshots["labels"], [*_KEYS, *request.labels])
    events(features, labels, request.feature_names)  # refuses what does not fit together
    columns = [*features.columns, *(labels[column] for column in request.labels)]
    return pa.table(columns, [*left, *request.labels])


def _of_day(rows: pa.Table, day: date) -> pa.Table:
    return rows.filter(pc.equal(rows["trading_day"], pa.scalar(day, pa.date32())))
