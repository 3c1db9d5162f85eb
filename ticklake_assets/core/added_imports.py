"""What a file of `core/added` may import: nothing whose edit would leave its version, the file's sha256, as it was."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from ticklake_assets.core.errors import SetupError

ALLOWED = (
    "__future__",
    "collections",
    "functools",
    "math",
    "typing",
    "numba",
    "numpy",
    "ticklake_assets.core.declared",
    "ticklake_assets.core.tables",
    # What a label is passed; only its type, since INSTRUMENTS, say, holds what the label version does not cover.
    "ticklake_assets.core.tables.DayFeatures",
    "ticklake_assets.core.instruments.Instrument",
    "ticklake_assets.core.symbol_day.SymbolDay",
)
"""These names and those below them."""


def refuse_other_imports(path: Path) -> None:
    """Read a file, without running it.

    Raises:
        SetupError: it is no Python, or imports anything else, in a function, too.
    """
    try:
        tree = ast.parse(path.read_bytes(), path)
    except SyntaxError as error:
        raise SetupError(f"{path}:{error.lineno}: {error.msg}. Expected Python") from error
    for line, name in sorted(_imported(tree)):
        if not any(f"{name}.".startswith(f"{each}.") for each in ALLOWED):
            raise SetupError(
                f"{path}:{line} imports {name}. Expected a file that holds all that it needs, since its version is "
                f"the file's sha256, and imports from no more than {', '.join(ALLOWED)}"
            )


def _imported(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and full name of all that imports bind: `import a.b` binds the whole of a."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for each in node.names:
                yield node.lineno, each.name if each.asname else each.name.partition(".")[0]
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (f"{node.module}." if node.module else "")
            yield from ((node.lineno, module + each.name) for each in node.names)
