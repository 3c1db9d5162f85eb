from __future__ import annotations

import os
from hashlib import sha256

import pytest

from ticklake_assets.core.day_files import raw_key
from ticklake_assets.core.errors import DataError, ImmutabilityError
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.storage.objects.store import ObjectStore, StoredObject
from ticklake_assets.storage.raw.seals import SealName, content_id, seal_day
from ticklake_assets.storage.raw.state import (
    GoldSource,
    Listings,
    RawState,
    clear_refusals,
    compare,
    forget_made_from,
    list_raw,
    made_from,
    observe,
    refusals,
    write_made_from,
    write_refusal,
)
from ticklake_assets_tests.storage.raw.raw_files import DAY, make_raw

NEXT = DAY.shifted(1)


def seen(day: SymbolDay = DAY, revision: int = 1, size: int = 10, etag: str = "e") -> StoredObject:
    return StoredObject(raw_key(day, revision), size, etag)


def sealed(of: StoredObject, sha: str = "a" * 64, revision: int = 1, day: SymbolDay = DAY) -> SealName:
    return SealName(day, revision, content_id(of), sha)


def judged(
    *objects: StoredObject,
    seals: tuple[SealName, ...] = (),
    made: tuple[str, ...] = (),
    refused: tuple[StoredObject, ...] = (),
) -> RawState:
    return compare(
        Listings(
            objects,
            seals,
            frozenset((DAY, sha) for sha in made),
            frozenset((DAY, content_id(of)) for of in refused),
        )
    )


def run(store: ObjectStore, day: SymbolDay) -> None:
    """What a successful run does, as far as raw and gold are concerned."""
    seal = seal_day(store, day)
    forget_made_from(store, day)
    write_made_from(store, day, seal.sha256, {"dagster_run_id": "run-1"})


def test_an_unsealed_object_is_to_build() -> None:
    assert judged(seen()).to_build == {DAY: content_id(seen())}


def test_a_sealed_object_that_gold_was_not_made_from_is_to_build() -> None:
    assert judged(seen(), seals=(sealed(seen()),), made=("b" * 64,)).to_build == {DAY: content_id(seen())}


def test_what_gold_was_made_from_is_done_whatever_failed_before() -> None:
    state = judged(seen(), seals=(sealed(seen()),), made=("a" * 64,), refused=(seen(),))
    assert state.done == {DAY: "a" * 64}
    assert state.refused == {}


def test_only_the_highest_revision_counts() -> None:
    r2, r10 = seen(revision=2), seen(revision=10)
    state = judged(seen(), r10, r2, seals=(sealed(seen()), sealed(r2, "b" * 64, 2)), made=("b" * 64,))
    assert state.to_build == {DAY: content_id(r10)}


def test_a_correction_with_the_same_bytes_is_built_to_be_sealed() -> None:
    r2 = seen(revision=2)
    assert judged(seen(), r2, seals=(sealed(seen()),), made=("a" * 64,)).to_build == {DAY: content_id(r2)}


def test_a_touched_object_is_resealed() -> None:
    old, new = sealed(seen(etag="old")), seen(etag="new")
    assert judged(new, seals=(old,), made=("a" * 64,)).to_reseal == {DAY: content_id(new)}


def test_a_touched_object_that_gold_lacks_is_built() -> None:
    old, new = sealed(seen(etag="old")), seen(etag="new")
    assert judged(new, seals=(old,)).to_build == {DAY: content_id(new)}


def test_another_size_under_a_sealed_key_is_read_and_then_an_alarm() -> None:
    """Reading it keeps the changed bytes in quarantine."""
    old, new = sealed(seen(size=10)), seen(size=11)
    assert judged(new, seals=(old,), made=("a" * 64,)).to_reseal == {DAY: content_id(new)}
    state = judged(new, seals=(old,), made=("a" * 64,), refused=(new,))
    assert state.violated == {DAY: f"{new.key} changed. Expected the bytes that were sealed, was others"}


def test_a_touched_object_whose_sealing_failed_is_an_alarm() -> None:
    old, new = sealed(seen(etag="old")), seen(etag="new")
    state = judged(new, seals=(old,), made=("a" * 64,), refused=(new,))
    assert list(state.violated) == [DAY]
    assert not state.to_reseal


def test_a_refusal_holds_for_exactly_that_content() -> None:
    assert judged(seen(), refused=(seen(),)).refused == {DAY: content_id(seen())}
    assert judged(seen(etag="new"), refused=(seen(),)).to_build == {DAY: content_id(seen(etag="new"))}
    r2 = seen(revision=2)
    assert judged(seen(), r2, refused=(seen(),)).to_build == {DAY: content_id(r2)}


def test_a_deleted_object_changes_nothing_in_gold() -> None:
    r2 = sealed(seen(revision=2), "b" * 64, 2)
    assert judged(seen(), seals=(sealed(seen()), r2), made=("b" * 64,)).done == {DAY: "b" * 64}
    assert judged(seals=(r2,), made=("b" * 64,)).done == {DAY: "b" * 64}
    assert judged(seen(), seals=(sealed(seen()), r2), made=("a" * 64,)).gone == {DAY: r2.key}
    assert judged() == RawState()


def test_a_repeated_listing_changes_nothing() -> None:
    assert judged(seen(), seen()) == judged(seen())
    assert judged(seen(), seen()).objects == 1


