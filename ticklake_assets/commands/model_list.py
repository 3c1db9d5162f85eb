"""`ticklake model list`: without Dagster, and without MLflow where its store is a file."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from ticklake_assets.commands.opening import object_store
from ticklake_assets.core.errors import TicklakeError
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.modeling.deployed.gates import GateReport
from ticklake_assets.resources.endpoint_calls import EndpointCalls
from ticklake_assets.settings import Settings
from ticklake_assets.storage.models.registry import ModelRegistry
from ticklake_assets.storage.models.versions import ModelVersion, model_name

_SHORT = 8
"""Digits of a digest in a table; `show` and --json have them all."""


def list_versions(settings: Settings, symbol: str, console: Console, *, as_json: bool) -> None:
    if symbol:
        instrument_of(symbol)
    versions = ModelRegistry(settings.mlflow).versions(symbol)
    if not versions:
        if as_json:
            console.print_json("[]")
        else:
            console.print(f"no model{f' of {symbol}' if symbol else ''} yet: model/validated registers one")
        return
    served, problem = modes_of(EndpointCalls(settings.endpoint_url, settings.keys_dir))
    gates_of = _judgements(settings)
    rows: list[dict[str, Any]] = [
        {
            "symbol": version.symbol,
            "model": model_name(version.symbol),
            "version": version.number,
            "as_of": version.as_of,
            "bundle": version.bundle,
            "dataset": version.tags.get("dataset", ""),
            "verdict": verdict_of(gates_of(version)),
            "aliases": [*version.aliases],
            "endpoint": "no answer" if problem else served.get(version.bundle, ""),
        }
        for version in versions
    ]
    if as_json:
        console.print_json(json.dumps(rows))
        return
    headings = ["symbol", "version", "as of", "bundle", "verdict", "aliases"]
    table = Table(*headings, *([] if problem else ["endpoint"]))
    for row in rows:
        names = row["symbol"], str(row["version"]), str(row["as_of"]), row["bundle"][:_SHORT]
        table.add_row(
            *names, row["verdict"], ", ".join(row["aliases"]), *([] if problem else [row["endpoint"]])
        )
    console.print(table)
    if problem:
        console.print(problem, style="yellow", markup=False, highlight=False, soft_wrap=True)


def verdict_of(gates: GateReport | None) -> str:
    return gates.verdict if gates else "not judged"


def _judgements(settings: Settings) -> Callable[[ModelVersion], GateReport | None]:
    """The gates' judgement of a version, by the report that was signed."""
    from ticklake_assets.modeling.deployed.signing import public_key
    from ticklake_assets.research.judgements import judgement_of
    from ticklake_assets.storage.models.stage_files import ModelFiles, SymbolBundle

    files, key = ModelFiles(object_store(settings)), public_key(settings.keys_dir)

    def gates_of(version: ModelVersion) -> GateReport | None:
        report = judgement_of(files, SymbolBundle(version.symbol, version.bundle), key)
        return report.gates if report else None

    return gates_of


def modes_of(endpoint: EndpointCalls) -> tuple[Mapping[str, str], str]:
    """What the endpoint does with each bundle, and why it doesn't say: no reason not to list."""
    try:
        return endpoint.modes(), ""
    except TicklakeError as error:
        return {}, str(error)
