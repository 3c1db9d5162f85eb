"""Python's values as MQL5 writes them, in the part of the language that C++ reads the same way."""

from __future__ import annotations

import json
from collections.abc import Sequence
from math import isfinite

from ticklake_assets.core.errors import BundleError

_LINE = 110


def literal(value: float | str) -> str:
    """A number or a text; the shortest decimal that is this very double.

    >>> literal(1e-06), literal(3), literal(True), literal("a")
    ('1.0e-06', '3', 'true', '"a"')
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value)
    if isinstance(value, int):
        return str(value)
    if not isfinite(value):
        raise BundleError(f"Expected finite numbers to write as MQL5, was {value}")
    mantissa, e, exponent = repr(float(value)).partition("e")
    return mantissa + ("" if "." in mantissa else ".0") + e + exponent


def constant(kind: str, name: str, value: float | str, why: str = "") -> str:
    return f"const {kind} {name} = {literal(value)};" + (f"  // {why}" if why else "")


def table(kind: str, name: str, size: str, values: Sequence[float | str]) -> str:
    """A table of one dimension; MQL5 has no empty ones, so `size` may be larger than what is given."""
    return f"const {kind} {name}[{size}] =\n  {_row(values or [''])};"


def grid(kind: str, name: str, size: str, rows: Sequence[Sequence[float]]) -> str:
    """A table of two dimensions, `size` like `A][B`."""
    body = ",\n   ".join(_row(row) for row in rows)
    return f"const {kind} {name}[{size}] =\n  {{\n   {body}\n  }};"


def _row(values: Sequence[float | str]) -> str:
    lines, line = [], ""
    for text in map(literal, values):
        if line and len(line) + len(text) > _LINE:
            lines.append(line)
            line = ""
        line += text + ", "
    lines.append(line)
    return "{" + "\n   ".join(each.rstrip() for each in lines).rstrip(",") + "}"