def test_unknown_names_are_reported_and_disturb_nothing() -> None:
    stranger = StoredObject("raw/ticks/EURUSD/notes.txt", 1, "e")
    state = judged(stranger, seen())
    assert state.strangers == [stranger.key]
    assert list(state.to_build) == [DAY]
    assert state.summary(3) == (
        "2 objects: 0 days in gold, 1 to build (3 in flight), 0 to re-seal, 0 refused, "
        "0 violated, 0 gone, 1 unknown names"
    )


def test_a_look_at_a_real_store(store: ObjectStore) -> None:
    for day in (DAY, NEXT):
        store.create(raw_key(day), make_raw(3, day))
    assert list(observe(store).to_build) == [DAY, NEXT]
    run(store, DAY)
    state = observe(store)
    assert list(state.done) == [DAY]
    assert list(state.to_build) == [NEXT]
    store.create(raw_key(DAY, 2), make_raw(4))
    assert list(observe(store).to_build) == [DAY, NEXT]


def test_a_look_can_be_at_some_symbols(store: ObjectStore) -> None:
    others = [SymbolDay(symbol, DAY.trading_day) for symbol in ("EURGBP", "EURUSDX", "GBPUSD")]
    for day in (DAY, *others):
        store.create(raw_key(day), make_raw(3, day))
        run(store, day)
    assert list(observe(store, iter(["EURUSD"])).done) == [DAY]
    assert list(observe(store, ["GBPUSD", "EURGBP"]).done) == [others[0], others[2]]
    assert observe(store, []) == RawState()


def test_a_correction_that_goes_back_to_the_first_content_is_not_forgotten(store: ObjectStore) -> None:
    for revision, rows in ((1, 3), (2, 4), (3, 3)):
        store.create(raw_key(DAY, revision), make_raw(rows))
        assert list(observe(store).to_build) == [DAY]
        run(store, DAY)
        digest = sha256(make_raw(rows)).hexdigest()
        assert observe(store).done == {DAY: digest}
        source = GoldSource(sha256=digest, properties={"dagster_run_id": "run-1"})
        assert made_from(store, DAY) == [source]


def test_a_touched_object_is_resealed_in_the_store(local_store: ObjectStore) -> None:
    local_store.create(raw_key(DAY), make_raw())
    run(local_store, DAY)
    os.utime(local_store.uri(raw_key(DAY)), (1, 1))
    assert list(observe(local_store).to_reseal) == [DAY]
    seal_day(local_store, DAY)
    assert list(observe(local_store).done) == [DAY]


def test_an_unreadable_seal_is_sealed_again(local_store: ObjectStore) -> None:
    local_store.create(raw_key(DAY), make_raw())
    run(local_store, DAY)
    (seal,) = list_raw(local_store).seals
    local_store.put(seal.key, b"{")
    os.utime(local_store.uri(raw_key(DAY)), (1, 1))
    assert list(observe(local_store).to_reseal) == [DAY]
    seal_day(local_store, DAY)
    assert list(observe(local_store).done) == [DAY]


def test_a_refused_content_waits_for_another(store: ObjectStore) -> None:
    store.create(raw_key(DAY), b"")
    with pytest.raises(DataError):
        seal_day(store, DAY)
    write_refusal(store, DAY, "raw", "empty")
    assert list(observe(store).refused) == [DAY]
    assert [refusal.layer for refusal in refusals(store, DAY)] == ["raw"]
    store.create(raw_key(DAY, 2), make_raw())
    assert list(observe(store).to_build) == [DAY]
    run(store, DAY)
    assert list(observe(store).done) == [DAY]
    assert refusals(store, DAY) == []


def test_a_refusal_above_raw_is_of_what_was_sealed(store: ObjectStore) -> None:
    store.create(raw_key(DAY), make_raw())
    seal_day(store, DAY)
    store.create(raw_key(DAY, 2), make_raw(4))  # arrives while the run is at work on the first
    write_refusal(store, DAY, "clean", "too much quarantine")
    assert list(observe(store).to_build) == [DAY]
    store.delete(raw_key(DAY, 2))
    assert list(observe(store).refused) == [DAY]
    clear_refusals(store, DAY)
    assert list(observe(store).to_build) == [DAY]


def test_a_refusal_of_nothing_is_nothing(store: ObjectStore) -> None:
    write_refusal(store, DAY, "raw", "no such object")
    write_refusal(store, DAY, "parquet", "no such seal")
    assert list(store.list()) == []


@pytest.mark.parametrize("changed", [make_raw(3, price=1.2), make_raw(9)], ids=["same size", "other size"])
def test_changed_bytes_are_an_alarm_until_they_are_restored(store: ObjectStore, changed: bytes) -> None:
    store.create(raw_key(DAY), make_raw(3))
    run(store, DAY)
    store.put(raw_key(DAY), changed)
    assert list(observe(store).to_reseal) == [DAY]
    with pytest.raises(ImmutabilityError):
        seal_day(store, DAY)
    write_refusal(store, DAY, "raw", "changed")
    assert list(observe(store).violated) == [DAY]
    store.put(raw_key(DAY), make_raw(3))
    seal_day(store, DAY)
    assert list(observe(store).done) == [DAY]
