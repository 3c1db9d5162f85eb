from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from ticklake_assets.core.folds import Fold, Windows
from ticklake_assets.core.label_table import LABEL_TABLE
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.storage.datasets.checks import CheckedWindow, run_checks
from ticklake_assets.storage.sql.engine import QueryResult, View
from ticklake_assets_tests.storage.gold.builders import make_sources
from ticklake_assets_tests.storage.sql.test_trino import statement_server

NAME = re.compile(r"SELECT '(\w+)' AS name")


def make_window() -> CheckedWindow:
    fold = Fold.before(date(2024, 1, 9), Windows(4, 2, 2))
    return CheckedWindow(
        symbol="EURUSD",
        fold=fold,
        feature_names=("momentum_5s", "gap"),
        label_table=LABEL_TABLE,
        min_open_ticks=20_000,
        sources=make_sources(SymbolDay("EURUSD", day) for day in fold.days),
        snapshots={"bars": 1, "features": 2, "labels": 3},
        committed={"features": 42, "labels": 42},
    )


class RecordingEngine:
    """Answers 0 to every check and keeps the texts."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def query(self, sql: str, views: Mapping[str, View] | None = None) -> QueryResult:
        self.texts.append(sql)
        return QueryResult(("name", "value", "detail"), [(name, 0, "") for name in NAME.findall(sql)])

    def close(self) -> None:
        pass


def test_the_text_of_the_checks_is_the_same_on_trino_but_for_the_pinned_tables() -> None:
    engine, window = RecordingEngine(), make_window()
    checks = run_checks(engine, window)
    (text,) = engine.texts
    assert text.count("UNION ALL") == len(checks) - 1
    with statement_server() as (server, trino):
        trino.query(text, window.views())
    (sent,) = server.statements
    for name, view in window.views().items():
        rows = (
            f"(SELECT * FROM gold.{name} FOR VERSION AS OF {view.snapshot_id} WHERE symbol = 'EURUSD' "
            "AND trading_day BETWEEN DATE '2024-01-01' AND DATE '2024-01-08')"
        )
        sent = sent.replace(rows, f"gold.{name}")
    assert sent == text


def test_every_check_says_what_it_counts_and_expects() -> None:
    checks = run_checks(RecordingEngine(), make_window())
    assert all(check.doc.endswith(".") or ":" in check.doc or ";" in check.doc for check in checks)
    assert {check.expectation for check in checks} == {"= 0", ">= 1", "= 42", "reported"}
    assert [check.name for check in checks if not check.passed] == [
        "features_are_those_committed",
        "labels_are_those_committed",
        "open_days",
    ]
