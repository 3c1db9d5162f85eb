"""Holds a bridge's journal against its broker's log, line by line, with none of the product's code.

It reads two files of JSON lines and knows what they mean, so that a mistake in the product cannot hide itself.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

_ENTRY_IN, _BALANCE = 0, 2
_SURELY_NONE = {"declined", "lapsed", "never_arrived", "refused", "no_entry"}


@dataclass
class Audit:
    """What was found; `faults` is empty where all holds."""

    intents: int = 0
    sent: int = 0
    """Orders that were handed over, or may have been."""
    positions: int = 0
    fates: Counter[str] = field(default_factory=Counter)
    money: Decimal = Decimal(0)
    """Booked for positions of the bridge."""
    faults: list[str] = field(default_factory=list)


def audit(journal: Path, broker: Path, login: int) -> Audit:
    """Of an account whose market is over: nothing may be open, unresolved or unexplained."""
    found = Audit()
    own, theirs = _chained(journal, found), _chained(broker, found)
    intents = {line["intent_id"]: line for line in own if line["kind"] == "intent"}
    sending = Counter(line["intent_id"] for line in own if line["kind"] == "sending")
    fates, money = _last_words(own)
    rows = [row for line in theirs for row in line.get("rows", ()) if row["login"] == login]
    deals = [row for row in rows if row["row"] == "deal"]
    found.intents, found.sent, found.fates = len(intents), len(sending), Counter(fates.values())
    found.faults += [f"{name} was sent {count} times" for name, count in sending.items() if count > 1]
    _look_at_orders(found, rows, sending)
    positions = _positions(deals)
    for name in intents:
        _look_at_intent(found, name, fates[name], money.get(name), positions.get(name, {}))
    found.faults += [
        f"position of {name}, which no intent explains" for name in positions if name not in intents
    ]
    open_now = _open(rows)
    found.faults += [f"position {ticket} is open" for ticket in open_now]
    _look_at_balance(found, deals, positions)
    return found


def _chained(path: Path, found: Audit) -> list[dict[str, Any]]:
    """The lines, whose chain is checked."""
    lines, before = [], ""
    for number, raw in enumerate(path.read_bytes().split(b"\n")[:-1], start=1):
        line = json.loads(raw)
        if (line["n"], line["prev"]) != (number, before):
            found.faults.append(f"{path.name}, line {number} breaks the chain")
        before = hashlib.sha256(raw).hexdigest()
        lines.append(line)
    return lines


def _last_words(own: list[dict[str, Any]]) -> tuple[dict[str, str], dict[str, Decimal | None]]:
    """By intent: the journal's newest word of its fate, and of the account's money."""
    fates: dict[str, str] = {}
    money: dict[str, Decimal | None] = {}
    for line in own:
        name = line.get("intent_id")
        match line["kind"]:
            case "intent":
                fates[name] = line.get("fate", "intended")
            case "sending":
                fates[name] = "sending"
            case "fate":
                fates[name] = line["fate"]
            case "report":
                fates[name] = line["state"]
                held = line["position"]
                money[name] = None if held is None or held["money"] is None else Decimal(held["money"])
    return fates, money


def _look_at_orders(found: Audit, rows: list[dict[str, Any]], sending: Counter[str]) -> None:
    """Each order that bears the bridge's mark and opens was announced before; at most one of an intent did anything."""
    filled: defaultdict[str, set[int]] = defaultdict(set)
    for row in rows:
        if row["row"] == "deal" and row["entry"] == _ENTRY_IN and row["comment"].startswith("tl-"):
            filled[row["comment"].removeprefix("tl-")].add(row["order"])
    for name, orders in filled.items():
        if name not in sending:
            found.faults.append(f"{name} has orders {sorted(orders)} and no line `sending`")
        if len(orders) > 1:
            found.faults.append(f"{name} has {len(orders)} orders that were filled: {sorted(orders)}")


def _positions(deals: list[dict[str, Any]]) -> dict[str, dict[int, Decimal]]:
    """By intent and position: what the account has booked for it."""
    whose = {
        deal["position_id"]: deal["comment"].removeprefix("tl-")
        for deal in deals
        if deal["entry"] == _ENTRY_IN and deal["comment"].startswith("tl-")
    }
    booked: defaultdict[str, defaultdict[int, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for deal in deals:
        if deal["position_id"] in whose:
            booked[whose[deal["position_id"]]][deal["position_id"]] += _total(deal)
    return {name: dict(each) for name, each in booked.items()}


def _look_at_intent(
    found: Audit, name: str, fate: str, money: Decimal | None, positions: dict[int, Decimal]
) -> None:
    found.positions += len(positions)
    if len(positions) > 1:
        found.faults.append(f"{name} has positions {sorted(positions)}")
    if fate in _SURELY_NONE:
        found.faults += [f"{name} is {fate}, and has position {ticket}" for ticket in positions]
    elif fate != "closed":
        found.faults.append(f"{name} is still {fate}")
    elif not positions:
        found.faults.append(f"{name} is closed, and never was a position")
    elif money != sum(positions.values()):
        found.faults.append(f"{name} came to {sum(positions.values())}, the journal has {money}")


def _open(rows: list[dict[str, Any]]) -> list[int]:
    volume = {row["ticket"]: Decimal(row["volume"]) for row in rows if row["row"] == "position"}
    return [ticket for ticket, left in volume.items() if left]


def _look_at_balance(
    found: Audit, deals: list[dict[str, Any]], positions: dict[str, dict[int, Decimal]]
) -> None:
    """Every cent is a deposit's, one of the bridge's positions', or a stranger's."""
    ours = {ticket for each in positions.values() for ticket in each}
    found.money = sum((sum(each.values(), Decimal(0)) for each in positions.values()), Decimal(0))
    rest = sum((_total(deal) for deal in deals if deal["position_id"] not in ours), Decimal(0))
    deposits = sum((_total(deal) for deal in deals if deal["type"] == _BALANCE), Decimal(0))
    strangers = sum(
        (_total(deal) for deal in deals if deal["type"] != _BALANCE and deal["position_id"] not in ours),
        Decimal(0),
    )
    everything = sum((_total(deal) for deal in deals), Decimal(0))
    if everything != deposits + strangers + found.money or rest != deposits + strangers:
        found.faults.append(f"{everything} is not {deposits} + {strangers} + {found.money}")


def _total(deal: dict[str, Any]) -> Decimal:
    return sum((Decimal(deal[name]) for name in ("profit", "commission", "swap", "fee")), Decimal(0))
