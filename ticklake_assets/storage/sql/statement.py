"""SQL as text: one statement that only reads, and its `:name` parameters.

The tokens are those of Trino's grammar, since only Trino has anything to lose; DuckDB runs in memory.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from ticklake_assets.core.errors import DataError

READING = ("SELECT", "WITH", "VALUES", "DESCRIBE", "EXPLAIN")
"""How a statement begins that changes nothing, on every engine."""

_TOKEN = re.compile(
    r"""
    (?P<comment> --[^\r\n]* | /\*.*?\*/ )       # a carriage return ends a comment, too, as Trino has it
  | (?P<quoted> '(?:[^']|'')*' | "(?:[^"]|"")*" )
  | (?<![:\w]) : (?P<parameter> [A-Za-z_]\w* )
  | (?P<word> \w+ )
  | (?P<sign> [^\s] )
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class Statement:
    """One statement that reads.

    Raises:
        DataError: it is none, more than one, or it may write.
    """

    text: str

    def __post_init__(self) -> None:
        significant = [token for token in _TOKEN.finditer(self.text) if token.lastgroup != "comment"]
        while significant and significant[-1][0] == ";":
            significant.pop()
        words = [token[0].upper() for token in significant]
        if ";" in words:
            raise DataError("Expected one statement, was more than one: another follows a semicolon")
        opening = next((word for word in words if word != "("), "nothing")
        if opening not in READING:
            raise DataError(f"Only what reads is run. Expected {', '.join(READING)} first, was {opening}")
        if words[:2] == ["EXPLAIN", "ANALYZE"]:
            raise DataError("Only what reads is run. Expected EXPLAIN, was EXPLAIN ANALYZE, which runs it")
        # Blanks instead of the last semicolon, which Trino refuses: positions in the text stay what they are.
        end = significant[-1].end()
        object.__setattr__(self, "text", self.text[:end] + self.text[end:].replace(";", " "))

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        """Names of the `:name` parameters in the order of their places; one name may have several."""
        return tuple(token["parameter"] for token in _TOKEN.finditer(self.text) if token["parameter"])

    def chosen(self, values: Mapping[str, str]) -> dict[str, str]:
        """The value of each parameter; `DataError` where one has none, or a value has no parameter."""
        missing, unknown = sorted({*self.parameters} - {*values}), sorted({*values} - {*self.parameters})
        if missing:
            raise DataError(
                f"The statement has a parameter :{missing[0]}. Expected --param {missing[0]}=..., was none"
            )
        if unknown:
            known = ", ".join(f":{name}" for name in sorted({*self.parameters})) or "none"
            raise DataError(f"Unknown parameter {unknown[0]!r}. Expected of the statement's {known}")
        return {name: values[name] for name in {*self.parameters}}

    def with_places(self, place: Callable[[str], str]) -> str:
        """The text with each `:name` as the engine writes it, padded so that positions stay what they are."""

        def written(token: re.Match[str]) -> str:
            name = token["parameter"]
            return place(name).ljust(len(token[0])) if name else token[0]

        return _TOKEN.sub(written, self.text)


def at_line_and_column(text: str, offset: int) -> str:
    """
    >>> at_line_and_column("SELECT 1,\\n  nothing", 12)
    'line 2, column 3'
    """
    before = text[:offset]
    return f"line {before.count(chr(10)) + 1}, column {offset - (before.rfind(chr(10)) + 1) + 1}"
