"""What the sources say in the words of the overview's facts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from mt5_bridge.running.status import PositionStatus, Status, SymbolStatus
from serving.pipeline.pages.overview.facts import Bridge, Champion, Days, Held, Watched


def days_of(status: Mapping[str, Any]) -> Days:
    """Of `ticklake status --json` one symbol."""
    newest = status["last_days"].get("gold")
    return Days(
        last_complete=newest and date.fromisoformat(newest),
        held=status["days"]["gold"],
        gaps=tuple(map(date.fromisoformat, status["gaps"])),
        refused=tuple(map(date.fromisoformat, status["refused"])),
    )


def champion_of(model: Mapping[str, Any]) -> Champion:
    """Of `GET /v1/models` one that is live."""
    return Champion(
        digest=model["digest"],
        as_of=date.fromisoformat(model["as_of"]),
        expires=datetime.fromisoformat(model["expires"]),
    )


def watched_of(report: Mapping[str, Any]) -> Watched:
    """Of `GET /v1/watch/SYMBOL`."""
    rows = [row for row in (report["drift"] or {"rows": []})["rows"] if row["psi"] is not None]
    furthest = max(rows, key=lambda row: float(row["psi"]), default=None)
    live = report["outcomes"]["live"]
    return Watched(
        day=date.fromisoformat(report["day"]),
        breaker_open=report["breaker"]["open"],
        why_open=_why_open(report["breaker"]),
        drift=furthest and furthest["psi"],
        drifted=furthest["name"] if furthest else "",
        signals=live["events"],
        abstentions=live["events"] - live["acted"],
    )


def bridge_of(name: str, status: Status) -> Bridge:
    """Of a bridge's `status.json`."""
    return Bridge(
        name=name,
        mode=status.mode,
        state=status.state,
        why=status.why or "",
        heard=status.written,
        symbols={symbol: _held(each) for symbol, each in status.symbols.items()},
        currency=status.money.currency if status.money else "",
    )


def _held(symbol: SymbolStatus) -> Held:
    return Held(tuple(map(_position, symbol.positions)))


def _position(held: PositionStatus) -> str:
    volume = "" if held.volume is None else f" {held.volume:g}"
    profit = "" if held.profit is None else f", {held.profit:+,.2f}"
    return f"{held.side}{volume} at {held.entry_price:g}{profit}"


def _why_open(breaker: Mapping[str, Any]) -> str:
    if breaker["by_hand"]:
        return f"by hand, {breaker['hand_reason']}"
    reasons = [f"{each['reason']} since {each['since']}" for each in breaker["troubles"] if not each["muted"]]
    return ", ".join(reasons)
