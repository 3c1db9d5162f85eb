"""A symbol's card: what it has, its model, and its day, each line with a word on how it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from serving.pipeline.pages.overview.facts import Bridge, Symbol

DRIFT_WARNS, DRIFT_BAD = 0.1, 0.25
"""Usual bounds of a population stability index: little, some, and much."""
_VERDICTS = {"passed": "good", "rejected": "bad", "insufficient_evidence": "warn"}


@dataclass(frozen=True)
class Line:
    name: str
    value: str
    tone: str = ""
    """good, warn, bad, dim, or a bridge's mode: a colour beside the word, never in its place."""
    path: str = ""


@dataclass(frozen=True)
class Card:
    symbol: str
    lines: tuple[Line, ...]
    next_step: str = ""
    """Of a symbol that is not there yet, what brings it on."""
    next_path: str = ""
    needs: int = 0
    """How many things of it need a person."""


def card(symbol: Symbol, bridges: Sequence[Bridge], now: datetime, needs: int) -> Card:
    trading = [
        each for bridge in bridges if symbol.name in bridge.symbols for each in _of_bridge(symbol, bridge)
    ]
    lines = (*_of_days(symbol), *_of_model(symbol, now), *_of_today(symbol), *trading)
    step, path = _next(symbol)
    return Card(symbol.name, lines, step, path, needs)


def _of_days(symbol: Symbol) -> list[Line]:
    days, where = symbol.days, f"/data/{symbol.name}"
    if days is None:
        return []
    last = str(days.last_complete) if days.last_complete else "none yet"
    holes = len(days.gaps) + len(days.refused)
    told = [f"{len(days.gaps)} missing"] if days.gaps else []
    told += [f"{len(days.refused)} refused"] if days.refused else []
    return [
        Line("Last complete day", last, "" if days.last_complete else "dim", where),
        Line("Days in gold", str(days.held), path=where),
        Line("Gaps", ", ".join(told) or "none", "warn" if holes else "good", where),
    ]


def _of_model(symbol: Symbol, now: datetime) -> list[Line]:
    where, lines = f"/models/{symbol.name}", []
    if champion := symbol.champion:
        age = (now.date() - champion.as_of).days
        expired = champion.expires <= now and not symbol.is_synthetic
        told = f"{champion.digest[:8]}, as of {champion.as_of}"
        lines.append(Line("Champion", told, "warn" if expired else "good", f"{where}/{champion.digest}"))
        lines.append(Line("Its age", f"{age:,} days" + (", expired" if expired else ""), "", where))
    elif symbol.reports is not None:
        lines.append(Line("Champion", "none", "dim", where))
    if symbol.verdict:
        word = symbol.verdict.replace("_", " ")
        lines.append(Line("Newest verdict", word, _VERDICTS.get(symbol.verdict, ""), where))
    return lines


def _of_today(symbol: Symbol) -> list[Line]:
    watched, where = symbol.watched, f"/live/{symbol.name}"
    if watched is None:
        return []
    lines = [
        Line("Streamed day", str(watched.day), path=where),
        Line("Breaker", *(("open", "bad") if watched.breaker_open else ("closed", "good")), where),
    ]
    if watched.drift is not None:
        tone = "good" if watched.drift < DRIFT_WARNS else "warn" if watched.drift < DRIFT_BAD else "bad"
        lines.append(Line("Drift", f"{watched.drift:.2f} of {watched.drifted}", tone, where))
    for name, value in (
        ("Ticks", watched.ticks),
        ("Signals", watched.signals),
        ("Abstentions", watched.abstentions),
    ):
        if value is not None:
            lines.append(Line(name, f"{value:,}", path=where))
    return lines


def _of_bridge(symbol: Symbol, bridge: Bridge) -> list[Line]:
    held, where = bridge.symbols[symbol.name], f"/trading/{bridge.name}"
    money = (
        []
        if held.money is None
        else [Line("Money today", f"{held.money:+,.2f} {bridge.currency}", "", where)]
    )
    return [
        Line("Bridge", f"{bridge.name}, {bridge.state}", "", where),
        Line("Mode", bridge.mode, bridge.mode, where),
        Line("Open position", ", ".join(held.positions) or "none", "", where),
        *money,
    ]


def _next(symbol: Symbol) -> tuple[str, str]:
    """What brings a symbol on that has not come as far as a model."""
    if symbol.days is not None and not symbol.days.held:
        return "Bring its days to gold", f"/data/{symbol.name}"
    if symbol.days is not None and symbol.reports == 0:
        return "Freeze a dataset and train a model", f"/lifecycle/{symbol.name}"
    if symbol.champion is None and symbol.reports:
        return "Read why there is no champion", f"/models/{symbol.name}"
    return "", ""
