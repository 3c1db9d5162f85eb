"""The table of rules: what the design says about names, order and thresholds."""

from __future__ import annotations

from ticklake_assets.core.quotes import LOOKBACK, RULES


def test_rules_are_asked_in_the_order_of_the_design() -> None:
    assert [rule.name for rule in RULES] == [
        "missing_field",
        "non_finite",
        "wrong_day",
        "non_positive",
        "crossed",
        "duplicate",
        "spike",
        "stale_run",
    ]


def test_every_rule_is_explained_and_every_threshold_has_a_unit() -> None:
    assert all(rule.doc for rule in RULES)
    assert [rule.name for rule in RULES if rule.threshold is not None] == ["spike", "stale_run"]
    assert all((rule.threshold is None) == (rule.unit is None) for rule in RULES)


def test_row_local_rules_come_first_and_none_looks_further_back_than_the_window() -> None:
    assert [rule.row_local for rule in RULES] == [True] * 5 + [False] * 3
    assert all(rule.least_preceding <= LOOKBACK for rule in RULES)
    assert all(rule.least_preceding == 0 for rule in RULES if rule.row_local)
