"""What counts as a look: an honest rolling chain has one a fold, whatever was seen beside it is paid for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from hashlib import sha256
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest

from ticklake_assets.core.errors import SpentError
from ticklake_assets.core.folds import Fold, Windows, fold_as_ofs
from ticklake_assets.core.metrics import deflated_sharpe
from ticklake_assets.core.tables import Floats
from ticklake_assets.modeling.judging.benchmarks import best_of
from ticklake_assets.modeling.judging.walk_forward import LEAST_OPENINGS
from ticklake_assets.storage.models.looks import HORIZON_DAYS, Count, OpenedFold
from ticklake_assets.storage.models.trial_ledger import TrialLedger
from ticklake_assets_tests.storage.models.ledgers import ledger_in

T = date(2024, 3, 1)
OWN = Windows(8, 2, 2)
PREVIEW = Windows(8, 4, 2)
"""As of two days later it has the same train days, and T's test days among its validation days."""


def content(symbol: str, day: date) -> str:
    return sha256(f"{symbol} {day}".encode()).hexdigest()


def validated(
    ledger: TrialLedger, as_of: date, windows: Windows, recipe: str, symbol: str = "EURUSD", raw: str = ""
) -> None:
    """A search on the validation days; `raw` is the symbol whose ticks it has."""
    days = {day: content(raw or symbol, day) for day in Fold.before(as_of, windows).validate}
    search = f"search {recipe} {as_of} {windows}"
    ledger.record_selection(
        symbol, as_of, search, 7, {"as_of": str(as_of)}, days=days, walk=walk(as_of, windows, recipe)
    )


def opened(
    ledger: TrialLedger, as_of: date, windows: Windows, recipe: str, symbol: str = "EURUSD", raw: str = ""
) -> str:
    """A bundle on its test days; returns its name."""
    days = {day: content(raw or symbol, day) for day in Fold.before(as_of, windows).test}
    bundle = f"bundle {symbol} {recipe} {as_of} {windows}"
    ledger.record_opening(symbol, days, bundle, {"as_of": str(as_of)}, walk=walk(as_of, windows, recipe))
    return bundle


def walk(as_of: date, windows: Windows, recipe: str) -> str:
    """As `lifecycle.trial_details.walk_of` does: the recipe on its grid, whatever the train days."""
    stride = windows.test_days
    return f"{recipe} {windows.validate_days}/{stride}+{as_of.toordinal() % stride}"


def fold_of(ledger: TrialLedger, as_of: date, bundle: str, symbol: str = "EURUSD") -> Count:
    return ledger.looks(symbol, [OpenedFold(Fold.before(as_of, OWN).test, bundle)])


@pytest.mark.parametrize("order", list(permutations("vto")), ids="".join)
@pytest.mark.parametrize("windows", [OWN, Windows(8, 6, 2), Windows(8, 5, 1)], ids=str)
def test_an_honest_rolling_chain_is_one_look_a_fold_in_any_order(
    tmp_path: Path, windows: Windows, order: tuple[str, ...]
) -> None:
    """Also as a backfill, where a later fold validates on days before the fold that tests them has met them."""
    ledger, as_ofs = ledger_in(tmp_path), fold_as_ofs(T, windows.test_days, 5)
    bundles = dict.fromkeys(as_ofs, "")
    for step in order:
        for as_of in as_ofs if step == "v" else reversed(as_ofs) if step == "o" else []:
            if step == "v":
                validated(ledger, as_of, windows, "seed 1")
            else:
                bundles[as_of] = opened(ledger, as_of, windows, "seed 1")
    folds = [OpenedFold(Fold.before(as_of, windows).test, bundles[as_of]) for as_of in as_ofs]
    assert ledger.looks("EURUSD", folds) == Count(1, 0)


def test_an_anchored_chain_and_the_same_again_are_one_look_a_fold(tmp_path: Path) -> None:
    ledger, folds = ledger_in(tmp_path), {}
    for as_of in fold_as_ofs(T, 2, 4) * 2:
        windows = OWN.anchored_at(T - timedelta(days=30), as_of)
        validated(ledger, as_of, windows, "seed 1")
        folds[as_of] = OpenedFold(Fold.before(as_of, OWN).test, opened(ledger, as_of, windows, "seed 1"))
    assert ledger.looks("EURUSD", list(folds.values())) == Count(1, 0)


