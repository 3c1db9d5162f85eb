"""What needs a person: each a sentence, where to look, and the next step. The gravest comes first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from serving.pipeline.pages.overview.facts import Bridge, Known, Symbol
from serving.pipeline.sources.bridges import SILENT_S

LATE = timedelta(days=4)
"""A long weekend: a traded symbol whose newest day is older waits for somebody."""
_SHOWN = 3
_ENDED = "stopped"


@dataclass(frozen=True)
class Attention:
    sentence: str
    step: str
    """What to do about it."""
    path: str
    """Where it is seen and done."""
    symbol: str = ""
    """Whose it is alone."""
    grave: bool = False
    """Money may be at stake, or nothing works."""


def needs(known: Known) -> list[Attention]:
    """All of it; an empty list says that all is well, as far as it was asked."""
    found = [
        *(each for bridge in known.bridges for each in _of_bridge(bridge, known.now)),
        *(each for symbol in known.symbols for each in _of_breaker(symbol)),
        *(
            Attention(down.problem.rstrip(".") + ".", "See what runs", "/ops", grave=down.grave)
            for down in known.down
        ),
        *(
            Attention(f"A run of {run.what} failed.", "Read why", f"/lifecycle/runs/{run.run_id}")
            for run in known.failed
        ),
        *(each for symbol in known.symbols for each in _of_days(symbol, known.now)),
        *(each for symbol in known.symbols for each in _of_model(symbol, known.now)),
    ]
    return sorted(found, key=lambda each: not each.grave)


def headline(known: Known, found: Sequence[Attention]) -> str:
    """The one line at the top."""
    if not known.symbols:
        return "Nothing is here yet"
    if len(found) == 1:
        return "1 thing needs a person"
    return f"{len(found)} things need a person" if found else "All is well"


def _of_bridge(bridge: Bridge, now: datetime) -> Iterator[Attention]:
    where = f"/trading/{bridge.name}"
    who = f"The bridge {bridge.name} ({bridge.mode})"
    if bridge.problem:
        said = f"{who} cannot be read: {bridge.problem.rstrip('.')}."
        yield Attention(said, "See what is known of it", where, grave=True)
    if bridge.state == "killed":
        yield Attention(
            f"{who} is killed: {bridge.why or 'no reason was given'}. {_holding(bridge)}",
            "Look at it, and resume it when the reason is gone",
            where,
            grave=True,
        )
    elif bridge.state != _ENDED and bridge.heard and (ago := now - bridge.heard).total_seconds() > SILENT_S:
        yield Attention(
            f"{who} was last heard of {_told(ago)} ago. {_holding(bridge)}",
            "See its positions, and start it again",
            where,
            grave=True,
        )


def _of_breaker(symbol: Symbol) -> Iterator[Attention]:
    if symbol.watched and symbol.watched.breaker_open:
        yield Attention(
            f"The breaker of {symbol.name} is open, every signal abstains: {symbol.watched.why_open}.",
            "See what holds it open",
            f"/live/{symbol.name}",
            symbol.name,
            grave=True,
        )


def _of_days(symbol: Symbol, now: datetime) -> Iterator[Attention]:
    if symbol.days is None:
        return
    where, days = f"/data/{symbol.name}", symbol.days
    if days.refused:
        yield Attention(
            f"{symbol.name}: {_count(days.refused, 'day was', 'days were')} refused: {_listed(days.refused)}.",
            "Read why, then retry",
            f"{where}/{min(days.refused)}",
            symbol.name,
        )
    if days.gaps:
        yield Attention(
            f"{symbol.name}: {_count(days.gaps, 'day is', 'days are')} missing: {_listed(days.gaps)}.",
            "Fetch them by a backfill",
            where,
            symbol.name,
        )
    if days.last_complete and not symbol.is_synthetic and now.date() - days.last_complete > LATE:
        yield Attention(
            f"{symbol.name} has had no new day since {days.last_complete}.",
            "Fetch what has come since",
            where,
            symbol.name,
        )


def _of_model(symbol: Symbol, now: datetime) -> Iterator[Attention]:
    champion = symbol.champion
    if champion and champion.expires and champion.expires <= now and not symbol.is_synthetic:
        yield Attention(
            f"The model of {symbol.name} expired on {champion.expires.date()}: it abstains from every signal.",
            "Train one on newer days",
            f"/lifecycle/{symbol.name}",
            symbol.name,
        )


def _holding(bridge: Bridge) -> str:
    open_ = [f"{name} {each}" for name, held in bridge.symbols.items() for each in held.positions]
    if not open_ and bridge.problem:
        return "What it holds is not known."
    return f"It holds {', '.join(open_)}." if open_ else "It holds no position."


def _count(days: Sequence[date], one: str, more: str) -> str:
    return f"1 {one}" if len(days) == 1 else f"{len(days)} {more}"


def _listed(days: Sequence[date]) -> str:
    shown = ", ".join(map(str, sorted(days)[:_SHOWN]))
    rest = len(days) - _SHOWN
    return f"{shown} and {rest} more" if rest > 0 else shown


def _told(ago: timedelta) -> str:
    for size, unit in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if ago.total_seconds() >= 2 * size:
            return f"{int(ago.total_seconds() // size)} {unit}"
    return f"{int(ago.total_seconds())} s"
