"""What the trading pages show of a bridge: plain values for the templates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from mt5_bridge.risk.used import Usage
from mt5_bridge.running.status import Status
from mt5_bridge.trading.words import Entry, Fate, OrderState
from serving.pipeline.answers import Answer, ask
from serving.pipeline.pages.trading.sentences import refusal_sentence
from serving.pipeline.sources.bridges import Bridge

MODES = ("live", "demo", "paper")
"""What costs money first."""


@dataclass(frozen=True)
class Card:
    """A bridge on the overview of bridges."""

    bridge: Bridge
    status: Answer[Status]
    mode: str
    state: str
    tone: str
    silent_s: float
    killed: str

    @property
    def needs(self) -> bool:
        return self.tone == "bad"

    @property
    def said(self) -> str:
        """What a change of is news: mode, state, and what it holds."""
        dry_run = ", dry run" if self.status.value and self.status.value.dry_run else ""
        held = (
            sum(len(each.positions) for each in self.status.value.symbols.values())
            if self.status.value
            else 0
        )
        return (
            f"Bridge {self.bridge.name}, {self.mode or 'mode not known'}{dry_run}: {self.state}, {held} open"
        )


def card(bridge: Bridge) -> Card:
    """A bridge that runs, one that has stopped, and one that says nothing are told apart."""
    if bridge.is_replay:
        return Card(bridge, Answer(), bridge.mode, "a recorded day, replayed", "dim", 0.0, "")
    killed, status = bridge.kill_reason() or "", ask(bridge.status)
    if status.value is None:
        is_new = not bridge.fault and not bridge.has_run
        state = "killed" if killed else "has not run yet" if is_new else "not known"
        return Card(
            bridge, status, bridge.mode, state, "warn" if is_new and not killed else "bad", 0.0, killed
        )
    silent = bridge.silent_s(status.value)
    state = "not heard of" if silent else "killed" if killed else status.value.state
    tone = "bad" if silent or killed else {"trading": "good", "stopped": "dim"}.get(state, "warn")
    return Card(bridge, status, status.value.mode, state, tone, silent, killed)


@dataclass(frozen=True)
class OrderLine:
    intent_id: str
    ts_us: int
    symbol: str
    side: str
    fate: str
    reason: str
    sentence: str
    lots: Decimal | None
    entry: float | None
    exit: float | None
    exit_us: int | None
    outcome: str
    money: Decimal | None

    @property
    def comment(self) -> str:
        return f"tl-{self.intent_id}"


def order_line(entry: Entry) -> OrderLine:
    held = entry.position
    reason = entry.reason
    return OrderLine(
        entry.intent.intent_id,
        entry.intent.ts_us,
        entry.intent.symbol,
        entry.intent.side,
        str(entry.fate),
        reason,
        refusal_sentence(reason, entry.detail) if reason else "",
        None if held is None else held.volume,
        None if held is None else held.entry.price,
        None if held is None or held.exit is None else held.exit.price,
        None if held is None or held.exit is None else held.exit.ts_us,
        str(held.outcome) if held is not None and held.outcome else "",
        None if held is None else held.money,
    )


def chosen(entries: Iterable[Entry], symbol: str, fate: str) -> list[OrderLine]:
    """Those of a symbol and a fate; empty chooses all."""
    return [
        order_line(each)
        for each in entries
        if symbol in ("", each.intent.symbol) and fate in ("", str(each.fate))
    ]


def refusals(entries: Iterable[Entry]) -> list[tuple[str, int, str]]:
    """Reasons with how often, and a sentence each, the most frequent first."""
    not_sent = {Fate.DECLINED, Fate.REFUSED, Fate.LAPSED, Fate.NEVER_ARRIVED}
    told = [each for each in entries if each.fate in not_sent]
    example = {each.reason: each.detail for each in told}
    counts = Counter(each.reason for each in told)
    return [
        (reason, count, refusal_sentence(reason, example[reason])) for reason, count in counts.most_common()
    ]


def open_positions(entries: Iterable[Entry]) -> list[OrderLine]:
    return [order_line(each) for each in entries if each.fate is OrderState.OPEN]


@dataclass(frozen=True)
class LimitLine:
    usage: Usage
    share: float | None
    """Of the limit, 0 to 1; None where one of the two is no number."""

    @property
    def tone(self) -> str:
        return (
            "dim"
            if self.share is None
            else "bad"
            if self.share >= 1
            else "warn"
            if self.share >= 0.8
            else "good"
        )


def limit_lines(rows: Iterable[Usage]) -> list[LimitLine]:
    """What is used most first; what only a signal can say last."""
    lines = [LimitLine(each, _share(each)) for each in rows]
    return sorted(lines, key=lambda each: -1.0 if each.share is None else each.share, reverse=True)


def _share(row: Usage) -> float | None:
    try:
        most, used = Decimal(row.at_most), Decimal(row.used.partition(" ")[0])
    except InvalidOperation:
        return None
    return float(min(used / most, Decimal(1))) if most > 0 else None
