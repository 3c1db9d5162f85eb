from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ticklake_assets.core.errors import DataError, SpentError
from ticklake_assets.storage.models.looks import OpenedFold
from ticklake_assets.storage.models.trial_ledger import TrialLedger
from ticklake_assets.storage.objects.opening import open_store
from ticklake_assets_tests.storage.models.ledgers import ledger_in

AS_OF = date(2024, 1, 15)
DAYS = [date(2024, 1, 13), date(2024, 1, 14)]


def looks(ledger: TrialLedger, folds: Sequence[Sequence[date]]) -> int:
    """N of a chain with these test days whose bundles are not named: every look counts."""
    return ledger.looks("EURUSD", [OpenedFold(days) for days in folds]).total


def test_selections_add_up_and_the_same_search_counts_once(tmp_path: Path) -> None:
    ledger = ledger_in(tmp_path)
    assert ledger.selections("EURUSD", AS_OF) == 0
    for digest, count in [("a", 40), ("b", 2), ("a", 40)]:
        ledger.record_selection("EURUSD", AS_OF, digest, count)
    ledger.record_selection("GBPJPY", AS_OF, "a", 5)
    ledger.record_selection("EURUSD", date(2024, 1, 16), "a", 7)
    assert ledger.selections("EURUSD", AS_OF) == 42
    assert ledger.selections("EURUSD", AS_OF, besides="a") == 2
    assert ledger.selections("EURUSD", AS_OF, besides="new") == 42


def test_a_day_counts_the_distinct_bundles_that_met_it(tmp_path: Path) -> None:
    ledger = ledger_in(tmp_path)
    assert ledger.met("EURUSD", DAYS) == 0
    ledger.record_opening("EURUSD", DAYS, "chain-1")
    ledger.record_opening("EURUSD", DAYS, "chain-1")
    ledger.record_opening("EURUSD", DAYS[:1], "chain-2")
    assert ledger.met("EURUSD", DAYS) == 2
    assert ledger.met("EURUSD", DAYS[1:]) == 1
    assert ledger.met("GBPJPY", DAYS) == 0


def test_looks_are_the_chains_or_the_bundles_of_one_day_whichever_are_more(tmp_path: Path) -> None:
    ledger = ledger_in(tmp_path)
    ledger.record_opening("EURUSD", DAYS[:1], "bundle-1")
    ledger.record_opening("EURUSD", DAYS, "bundle-2")
    ledger.record_chain("EURUSD", DAYS, "chain-1")
    assert looks(ledger, [DAYS]) == 2
    for chain in ("chain-2", "chain-3"):
        ledger.record_chain("EURUSD", DAYS, chain)
    assert looks(ledger, [DAYS]) == 3
    ledger.record_opening("EURUSD", DAYS[1:], "bundle-3")
    assert looks(ledger, [DAYS]) == 3, "three bundles in all, two on any one day"


def test_looks_are_every_bundle_of_a_fold_with_every_one_of_the_others(tmp_path: Path) -> None:
    ledger = ledger_in(tmp_path)
    folds = [DAYS, [date(2024, 1, 15), date(2024, 1, 16)], [date(2024, 1, 17)]]
    for fold, days in enumerate(folds[:2]):
        ledger.record_opening("EURUSD", days, f"bundle-{fold}")
    assert looks(ledger, folds) == 1, "one bundle a fold; the last one's opening was forgotten"
    for bundle in ("other", "third"):
        ledger.record_opening("EURUSD", DAYS, bundle)
    ledger.record_opening("EURUSD", folds[1][:1], "of another stride")
    for chain in ("1", "2", "3", "4", "5"):
        ledger.record_chain("EURUSD", DAYS, chain)
    assert looks(ledger, folds) == 3 * 2
    for chain in ("6", "7"):
        ledger.record_chain("EURUSD", folds[2], chain)
    assert looks(ledger, folds) == 7


def test_each_chain_over_the_same_days_is_another_look(tmp_path: Path) -> None:
    ledger = ledger_in(tmp_path)
    assert looks(ledger, [DAYS]) == 1
    ledger.record_opening("EURUSD", DAYS, "bundle")
    for chain in ("short", "other variant", "short"):
        ledger.record_chain("EURUSD", DAYS, chain)
    ledger.record_chain("EURUSD", [date(2024, 1, 1), *DAYS], "longer")
    assert ledger.looks("EURUSD", [OpenedFold(DAYS)]).here == 3
    assert ledger.looks("EURUSD", []).total == 1
    assert ledger.met("EURUSD", DAYS) == 1, "the same bundle in each"


@pytest.mark.parametrize(
    ("first", "last", "count"), [(1, 9, 1), (1, 10, 2), (11, 12, 2), (9, 21, 2), (20, 25, 2), (21, 25, 1)]
)
def test_a_chain_counts_where_its_days_overlap(tmp_path: Path, first: int, last: int, count: int) -> None:
    ledger = ledger_in(tmp_path)
    for chain in ("one", "other"):
        ledger.record_chain("EURUSD", [date(2024, 1, day) for day in range(20, 9, -1)], chain)
    days = [date(2024, 1, last), date(2024, 1, first)]
    assert ledger.looks("EURUSD", [OpenedFold(days)]).here == count