def test_previews_by_other_windows_count_and_the_budget_ends_them(tmp_path: Path) -> None:
    """The attack: the fold after, with longer validation, shows what each variant would earn on the test days."""
    ledger = ledger_in(tmp_path)
    for seed in range(9):
        validated(ledger, T + timedelta(days=2), PREVIEW, f"seed {seed}")
    assert ledger.left("EURUSD", Fold.before(T, OWN).test) == 1
    validated(ledger, T, OWN, "seed 3")
    best = opened(ledger, T, OWN, "seed 3")
    assert fold_of(ledger, T, best) == Count(10, 0)
    assert opened(ledger, T, OWN, "seed 3") == best, "the same bundle may come back"
    spent = r"Test days 2024-02-28 to 2024-02-29 of EURUSD are spent. Expected fewer than 10 looks at them, was 10 "
    with pytest.raises(SpentError, match=spent + r"\(1 tested, 9 validated\), last .*validation of search"):
        opened(ledger, T, OWN, "seed 4")


def test_twenty_previews_leave_nothing_to_open(tmp_path: Path) -> None:
    ledger = ledger_in(tmp_path)
    for seed in range(20):
        validated(ledger, T + timedelta(days=2), PREVIEW, f"seed {seed}")
    with pytest.raises(SpentError, match=r"was 20 \(0 tested, 20 validated\)"):
        opened(ledger, T, OWN, "seed 3")
    assert ledger.spent("EURUSD") == list(Fold.before(T + timedelta(days=2), PREVIEW).validate)


def test_variants_of_the_own_next_fold_are_previews_but_for_one(tmp_path: Path) -> None:
    """Other seeds are other recipes; train days and corrected data of one recipe are told apart by the search."""
    ledger = ledger_in(tmp_path)
    for seed in range(4):
        validated(ledger, T + timedelta(days=2), OWN, f"seed {seed}")
    bundle = opened(ledger, T, OWN, "seed 1")
    assert fold_of(ledger, T, bundle).here == 4
    other = ledger_in(tmp_path / "other")
    for train in range(5, 9):
        validated(other, T + timedelta(days=2), Windows(train, 2, 2), "seed 1")
    assert fold_of(other, T, opened(other, T, OWN, "seed 1")).here == 4


def test_what_was_validated_after_a_bundle_met_its_days_counts_for_later_bundles_alone(
    tmp_path: Path,
) -> None:
    ledger = ledger_in(tmp_path)
    first = opened(ledger, T, OWN, "seed 1")
    for seed in range(3):
        validated(ledger, T + timedelta(days=2), PREVIEW, f"new recipe {seed}")
    assert fold_of(ledger, T, first).here == 1
    second = opened(ledger, T, OWN, "seed 2")
    assert fold_of(ledger, T, second).here == 5
    assert fold_of(ledger, T, first).here == 2, "the one that is kept is the best of two that were tested"


def test_the_same_ticks_under_another_name_are_the_same_days(tmp_path: Path) -> None:
    ledger = ledger_in(tmp_path)
    for seed in range(3):
        validated(ledger, T + timedelta(days=2), PREVIEW, f"seed {seed}", "GBPUSD", raw="EURUSD")
        opened(ledger, T, OWN, f"seed {seed}", "AUDUSD", raw="EURUSD")
    bundle = opened(ledger, T, OWN, "seed 1")
    assert fold_of(ledger, T, bundle).here == 7
    assert fold_of(ledger, T, opened(ledger, T, OWN, "seed 1", "USDCAD"), "USDCAD").here == 1


def test_closed_days_have_no_content_that_others_share(tmp_path: Path) -> None:
    ledger, day = ledger_in(tmp_path), date(2024, 3, 2)
    for symbol in ("EURUSD", "GBPUSD"):
        ledger.record_opening(symbol, {day: ""}, f"bundle of {symbol}")
    assert ledger.met("EURUSD", [day]) == 1


def judged(
    ledger: TrialLedger, symbol: str, as_ofs: Sequence[date], recipe: str = "seed 1", stride: int = 7
) -> Count:
    """A chain of one fold a week, from training to judgement; returns its N."""
    windows = Windows(21, 7, stride)
    folds = []
    for as_of in as_ofs:
        bundle = opened(ledger, as_of, windows, recipe, symbol)
        folds.append(OpenedFold(Fold.before(as_of, windows).test, bundle))
    days = [day for fold in folds for day in fold.days]
    names = [fold.bundle for fold in folds]
    ledger.record_chain(symbol, days, " ".join(names), bundles=names)
    return ledger.looks(symbol, folds)


WEEKS = [T + timedelta(days=7 * week) for week in range(26)]


