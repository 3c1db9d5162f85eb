"""The first five lines of `ticklake why` and `affected-by`: what a person needs, before the tree with everything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.lifecycle.day_provenance import Node

_SHORT = 12


def summary(node: Node) -> list[str]:
    """What an order, a signal or a bundle is, from what, whether its raw bytes are there, the verdict, where next."""
    order, signal, bundle, dataset = (_first(node, kind) for kind in ("order", "signal", "bundle", "dataset"))
    told = [_order(order)] if order else []
    told += [_signal(signal)] if signal else []
    return _lines(
        "; ".join(told or [_bundle(bundle)]),
        ", ".join([*([_bundle(bundle)] if told else []), _dataset(dataset)]),
        _raw(dataset or node),
        f"{bundle.facts.get('verdict', 'not judged')}; {bundle.facts['registry']}" if bundle else "unknown",
        "; ".join(_look_at(bundle, dataset)),
    )


def summary_upwards(raw: Node, day: SymbolDay) -> list[str]:
    """The same of a raw object: what it is, which bytes, what was made from it, their verdicts, where next."""
    datasets, bundles = ([each for each in _all(raw) if each.kind == kind] for kind in ("dataset", "bundle"))
    live = [each for each in raw.made_from if each.kind == "live"]
    signals = {name for each in (*bundles, *live) for name in each.facts.get("signals", [])}
    verdicts = Counter(str(each.facts.get("verdict", "not judged")) for each in bundles)
    looks = [f"ticklake why {each.name[:_SHORT]}" for each in bundles[-1:]]
    looks += [f"ticklake dataset show {each.name}" for each in datasets[-1:]]
    return _lines(
        f"raw ticks of {day}, {raw.facts.get('rows', 'unknown')} rows: {raw.facts['state']}",
        f"revision {raw.facts.get('revision', 'unknown')}, sha256 {raw.facts['sha256'][:_SHORT]}",
        f"{len(datasets)} datasets, {len(bundles)} bundles; {len(signals)} signals of them or of the day",
        ", ".join(f"{count} {verdict}" for verdict, count in sorted(verdicts.items())) or "none: no bundle",
        "; ".join(looks or [f"ticklake status --calendar {day.symbol}"]),
        made="made",
    )


def _lines(what: str, origin: str, raw: str, verdict: str, look: str, *, made: str = "raw") -> list[str]:
    told = {"what": what, "from": origin, made: raw, "verdict": verdict, "next": look}
    return [f"{name:<8} {text}" for name, text in told.items()]


def _order(order: Node) -> str:
    position = order.facts.get("position") or {}
    ended = f", ended at its {position['outcome']}" if position.get("outcome") else ""
    return f"order {order.name}: {order.facts['state']}{ended}"


def _signal(signal: Node) -> str:
    told = signal.facts
    at = datetime.fromtimestamp(int(told["ts_us"]) / 1e6, tz=UTC)
    why = f", abstained: {told['abstain']}" if told["abstain"] else ""
    chances = f"long {_share(told['p_long'])}, short {_share(told['p_short'])}"
    threshold = f"to act from {_share(told['threshold'])}"
    return (
        f"signal {told['symbol']} {told['side']} at {at:%Y-%m-%d %H:%M:%S} UTC: {chances}, {threshold}{why}"
    )


def _bundle(bundle: Node | None) -> str:
    if bundle is None:
        return "unknown"
    return f"bundle {bundle.name[:_SHORT]} of {bundle.facts['symbol']} as of {bundle.facts['as_of']}"


def _dataset(dataset: Node | None) -> str:
    if dataset is None:
        return "no dataset"
    days = [each.name for each in dataset.made_from if each.kind == "day"]
    span = f", {len(days)} days from {days[0]} to {days[-1]}" if days else ""
    return f"dataset {dataset.name}{span}: {dataset.facts.get('state', 'unknown')}"


def _raw(node: Node) -> str:
    raws = [each for each in _all(node) if each.kind == "raw"]
    states = Counter(str(each.facts["state"]) for each in raws)
    told = ", ".join(state if len(states) == 1 else f"{count} {state}" for state, count in states.items())
    return f"{len(raws)} files: {told}" if raws else "unknown"


def _look_at(bundle: Node | None, dataset: Node | None) -> Iterator[str]:
    """Commands that show more of the model, or of what it was made from."""
    if bundle and "mlflow_run" in bundle.facts:
        yield f"ticklake model show {bundle.facts['symbol']} {bundle.name[:_SHORT]}"
        if bundle.facts["verdict"] != "not judged":
            yield f"ticklake report open {bundle.facts['symbol']} {bundle.facts['as_of']}"
    elif dataset:
        yield f"ticklake dataset show {dataset.name}"


def _share(value: Any) -> str:
    return "unknown" if value is None else f"{float(value):.1%}"


def _first(node: Node, kind: str) -> Node | None:
    return next((each for each in _all(node) if each.kind == kind), None)


def _all(node: Node) -> Iterator[Node]:
    yield node
    for below in node.made_from:
        yield from _all(below)