def test_the_first_note_of_a_chain_stays_and_names_its_days(tmp_path: Path) -> None:
    for run in ("first", "second"):
        ledger_in(tmp_path).record_chain("EURUSD", DAYS, "chain", {"run": run}, bundles=["a", "b"])
    (note,) = ledger_in(tmp_path).notes("chains", "EURUSD").values()
    assert note == {
        "symbol": "EURUSD",
        "chain": "chain",
        "bundles": ["a", "b"],
        "first_day": "2024-01-13",
        "last_day": "2024-01-14",
        "run": "first",
    }


@settings(max_examples=20)
@given(st.lists(st.tuples(st.sampled_from(DAYS), st.sampled_from(["a", "b/c", "ü"]))))
def test_any_order_and_repetition_gives_the_same_count(openings: list[tuple[date, str]]) -> None:
    with TemporaryDirectory() as folder:
        ledger = ledger_in(Path(folder))
        for day, chain in openings:
            ledger.record_opening("EURUSD", [day], chain)
        assert {day: ledger.met("EURUSD", [day]) for day in DAYS} == {
            day: len({chain for met, chain in openings if met == day}) for day in DAYS
        }


def test_the_first_note_of_a_trial_stays(tmp_path: Path) -> None:
    ledger = ledger_in(tmp_path)
    ledger.record_selection("EURUSD", AS_OF, "a", 3, {"run_id": "first"})
    ledger.record_selection("EURUSD", AS_OF, "a", 3, {"run_id": "second"})
    (note,) = ledger.notes("selections", "EURUSD").values()
    assert note == {
        "symbol": "EURUSD",
        "as_of": "2024-01-15",
        "count": 3,
        "days": {},
        "walk": "",
        "run_id": "first",
    }


def test_nothing_judged_or_opened_is_refused(tmp_path: Path) -> None:
    ledger = ledger_in(tmp_path)
    with pytest.raises(DataError, match="Expected a count from 1, was 0"):
        ledger.record_selection("EURUSD", AS_OF, "a", 0)
    with pytest.raises(DataError, match="names no test day"):
        ledger.record_opening("EURUSD", [], "a")
    with pytest.raises(DataError, match="names no test day"):
        ledger.record_chain("EURUSD", [], "a")
    with pytest.raises(DataError, match="Expected a count from 1, was -1"):
        ledger.record_fits("EURUSD", AS_OF, "a", -1)


def test_test_days_are_opened_a_limited_number_of_times(tmp_path: Path) -> None:
    ledger = ledger_in(tmp_path, most_openings=3)
    for number, who in enumerate(("ann", "ben", "cleo")):
        assert ledger.left("EURUSD", DAYS) == 3 - number
        at = f"2024-02-0{number + 1}T10:00:00Z"
        ledger.record_opening("EURUSD", DAYS, f"{number}" * 64, {"by": who, "at": at})
    assert ledger.left("EURUSD", DAYS) == 0
    with pytest.raises(SpentError) as spent:
        ledger.record_opening("EURUSD", [*DAYS[1:], date(2024, 1, 15)], "new" * 20, {"by": "dan"})
    message = str(spent.value)
    assert "Test days 2024-01-14 to 2024-01-15 of EURUSD are spent" in message
    assert "Expected fewer than 3 looks at them, was 3 (3 tested, 0 validated)" in message
    assert "cleo at 2024-02-03T10:00:00Z (bundle 222222222222 of EURUSD)" in message
    assert "starts after 2024-01-14, the last spent day" in message
    assert "ticklake trials EURUSD" in message


def test_the_days_that_are_advised_are_not_spent_themselves(tmp_path: Path) -> None:
    ledger = ledger_in(tmp_path, most_openings=2)
    later = [date(2024, 1, 15), date(2024, 1, 17), date(2024, 1, 18)]
    for number, days in enumerate([[*DAYS, *later[:2]], [*DAYS, *later[:2]], later[2:]]):
        ledger.record_opening("EURUSD", days, f"{number}" * 64)
    assert ledger.spent("EURUSD") == [*DAYS, *later[:2]]
    assert ledger.spent("GBPJPY") == []
    with pytest.raises(SpentError, match="whose test window starts after 2024-01-17, the last spent day"):
        ledger.record_opening("EURUSD", DAYS, "new" * 20)


def test_a_refused_opening_leaves_no_trace_and_other_days_open(tmp_path: Path) -> None:
    store = open_store(tmp_path.as_uri())
    ledger = ledger_in(tmp_path, most_openings=1)
    ledger.record_opening("EURUSD", DAYS[1:], "a")
    before = [stored.key for stored in store.list("ledger/")]
    with pytest.raises(SpentError):
        ledger.record_opening("EURUSD", DAYS, "b")
    assert [stored.key for stored in store.list("ledger/")] == before
    ledger.record_opening("EURUSD", DAYS[:1], "b")
    ledger.record_opening("GBPJPY", DAYS, "b")


