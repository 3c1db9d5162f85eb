"""What the sources say in the words of the overview's facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from mt5_bridge.running.status import PositionStatus, Status, SymbolStatus
from mt5_bridge.trading.words import Entry
from serving.pipeline.pages.overview.facts import Bridge, Champion, Days, Held, Watched
from serving.pipeline.rendering import number, price, signed
from ticklake_assets.research.coverage import Coverage


def days_of(coverage: Coverage) -> Days:
    gold = coverage.layers["gold"]
    return Days(max(gold, default=None), len(gold), tuple(coverage.gaps), tuple(sorted(coverage.refused)))


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
        abstentions=live["asked"] - live["acted"],
    )


def bridge_of(name: str, status: Status, killed: str, entries: Sequence[Entry] | None) -> Bridge:
    """Of a bridge's `status.json`, its kill switch and its journal; None where that cannot be read."""
    day = status.market_time.date()
    return Bridge(
        name=name,
        mode=status.mode,
        state="killed" if killed else status.state,
        why=killed or status.why or "",
        heard=status.written,
        symbols={
            symbol: Held(
                tuple(_position(symbol, held) for held in each.positions), _money(symbol, each, entries, day)
            )
            for symbol, each in status.symbols.items()
        },
        currency=status.money.currency if status.money else "",
    )


def unknown_bridge(name: str, mode: str, killed: str, problem: str) -> Bridge:
    """Of one whose status cannot be read: its kill switch may be known all the same."""
    state = "killed" if killed else "not known"
    return Bridge(name, mode or "of unknown mode", state, killed, None, {}, problem=problem)


def replay_of(name: str, mode: str, entries: Sequence[Entry]) -> Bridge:
    """Of one that replayed a recorded day: it has no status, and nobody waits for it."""
    return Bridge(
        name, mode, "a recorded day, replayed", "", None, {each.intent.symbol: Held() for each in entries}
    )


def _money(symbol: str, held: SymbolStatus, entries: Sequence[Entry] | None, day: date) -> Decimal | None:
    """What the day's trades of a symbol made: closed ones as journaled, open ones as the terminal says now."""
    if entries is None:
        return None
    ended = [each.position for each in entries if each.intent.symbol == symbol and each.position]
    closed = sum(
        (
            each.money
            for each in ended
            if each.money is not None and each.exit and _day(each.exit.ts_us) == day
        ),
        Decimal(0),
    )
    return closed + sum((Decimal(str(each.profit or 0)) for each in held.positions), Decimal(0))


def _day(ts_us: int) -> date:
    return datetime.fromtimestamp(ts_us / 1e6, UTC).date()


def _position(symbol: str, held: PositionStatus) -> str:
    volume = "" if held.volume is None else f" {number(held.volume, 2)}"
    profit = "" if held.profit is None else f", {signed(held.profit, 2)}"
    return f"{held.side}{volume} at {price(held.entry_price, symbol)}{profit}"


def _why_open(breaker: Mapping[str, Any]) -> str:
    if breaker["by_hand"]:
        return f"by hand, {breaker['hand_reason']}"
    reasons = [f"{each['reason']} since {each['since']}" for each in breaker["troubles"] if not each["muted"]]
    return ", ".join(reasons)
