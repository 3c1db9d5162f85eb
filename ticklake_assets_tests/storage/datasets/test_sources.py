from __future__ import annotations

import pytest

from ticklake_assets.core.day_files import raw_key
from ticklake_assets.core.errors import MissingDataError
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.storage.datasets.sources import DaySource, day_sources
from ticklake_assets.storage.objects.store import ObjectStore
from ticklake_assets.storage.partitions.store import DataFile, PartitionManifest, PartitionStore, RawSource
from ticklake_assets.storage.raw.seals import seal_object
from ticklake_assets.storage.raw.state import forget_made_from, write_made_from

DAY = SymbolDay.parse("EURUSD|2024-01-15")


def raw_csv(rows: int) -> bytes:
    lines = [f"2024-01-15T00:00:{second:02}.000Z,1.1,1.2,1.0,1.0\n" for second in range(rows)]
    return ("ts_event,bid,ask,bid_size,ask_size\n" + "".join(lines)).encode()


def clean_day(store: ObjectStore, rows: int, quarantined: int, revision: int = 1) -> str:
    """Seal a raw file and publish a clean partition of it; returns the raw sha256."""
    key = raw_key(DAY, revision)
    store.put(key, raw_csv(rows))
    seal = seal_object(store, key)
    clean = PartitionStore(store, "clean")
    kept = clean.write(DAY, f"kept{revision}", b"kept", rows - quarantined)
    refused: tuple[DataFile, ...] = (clean.write(DAY, f"refused{revision}", b"refused", quarantined),)
    source = RawSource(key=key, sha256=seal.sha256, revision=revision)
    manifest = PartitionManifest(
        files=(kept,), rows=rows - quarantined, quarantine_files=refused, quarantined={"crossed": quarantined},
        made_from=source, written_by="test",
    )  # fmt: skip
    clean.publish(DAY, manifest)
    return seal.sha256


def sources(store: ObjectStore) -> list[DaySource]:
    return list(day_sources(store, PartitionStore(store, "clean"), [DAY]).values())


def test_the_rows_of_seal_and_quarantine_and_the_versions_of_gold(local_store: ObjectStore) -> None:
    digest = clean_day(local_store, rows=20, quarantined=3)
    assert sources(local_store) == [], "gold was not made yet"
    write_made_from(local_store, DAY, digest, {"kernel_version": "7", "label_version": "3-a"})
    assert sources(local_store) == [DaySource(digest, 20, 3, "7", "3-a")]
    forget_made_from(local_store, DAY)
    assert sources(local_store) == [], "gold is being replaced"


def test_a_day_of_before_the_versions_is_of_another_one(local_store: ObjectStore) -> None:
    digest = clean_day(local_store, rows=20, quarantined=3)
    write_made_from(local_store, DAY, digest, {})
    assert sources(local_store) == [DaySource(digest, 20, 3, "unknown", "unknown")]


def test_a_correction_that_has_not_reached_gold_is_no_source(local_store: ObjectStore) -> None:
    digest = clean_day(local_store, rows=20, quarantined=3)
    write_made_from(local_store, DAY, digest, {"kernel_version": "7", "label_version": "3-a"})
    corrected = clean_day(local_store, rows=22, quarantined=1, revision=2)
    assert sources(local_store) == []
    forget_made_from(local_store, DAY)
    write_made_from(local_store, DAY, corrected, {"kernel_version": "7", "label_version": "3-a"})
    assert sources(local_store) == [DaySource(corrected, 22, 1, "7", "3-a")]


def test_a_later_revision_that_is_only_sealed_changes_nothing(local_store: ObjectStore) -> None:
    """It may be refused for good further up: the day stays what gold was made from."""
    digest = clean_day(local_store, rows=20, quarantined=3)
    write_made_from(local_store, DAY, digest, {"kernel_version": "7", "label_version": "3-a"})
    local_store.put(raw_key(DAY, 2), raw_csv(5))
    seal_object(local_store, raw_key(DAY, 2))
    assert sources(local_store) == [DaySource(digest, 20, 3, "7", "3-a")]


def test_a_lost_seal_is_named(local_store: ObjectStore) -> None:
    digest = clean_day(local_store, rows=20, quarantined=3)
    write_made_from(local_store, DAY, digest, {})
    for seal in list(local_store.list("seals/")):
        local_store.delete(seal.key)
    with pytest.raises(MissingDataError, match=f"Expected one of sha256 {digest}"):
        sources(local_store)
