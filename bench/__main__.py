"""`python -m bench [NAME...] [--write]`: every comparison side by side, as tables; `--write` keeps them in the docs."""

from __future__ import annotations

import importlib
import os
import platform
import sys
from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path

from ticklake_assets.telemetry import turn_off_telemetry

BENCHES = {
    "ingest": "Raw CSV to sealed, accounted, checked Parquet",
    "clean": "Spark clean over a month",
    "spikes": "What the spike rule refuses",
    "kernels": "Feature, label and simulation kernels",
    "simulation": "Sequential simulation",
    "gold": "Gold partition overwrite",
    "commits": "Commit time over 1,000 commits",
    "endpoint": "Live endpoint",
    "endpoint_throughput": "Live endpoint, ticks a second",
    "pages": "The endpoint with 20 browsers on the live page",
    "parity": "A served day made again",
    "commands": "What a command takes before it answers",
    "dagster_cost": "What Dagster itself costs",
    "year_memory": "A year of one symbol",
    "gates": "What each gate lets through",
    "nulls": "What passes without an edge",
}
DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"
MARKS = "<!-- {} of {} -->"


def main(arguments: list[str]) -> None:
    """Run the named benches, or all; print each table as it comes."""
    parser = ArgumentParser("python -m bench", description="Measure side by side; without a name all.")
    parser.add_argument("name", nargs="*", help=f"some of {', '.join(BENCHES)}")
    parser.add_argument("--write", action="store_true", help="keep the tables in docs/benchmarks.md")
    asked = parser.parse_args(arguments)
    wanted = asked.name or list(BENCHES)
    if unknown := sorted(set(wanted) - set(BENCHES)):
        parser.error(f"Expected some of {', '.join(BENCHES)}, was {', '.join(unknown)}")
    turn_off_telemetry()
    for name in wanted:
        rows = importlib.import_module(f"bench.{name}").run()
        text = f"{_table(rows)}\n\n`python -m bench {name}`, {_machine()}.\n"
        print(f"\n## {BENCHES[name]}\n\n{text}", flush=True)
        if asked.write:
            _write(name, text)


def _table(rows: list[dict[str, object]]) -> str:
    columns = list(dict.fromkeys(column for row in rows for column in row))
    lines = ["| " + " | ".join(columns) + " |", "|" + " --- |" * len(columns)]
    lines += ["| " + " | ".join(_text(row.get(column, "")) for column in columns) + " |" for row in rows]
    return "\n".join(lines)


def _text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _machine() -> str:
    return f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, Python {platform.python_version()}"


def _write(name: str, text: str) -> None:
    """Replace the bench's part of docs/benchmarks.md; the prose around it stays."""
    document = DOCUMENT.read_text()
    start, end = MARKS.format("start", name), MARKS.format("end", name)
    before, _, rest = document.partition(start)
    _, _, after = rest.partition(end)
    if not rest:
        sys.exit(f"bench: Expected the mark {start} in {DOCUMENT}, was none")
    DOCUMENT.write_text(f"{before}{start}\n{text}{end}{after}")


if __name__ == "__main__":
    main(sys.argv[1:])
