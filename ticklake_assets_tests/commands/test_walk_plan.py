from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from ticklake_assets.commands.walk_plan import LEAST_OPEN, plan_walk
from ticklake_assets.core.errors import DataError
from ticklake_assets.core.folds import Windows
from ticklake_assets_tests.commands.test_walk_forward import walk_forward

TODAY = datetime.now(UTC).date()
FIRST, LAST = date(2024, 1, 13), date(2024, 1, 17)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("SYNEUR", "--from", "2024-01-17", "--to", "2024-01-13"), "Expected --from before --to"),
        (("EURUSX", "--from", "2024-01-13", "--to", "2024-01-17"), "Symbol 'EURUSX' has no metadata"),
        (("SYNEUR", "--from", "2024-01-13", "--to", str(TODAY)), f"was {TODAY}"),
        (
            ("SYNEUR", "--from", "2024-01-13", "--to", "2024-01-17", "--train", "90d"),
            "Expected at most 80 days, which is what the graph shows an as-of day, was 94",
        ),
        (
            ("SYNEUR", "--from", "2024-01-13", "--to", "2024-04-17", "--anchored"),
            "Expected at most 80 days, which is what the graph shows an as-of day, was 106: shorten",
        ),
    ],
    ids=["turned around", "unknown symbol", "today", "too far back", "anchored too long"],
)
def test_a_chain_that_cannot_be_is_one_clear_line(
    tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    answer = walk_forward(tmp_path / "home", *arguments, "--every", "2d")
    assert answer.exit_code == 1
    assert said in answer.stderr
    assert answer.stderr.startswith("ticklake: ")
    assert answer.stderr.count("\n") == 1
    assert not (tmp_path / "home").exists(), "refused before anything was made"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("--from", "2012-12-30", "--to", "2012-12-30", "--every", "1d"),
            "The fold of GBPJPY as of 2012-12-30. Expected an open day in each window, was Saturday 2012-12-29",
        ),
        (
            ("--from", "2012-12-24", "--to", "2012-12-31", "--every", "1d"),
            "as of 2012-12-24. Expected an open day in each window, was Sunday 2012-12-23",
        ),
        (
            ("--from", "2012-12-19", "--to", "2012-12-31", "--every", "2d"),
            "was Saturday 2012-12-29, Sunday 2012-12-30 for --every",
        ),
        (
            ("--from", "2012-12-27", "--to", "2012-12-27", "--every", "3d", "--validate", "1d"),
            "was Sunday 2012-12-23 for --validate: `--validate 3d`",
        ),
    ],
    ids=["Saturday", "each day", "each other day", "validated on a Sunday"],
)
def test_a_window_without_an_open_day_is_refused(
    tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    answer = walk_forward(tmp_path / "home", "GBPJPY", *arguments, "--train", "8d")
    assert answer.exit_code == 1
    assert said in answer.stderr
    assert answer.stderr.count("\n") == 1
    assert not (tmp_path / "home").exists(), "refused before anything was made"


@pytest.mark.parametrize("day", range(7))
def test_three_days_reach_over_any_weekend_and_some_markets_have_none(day: int) -> None:
    first, last = date(2020, 3, 2 + day), date(2020, 3, 11 + day)
    assert plan_walk("GBPJPY", first, last, LEAST_OPEN, 8, LEAST_OPEN, anchored=False).as_ofs
    for symbol in ("BTCUSD", "SYNEUR"):
        assert len(plan_walk(symbol, first, last, 1, 8, 1, anchored=False).as_ofs) == 10


def test_lengths_that_are_no_days_are_said_with_their_option(tmp_path: Path) -> None:
    answer = walk_forward(
        tmp_path, "SYNEUR", "--from", "2024-01-13", "--to", "2024-01-17", "--every", "2d", "--train", "1w"
    )
    assert answer.exit_code == 2
    assert "Invalid value for '--train': Expected days like 7d, was '1w'" in answer.stderr


def test_what_is_not_asked_for_is_the_symbols_own() -> None:
    assert plan_walk("SYNEUR", FIRST, LAST, 2, None, None, anchored=False).windows == Windows(8, 2, 2)
    assert plan_walk("EURUSD", FIRST, LAST, 5, 30, 4, anchored=False).windows == Windows(30, 4, 5)
    with pytest.raises(DataError, match="Expected --from before --to"):
        plan_walk("SYNEUR", LAST, FIRST, 2, None, None, anchored=False)
