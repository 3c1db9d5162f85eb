from __future__ import annotations

import pytest

from ticklake_assets.core.day_files import raw_key
from ticklake_assets.core.errors import ConservationError, ImmutabilityError
from ticklake_assets.storage.objects.store import ObjectStore
from ticklake_assets.storage.partitions.store import PartitionStore
from ticklake_assets.storage.raw.sealed_bytes import reading
from ticklake_assets.storage.raw.seals import seal_day
from ticklake_assets_tests.storage.raw.raw_files import DAY, make_raw, typed

KEY = raw_key(DAY)


def test_the_bytes_are_the_sealed_ones(store: ObjectStore) -> None:
    store.create(KEY, make_raw(3))
    seal = seal_day(store, DAY)
    with reading(store, seal) as sealed:
        assert (sealed.key, sealed.data) == (KEY, make_raw(3))
        assert sealed.verified() == seal


def test_rows_of_changed_bytes_are_not_published(local_store: ObjectStore) -> None:
    local_store.create(KEY, make_raw(3))
    seal = seal_day(local_store, DAY)
    local_store.put(KEY, make_raw(3, price=1.2))
    partitions = PartitionStore(local_store, "parquet")
    with reading(local_store, seal) as sealed, pytest.raises(ImmutabilityError, match="changed after"):
        partitions.publish_table(DAY, typed(sealed.data), sealed, "run-1")
    assert partitions.manifest(DAY) is None
    assert not list(local_store.list("parquet/"))


@pytest.mark.parametrize("changed", [make_raw(2), make_raw(3, price=1.2)])
def test_an_error_in_changed_bytes_is_told_as_the_change(local_store: ObjectStore, changed: bytes) -> None:
    local_store.create(KEY, make_raw(3))
    seal = seal_day(local_store, DAY)
    local_store.put(KEY, changed)
    with pytest.raises(ImmutabilityError, match="changed after"), reading(local_store, seal):
        raise ConservationError("what the change did to the rows")


def test_an_error_in_the_sealed_bytes_is_told_as_it_is(local_store: ObjectStore) -> None:
    local_store.create(KEY, make_raw(3))
    with pytest.raises(ConservationError), reading(local_store, seal_day(local_store, DAY)):
        raise ConservationError("rows lost")
