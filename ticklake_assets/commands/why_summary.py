"""The first lines of `ticklake why`: the chain in words, before the tree with everything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from ticklake_assets.lifecycle.day_provenance import Node

_SHORT = 12


def summary(node: Node) -> list[str]:
    """A line each for order, signal, model, dataset and raw bytes, of those that the chain has."""
    order, signal, bundle, dataset = (_first(node, kind) for kind in ("order", "signal", "bundle", "dataset"))
    lines = [
        order and _order(order),
        signal and _signal(signal),
        bundle and _bundle(bundle),
        dataset and _dataset(dataset),
        _raw(dataset or node),
    ]
    return [line for line in lines if line]


def _order(order: Node) -> str:
    position = order.facts.get("position") or {}
    ended = f", ended at its {position['outcome']}" if position.get("outcome") else ""
    return f"order    {order.name}: {order.facts['state']}{ended}"


def _signal(signal: Node) -> str:
    told = signal.facts
    at = datetime.fromtimestamp(int(told["ts_us"]) / 1e6, tz=UTC)
    why = f", abstained: {told['abstain']}" if told["abstain"] else ""
    chances = f"long {_share(told['p_long'])}, short {_share(told['p_short'])}"
    threshold = f"to act from {_share(told['threshold'])}"
    return (
        f"signal   {told['symbol']} {told['side']} at {at:%Y-%m-%d %H:%M:%S} UTC: {chances}, {threshold}{why}"
    )


def _bundle(bundle: Node) -> str:
    told = bundle.facts
    verdict = told.get("verdict", "not judged")
    name = f"{told['symbol']} as of {told['as_of']}, bundle {bundle.name[:_SHORT]}"
    return f"model    {name}: {verdict}; {told['registry']}"


def _dataset(dataset: Node) -> str:
    days = [each.name for each in dataset.made_from if each.kind == "day"]
    span = f", {len(days)} days from {days[0]} to {days[-1]}" if days else ""
    return f"dataset  {dataset.name}{span}: {dataset.facts.get('state', 'unknown')}"


def _raw(node: Node) -> str:
    raws = [each for each in _all(node) if each.kind == "raw"]
    states = Counter(str(each.facts["state"]) for each in raws)
    told = ", ".join(state if len(states) == 1 else f"{count} {state}" for state, count in states.items())
    return f"raw      {len(raws)} files: {told}" if raws else ""


def _share(value: Any) -> str:
    return "unknown" if value is None else f"{float(value):.1%}"


def _first(node: Node, kind: str) -> Node | None:
    return next((each for each in _all(node) if each.kind == kind), None)


def _all(node: Node) -> Iterator[Node]:
    yield node
    for below in node.made_from:
        yield from _all(below)