def test_the_best_of_many_symbols_and_periods_is_the_best_of_all(tmp_path: Path) -> None:
    ledger = ledger_in(tmp_path)
    for symbol in ("EURUSD", "GBPUSD", "AUDUSD"):
        for week in WEEKS[:6]:
            last = judged(ledger, symbol, [week])
    assert last == Count(1, 3 * 6 - 1)


def test_what_was_tested_and_never_judged_is_a_period_elsewhere(tmp_path: Path) -> None:
    """A test tells what its days earned: who judges the best of twelve symbols' tests has judged twelve."""
    ledger, windows = ledger_in(tmp_path), Windows(21, 7, 7)
    for symbol in ("GBPUSD", "AUDUSD"):
        for week in WEEKS[:3]:
            opened(ledger, week, windows, "seed 1", symbol)
    opened(ledger, T + timedelta(days=1000), windows, "seed 1", "NZDUSD")
    closed = {T - timedelta(days=8): ""}
    ledger.record_opening("EURUSD", closed, "of a closed day", walk=walk(T, windows, "seed 2"))
    assert judged(ledger, "EURUSD", WEEKS[:1]) == Count(1, 6)
    assert judged(ledger, "EURUSD", WEEKS[:3]) == Count(2, 2)


def test_what_was_previewed_elsewhere_and_never_tested_is_a_period_elsewhere(tmp_path: Path) -> None:
    """Who validates twelve symbols in eight weeks and tests where that looked best has seen 96 chances, not one."""
    ledger, symbols = ledger_in(tmp_path), [f"{letter}AAUSD" for letter in "ABCDEFGHIJKL"]
    weeks = [T + timedelta(days=8 * week) for week in range(8)]
    for symbol in symbols:
        for week in weeks:
            for as_of in fold_as_ofs(week, 2, 3):
                validated(ledger, as_of, OWN, "seed 1", symbol)
    found = fold_as_ofs(weeks[5], 2, 3)
    folds = [
        OpenedFold(Fold.before(day, OWN).test, opened(ledger, day, OWN, "seed 1", symbols[0]))
        for day in found
    ]
    assert ledger.looks(symbols[0], folds) == Count(1, 11 * 8 + 7)


@pytest.mark.parametrize("kind", ["validated", "tested"])
def test_variants_elsewhere_are_looks_elsewhere_as_they_are_here(tmp_path: Path, kind: str) -> None:
    """Nine variants in each of eleven other symbols are 99 chances, whether seeds or train days made them."""
    ledger, tried = ledger_in(tmp_path), validated if kind == "validated" else opened
    for symbol in (f"{letter}AAUSD" for letter in "ABCDEFGHIJK"):
        for train in range(4, 13):
            tried(ledger, T, Windows(train, 2, 2), "seed 1", symbol)
    assert fold_of(ledger, T, opened(ledger, T, OWN, "seed 1")) == Count(1, 11 * 9)


def test_variants_elsewhere_count_on_their_days_alone(tmp_path: Path) -> None:
    """Four weeks of one bundle each, of which one week had two more, and another was previewed five times."""
    ledger = ledger_in(tmp_path)
    for week in WEEKS[:4]:
        opened(ledger, week, Windows(21, 7, 7), "seed 1", "GBPUSD")
    for train in (22, 23):
        opened(ledger, WEEKS[1], Windows(train, 7, 7), "seed 1", "GBPUSD")
    for train in range(21, 26):
        validated(ledger, WEEKS[2], Windows(train, 7, 7), "seed 1", "GBPUSD")
    assert judged(ledger, "EURUSD", WEEKS[:1]) == Count(1, 4 + 4), (
        "each further one of a day is a layer of a week"
    )


def test_chains_of_other_symbols_are_a_period_each_with_their_validations(tmp_path: Path) -> None:
    ledger, windows = ledger_in(tmp_path), Windows(8, 6, 2)
    for symbol in ("GBPUSD", "AUDUSD", "EURUSD"):
        folds = []
        for as_of in fold_as_ofs(T, 2, 3):
            validated(ledger, as_of, windows, "seed 1", symbol)
            folds.append(
                OpenedFold(Fold.before(as_of, windows).test, opened(ledger, as_of, windows, "seed 1", symbol))
            )
        count = ledger.looks(symbol, folds)
    assert count == Count(1, 2)


def test_a_weekly_retrain_that_keeps_all_its_weeks_pays_nothing(tmp_path: Path) -> None:
    ledger = ledger_in(tmp_path)
    counts = [judged(ledger, "EURUSD", WEEKS[: week + 1]) for week in range(len(WEEKS))]
    assert {count.elsewhere for count in counts} == {0}
    assert counts[0] == Count(1, 0)


