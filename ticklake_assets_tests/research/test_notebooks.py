"""The notebooks of docs, cell by cell on a lake of two days: they need no kernel of their own, only Python."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest

from ticklake_assets.research.lake import Lake

NOTEBOOKS = sorted((Path(__file__).parents[2] / "docs" / "notebooks").glob("*.ipynb"))


def code_cells(notebook: Path) -> list[dict[str, Any]]:
    return [cell for cell in json.loads(notebook.read_text())["cells"] if cell["cell_type"] == "code"]


def run(notebook: Path) -> tuple[dict[str, Any], list[str]]:
    """Run the cells in order; returns their names, and what the last expression of each would show."""
    names: dict[str, Any] = {"__name__": "__main__"}
    shown = []
    for number, cell in enumerate(code_cells(notebook), 1):
        tree = ast.parse("".join(cell["source"]))
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        where = f"{notebook.name}, code cell {number}"
        exec(compile(tree, where, "exec"), names)
        if isinstance(last, ast.Expr):
            shown.append(repr(eval(compile(ast.Expression(last.value), where, "eval"), names)))
    return names, shown


def test_there_are_two() -> None:
    assert [path.stem for path in NOTEBOOKS] == ["explore-a-month", "try-a-feature"]


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_holds_no_output_that_could_lie(notebook: Path) -> None:
    assert [cell for cell in code_cells(notebook) if cell["outputs"] or cell["execution_count"]] == []


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(lake: Lake, notebook: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TICKLAKE_HOME", str(lake.settings.home))
    monkeypatch.setenv("MPLBACKEND", "Agg")
    names, shown = run(notebook)
    assert shown
    if notebook.stem == "try-a-feature":
        assert names["leaks"] == []
        assert [leak.column for leak in names["caught"]] == ["feature"]
        assert names["result"].figures.trades > 20
        assert names["result"].figures.days == len(names["days"]) - 1
    names["lake"].close()
