"""What `ticklake model` prints."""

from __future__ import annotations

import json
from typing import Any

from rich.console import Console
from rich.table import Table

from ticklake_assets.commands.model_list import modes_of, verdict_of
from ticklake_assets.core.rounding import shown
from ticklake_assets.lifecycle.promotion import Promotion
from ticklake_assets.modeling.deployed.gates import GateRow
from ticklake_assets.storage.models.versions import ModelVersion, model_name
from ticklake_assets.terminal import print_verdict


def print_version(promotion: Promotion, symbol: str, name: str, console: Console, *, as_json: bool) -> None:
    version = promotion.registry.find(symbol, name)
    told = _facts(promotion, version)
    if as_json:
        console.print_json(json.dumps(told))
        return
    if gates := promotion.gates(version):
        print_verdict(gates, console)
    for group, facts in told.items():
        if not facts:
            continue
        table = Table(group, "")
        for key, value in facts.items():
            table.add_row(key, _shown(value))
        console.print(table)


def print_comparison(
    promotion: Promotion, symbol: str, one: str, other: str, console: Console, *, as_json: bool
) -> None:
    versions = [promotion.registry.find(symbol, name) for name in (one, other)]
    left, right = (_facts(promotion, version) for version in versions)
    rows: list[dict[str, Any]] = [
        {"group": group, "name": key, "values": [left[group].get(key), right[group].get(key)]}
        for group in left
        for key in {**left[group], **right[group]}
    ]
    if as_json:
        console.print_json(json.dumps(rows))
        return
    table = Table("", "", *(f"version {version.number}" for version in versions), title=model_name(symbol))
    for row in rows:
        here, there = map(_shown, row["values"])
        table.add_row(row["group"], row["name"], here, there, style="bold" if here != there else "")
    console.print(table)


def _shown(value: Any) -> str:
    return "-" if value in (None, "") else shown(value)


def _facts(promotion: Promotion, version: ModelVersion) -> dict[str, dict[str, Any]]:
    """Everything that is known of a version, by group."""
    gates, stages = promotion.gates(version), promotion.registry.stages(version)
    served, problem = modes_of(promotion.endpoint.calls)
    runs = {f"{stage}, MLflow": run.run_id for stage, run in stages.items()}
    runs |= {f"{stage}, Dagster": run.dagster_run for stage, run in stages.items() if run.dagster_run}
    return {
        "version": {
            "model": model_name(version.symbol),
            "number": version.number,
            "aliases": ", ".join(version.aliases),
            "verdict": verdict_of(gates),
            "endpoint": f"no answer: {problem}" if problem else served.get(version.bundle, "has it not"),
            "source": version.source,
        },
        "tags": dict(sorted(version.tags.items())),
        "runs": runs,
        "parameters": {name: told for run in stages.values() for name, told in sorted(run.params.items())},
        "metrics": {  # without a walk-forward's groups: its gates are below, its last fold is what was tested
            f"{stage} {name}": float(f"{value:.6g}")
            for stage, run in stages.items()
            for name, value in sorted(run.metrics.items())
            if "/" not in name
        },
        "gates": {row.name: _gate(row) for row in gates.rows} if gates else {},
    }


def _gate(row: GateRow) -> str:
    word = {True: "passed", False: "failed", None: "unknown"}[row.passed]
    value = "not measured" if row.value is None else f"{row.value:.4g}"
    meaning = f". {row.sentence}" if row.holds_back else ""
    return f"{value}, expected {row.threshold}: {word}{meaning}"
