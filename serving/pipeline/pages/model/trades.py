"""A version's test trades as a person looks through them: filtered, sorted, a page at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from math import isfinite
from typing import NamedTuple
from urllib.parse import urlencode

from ticklake_assets.core.errors import DataError
from ticklake_assets.modeling.report.trades import TradeLine

PAGE = 50
SIDES = ("long", "short")
OUTCOMES = ("target", "stop", "time", "day end")
SORTS = {
    "signal": "time of signal",
    "net_pips": "net, pips",
    "worst_pips": "worst, pips",
    "p": "stated probability",
    "anomaly": "anomaly",
}


@dataclass(frozen=True)
class Asked:
    """What the address asks for; empty asks for all."""

    side: str = ""
    outcome: str = ""
    day: str = ""
    reason: str = ""
    """A feature that weighed for the order."""
    least: str = ""
    """Net pips."""
    most: str = ""
    sort: str = "signal"
    down: bool = False
    page: int = 1

    def query(self, **changes: object) -> str:
        """The address of the same with changes; what is as by default is left out."""
        told = {**self.__dict__, **changes}
        kept = {name: value for name, value in told.items() if value != getattr(Asked, name)}
        return urlencode(
            {name: int(value) if isinstance(value, bool) else value for name, value in kept.items()}
        )


class Found(NamedTuple):
    lines: list[TradeLine]
    """Of the page."""
    asked: Asked
    pages: int
    total: int
    """That the filters let through."""
    of: int
    net_pips: float
    """Of all that the filters let through."""
    wins: int


def chosen(lines: Iterable[TradeLine], asked: Asked) -> list[TradeLine]:
    """Those that are asked for, in the order that is asked for.

    Raises:
        DataError: a filter is none of those there are.
    """
    for name, value, known in (
        ("side", asked.side, SIDES),
        ("outcome", asked.outcome, OUTCOMES),
        ("sort", asked.sort, tuple(SORTS)),
    ):
        if value and value not in known:
            raise DataError(f"Filter {name}. Expected one of {', '.join(known)}, was {value!r}")
    day = _day(asked.day)
    least, most = _pips("least", asked.least), _pips("most", asked.most)
    found = [
        line
        for line in lines
        if asked.side in ("", line.side)
        and asked.outcome in ("", line.ended)
        and (day is None or line.signal.startswith(f"{day}T"))
        and (not asked.reason or asked.reason in reasons_of(line))
        and (least is None or line.net_pips >= least)
        and (most is None or line.net_pips <= most)
    ]
    return sorted(found, key=lambda line: _value(line, asked.sort or "signal"), reverse=asked.down)


def find(lines: Sequence[TradeLine], asked: Asked) -> Found:
    """The page that is asked for, and figures of all that the filters let through."""
    found = chosen(lines, asked)
    pages = max(1, -(-len(found) // PAGE))
    number = min(max(asked.page, 1), pages)
    shown = found[(number - 1) * PAGE : number * PAGE]
    net = sum(line.net_pips for line in found)
    return Found(shown, asked, pages, len(found), len(lines), net, sum(line.net_pips > 0 for line in found))


def days_of(lines: Iterable[TradeLine]) -> list[str]:
    return sorted({line.signal[:10] for line in lines})


def reasons_of(line: TradeLine) -> list[str]:
    """Features that weighed most for the order, the heaviest first."""
    return [part.partition("=")[0] for part in line.why.split("; ") if part]


def weighed(line: TradeLine) -> list[tuple[str, str, str]]:
    """Feature, its value at the event, and how much it spoke for the side, in log odds."""
    parts = [part.replace("=", " ").split() for part in line.why.split("; ") if part]
    return [(name, f"{float(value):.4g}", weight) for name, value, weight in parts]


def all_reasons(lines: Iterable[TradeLine]) -> list[str]:
    return sorted({reason for line in lines for reason in reasons_of(line)})


def stated(line: TradeLine) -> float:
    """The probability that its side wins, as the model stated it."""
    return line.p_long if line.side == "long" else line.p_short


def signal_us(line: TradeLine) -> int:
    """The trade's name in an address: a symbol has one event a time."""
    at = datetime.fromisoformat(line.signal)
    return int(at.timestamp()) * 1_000_000 + at.microsecond


def _value(line: TradeLine, sort: str) -> float | str:
    if sort == "signal":
        return line.signal
    return stated(line) if sort == "p" else float(getattr(line, sort))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise DataError(f"Filter day. Expected YYYY-MM-DD, was {text!r}") from None


def _pips(name: str, text: str) -> float | None:
    try:
        value = float(text) if text else None
    except ValueError:
        value = float("nan")
    if value is not None and not isfinite(value):
        raise DataError(f"Filter {name}. Expected a number of pips, was {text!r}")
    return value
