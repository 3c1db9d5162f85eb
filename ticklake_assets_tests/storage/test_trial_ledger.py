from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ticklake_assets.core.errors import DataError
from ticklake_assets.storage.object_store import open_store
from ticklake_assets.storage.trial_ledger import TrialLedger

AS_OF = date(2024, 1, 15)
DAYS = [date(2024, 1, 13), date(2024, 1, 14)]


def test_selections_add_up_and_the_same_search_counts_once(tmp_path: Path) -> None:
    ledger = TrialLedger(open_store(tmp_path.as_uri()))
    assert ledger.selections("EURUSD", AS_OF) == 0
    for digest, count in [("a", 40), ("b", 2), ("a", 40)]:
        ledger.record_selection("EURUSD", AS_OF, digest, count)
    ledger.record_selection("GBPJPY", AS_OF, "a", 5)
    ledger.record_selection("EURUSD", date(2024, 1, 16), "a", 7)
    assert ledger.selections("EURUSD", AS_OF) == 42
    assert ledger.selections("EURUSD", AS_OF, besides="a") == 2
    assert ledger.selections("EURUSD", AS_OF, besides="new") == 42


def test_openings_count_distinct_chains_on_any_of_the_days(tmp_path: Path) -> None:
    ledger = TrialLedger(open_store(tmp_path.as_uri()))
    ledger.record_opening("EURUSD", DAYS, "chain-1")
    ledger.record_opening("EURUSD", DAYS, "chain-1")
    ledger.record_opening("EURUSD", DAYS[:1], "chain-2")
    assert ledger.openings("EURUSD", DAYS) == 2
    assert ledger.openings("EURUSD", DAYS[1:]) == 1
    assert ledger.openings("GBPJPY", DAYS) == 0


def test_each_chain_over_the_same_days_is_another_look(tmp_path: Path) -> None:
    ledger = TrialLedger(open_store(tmp_path.as_uri()))
    assert ledger.chains("EURUSD", DAYS) == 0
    ledger.record_opening("EURUSD", DAYS, "bundle")
    for chain in ("short", "other variant", "short"):
        ledger.record_chain("EURUSD", DAYS, chain)
    ledger.record_chain("EURUSD", [date(2024, 1, 1), *DAYS], "longer")
    ledger.record_chain("GBPJPY", DAYS, "short")
    assert ledger.chains("EURUSD", DAYS) == 3
    assert ledger.chains("EURUSD", []) == 0
    assert ledger.openings("EURUSD", DAYS) == 1


@pytest.mark.parametrize(
    ("first", "last", "count"), [(1, 9, 0), (1, 10, 1), (11, 12, 1), (9, 21, 1), (20, 25, 1), (21, 25, 0)]
)
def test_a_chain_counts_where_its_days_overlap(tmp_path: Path, first: int, last: int, count: int) -> None:
    ledger = TrialLedger(open_store(tmp_path.as_uri()))
    ledger.record_chain("EURUSD", [date(2024, 1, day) for day in range(20, 9, -1)], "chain")
    assert ledger.chains("EURUSD", [date(2024, 1, last), date(2024, 1, first)]) == count


def test_the_first_note_of_a_chain_stays_and_names_its_days(tmp_path: Path) -> None:
    store = open_store(tmp_path.as_uri())
    for run in ("first", "second"):
        TrialLedger(store).record_chain("EURUSD", DAYS, "chain", {"run": run})
    (note,) = store.list("ledger/chains/EURUSD/")
    assert json.loads(store.get(note.key)) == {
        "symbol": "EURUSD",
        "chain": "chain",
        "first_day": "2024-01-13",
        "last_day": "2024-01-14",
        "run": "first",
    }


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(DAYS), st.sampled_from(["a", "b/c", "ü"]))))
def test_any_order_and_repetition_gives_the_same_count(openings: list[tuple[date, str]]) -> None:
    with TemporaryDirectory() as folder:
        ledger = TrialLedger(open_store(Path(folder).as_uri()))
        for day, chain in openings:
            ledger.record_opening("EURUSD", [day], chain)
        assert ledger.openings("EURUSD", DAYS) == len({chain for _, chain in openings})


def test_the_first_note_of_a_trial_stays(tmp_path: Path) -> None:
    store = open_store(tmp_path.as_uri())
    ledger = TrialLedger(store)
    ledger.record_selection("EURUSD", AS_OF, "a", 3, {"run_id": "first"})
    ledger.record_selection("EURUSD", AS_OF, "a", 3, {"run_id": "second"})
    (note,) = store.list("ledger/")
    assert json.loads(store.get(note.key)) == {
        "symbol": "EURUSD",
        "as_of": "2024-01-15",
        "count": "3",
        "run_id": "first",
    }


def test_nothing_judged_or_opened_is_refused(tmp_path: Path) -> None:
    ledger = TrialLedger(open_store(tmp_path.as_uri()))
    with pytest.raises(DataError, match="Expected a count from 1, was 0"):
        ledger.record_selection("EURUSD", AS_OF, "a", 0)
    with pytest.raises(DataError, match="names no test day"):
        ledger.record_opening("EURUSD", [], "a")
    with pytest.raises(DataError, match="names no test day"):
        ledger.record_chain("EURUSD", [], "a")
