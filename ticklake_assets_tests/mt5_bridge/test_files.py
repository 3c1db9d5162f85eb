"""How a file is written is tested in `ticklake_assets_tests/test_files.py`; this holds the bridge's copy to it."""

from __future__ import annotations

import ast
from pathlib import Path

from mt5_bridge import files as copied
from ticklake_assets import files


def code_of(source: str) -> list[str]:
    """Everything a module defines, as it is written."""
    parts = ast.parse(source).body
    defined = [part for part in parts if isinstance(part, ast.FunctionDef | ast.ClassDef | ast.Assign)]
    return [ast.get_source_segment(source, part) or "" for part in defined]


def test_the_copy_is_the_original_word_for_word() -> None:
    original, copy = (code_of(Path(module.__file__).read_text()) for module in (files, copied))
    assert [part for part in copy if part not in original] == []
    assert any(part.startswith("def create_file(") for part in copy)
