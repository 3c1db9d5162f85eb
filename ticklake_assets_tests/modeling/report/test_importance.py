from __future__ import annotations

import pytest

from ticklake_assets.modeling.report.importance import importance_rows, together_rows
from ticklake_assets_tests.modeling.markets import chain


def test_features_stand_by_what_they_were_worth_with_those_that_they_move_with() -> None:
    folds = chain()
    rows = importance_rows(folds, 5)
    assert rows[0]["feature"] == "imbalance_1m"
    assert "imbalance_30s" in rows[0]["moves_with"]
    assert rows[0]["helped"] == "3 of 3"
    rises = [float(row["rise"]) for row in rows]
    assert rises == sorted(rises, reverse=True)
    measured = [
        each.loss_rise
        for fold in folds
        for each in fold.test.importance.alone
        if each.features == ("imbalance_1m",)
    ]
    assert rises[0] == pytest.approx(sum(measured) / 3, abs=1e-4)


def test_a_group_is_told_with_the_folds_that_have_it() -> None:
    rows = together_rows(chain())
    assert rows[0]["features"].startswith("imbalance_30s, imbalance_1m")
    assert all(1 <= int(row["found"].split(" of ")[0]) <= 3 for row in rows)
    assert len({row["features"] for row in rows}) == len(rows)
