"""`ticklake why` and `ticklake affected-by`: the chain from an order down to raw bytes, and from raw bytes up."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.tree import Tree

from serving.endpoint.journal.served_signals import ServedSignal, find_signal, signals_of, signals_on
from ticklake_assets.commands.why_summary import summary, summary_upwards
from ticklake_assets.core.errors import DataError, MissingDataError
from ticklake_assets.core.rounding import shown
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.instance.history import RunHistory
from ticklake_assets.instance.home import open_instance
from ticklake_assets.lifecycle.day_provenance import Node
from ticklake_assets.lifecycle.provenance import Provenance
from ticklake_assets.settings import Settings

_LEAST_PREFIX = 6
_SHORT = 12
"""Digits of a digest in the tree; raw's stands there whole, and --json has them all."""
_RUN = 8
"""Digits of a run's id, as Dagster's UI shows them."""
_FILE_WIDTH = 500
"""Columns of a tree that goes into a file or a pipe: there a node is one line."""
_STEPS = {"intent": "intended", "sending": "sending", "fate": "", "report": ""}
"""Lines of a bridge's journal that say where an order stands, and the word of those that name none."""
_SIGNAL_FACTS = (
    "symbol",
    "ts_us",
    "side",
    "p_short",
    "p_neither",
    "p_long",
    "threshold",
    "anomaly",
    "abstain",
    "tradable",
)


def why(
    settings: Settings, name: str, journals: Sequence[Path], console: Console, *, rehash: bool, as_json: bool
) -> None:
    """Print what an order's comment, a signal's id or a bundle's digest was made from; of a raw object what was of it.

    Raises:
        MissingDataError: it is none of them, as far as the journals and the lake know.
    """
    with open_instance(settings) as instance:
        provenance = Provenance.from_settings(settings, RunHistory(instance), rehash=rehash)
        if (key := _raw_key(provenance, name)) is not None:
            _print_upwards(*_upwards(settings, provenance, key), console, as_json=as_json)
            return
        node = _node(settings, provenance, name, [*journals, *_journals(settings)])
    if as_json:
        console.print_json(json.dumps(node.as_dict()))
    else:
        _print(node, console, summary(node))


def affected_by(settings: Settings, key: str, console: Console, *, as_json: bool) -> None:
    """Print which datasets, bundles and signals a raw object went into, and which signals are of its day."""
    with open_instance(settings) as instance:
        provenance = Provenance.from_settings(settings, RunHistory(instance), rehash=False)
        _print_upwards(*_upwards(settings, provenance, key), console, as_json=as_json)


def _raw_key(provenance: Provenance, name: str) -> str | None:
    """The raw object that a key or a day like EURUSD|2024-01-15 means: of a day the newest revision."""
    if "raw/ticks/" in name:
        return name
    try:
        day = SymbolDay.parse(name.replace("/", "|"))
    except DataError:
        return None
    if (newest := provenance.days.newest(day)) is None:
        raise MissingDataError(f"{day} was never sealed. Expected a day that `ticklake status` counts as raw")
    return newest.name


def _upwards(settings: Settings, provenance: Provenance, key: str) -> tuple[Node, SymbolDay]:
    """A raw object with what was made from it, and the signals of its day."""
    raw, day = provenance.affected_by(key)
    bundles = [bundle for dataset in raw.made_from for bundle in dataset.made_from]
    made = _by_bundle(
        signals_of(root, day.symbol, {each.name for each in bundles}) for root in _served(settings)
    )
    for bundle in bundles:
        bundle.facts["signals"] = made.get(bundle.name, [])
    live = _by_bundle(signals_on(root, day) for root in _served(settings))
    for name, signals in live.items():
        facts = {"scored": "on this day's quotes, a stream and not this file", "signals": signals}
        raw.made_from.append(Node("live", name, facts))
    return raw, day


def _print_upwards(raw: Node, day: SymbolDay, console: Console, *, as_json: bool) -> None:
    if as_json:
        console.print_json(json.dumps(raw.as_dict()))
        return
    _print(raw, console, summary_upwards(raw, day))
    if not raw.made_from:
        console.print(
            "Nothing was made from it: no dataset holds its bytes, and no journal here a signal of its day.",
            soft_wrap=True,
        )


