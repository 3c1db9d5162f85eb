"""The tree that `ticklake why --json` prints, as a graph with few enough nodes to be looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from serving.pipeline.charts.graph import Drawn, layered
from ticklake_assets.core.day_files import parse_raw_key
from ticklake_assets.core.errors import DataError
from ticklake_assets.core.symbol_day import SymbolDay

_SHOWN = 5
"""Nodes of a fan in the picture; the list below has all of them."""
_WORDS = {
    "order": "Order",
    "signal": "Signal",
    "live": "Live stream",
    "bundle": "Model bundle",
    "dataset": "Dataset",
    "snapshot": "Iceberg snapshot",
    "day": "Day of the dataset",
    "gold": "Gold",
    "clean": "Clean",
    "parquet": "Parquet",
    "raw": "Raw file",
}
_OWN = ("kind", "name", "made_from")


@dataclass(frozen=True)
class Node:
    kind: str
    word: str
    """Its kind for a person."""
    name: str
    label: str
    """A name that fits into a box."""
    href: str
    """Its own page; empty where there is none."""
    facts: tuple[tuple[str, str], ...]
    wrong: str
    """Why it is not as it should be; empty where all is well."""
    below: tuple[Node, ...]


@dataclass(frozen=True)
class Picture:
    nodes: tuple[tuple[Node | None, str], ...]
    """A node and its label; None stands for those that a fan has more of."""
    drawn: Drawn


def tree(found: Mapping[str, Any], symbol: str = "") -> Node:
    """A node and what is below it; `symbol` is that of the nodes above."""
    kind, name = str(found["kind"]), str(found["name"])
    symbol = str(found.get("symbol") or _symbol_of(name) or symbol)
    facts = tuple((key.replace("_", " "), _shown(value)) for key, value in found.items() if key not in _OWN)
    return Node(
        kind,
        _WORDS.get(kind, kind.capitalize()),
        name,
        _label(kind, name),
        _page_of(kind, name, symbol, found),
        facts,
        _wrong(found),
        tuple(tree(each, symbol) for each in found.get("made_from", ())),
    )


def picture(root: Node) -> Picture:
    nodes: list[tuple[Node | None, str]] = []
    depths: list[int] = []
    edges: list[tuple[int, int]] = []

    def add(node: Node, depth: int, above: int | None) -> None:
        at = _put(node, node.label, depth, above)
        shown = node.below if len(node.below) <= _SHOWN + 1 else node.below[:_SHOWN]
        for each in shown:
            add(each, depth + 1, at)
        if more := len(node.below) - len(shown):
            _put(None, f"and {more} more", depth + 1, at)

    def _put(node: Node | None, label: str, depth: int, above: int | None) -> int:
        nodes.append((node, label))
        depths.append(depth)
        if above is not None:
            edges.append((above, len(nodes) - 1))
        return len(nodes) - 1

    add(root, 0, None)
    return Picture(tuple(nodes), layered(depths, edges))


def _wrong(found: Mapping[str, Any]) -> str:
    """What the chain says of a link that is broken or was replaced since."""
    state = str(found.get("state", ""))
    well = ("as ", "there", "tagged", "verified", "closed", "open")
    return "" if found["kind"] == "order" or not state or state.startswith(well) else state


def _page_of(kind: str, name: str, symbol: str, found: Mapping[str, Any]) -> str:
    if kind == "order":
        return f"/trading?order={quote(name)}"
    if kind == "signal":
        return f"/live/{symbol}?signal={quote(name)}"
    if kind == "bundle":
        return f"/models/{symbol}/{name[:12]}" if symbol else ""
    if kind == "dataset":
        return "/lifecycle/" + "/".join(name.split("/")[:2])
    if kind == "raw" and (named := parse_raw_key(name)):
        return f"/data/{named[0].symbol}/{named[0].trading_day}"
    if kind == "day":
        return f"/data/{symbol}/{name}" if symbol else ""
    try:
        day = SymbolDay.parse(name)
    except DataError:
        return f"/ops/sql?snapshot={quote(name)}" if kind == "snapshot" and found.get("tag") else ""
    return f"/data/{day.symbol}/{day.trading_day}"


def _symbol_of(name: str) -> str:
    if named := parse_raw_key(name):
        return named[0].symbol
    head = name.replace("|", "/").partition("/")
    return head[0] if head[1] and head[0].isupper() and head[0].isalnum() else ""


def _label(kind: str, name: str) -> str:
    if kind == "raw":
        return name.rpartition("/")[2]
    return name[:12] if kind == "bundle" else name if len(name) <= 26 else f"{name[:23]}…"  # noqa: RUF100


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_shown(each)}" for key, each in value.items())
    if isinstance(value, list):
        few = ", ".join(map(_shown, value[:5]))
        return f"{len(value)}: {few}{', …' if len(value) > 5 else ''}" if value else "none"  # noqa: RUF100
    return f"{value:.6g}" if isinstance(value, float) else str(value)
