"""Limits as a TOML file: read with its calendar, and written with what each default means.

A key that is none, a number without its unit or one that can't be meant is refused by its name (`day.loss_percent`).
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path

from pydantic import BaseModel, ValidationError

from mt5_bridge.errors import LimitsError
from mt5_bridge.risk.calendar_file import read_calendar, said
from mt5_bridge.risk.limits import REASONS, UNLIMITED, GroupLimits, Limits, SymbolLimits, numbers
from mt5_bridge.risk.windows import Span, Window

_HEAD = f"""# Limits of an account. Every number is in the unit that its name ends in, and each line shows its default.
# A limit that you do not want is the word "{UNLIMITED}"; one that is absent is its default, and 0 is refused.
# `ticklake-bridge risk --limits FILE` checks this file and shows what is used of each limit.
"""
_TAIL = """
# Windows of news and other rollovers: a CSV beside this file, kind,of,start,end,zone,note.
# calendar goes to the top of this file, above the first table.
# calendar = "calendar.csv"

# A symbol's own limits, in place of those of all.
# [symbols.XAUUSD]
# spread_pips = 40
# max_lots = 1
# times = 5
# weekend = "unlimited"

# Symbols that move together; - before one that moves against the rest.
# [groups.dollar]
# symbols = ["EURUSD", "GBPUSD", "-USDCHF"]
# times = 12
"""


def read_limits(path: Path) -> Limits:
    """The limits of a file with the windows of its calendar; LimitsError names file and key, and what was expected."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except OSError as error:
        raise LimitsError(f"{path}: {error.strerror}. Expected a file of limits") from error
    except UnicodeDecodeError as error:
        raise LimitsError(
            f"{path}: Expected TOML in UTF-8, was byte {error.object[error.start]:#x}"
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise LimitsError(f"{path}: Expected TOML, was not: {error}") from error
    try:
        limits = Limits.model_validate(table)
    except ValidationError as error:
        raise LimitsError(f"{path}: {_misfit(error)}") from None
    if limits.calendar is None:
        return limits
    windows = read_calendar(path.parent / limits.calendar)
    return limits.model_copy(update={"windows": (*limits.windows, *windows)})


def default_file() -> str:
    """A file that says every default, each with its meaning and the word of its refusals."""
    return "\n".join((_HEAD.rstrip(), *_lines(Limits()))) + "\n" + _TAIL


def _lines(limits: Limits) -> Iterator[str]:
    last = ""
    for name, value, meaning in numbers(limits):
        table, _, key = name.partition(".")
        if table != last:
            yield f"\n[{table}]"
        last = table
        reason = REASONS.get(name)
        yield f"# {meaning}" + (f" ({reason})" if reason else "")
        yield f'{key} = "{value}"' if isinstance(value, str) else f"{key} = {value}"
    for name in ("weekend", "rollover"):
        span = getattr(limits, name)
        assert isinstance(span, Span)
        yield f"\n[{name}]\n# nothing is entered from start to end ({name})"
        yield f'start = "{span.start}"\nend = "{span.end}"\nzone = "{span.zone}"'


def _misfit(error: ValidationError) -> str:
    first = error.errors()[0]
    if first["type"] != "extra_forbidden":
        return said(error)
    *tables, key = map(str, first["loc"])
    known = _known_keys(tables)
    near = get_close_matches(key, known, n=1, cutoff=0.4)
    meant = f"; is {near[0]} meant?" if near else ""
    if tables and key in Limits.model_fields:
        meant = f"; {key} goes above the first table"
    return f"{'.'.join((*tables, key))}: no such limit. Expected one of {', '.join(known)}{meant}"


def _known_keys(tables: list[str]) -> list[str]:
    """Keys of the table that a path leads to."""
    if not tables:
        return list(Limits.model_fields)
    special: dict[str, type[BaseModel]] = {"symbols": SymbolLimits, "groups": GroupLimits, "windows": Window}
    held = special.get(tables[0]) or type(getattr(Limits(), tables[0]))
    return list(held.model_fields)
