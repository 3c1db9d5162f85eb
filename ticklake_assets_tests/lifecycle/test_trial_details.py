"""Which rolling chain a fold is of, and what of a dataset tells that days are the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from ticklake_assets.core.folds import Windows
from ticklake_assets.lifecycle.trial_details import contents_of, walk_of
from ticklake_assets.storage.datasets.manifest import DatasetDay
from ticklake_assets_tests.lifecycle.test_fold_inputs import MANIFEST
from ticklake_assets_tests.lifecycle.test_handover import REPORT

WALK = walk_of(MANIFEST, REPORT)


def test_the_next_folds_of_a_chain_are_of_its_walk_rolling_or_anchored() -> None:
    later = replace(MANIFEST, as_of=MANIFEST.as_of + timedelta(days=6))
    assert walk_of(later, REPORT) == WALK
    assert walk_of(replace(later, windows=Windows(10, 2, 2)), REPORT) == WALK


@pytest.mark.parametrize(
    "change",
    [
        {"as_of": MANIFEST.as_of + timedelta(days=1)},
        {"windows": Windows(4, 4, 2)},
        {"windows": Windows(4, 2, 1)},
        {"kernel_version": "0"},
        {"label_version": "other"},
    ],
    ids=str,
)
def test_another_grid_window_or_code_is_another_walk(change: dict[str, object]) -> None:
    assert walk_of(replace(MANIFEST, **change), REPORT) != WALK  # type: ignore[arg-type]


def test_another_recipe_is_another_walk_whatever_came_of_the_search() -> None:
    budget = REPORT.budget
    assert walk_of(MANIFEST, REPORT.model_copy(update={"seed": 2})) != WALK
    more = budget.model_copy(update={"trials": 9})
    assert walk_of(MANIFEST, REPORT.model_copy(update={"budget": more})) != WALK
    pruned = budget.model_copy(update={"fits": 7})
    assert walk_of(MANIFEST, REPORT.model_copy(update={"budget": pruned, "train_loss": 0.1})) == WALK


def test_a_day_without_quotes_tells_nothing() -> None:
    days = [
        DatasetDay(date(2024, 1, 7), "test", 9, 100, False, "rows", "raw of Sunday"),
        DatasetDay(date(2024, 1, 8), "test", 0, 0, False, "rows", "raw of every closed day"),
        DatasetDay(date(2024, 1, 6), "validate", 9, 100, True, "rows", "raw of Saturday"),
    ]
    manifest = replace(MANIFEST, partitions=tuple(days))
    assert contents_of(manifest, "test") == {date(2024, 1, 7): "raw of Sunday", date(2024, 1, 8): ""}
