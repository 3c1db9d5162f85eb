from __future__ import annotations

import os
from datetime import date
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticklake_assets.core.day_files import parse_raw_key, raw_key
from ticklake_assets.core.errors import DataError, ImmutabilityError, MissingDataError
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.storage.objects.store import ObjectStore
from ticklake_assets.storage.raw.sealed_bytes import read_sealed
from ticklake_assets.storage.raw.seals import (
    SEALS,
    SealName,
    content_id,
    current_seal,
    parse_seal_key,
    seal_day,
    seal_object,
)
from ticklake_assets_tests.storage.raw.raw_files import DAY, make_raw

KEY = raw_key(DAY)


def keys(store: ObjectStore, prefix: str) -> list[str]:
    return [found.key for found in store.list(prefix)]


@given(
    st.from_regex(r"[A-Z0-9]{3,12}", fullmatch=True),
    st.dates(date(1990, 1, 1), date(2100, 1, 1)),
    st.integers(1, 30),
)
def test_raw_and_seal_keys_are_read_back(symbol: str, day: date, revision: int) -> None:
    assert parse_raw_key(raw_key(SymbolDay(symbol, day), revision)) == (SymbolDay(symbol, day), revision)
    name = SealName(SymbolDay(symbol, day), revision, "0" * 16, "a" * 64)
    assert parse_seal_key(name.key) == name


@pytest.mark.parametrize(
    "key",
    [
        "raw/ticks/EURUSD/2024/01/EURUSD_2024-01-15.r1.csv",
        "raw/ticks/EURUSD/2024/01/EURUSD_2024-01-15.r02.csv",
        "raw/ticks/EURUSD/2024/02/EURUSD_2024-01-15.csv",
        "raw/ticks/EURUSD/2024/02/EURUSD_2024-02-31.csv",
        "raw/ticks/EURUSD/2024/01/GBPUSD_2024-01-15.csv",
        "raw/ticks/EURUSD/2024/01/EURUSD_2024-01-15.csv.tmp",
        "raw/ticks/notes.txt",
    ],
)
def test_other_names_are_no_raw_files(key: str) -> None:
    assert parse_raw_key(key) is None


def test_a_seal_says_what_the_bytes_are(store: ObjectStore) -> None:
    data = make_raw(3)
    seen = store.create(KEY, data)
    seal = seal_object(store, KEY)
    assert seal.object == seen
    assert (seal.revision, seal.rows, seal.sha256) == (1, 3, sha256(data).hexdigest())
    assert (seal.first_us, seal.last_us) == (DAY.start_us, DAY.start_us + 2_002_000)
    assert keys(store, SEALS) == [SealName(DAY, 1, content_id(seen), seal.sha256).key]
    assert current_seal(store, DAY) == seal
    assert read_sealed(store, seal) == data


def test_sealing_again_changes_nothing(store: ObjectStore) -> None:
    store.create(KEY, make_raw())
    seal = seal_object(store, KEY)
    before = list(store.list())
    assert seal_object(store, KEY) == seal
    assert list(store.list()) == before


def test_a_touched_object_keeps_one_seal_with_the_new_etag(local_store: ObjectStore) -> None:
    local_store.create(KEY, make_raw())
    first = seal_object(local_store, KEY)
    os.utime(local_store.uri(KEY), (1, 1))
    second = seal_object(local_store, KEY)
    assert second.etag != first.etag
    assert second.model_copy(update={"etag": first.etag}) == first
    assert keys(local_store, SEALS) == [SealName(DAY, 1, content_id(second.object), second.sha256).key]


def test_a_crash_between_the_renewed_seal_and_the_old_ones_removal_heals(local_store: ObjectStore) -> None:
    local_store.create(KEY, make_raw())
    first = seal_object(local_store, KEY)
    (old,) = keys(local_store, SEALS)
    os.utime(local_store.uri(KEY), (1, 1))
    seal_object(local_store, KEY)
    local_store.put(old, first.model_dump_json().encode())
    assert current_seal(local_store, DAY).sha256 == first.sha256
    seal_object(local_store, KEY)
    assert len(keys(local_store, SEALS)) == 1


@pytest.mark.parametrize("other", [make_raw(3, price=1.2), make_raw(9), b""])
def test_other_bytes_under_a_sealed_key_are_an_alarm(store: ObjectStore, other: bytes) -> None:
    store.create(KEY, make_raw())
    seal = seal_object(store, KEY)
    store.put(KEY, other)
    for look in (lambda: seal_object(store, KEY), lambda: read_sealed(store, seal)):
        with pytest.raises(ImmutabilityError, match="changed after it was sealed") as caught:
            look()
        assert seal.sha256 in str(caught.value)
        assert KEY in str(caught.value)
    (kept,) = keys(store, "quarantine/raw/")
    assert store.get(kept) == other
    assert current_seal(store, DAY) == seal


def test_a_restored_object_is_sealed_as_before(store: ObjectStore) -> None:
    store.create(KEY, make_raw())
    seal = seal_object(store, KEY)
    store.put(KEY, make_raw(9))
    with pytest.raises(ImmutabilityError):
        seal_object(store, KEY)
    store.put(KEY, make_raw())
    assert seal_object(store, KEY).sha256 == seal.sha256
    assert read_sealed(store, current_seal(store, DAY)) == make_raw()


def test_a_correction_is_a_new_revision_beside_the_old(store: ObjectStore) -> None:
    for revision in (1, 2, 10):
        store.create(raw_key(DAY, revision), make_raw(revision))
        assert seal_day(store, DAY).revision == revision
    assert current_seal(store, DAY).rows == 10
    assert len(keys(store, SEALS)) == 3


def test_a_day_is_not_mistaken_for_a_neighbour(store: ObjectStore) -> None:
    other = SymbolDay("EURUSDX", DAY.trading_day)
    for day in (DAY.shifted(1), other):
        store.create(raw_key(day), make_raw(day=day))
        seal_day(store, day)
    with pytest.raises(MissingDataError, match=KEY):
        seal_day(store, DAY)
    with pytest.raises(MissingDataError, match="Seal of EURUSD"):
        current_seal(store, DAY)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "a closed day has a header"),
        (make_raw(header="a,b"), "Header of"),
        (make_raw(2, DAY.shifted(1)), "none"),
    ],
)
def test_bad_content_is_named_and_not_sealed(store: ObjectStore, data: bytes, message: str) -> None:
    store.create(KEY, data)
    with pytest.raises(DataError, match=message) as caught:
        seal_object(store, KEY)
    assert KEY in str(caught.value)
    assert keys(store, SEALS) == []


def test_a_foreign_name_is_refused(store: ObjectStore) -> None:
    with pytest.raises(DataError, match="Raw object name"):
        seal_object(store, "raw/ticks/notes.txt")


def test_a_broken_seal_is_named(store: ObjectStore) -> None:
    name = SealName(DAY, 1, "0" * 16, "a" * 64)
    store.create(name.key, b"{}")
    with pytest.raises(DataError, match="Expected a seal"):
        current_seal(store, DAY)
