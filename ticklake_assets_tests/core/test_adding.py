"""The worked example of docs/add-a-feature.md: judged as it stands there, and added to a copy of the package."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ticklake_assets.cli import app
from ticklake_assets_tests.conftest import REPOSITORY
from ticklake_assets_tests.core.test_feature_kernel import CACHE_USE

PAGE = (REPOSITORY / "docs" / "add-a-feature.md").read_text()
FEATURE, LABEL, BATCH = re.findall(r"^```python\n(.*?)^```", PAGE, flags=re.DOTALL | re.MULTILINE)
NOT_ITS_OWN_MEMORY = """
from ticklake_assets.core.declared import Quote, feature
from ticklake_assets.core.tables import Floats

@feature(slots=1)
def overrun(memory: Floats, quote: Quote) -> float:
    \"\"\"Remembers more than it says.\"\"\"
    memory[0] = memory[1]
    return memory[0]
"""
KNOWS_TOO_EARLY = LABEL.replace(
    "return Known(", "known_at_us = events.ts_us + 0 * known_at_us\n    return Known("
).replace("move_in_10_min", "too_early")
ONE_QUOTE_BEYOND = LABEL.replace(
    'side="right") - 1', 'side="right").clip(max=len(quotes.ts_us) - 1)'
).replace("move_in_10_min", "one_quote_beyond")
SUITE = [
    *(f"core/test_{name}.py" for name in ("added", "laws", "features", "feature_kernel")),
    "storage/gold/test_rows.py",
]
OF_COLUMNS = (
    "test_a_frozen_dataset_is_gold_split_by_the_windows",
    "test_the_checks_are_a_table_with_label_balance_reported",
    "test_empty_gold_and_gold_from_before_a_feature_are_refused",
    "test_a_cell_of_a_label_that_is_missing_is_counted",
    "test_a_label_that_gold_lacks_or_that_is_not_finite_is_refused",
    "test_days_of_other_code_are_named_with_the_command",
)
"""Tests of datasets for which it matters what columns there are; the others take most of a minute."""
OF_FILES_ADDED = "not walker and not compile_again"
"""Orders are walked as they were; the cache is asked below, once the other tests have filled the copy's."""


def look_ahead(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["lookahead", *arguments])
    return done.exit_code, done.output


def test_the_page_s_table_is_what_the_command_finds(tmp_path: Path) -> None:
    (tmp_path / "my_columns.py").write_text(FEATURE + BATCH + LABEL)
    code, told = look_ahead(str(tmp_path / "my_columns.py"), "--json")
    assert code == 1
    columns: list[dict[str, Any]] = json.loads(told)["columns"]
    words = {True: "DIFFER", False: "same", None: "-"}
    for column in columns:
        found = f"{column['column']} | {column['kind']} | {'LEAKS' if column['leaks'] else 'clean'} |"
        ends = " | ".join(words[column[which]] for which in ("chunks_differ", "bits_differ"))
        ends += " | -" if column["not_finite"] is None else " | yes"
        assert re.search(rf"^\| {re.escape(found)}.*\| {ends} \|$", PAGE, re.MULTILINE), column
    leak = next(column for column in columns if column["leaks"])
    ahead = f"> 0:{int(leak['ahead_s']) // 60:02}:{int(leak['ahead_s']) % 60:02}"
    assert f"| LEAKS | {leak['events']} | {leak['first'][11:19]} | {ahead} |" in PAGE


def test_a_step_that_overruns_its_memory_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(NOT_ITS_OWN_MEMORY)
    code, told = look_ahead(str(tmp_path / "own.py"))
    assert code == 1
    assert told.startswith("ticklake: Feature overrun remembers more than it says")
    assert told.strip().endswith("Expected 1 slots")


@pytest.mark.timeout(900)
def test_files_that_are_added_are_judged_by_tests_that_do_not_know_them(tmp_path: Path) -> None:
    copy = copied(tmp_path)
    add(copy, "features/quotes_at_this_spread.py", FEATURE)
    add(copy, "labels/move_in_10_min.py", LABEL)
    of_columns = (f"storage/datasets/test_freeze.py::{name}" for name in OF_COLUMNS)
    code, told = run_tests(copy, *SUITE, *of_columns, only=OF_FILES_ADDED)
    assert code == 0, told
    assert "quotes_at_this_spread" in told, "the added file is a test of its own"
    code, told = run(copy, "-c", CACHE_USE)
    of_features_and_orders = told.split()[:6]
    assert (code, of_features_and_orders) == (0, ["1", "1", "0"] * 2), (
        "the kernel with the added step comes from the disk"
    )


@pytest.mark.timeout(900)
def test_files_that_are_not_what_they_say_fail_those_tests(tmp_path: Path) -> None:
    copy = copied(tmp_path)
    add(copy, "features/overrun.py", NOT_ITS_OWN_MEMORY)
    add(copy, "labels/too_early.py", KNOWS_TOO_EARLY)
    add(copy, "labels/one_quote_beyond.py", ONE_QUOTE_BEYOND)
    law = "test_labels_known_at_t_ignore_every_quote_after_t"
    code, told = run_tests(copy, "core/test_added.py", f"core/test_laws.py::{law}")
    assert code == 1
    assert "Leak(column='too_early'" in told
    assert "Leak(column='one_quote_beyond'" in told
    assert "remembers more than it says" in told
    assert f"FAILED ticklake_assets_tests/core/test_laws.py::{law}" in told


def copied(folder: Path) -> Path:
    for part in ("ticklake_assets", "ticklake_assets_tests", "serving", "mt5_bridge", "stack", "docs"):
        shutil.copytree(REPOSITORY / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(REPOSITORY / "pyproject.toml", folder)
    return folder


def add(copy: Path, name: str, text: str) -> None:
    (copy / "ticklake_assets" / "core" / "added" / name).write_text(text)


def run_tests(copy: Path, *names: str, only: str = "") -> tuple[int, str]:
    tests = [f"ticklake_assets_tests/{name}" for name in names]
    return run(copy, "-m", "pytest", "-vv", "-p", "no:cacheprovider", "-k", only, *tests)


def run(copy: Path, *arguments: str) -> tuple[int, str]:
    environment = {**os.environ, "PYTHONPATH": str(copy)}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=copy, env=environment, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr
