"""A version is the sha256 of a file's text: whatever else it takes its numbers from would change in silence."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ticklake_assets.core.added_imports import refuse_other_imports
from ticklake_assets.core.errors import SetupError


def written(folder: Path, text: str) -> Path:
    path = folder / "mine.py"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    "line",
    [
        "import math, functools",
        "import numpy as np",
        "import numpy.typing",
        "from numpy.typing import NDArray",
        "from numba import njit",
        "from collections.abc import Sequence",
        "from ticklake_assets.core import declared",
        "from ticklake_assets.core.declared import Quote, feature",
        "import ticklake_assets.core.tables as tables",
        "from ticklake_assets.core.tables import DayFeatures",
        "from ticklake_assets.core.instruments import Instrument",
        "from ticklake_assets.core.symbol_day import SymbolDay",
    ],
)
def test_what_no_edit_can_change_in_silence_may_be_imported(tmp_path: Path, line: str) -> None:
    refuse_other_imports(written(tmp_path, f"from __future__ import annotations\n{line}\n"))


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("import my_numbers", "my_numbers"),
        ("import numpy_like", "numpy_like"),
        ("import math, my_numbers.of_today as it", "my_numbers.of_today"),
        ("from my_numbers import DECAY", "my_numbers.DECAY"),
        ("from . import sibling", ".sibling"),
        ("from .sibling import DECAY", ".sibling.DECAY"),
        ("from ticklake_assets.core import costs", "ticklake_assets.core.costs"),
        (
            "from ticklake_assets.core.instruments import INSTRUMENTS",
            "ticklake_assets.core.instruments.INSTRUMENTS",
        ),
        (
            "from ticklake_assets.core.orders import DAY_END_MARGIN_US",
            "ticklake_assets.core.orders.DAY_END_MARGIN_US",
        ),
        ("import ticklake_assets.core.tables", "ticklake_assets"),  # and all that hangs on the name
        ("import json", "json"),
    ],
)
@pytest.mark.parametrize("inside", ["", "def step(memory, quote):\n    ", "if True:\n    "])
def test_any_other_import_is_named_with_its_line(tmp_path: Path, line: str, named: str, inside: str) -> None:
    path = written(tmp_path, f"import math\n{inside}{line}\n")
    where = (
        f"{path}:{2 + inside.count(chr(10))} imports {named}. Expected a file that holds all that it needs"
    )
    with pytest.raises(SetupError, match=re.escape(where)):
        refuse_other_imports(path)


def test_text_that_is_no_python_is_named_with_its_line(tmp_path: Path) -> None:
    path = written(tmp_path, "import math\n\ndef broken(:\n")
    with pytest.raises(SetupError, match=re.escape(f"{path}:3: invalid syntax. Expected Python")):
        refuse_other_imports(path)
