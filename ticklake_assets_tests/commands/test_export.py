from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

from ticklake_assets.cli import app
from ticklake_assets.research.lake import Lake
from ticklake_assets_tests.research.homes import synthetic_lake

FIRST, LAST = "2024-01-16", "2024-01-17"


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    return synthetic_lake(tmp_path_factory.mktemp("exported") / "home")


def export(
    lake: Lake, layer: str, out: Path, first: str = FIRST, last: str = LAST, symbol: str = "SYNEUR"
) -> Result:
    command = ["export", layer, symbol, "--from", first, "--to", last, "--out", str(out)]
    return CliRunner().invoke(app, command, env={"TICKLAKE_HOME": str(lake.settings.home)})


@pytest.mark.parametrize("layer", ["raw", "parquet", "clean", "quarantine", "bars", "features", "labels"])
def test_every_layer_goes_to_one_file(lake: Lake, tmp_path: Path, layer: str) -> None:
    out = tmp_path / "a.parquet"
    answer = export(lake, layer, out)
    ticks = layer in ("raw", "parquet", "clean", "quarantine")
    scan = (
        lake.ticks("SYNEUR", FIRST, LAST, layer=layer)
        if ticks
        else getattr(lake, layer)("SYNEUR", FIRST, LAST)
    )
    rows = scan.to_arrow()
    assert answer.exit_code == 0, answer.output
    assert answer.stdout.replace("\n", "") == f"{out}: {rows.num_rows:,} rows of 2 days"
    assert pq.read_table(out).to_pandas().equals(rows.to_pandas())


def test_csv_is_for_people_and_arrow_for_memory(lake: Lake, tmp_path: Path) -> None:
    for name in ("a.csv", "a.arrow"):
        assert export(lake, "labels", tmp_path / name, last=FIRST).exit_code == 0
    with (tmp_path / "a.csv").open() as file:
        lines = list(csv.DictReader(file))
    rows = pa.ipc.open_file(tmp_path / "a.arrow").read_all()
    assert len(lines) == rows.num_rows > 100
    assert lines[0]["ts_event"] == rows["ts_event"][0].as_py().strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    assert [float(line["width"]) for line in lines] == rows["width"].to_pylist()


def test_days_with_a_session_that_have_nothing_are_told(lake: Lake, tmp_path: Path) -> None:
    answer = export(lake, "bars", tmp_path / "a.csv", first="2024-01-15", last="2024-01-19")
    assert (
        "nothing in this layer of days with a session: 2024-01-15, 2024-01-18 to 2024-01-19" in answer.stdout
    )
    assert date(2024, 1, 15) in lake.bars("SYNEUR", "2024-01-15", LAST).missing


@pytest.mark.parametrize(
    ("layer", "symbol", "first", "name", "said"),
    [
        (
            "gold",
            "SYNEUR",
            FIRST,
            "a.csv",
            "Layer 'gold'. Expected one of raw, parquet, clean, quarantine, bars, ",
        ),
        ("clean", "SYNEUX", FIRST, "a.csv", "Unknown symbol 'SYNEUX'. Expected perhaps SYNEUR"),
        (
            "clean",
            "SYNEUR",
            "2024-02-01",
            "a.csv",
            "Days 2024-02-01 to 2024-01-17 of SYNEUR. Expected the first",
        ),
        ("clean", "SYNEUR", FIRST, "a.xlsx", "Expected a file that ends in .csv, .parquet, .arrow, was "),
        ("clean", "SYNJPY", FIRST, "a.csv", "No ticks of layer clean of SYNJPY"),
    ],
)
def test_what_is_wrong_is_one_line_and_makes_no_file(
    lake: Lake, tmp_path: Path, layer: str, symbol: str, first: str, name: str, said: str
) -> None:
    answer = export(lake, layer, tmp_path / name, first=first, symbol=symbol)
    assert (answer.exit_code, answer.stdout) == (1, "")
    assert answer.stderr.startswith(f"ticklake: {said}")
    assert list(tmp_path.iterdir()) == []
