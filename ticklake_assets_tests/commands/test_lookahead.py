"""`ticklake lookahead` on files that gold would refuse or that Python does: one line or a failure, never `clean`."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from ticklake_assets.commands.lookahead import look_ahead
from ticklake_assets.core.errors import SetupError
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.settings import Settings

DAY = SymbolDay("SYNEUR", date(2024, 1, 17))
FEATURE = '''
from ticklake_assets.core.declared import feature

@feature(slots=1)
def {name}(memory, quote):
    """It may be called anything."""
    return {value}
'''
COLUMNS = '''
import {library} as np

from ticklake_assets.core.declared import Known, batch_feature, label

@label
def {name}(day, quotes, events, instrument):
    """Missing for the first three events."""
    return Known(np.where(np.arange(len(events.ts_us)) < 3, np.nan, 1.0), events.ts_us)
'''
RESEARCH = '''
import json
import numpy as np

from ticklake_assets.core.declared import batch_feature

@batch_feature
def sigma_bp(day, quotes, events, instrument):
    """What gold has, made otherwise."""
    return np.full(len(events.ts_us), json.loads("NaN"))
'''


def judge(folder: Path, text: str, console: Console, *, as_json: bool = True) -> bool:
    path = folder / "mine.py"
    path.write_text(text)
    return look_ahead(Settings(), str(path), DAY, 3, console, as_json=as_json)


def column_of(console: Console) -> dict[str, Any]:
    (column,) = json.loads(console.export_text())["columns"]
    return column


@pytest.fixture
def console() -> Console:
    return Console(record=True, width=120)


def test_features_that_are_not_finite_are_a_failure(tmp_path: Path, console: Console) -> None:
    """Infinite and not a number, in one kernel: to compile it takes seconds."""
    values = {"infinite": "1.0 / (quote.bid - quote.bid)", "no_number": "memory[0] / (quote.bid - quote.bid)"}
    text = "".join(FEATURE.format(name=name, value=value) for name, value in values.items())
    assert not judge(tmp_path, text, console)
    columns = json.loads(console.export_text())["columns"]
    assert [column["column"] for column in columns] == list(values)
    for column in columns:
        assert (column["leaks"], column["bits_differ"], column["not_finite"]) == (False, False, 541)


def test_a_label_that_is_not_finite_is_a_failure(tmp_path: Path, console: Console) -> None:
    text = COLUMNS.format(name="mine", library="numpy")
    assert not judge(tmp_path, text, console)
    assert column_of(console)["not_finite"] == 3
    assert not judge(tmp_path, text, console, as_json=False)
    assert "3 NOT" in console.export_text()


def test_research_may_import_and_be_called_and_be_anything(tmp_path: Path, console: Console) -> None:
    assert judge(tmp_path, RESEARCH, console)
    assert column_of(console)["not_finite"] is None


@pytest.mark.parametrize(
    "text",
    [
        FEATURE.format(name="sigma_bp", value="quote.bid"),
        FEATURE.format(name="bid", value="quote.bid"),
        FEATURE.format(name="outcome", value="quote.bid"),
        COLUMNS.format(name="long_net", library="numpy"),
        COLUMNS.format(name="sigma_bp", library="numpy"),
    ],
)
def test_a_name_of_gold_s_own_is_refused(tmp_path: Path, console: Console, text: str) -> None:
    with pytest.raises(SetupError, match=r"mine\.py declares \['\w+'\]\. Expected names that no other"):
        judge(tmp_path, text, console)


def test_a_label_that_imports_from_elsewhere_is_refused(
    tmp_path: Path, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "numbers_of_mine.py").write_text("from numpy import *")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(SetupError, match=r"mine\.py:2 imports numbers_of_mine\. Expected"):
        judge(tmp_path, COLUMNS.format(name="mine", library="numbers_of_mine"), console)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("import math\ndef broken(:\n", "mine.py:2: SyntaxError: invalid syntax."),
        ("import math\n\nimport not_there\n", "mine.py:3: ModuleNotFoundError: No module named 'not_there'."),
        (
            "import math\nfrom math import less\n",
            "mine.py:2: ImportError: cannot import name 'less' from 'math'",
        ),
        ("def half():\n    return 1 / 0\nhalf()\n", "mine.py:2: ZeroDivisionError: division by zero."),
    ],
)
def test_a_file_that_does_not_run_is_one_line_with_its_own(
    tmp_path: Path, console: Console, text: str, told: str
) -> None:
    with pytest.raises(SetupError, match=re.escape(f"{tmp_path}/{told}")):
        judge(tmp_path, text, console)


@pytest.mark.parametrize("module", ["not_there", "not_there.py"])
def test_what_is_not_there_is_named(console: Console, module: str) -> None:
    with pytest.raises(SetupError, match=rf"^{module}[: ].*Expected a Python file"):
        look_ahead(Settings(), module, DAY, 3, console, as_json=True)
