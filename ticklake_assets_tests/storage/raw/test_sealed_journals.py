from __future__ import annotations

from datetime import date
from hashlib import sha256
from pathlib import Path

import pytest

from ticklake_assets.core.day_files import journal_key
from ticklake_assets.core.errors import ImmutabilityError, MissingDataError
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.storage.objects.opening import open_store
from ticklake_assets.storage.objects.store import ObjectStore
from ticklake_assets.storage.raw.sealed_journals import read_sealed_journal, seal_journal, sealed_digest

DAY = SymbolDay("EURUSD", date(2024, 1, 15))
CONTENT, OTHER = b"a day", b"another day"


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    return open_store(tmp_path.as_uri())


def test_the_same_bytes_again_are_fine_and_are_read_back(store: ObjectStore) -> None:
    assert sealed_digest(store, DAY) is None
    digests = {seal_journal(store, DAY, CONTENT) for _ in range(2)}
    assert digests == {sealed_digest(store, DAY)} == {sha256(CONTENT).hexdigest()}
    assert read_sealed_journal(store, DAY) == CONTENT
    assert sealed_digest(store, DAY.shifted(1)) is None


def test_a_run_that_died_between_object_and_seal_is_done_again(store: ObjectStore) -> None:
    store.create(journal_key(DAY), CONTENT)
    with pytest.raises(MissingDataError, match="materialize ops/journal"):
        read_sealed_journal(store, DAY)
    seal_journal(store, DAY, CONTENT)
    assert read_sealed_journal(store, DAY) == CONTENT


def test_other_bytes_are_an_alarm_and_are_kept(store: ObjectStore) -> None:
    seal_journal(store, DAY, CONTENT)
    with pytest.raises(ImmutabilityError, match=r"is another journal\. Expected sha256 .*, which is sealed"):
        seal_journal(store, DAY, OTHER)
    assert read_sealed_journal(store, DAY) == CONTENT
    assert [store.get(found.key) for found in store.list("quarantine/")] == [OTHER]


@pytest.mark.parametrize("reads", [True, False])
def test_an_object_that_changed_in_the_lake_is_an_alarm_and_is_kept(
    store: ObjectStore, *, reads: bool
) -> None:
    seal_journal(store, DAY, CONTENT)
    store.put(journal_key(DAY), OTHER)
    with pytest.raises(ImmutabilityError, match=sha256(OTHER).hexdigest()):
        read_sealed_journal(store, DAY) if reads else seal_journal(store, DAY, CONTENT)
    (kept,) = store.list("quarantine/")
    stem, digest = journal_key(DAY).removesuffix(".journal"), sha256(OTHER).hexdigest()
    assert kept.key == f"quarantine/{stem}.{digest[:16]}.journal"