def test_a_quarter_of_weeks_judged_each_week_costs_nothing_and_each_week_alone_does(tmp_path: Path) -> None:
    quarter, alone = ledger_in(tmp_path / "quarter"), ledger_in(tmp_path / "alone")
    for end in range(13, len(WEEKS) + 1):
        kept = judged(quarter, "EURUSD", WEEKS[end - 13 : end])
    for week in WEEKS:
        best = judged(alone, "EURUSD", [week])
    assert kept.elsewhere == 1
    assert best.elsewhere == len(WEEKS) - 1


def test_weeks_off_the_stride_are_periods_of_one_recipe(tmp_path: Path) -> None:
    """A retrain every week with test windows of three days: other grids, and no more periods than the days have."""
    ledger = ledger_in(tmp_path)
    for week in WEEKS:
        count = judged(ledger, "EURUSD", fold_as_ofs(week, 3, 4), stride=3)
    assert count.elsewhere == 15, "175 days that the last 12 leave out, over 12"


def test_another_recipe_on_the_same_days_is_paid_for_by_the_days_alone(tmp_path: Path) -> None:
    ledger = ledger_in(tmp_path)
    judged(ledger, "EURUSD", WEEKS[:2], "seed 1")
    assert judged(ledger, "EURUSD", WEEKS[:2], "seed 2") == Count(4, 0)
    assert judged(ledger, "EURUSD", WEEKS[2:4], "seed 2") == Count(1, 2), "a walk each"


def test_what_lies_more_than_a_year_away_is_another_search(tmp_path: Path) -> None:
    ledger = ledger_in(tmp_path)
    judged(ledger, "GBPUSD", [T])
    year = timedelta(days=HORIZON_DAYS)
    assert judged(ledger, "EURUSD", [T + year - timedelta(days=7)]).elsewhere == 1
    assert judged(ledger, "NZDUSD", [T + year]).elsewhere == 1, "that of EURUSD alone"
    assert judged(ledger, "AUDUSD", [T + timedelta(days=1000)]).elsewhere == 0


PREVIEWS, DRAWS, FOLDS, TRADES = 20, 300, 3, 50
"""Previews of a fold's test, chains that are drawn, folds of one, trades of a fold."""


def best_previewed() -> Floats:
    """Test trades of chains that keep, of each fold, the variant whose preview looked best; none has an edge.

    Previews correlate with tests by 0.8, as the audit of such windows found.
    """
    rng = np.random.default_rng(1)
    tested = rng.standard_normal((DRAWS, FOLDS, PREVIEWS, TRADES))
    previewed = (0.8 * tested + 0.6 * rng.standard_normal(tested.shape)).sum(axis=3)
    kept = np.take_along_axis(tested, previewed.argmax(axis=2)[..., None, None], axis=2)
    return kept.reshape(DRAWS, FOLDS * TRADES)


@pytest.mark.parametrize("is_counted", [True, False])
def test_deflated_sharpe_and_sidak_say_so(tmp_path: Path, *, is_counted: bool) -> None:
    """Looks that the ledger counts are paid for; uncounted, the best of twenty previews a fold passes often."""
    ledger, as_ofs = ledger_in(tmp_path, most_openings=PREVIEWS + 1), fold_as_ofs(T, 2, FOLDS)
    folds = []
    for as_of in as_ofs:
        for seed in range(PREVIEWS if is_counted else 0):
            validated(ledger, as_of + timedelta(days=2), Windows(8, 4, 2), f"{as_of} {seed}")
        bundle = opened(ledger, as_of, OWN, "seed 1")
        folds.append(OpenedFold(Fold.before(as_of, OWN).test, bundle))
    trials = max(ledger.looks("EURUSD", folds).total, LEAST_OPENINGS)
    assert trials >= (PREVIEWS + 1) ** FOLDS if is_counted else trials == LEAST_OPENINGS
    chance = np.random.default_rng(2).standard_normal(2_000) * np.sqrt(FOLDS * TRADES)
    passed = [
        (
            deflated_sharpe(trades, trials) >= 0.95,
            best_of(trials, float(1 + np.sum(chance >= trades.sum())) / 2_001) <= 0.05,
        )
        for trades in best_previewed()
    ]
    shares = np.mean(passed, axis=0)
    assert (shares <= 0.05).all() if is_counted else (shares > 0.2).all()
