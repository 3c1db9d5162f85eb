"""A symbol's card: what it has, its model, and its day, each line with a word on how it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from serving.pipeline.pages.model.verdicts import TONES
from serving.pipeline.pages.overview.facts import Bridge, Symbol
from serving.pipeline.rendering import money, number

DRIFT_WARNS, DRIFT_BAD = 0.1, 0.25
"""Usual bounds of a population stability index: little, some, and much."""
_PAGES = (("Data", "data"), ("Lifecycle", "lifecycle"), ("Models", "models"), ("Live", "live"))


@dataclass(frozen=True)
class Line:
    name: str
    value: str
    tone: str = ""
    """good, warn, bad, dim or mode: a colour beside the word, never in its place."""


@dataclass(frozen=True)
class Link:
    name: str
    path: str


@dataclass(frozen=True)
class Card:
    symbol: str
    lines: tuple[Line, ...]
    next_step: Link | None = None
    """Of a symbol that has not come as far as a model in service: what brings it on."""
    links: tuple[Link, ...] = ()
    needs: int = 0
    """How many things of it need a person."""


def card(symbol: Symbol, bridges: Sequence[Bridge], now: datetime, needs: int) -> Card:
    trading = [bridge for bridge in bridges if symbol.name in bridge.symbols]
    lines = (
        *_of_days(symbol),
        *_of_model(symbol, now),
        *_of_today(symbol),
        *(line for bridge in trading for line in _of_bridge(symbol, bridge)),
    )
    links = [Link(name, f"/{page}/{symbol.name}") for name, page in _PAGES]
    links += [Link(bridge.name, f"/trading/{bridge.name}") for bridge in trading]
    return Card(symbol.name, lines, _next(symbol), tuple(links), needs)


def _of_days(symbol: Symbol) -> list[Line]:
    days = symbol.days
    if days is None:
        return []
    told = [f"{len(days.gaps)} missing"] if days.gaps else []
    told += [f"{len(days.refused)} refused"] if days.refused else []
    return [
        Line("Last complete day", str(days.last_complete or "none yet")),
        Line("Days in gold", number(days.held)),
        Line("Gaps", ", ".join(told) or "none", "warn" if told else "good"),
    ]


def _of_model(symbol: Symbol, now: datetime) -> list[Line]:
    lines = []
    if champion := symbol.champion:
        expired = bool(champion.expires and champion.expires <= now and not symbol.is_synthetic)
        name = f"version {champion.number}" if champion.number else champion.digest[:8]
        lines.append(Line("Champion", name, "warn" if expired else "good"))
        if champion.as_of:
            age = f"{number((now.date() - champion.as_of).days)} days ago" + (", expired" if expired else "")
            lines.append(Line("As of", f"{champion.as_of}, {age}"))
    elif symbol.versions is not None:
        lines.append(Line("Champion", "none", "dim"))
    if symbol.verdict:
        word = symbol.verdict.replace("_", " ")
        lines.append(Line("Newest verdict", word, TONES.get(symbol.verdict, "dim")))
    return lines


def _of_today(symbol: Symbol) -> list[Line]:
    watched = symbol.watched
    if watched is None:
        return []
    breaker = Line("Breaker", "open", "bad") if watched.breaker_open else Line("Breaker", "closed", "good")
    lines = [Line("Streamed day", str(watched.day)), breaker]
    if watched.drift is not None:
        tone = "good" if watched.drift < DRIFT_WARNS else "warn" if watched.drift < DRIFT_BAD else "bad"
        lines.append(Line("Drift", f"{watched.drift:.2f} of {watched.drifted}", tone))
    told = f"{number(watched.signals)} since it is in service, {number(watched.abstentions)} abstained"
    return [*lines, Line("Signals", told)]


def _of_bridge(symbol: Symbol, bridge: Bridge) -> list[Line]:
    held = bridge.symbols[symbol.name]
    lines = [
        Line("Bridge", f"{bridge.name}, {bridge.state}"),
        Line("Mode", bridge.mode, "mode"),
        Line("Open position", ", ".join(held.positions) or "none"),
    ]
    if held.money is not None:
        lines.append(Line("Money today", money(held.money, bridge.currency)))
    return lines


def _next(symbol: Symbol) -> Link | None:
    if symbol.days is not None and not symbol.days.held:
        return Link("Bring its days to gold", f"/data/{symbol.name}")
    if symbol.days is not None and symbol.versions == 0:
        return Link("Freeze a dataset and train a model", f"/lifecycle/{symbol.name}")
    if symbol.champion is None and symbol.versions:
        return Link("Read why there is no champion", f"/models/{symbol.name}")
    return None
