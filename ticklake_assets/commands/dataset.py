"""What `ticklake dataset` does: list, show, diff, checkout and rollback of frozen datasets."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from ticklake_assets.commands.opening import dataset_registry, gold_tables
from ticklake_assets.core.errors import DataError
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.settings import Settings
from ticklake_assets.storage.datasets.check_results import CheckResult
from ticklake_assets.storage.datasets.diff import changes
from ticklake_assets.storage.datasets.manifest import DatasetManifest


def list_versions(settings: Settings, symbol: str, console: Console) -> None:
    if symbol:
        instrument_of(symbol)
    registry = dataset_registry(settings)
    versions = registry.versions(symbol)
    if not versions:
        console.print(f"no dataset{f' of {symbol}' if symbol else ''} yet: dataset/training freezes one")
        return
    table = Table(
        Column("version", no_wrap=True),
        Column("frozen", no_wrap=True),
        Column("days", justify="right"),
        Column("rows", justify="right"),
        "kernel",
        Column("content", no_wrap=True),
    )
    first: dict[str, int] = {}
    for version in versions:
        manifest = registry.manifest(version.tag)
        same = first.setdefault(f"{version.place} {version.digest}", version.number)
        table.add_row(
            version.tag,
            f"{datetime.fromisoformat(version.committed_at):%Y-%m-%d %H:%M}",
            str(len(manifest.partitions)),
            f"{_rows(manifest):,}",
            manifest.kernel_version,
            version.digest[:8] + ("" if same == version.number else f" = v{same}"),
        )
    console.print(table)


def show_version(settings: Settings, tag: str, console: Console) -> None:
    from ticklake_assets.resources.lake import Lake
    from ticklake_assets.storage.datasets.snapshots import pins
    from ticklake_assets.storage.models.bundles import bundles_from

    registry = dataset_registry(settings)
    version, manifest = registry.version(tag), registry.manifest(tag)
    console.print(f"{tag}, frozen {version.committed_at}", highlight=False)
    console.print(
        f"{_days(manifest)}: {_rows(manifest):,} rows; kernel {manifest.kernel_version}, "
        f"{len(manifest.feature_names)} features, labels {manifest.label_version or 'unknown'}; "
        f"digest {manifest.digest}",
        highlight=False, soft_wrap=True,
    )  # fmt: skip
    console.print(_partitions(manifest), _checks(registry.checks(tag)))
    with gold_tables(settings) as gold:
        for pin in pins(gold.catalog, manifest):
            console.print(f"gold.{pin.table} at snapshot {pin.snapshot_id}: {pin.state}", highlight=False)
    lake = Lake.from_settings(settings)
    for bundle in bundles_from(lake.store, manifest.symbol, manifest.digest):
        console.print(f"bundle {bundle}", highlight=False, soft_wrap=True)


def diff_versions(settings: Settings, before: str, after: str, console: Console) -> None:
    registry = dataset_registry(settings)
    found = changes(registry.manifest(before), registry.manifest(after))
    if not found:
        console.print("nothing: the same content", highlight=False)
        return
    table = Table("what", Column(before, overflow="fold"), Column(after, overflow="fold"), "why")
    for change in found:
        table.add_row(*change)
    console.print(table)


def checkout_version(settings: Settings, tag: str, folder: Path, console: Console) -> None:
    manifest = dataset_registry(settings).checkout(tag, folder)
    console.print(f"{tag}: {len(manifest.files)} files and the manifest in {folder}", soft_wrap=True)


def roll_back(settings: Settings, symbol: str, as_of: date, tag: str, console: Console) -> None:
    place = f"{symbol}/{as_of}"
    full = tag if "/" in tag else f"{place}/{tag}"
    registry = dataset_registry(settings)
    wanted = registry.version(full)
    if wanted.place != place:
        raise DataError(
            f"{full} belongs to another as-of day. Expected a version of {place}, was {wanted.place}"
        )
    latest = registry.latest(symbol, as_of)
    made = registry.rollback(full)
    told = f"{made.tag} has the content of {full}"
    console.print(f"{told} already: nothing to do" if made == latest else f"{told}", soft_wrap=True)


def _partitions(manifest: DatasetManifest) -> Table:
    table = Table(
        "day",
        "part",
        Column("rows", justify="right"),
        Column("quotes", justify="right"),
        Column("sha256", no_wrap=True),
        Column("raw", no_wrap=True),
        "committed in",
        box=None,  # a terminal of 80 columns has room for a snapshot's digits, not for lines beside them
        padding=(0, 2, 0, 0),
    )
    for line in manifest.partitions:
        table.add_row(
            str(line.day),
            line.part,
            str(line.rows),
            f"{line.quotes}{'' if line.open else ' closed'}",
            line.sha256[:8],
            line.raw_sha256[:8],
            str(line.snapshot or ""),
        )
    return table


def _checks(checks: list[CheckResult]) -> Table | str:
    if not checks:
        return "its checks were not kept: it was frozen before they were"
    table = Table("check", "expected", Column("was", justify="right"))
    for check in checks:
        table.add_row(escape(check.name), check.expectation, f"{check.value:.6g}")
    return table


def _days(manifest: DatasetManifest) -> str:
    days = manifest.fold.days
    return f"{days[0]} to {days[-1]}"


def _rows(manifest: DatasetManifest) -> int:
    return sum(line.rows for line in manifest.partitions)
