"""The demo's closing table."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table

from ticklake_assets.modeling.deployed.gates import GateRow
from ticklake_assets.terminal import gates_table

_ROWS = {
    "landing/ticks": "landing",
    "raw/ticks": "raw",
    "parquet/ticks": "parquet",
    "clean/ticks": "clean",
    "gold": "gold_features",
    "landing to gold": "gold_features",
}


def show_results(summary: dict[str, Any], console: Console) -> None:
    """Every stage's rows and seconds, the gates, the verdict with its reasons, the replay."""
    console.print(_stages(summary))
    if summary["gates"]:
        console.print(gates_table([GateRow(**row) for row in summary["gates"]]))
    console.print(f"verdict: [bold]{summary['verdict']}[/bold]")
    for reason in summary["reasons"]:
        console.print(f"  {reason}", highlight=False)
    for symbol, other in summary["other_symbols"].items():
        console.print(f"{symbol}: {other['verdict']}. {'; '.join(other['reasons'])}", highlight=False)
    if summary["replay"]:
        _show_replay(summary, console)
    if summary["report"]:
        console.print(f"report: {summary['report']}", soft_wrap=True)
    console.print(f"all of it in {summary['seconds']['total']:.0f} s; `make dev` shows it in the Dagster UI")


def _stages(summary: dict[str, Any]) -> Table:
    table = Table("stage", title=f"{summary['symbol']}, {summary['days']} days")
    table.add_column("rows", justify="right")
    table.add_column("seconds, all symbols", justify="right")
    for stage, seconds in summary["seconds"].items():
        rows = summary["rows"][_ROWS[stage]] if stage in _ROWS else None
        table.add_row(stage, "" if rows is None else f"{rows:,}", f"{seconds:.1f}")
        if stage == "clean/ticks":
            for rule, count in summary["rows"]["quarantine"].items():
                table.add_row(f"  quarantined: {rule}", f"{count:,}", "")
    return table


def _show_replay(summary: dict[str, Any], console: Console) -> None:
    endpoint, bridge, parity = summary["endpoint"], summary["replay"], summary["parity"]
    console.print(
        f"replay: {endpoint['ticks']:,} ticks, {endpoint['signals']:,} signals, {bridge['intents']} intents, "
        f"{bridge['orders']} orders, {bridge['fills']} fills, {bridge['open_positions']} open; "
        f"{bridge['net_pips']:.1f} pips; endpoint p50 {endpoint['p50_ms']:.3f} ms, p99 {endpoint['p99_ms']:.3f} ms",
        highlight=False,
    )
    told = summary["bridge"]["attribution"]
    steps = ", ".join(f"{step} {money:+.2f}" for step, money in told["steps"].items())
    console.print(
        f"bridge, mode {summary['bridge']['mode']}: {told['account']:.2f} {told['currency']} against "
        f"{told['tested']:.2f} tested; steps: {steps or 'none'}; "
        f"fields that differ: {', '.join(told['differing_fields']) or 'none'}",
        highlight=False,
    )
    console.print(f"parity: {parity['identical']} of {parity['rows']} feature rows identical, bit for bit")
