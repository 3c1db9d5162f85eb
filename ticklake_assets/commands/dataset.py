"""`ticklake dataset`: the registry of frozen datasets, from list to rollback."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Column, Table

from ticklake_assets.core.errors import DataError
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.settings import Settings
from ticklake_assets.terminal import console, guarded

if TYPE_CHECKING:
    from ticklake_assets.storage.datasets.check_results import CheckResult
    from ticklake_assets.storage.datasets.manifest import DatasetManifest
    from ticklake_assets.storage.datasets.registry import DatasetRegistry

app = typer.Typer(no_args_is_help=True, help="Frozen datasets: what there is, what changed, and back again.")
Tag = Annotated[str, typer.Argument(help="a version that `ticklake dataset list` shows")]


@app.command("list")
@guarded()
def list_versions(
    symbol: Annotated[str, typer.Argument(help="of this symbol alone")] = "",
) -> None:
    """List the frozen versions, oldest first."""
    if symbol:
        instrument_of(symbol)
    registry = _registry()
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


@app.command("show")
@guarded()
def show_version(tag: Tag) -> None:
    """Show a version: its partitions, checks, snapshots, and the bundles that were made from it."""
    from ticklake_assets.resources.gold import Gold
    from ticklake_assets.resources.lake import Lake
    from ticklake_assets.storage.datasets.snapshots import pins
    from ticklake_assets.storage.models.bundles import bundles_from

    registry, settings = _registry(), Settings()
    version, manifest = registry.version(tag), registry.manifest(tag)
    console.print(f"{tag}, frozen {version.committed_at}", highlight=False)
    console.print(
        f"{_days(manifest)}: {_rows(manifest):,} rows; kernel {manifest.kernel_version}, "
        f"{len(manifest.feature_names)} features, labels {manifest.label_version or 'unknown'}; "
        f"digest {manifest.digest}",
        highlight=False, soft_wrap=True,
    )  # fmt: skip
    console.print(_partitions(manifest), _checks(registry.checks(tag)))
    with Gold.from_settings(settings).tables as gold:
        for pin in pins(gold.catalog, manifest):
            console.print(f"gold.{pin.table} at snapshot {pin.snapshot_id}: {pin.state}", highlight=False)
    lake = Lake.from_settings(settings)
    for bundle in bundles_from(lake.store, manifest.symbol, manifest.digest):
        console.print(f"bundle {bundle}", highlight=False, soft_wrap=True)


@app.command("diff")
@guarded()
def diff_versions(before: Tag, after: Tag) -> None:
    """Show what changed between two versions: days, rows, kernel, labels, features, snapshots."""
    from ticklake_assets.storage.datasets.diff import changes

    registry = _registry()
    found = changes(registry.manifest(before), registry.manifest(after))
    if not found:
        console.print("nothing: the same content", highlight=False)
        return
    table = Table("what", Column(before, overflow="fold"), Column(after, overflow="fold"), "why")
    for change in found:
        table.add_row(*change)
    console.print(table)


@app.command("checkout")
@guarded()
def checkout_version(
    tag: Tag, folder: Annotated[Path, typer.Argument(help="where its files go; made where it is absent")]
) -> None:
    """Bring a version's files into a folder, byte for byte; they are verified by sha256."""
    manifest = _registry().checkout(tag, folder)
    console.print(f"{tag}: {len(manifest.files)} files and the manifest in {folder}", soft_wrap=True)


@app.command("rollback")
@guarded()
def roll_back(
    symbol: Annotated[str, typer.Argument(help="a symbol that `ticklake instruments` lists")],
    as_of: Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="its as-of day")],
    tag: Annotated[str, typer.Argument(help="the version to go back to, like EURUSD/2024-01-15/v1 or v1")],
) -> None:
    """Make an older version the latest of its as-of day again: a new version of the same content."""
    place = f"{symbol}/{as_of:%Y-%m-%d}"
    full = tag if "/" in tag else f"{place}/{tag}"
    registry = _registry()
    wanted = registry.version(full)
    if wanted.place != place:
        raise DataError(
            f"{full} belongs to another as-of day. Expected a version of {place}, was {wanted.place}"
        )
    latest = registry.latest(symbol, as_of.date())
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


def _registry() -> DatasetRegistry:
    from ticklake_assets.resources.datasets import Datasets

    return Datasets.from_settings(Settings()).registry


def _days(manifest: DatasetManifest) -> str:
    days = manifest.fold.days
    return f"{days[0]} to {days[-1]}"


def _rows(manifest: DatasetManifest) -> int:
    return sum(line.rows for line in manifest.partitions)