def _node(settings: Settings, provenance: Provenance, name: str, journals: Sequence[Path]) -> Node:
    served = next((found for root in _served(settings) if (found := find_signal(root, name))), None)
    if served is not None:
        signal = _signal_node(served)
        if (raw := provenance.days.newest(served.day)) is not None:
            facts = {"scored": "on a stream of this day's quotes; the lake's file of the day is below"}
            signal.made_from.append(Node("live", str(served.day), facts, [raw]))
        signal.made_from.append(provenance.bundle(served.signal["symbol"], served.signal["bundle"]))
        is_order = name != served.signal_id
        return (
            Node("order", served.comment, _order(journals, served.intent_id), [signal])
            if is_order
            else signal
        )
    bundles = provenance.bundles(name) if len(name) >= _LEAST_PREFIX else []
    if len(bundles) == 1:
        return provenance.bundle(*bundles[0])
    raise MissingDataError(
        f"Nothing is called {name!r}. Expected an order's comment or a signal's id of {_known(_served(settings))}, or "
        f"the first digits of a bundle's digest, at least {_LEAST_PREFIX}; was {len(bundles)} bundles. A raw object's "
        "key and a day like EURUSD/2024-01-15 are understood, too"
    )


def _served(settings: Settings) -> list[Path]:
    """Roots of served journals: the endpoint's, and that of the demo."""
    return _existing(settings.journals, settings.home / "demo" / "endpoint" / "journal")


def _journals(settings: Settings) -> list[Path]:
    """Folders of bridge journals: where docs/commands.md puts them, and the demo's."""
    return _existing(settings.home / "journal", settings.home / "demo" / "journal")


def _existing(*folders: Path) -> list[Path]:
    return [folder for folder in dict.fromkeys(folder.absolute() for folder in folders) if folder.is_dir()]


def _known(roots: Sequence[Path]) -> str:
    return " or ".join(map(str, roots)) or "an endpoint's journals (there are none)"


def _by_bundle(journals: Iterable[Mapping[str, ServedSignal]]) -> dict[str, list[str]]:
    """Ids of the signals that the endpoints' journals hold, by the bundle that gave them."""
    found: dict[str, set[str]] = {}
    for signal_id, served in (each for journal in journals for each in journal.items()):
        found.setdefault(served.signal["bundle"], set()).add(signal_id)
    return {bundle: sorted(found[bundle]) for bundle in sorted(found)}


def _signal_node(served: ServedSignal) -> Node:
    facts = {name: served.signal[name] for name in _SIGNAL_FACTS}
    return Node(
        "signal", served.signal_id, facts | {"order_comment": served.comment, "journal": str(served.journal)}
    )


def _order(journals: Sequence[Path], intent_id: str) -> dict[str, Any]:
    """What a bridge's journal says of the order: the newest word. A bridge elsewhere has its journal elsewhere."""
    told: dict[str, Any] = {}
    for path in (path for folder in journals for path in sorted(folder.glob("*.jsonl"))):
        if path.stem.endswith(".terminal"):  # the paper broker's memory, not the bridge's
            continue
        content = path.read_bytes()
        for line in content[: content.rfind(b"\n") + 1].splitlines():
            if intent_id.encode() not in line:
                continue
            record = json.loads(line)
            if record.get("intent_id") == intent_id and record["kind"] in _STEPS:
                state = record.get("state") or record.get("fate") or _STEPS[record["kind"]]
                told |= {"journal": str(path), "state": state}
                if record.get("position"):
                    told["position"] = record["position"]
    return told or {"state": "in no bridge's journal here; --journal says where to look"}


def _print(node: Node, console: Console, lines: Sequence[str]) -> None:
    """The lines, and the tree."""
    wide = console if console.is_terminal else Console(file=console.file, width=_FILE_WIDTH)
    wide.print("\n".join(lines), "", sep="\n", markup=False, highlight=False, soft_wrap=True)
    tree = Tree(_line(node))
    _grow(tree, node)
    wide.print(tree, highlight=False)


def _grow(tree: Tree, node: Node) -> None:
    for below in node.made_from:
        _grow(tree.add(_line(below)), below)


def _line(node: Node) -> str:
    facts = (f"{name} {_short(name, value, node.kind)}" for name, value in node.facts.items())
    return f"[bold]{node.kind}[/bold] {node.name}  [dim]{'; '.join(facts)}[/dim]"


def _short(name: str, value: Any, kind: str) -> str:
    if kind == "order":  # a bridge's prices and profits, each with its digits
        return shown(value)
    if isinstance(value, dict):
        return ", ".join(f"{key} {_short('sha256', each, kind)}" for key, each in value.items())
    if isinstance(value, list):
        few = ", ".join(map(str, value[:3]))
        return f"{len(value)} ({few}{', ...' if len(value) > 3 else ''})" if value else "none"
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    if "dagster_run" in name:
        return text[:_RUN]
    return text[:_SHORT] if name.endswith(("sha256", "digest")) and kind != "raw" else text