def test_the_same_bundle_comes_back_to_spent_days(tmp_path: Path) -> None:
    ledger = ledger_in(tmp_path, most_openings=2)
    for bundle in ("a", "b", "a", "b", "a"):
        ledger.record_opening("EURUSD", DAYS, bundle)
    with pytest.raises(SpentError):
        ledger.record_opening("EURUSD", DAYS, "c")
    assert ledger.met("EURUSD", DAYS) == 2
    ledger_in(tmp_path, most_openings=1).record_opening("EURUSD", DAYS, "a")


@settings(max_examples=20)
@given(st.integers(1, 4), st.lists(st.tuples(st.sampled_from(DAYS), st.sampled_from("abcdef"))))
def test_no_day_ever_meets_more_bundles_than_it_may(most: int, asked: list[tuple[date, str]]) -> None:
    """Against a dictionary: an opening is refused exactly where its day has met `most` others."""
    met: dict[date, set[str]] = {day: set() for day in DAYS}
    with TemporaryDirectory() as folder:
        ledger = ledger_in(Path(folder), most)
        for day, bundle in asked:
            if bundle not in met[day] and len(met[day]) >= most:
                with pytest.raises(SpentError):
                    ledger.record_opening("EURUSD", [day], bundle)
            else:
                ledger.record_opening("EURUSD", [day], bundle)
                met[day].add(bundle)
        assert {day: ledger.met("EURUSD", [day]) for day in DAYS} == {
            day: len(who) for day, who in met.items()
        }


def test_notes_are_read_back_with_what_was_said(tmp_path: Path) -> None:
    ledger = ledger_in(tmp_path)
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


def test_a_ledger_of_before_the_chain_is_taken_over_as_it_is(tmp_path: Path) -> None:
    store = open_store(tmp_path.as_uri())
    opening = {
        "symbol": "EURUSD",
        "test_day": "2024-01-13",
        "chain": "old bundle",
        "at": "2023-01-01T00:00:00+00:00",
    }
    chain = {"symbol": "EURUSD", "chain": "old chain", "first_day": "2024-01-13", "last_day": "2024-01-14"}
    name = "a" * 64
    for key, record in {
        f"openings/EURUSD/2024-01-13/{name}": opening,
        f"chains/EURUSD/2024-01-13_2024-01-14/{name}": chain,
        f"selections/EURUSD/2024-01-15/{name}-7": {"symbol": "EURUSD", "as_of": "2024-01-15", "count": 7},
        f"results/EURUSD/{name}": {"net_pips": 1.0},
    }.items():
        store.create(f"ledger/{key}.json", json.dumps(record).encode())
    ledger = ledger_in(tmp_path)
    for met in (1, 2):  # before the chain begins, and after it
        assert ledger.met("EURUSD", DAYS) == looks(ledger, [DAYS]) == met
        assert ledger.selections("EURUSD", AS_OF) == 7
        ledger.record_opening("EURUSD", DAYS, "new")
    ledger.record_opening("EURUSD", DAYS[:1], "old bundle")
    assert len(ledger.notes("openings", "EURUSD")) == 2, "a bundle that is known"
    store.create(f"ledger/openings/EURUSD/2024-01-13/{'b' * 64}.json", json.dumps(opening).encode())
    assert ledger_in(tmp_path).notes("openings", "EURUSD") == ledger.notes("openings", "EURUSD")
    assert ledger.head().entries == 2
    assert ledger.since() > opening["at"], "nobody signed that day: it could have been written in since"


def test_a_new_history_says_since_when_it_counts(tmp_path: Path) -> None:
    ledger = ledger_in(tmp_path)
    assert (ledger.since(), ledger.head().entries) == ("", 0)
    ledger.record_opening("EURUSD", DAYS, "a", {"at": "2024-02-01T10:00:00+00:00"})
    began = ledger.since()
    assert timedelta(0) <= datetime.now(UTC) - datetime.fromisoformat(began) < timedelta(minutes=10)
    assert ledger.head().entries == 2, "the beginning and the opening"
    ledger.record_opening("EURUSD", DAYS, "b")
    assert ledger.since() == began


def test_a_test_that_another_ledger_counted_is_known_by_its_days(tmp_path: Path) -> None:
    ledger, folds = ledger_in(tmp_path), [OpenedFold(DAYS[:1], "a"), OpenedFold(DAYS[1:], "b")]
    ledger.record_opening("EURUSD", DAYS[:1], "a")
    ledger.record_opening("GBPUSD", DAYS[1:], "b")
    assert ledger.unopened("EURUSD", folds) == list(DAYS[1:])
    ledger.record_opening("EURUSD", DAYS[1:], "b")
    assert ledger.unopened("EURUSD", folds) == []
