"""Old datasets after everything that time brings: later days, corrections, a new kernel, upkeep of gold."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from ticklake_assets.core.errors import MissingDataError
from ticklake_assets.core.features import FEATURE_TABLE, FEATURES, KERNEL_VERSION
from ticklake_assets.core.schemas import Column, names
from ticklake_assets.storage.datasets.diff import changes
from ticklake_assets.storage.datasets.files import load
from ticklake_assets.storage.datasets.freeze import write_dataset
from ticklake_assets.storage.datasets.manifest import DatasetManifest
from ticklake_assets.storage.datasets.snapshots import pins
from ticklake_assets.storage.gold.maintenance import expire, keep_up
from ticklake_assets.storage.gold.schema import GOLD, GoldTable
from ticklake_assets.storage.gold.tables import GoldTables
from ticklake_assets_tests.storage.datasets.builders import (
    AS_OF,
    DAYS,
    make_request,
    open_registry,
    run_freeze,
)
from ticklake_assets_tests.storage.gold.builders import (
    MONDAY,
    RUN,
    days_from,
    fill_gold,
    make_features,
    open_gold,
)

TUESDAY = DAYS[1]
TABLES = ("bars", "features", "labels")
LATER = GoldTable((*FEATURE_TABLE, Column("later", "float64", "a feature of the next kernel")), "ts_event")
NEXT_KERNEL = f"{KERNEL_VERSION}+1"
NEXT = make_request(NEXT_KERNEL, (*names(FEATURES), "later"))


@contextmanager
def next_gold(root: Path) -> Iterator[GoldTables]:
    """The same tables in the hands of code whose kernel has one feature more."""
    with GoldTables(open_gold(root).catalog, {**GOLD, "features": LATER}) as gold:
        yield gold


def upgrade(gold: GoldTables) -> None:
    """Make every day again by the next kernel: its new feature is there, and one old one has other values."""
    for day in DAYS:
        rows = make_features(day, 40, seed=7)
        gold.replace("features", [day], rows.append_column("later", pa.array(np.arange(40.0))), RUN)


def files_of(root: Path, tag: str) -> dict[str, bytes]:
    folder = root / tag.replace("/", "-")
    open_registry(root).checkout(tag, folder)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def again_from_gold(gold: GoldTables, manifest: DatasetManifest, folder: Path) -> dict[str, bytes]:
    """The dataset's files made once more, from gold at the snapshots that its manifest names."""
    folder.mkdir()
    request = make_request(manifest.kernel_version, manifest.feature_names)
    write_dataset(gold, request, manifest.fold, manifest.snapshots, folder)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_old_versions_survive_later_days_a_correction_a_new_kernel_and_upkeep(tmp_path: Path) -> None:
    with open_gold(tmp_path) as gold:
        fill_gold(gold, DAYS)
        first = run_freeze(gold, tmp_path)
        frozen = files_of(tmp_path, first.version.tag)
        fill_gold(gold, days_from(MONDAY.shifted(8), 2))
        gold.replace("features", [TUESDAY], make_features(TUESDAY, 40, seed=9), RUN)
        second = run_freeze(gold, tmp_path)
    with next_gold(tmp_path) as gold:
        upgrade(gold)
        third = run_freeze(gold, tmp_path, NEXT)
        assert [each.version.number for each in (first, second, third)] == [1, 2, 3]
        expired = 0
        for table in TABLES:
            expired += keep_up(gold, table, datetime.now(UTC) + timedelta(days=30)).expired_snapshots
        assert expired > 0
        for at, each in enumerate((first, second, third)):
            assert {pin.state for pin in pins(gold.catalog, each.manifest)} == {"tagged"}
            made = again_from_gold(gold, each.manifest, tmp_path / f"again{at}")
            assert made == files_of(tmp_path, each.version.tag)
    assert files_of(tmp_path, first.version.tag) == frozen
    assert load(tmp_path / "EURUSD-2024-01-09-v1").manifest.digest == first.version.digest
    assert third.manifest.feature_names == (*names(FEATURES), "later")
    assert load(tmp_path / "EURUSD-2024-01-09-v3").parts["test"].features.shape[1] == len(FEATURES) + 1


def test_an_untagged_snapshot_expires_and_a_tagged_one_does_not(tmp_path: Path) -> None:
    """That the test above means something: without the tags the snapshots would be gone."""
    with open_gold(tmp_path) as gold:
        fill_gold(gold, DAYS)
        frozen = run_freeze(gold, tmp_path)
        gold.replace("features", [TUESDAY], make_features(TUESDAY, 3), RUN)
        soon = datetime.now(UTC) + timedelta(days=1)
        assert {pin.state for pin in pins(gold.catalog, frozen.manifest)} == {"tagged"}
        expire(gold, "features", soon)
        gold.table("features").manage_snapshots().remove_tag(frozen.manifest.tag).commit()
        assert {pin.table: pin.state for pin in pins(gold.catalog, frozen.manifest)}["features"] == "untagged"
        expire(gold, "features", soon)
        assert {pin.table: pin.state for pin in pins(gold.catalog, frozen.manifest)}["features"] == "gone"
        with pytest.raises(MissingDataError, match="is not there"):
            again_from_gold(gold, frozen.manifest, tmp_path / "again")


def test_a_rollback_is_a_new_version_of_the_old_content(tmp_path: Path) -> None:
    with open_gold(tmp_path) as gold:
        fill_gold(gold, DAYS)
        first = run_freeze(gold, tmp_path)
        gold.replace("features", [TUESDAY], make_features(TUESDAY, 40, seed=9), RUN)
        second = run_freeze(gold, tmp_path)
        registry = open_registry(tmp_path)
        third = registry.rollback(first.version.tag)
        assert (third.number, third.digest) == (3, first.version.digest)
        assert registry.latest("EURUSD", AS_OF) == third
        assert registry.rollback(first.version.tag) == third, "the latest has that content already"
        assert registry.checks(third.tag) == first.checks
        again = run_freeze(gold, tmp_path)
        assert (again.version.number, again.manifest) == (4, second.manifest)
    assert files_of(tmp_path, third.tag) == files_of(tmp_path, first.version.tag)
    assert [version.number for version in registry.versions()] == [1, 2, 3, 4]


def test_a_diff_says_what_the_next_kernel_and_a_correction_changed(tmp_path: Path) -> None:
    with open_gold(tmp_path) as gold:
        fill_gold(gold, DAYS)
        first = run_freeze(gold, tmp_path)
    with next_gold(tmp_path) as gold:
        upgrade(gold)
        second = run_freeze(gold, tmp_path, NEXT)
    found = {
        (change.what, change.before, change.after) for change in changes(first.manifest, second.manifest)
    }
    assert {("kernel", KERNEL_VERSION, NEXT_KERNEL), ("feature", "", "later")} <= found
    told = {change.what: change.why for change in changes(first.manifest, second.manifest)}
    assert told["2024-01-02"] == "the same raw file, another kernel"
    assert "snapshot features" in told
    assert "snapshot bars" not in told
