from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ticklake_assets.core.errors import DataError, SpentError
from ticklake_assets.storage.models.trial_ledger import TrialLedger
from ticklake_assets.storage.objects.opening import open_store

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


def test_looks_are_the_chains_or_the_bundles_of_one_day_whichever_are_more(tmp_path: Path) -> None:
    ledger = TrialLedger(open_store(tmp_path.as_uri()))
    ledger.record_opening("EURUSD", DAYS[:1], "bundle-1")
    ledger.record_opening("EURUSD", DAYS, "bundle-2")
    ledger.record_chain("EURUSD", DAYS, "chain-1")
    assert ledger.looks("EURUSD", [DAYS]) == 2
    for chain in ("chain-2", "chain-3"):
        ledger.record_chain("EURUSD", DAYS, chain)
    assert ledger.looks("EURUSD", [DAYS]) == 3
    ledger.record_opening("EURUSD", DAYS[1:], "bundle-3")
    assert ledger.looks("EURUSD", [DAYS]) == 3, "three bundles in all, two on any one day"


def test_looks_are_every_bundle_of_a_fold_with_every_one_of_the_others(tmp_path: Path) -> None:
    ledger = TrialLedger(open_store(tmp_path.as_uri()))
    folds = [DAYS, [date(2024, 1, 15), date(2024, 1, 16)], [date(2024, 1, 17)]]
    for fold, days in enumerate(folds[:2]):
        ledger.record_opening("EURUSD", days, f"bundle-{fold}")
    assert ledger.looks("EURUSD", folds) == 1, "one bundle a fold; the last one's opening was forgotten"
    for bundle in ("other", "third"):
        ledger.record_opening("EURUSD", DAYS, bundle)
    ledger.record_opening("EURUSD", folds[1][:1], "of another stride")
    for chain in ("1", "2", "3", "4", "5"):
        ledger.record_chain("EURUSD", DAYS, chain)
    assert ledger.looks("EURUSD", folds) == 3 * 2
    for chain in ("6", "7"):
        ledger.record_chain("EURUSD", folds[2], chain)
    assert ledger.looks("EURUSD", folds) == 7


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


@settings(max_examples=20)
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
        "count": 3,
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
    with pytest.raises(DataError, match="Expected a count from 1, was -1"):
        ledger.record_fits("EURUSD", AS_OF, "a", -1)


def test_test_days_are_opened_a_limited_number_of_times(tmp_path: Path) -> None:
    ledger = TrialLedger(open_store(tmp_path.as_uri()), most_openings=3)
    for number, who in enumerate(("ann", "ben", "cleo")):
        assert ledger.left("EURUSD", DAYS) == 3 - number
        at = f"2024-02-0{number + 1}T10:00:00Z"
        ledger.record_opening("EURUSD", DAYS, f"{number}" * 64, {"by": who, "at": at})
    assert ledger.left("EURUSD", DAYS) == 0
    with pytest.raises(SpentError) as spent:
        ledger.record_opening("EURUSD", [*DAYS[1:], date(2024, 1, 15)], "new" * 20, {"by": "dan"})
    message = str(spent.value)
    assert "Test days 2024-01-14 to 2024-01-15 of EURUSD are spent" in message
    assert "Expected fewer than 3 bundles to have met them, was 3" in message
    assert "cleo at 2024-02-03T10:00:00Z (bundle 222222222222)" in message
    assert "starts after 2024-01-14, the last spent day" in message
    assert "ticklake trials EURUSD" in message


def test_the_days_that_are_advised_are_not_spent_themselves(tmp_path: Path) -> None:
    ledger = TrialLedger(open_store(tmp_path.as_uri()), most_openings=2)
    later = [date(2024, 1, 15), date(2024, 1, 17), date(2024, 1, 18)]
    for number, days in enumerate([[*DAYS, *later[:2]], [*DAYS, *later[:2]], later[2:]]):
        ledger.record_opening("EURUSD", days, f"{number}" * 64)
    assert ledger.spent("EURUSD") == [*DAYS, *later[:2]]
    assert ledger.spent("GBPJPY") == []
    with pytest.raises(SpentError, match="whose test window starts after 2024-01-17, the last spent day"):
        ledger.record_opening("EURUSD", DAYS, "new" * 20)


def test_a_refused_opening_leaves_no_trace_and_other_days_open(tmp_path: Path) -> None:
    store = open_store(tmp_path.as_uri())
    ledger = TrialLedger(store, most_openings=1)
    ledger.record_opening("EURUSD", DAYS[1:], "a")
    before = [stored.key for stored in store.list("ledger/")]
    with pytest.raises(SpentError):
        ledger.record_opening("EURUSD", DAYS, "b")
    assert [stored.key for stored in store.list("ledger/")] == before
    ledger.record_opening("EURUSD", DAYS[:1], "b")
    ledger.record_opening("GBPJPY", DAYS, "b")


def test_the_same_bundle_comes_back_to_spent_days(tmp_path: Path) -> None:
    ledger = TrialLedger(open_store(tmp_path.as_uri()), most_openings=2)
    for bundle in ("a", "b", "a", "b", "a"):
        ledger.record_opening("EURUSD", DAYS, bundle)
    with pytest.raises(SpentError):
        ledger.record_opening("EURUSD", DAYS, "c")
    assert ledger.openings("EURUSD", DAYS) == 2
    TrialLedger(open_store(tmp_path.as_uri()), most_openings=1).record_opening("EURUSD", DAYS, "a")


@settings(max_examples=20)
@given(st.integers(1, 4), st.lists(st.tuples(st.sampled_from(DAYS), st.sampled_from("abcdef"))))
def test_no_day_ever_meets_more_bundles_than_it_may(most: int, asked: list[tuple[date, str]]) -> None:
    """Against a dictionary: an opening is refused exactly where its day has met `most` others."""
    met: dict[date, set[str]] = {day: set() for day in DAYS}
    with TemporaryDirectory() as folder:
        ledger = TrialLedger(open_store(Path(folder).as_uri()), most)
        for day, bundle in asked:
            if bundle not in met[day] and len(met[day]) >= most:
                with pytest.raises(SpentError):
                    ledger.record_opening("EURUSD", [day], bundle)
            else:
                ledger.record_opening("EURUSD", [day], bundle)
                met[day].add(bundle)
        assert {day: ledger.openings("EURUSD", [day]) for day in DAYS} == {
            day: len(who) for day, who in met.items()
        }


def test_notes_are_read_back_with_what_was_said(tmp_path: Path) -> None:
    ledger = TrialLedger(open_store(tmp_path.as_uri()))
    ledger.record_fits("EURUSD", AS_OF, "search", 8, {"by": "ann", "parameters": {"depth": 3.0}})
    ledger.record_result("EURUSD", "bundle", {"net_pips": -3.5})
    ledger.record_result("EURUSD", "bundle", {"net_pips": 99.0})
    (fits,) = ledger.notes("fits", "EURUSD").values()
    assert fits == {
        "symbol": "EURUSD",
        "as_of": "2024-01-15",
        "count": 8,
        "by": "ann",
        "parameters": {"depth": 3.0},
    }
    assert list(ledger.notes("results", "EURUSD").values()) == [{"net_pips": -3.5}]
    assert ledger.notes("chains", "EURUSD") == {}
