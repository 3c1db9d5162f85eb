"""The lake in Python on SeaweedFS and Postgres, by what the stack offers to the commands of its home."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from stack.services.postgres import Postgres
from stack.services.seaweedfs import SeaweedFS
from stack.site import Site
from ticklake_assets.environment import read_environment, settings_at
from ticklake_assets.research import open_lake, simulate
from ticklake_assets_tests.lifecycle.synthetic_gold import make_gold
from ticklake_assets_tests.research.homes import SYNTHETIC
from ticklake_assets_tests.stack.scripted import running

pytestmark = pytest.mark.stack
FIRST, LAST = (str(day.trading_day) for day in SYNTHETIC)


def test_the_same_code_reads_a_bucket_and_postgres(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = Site.open(tmp_path / "home" / "stack")
    with running(site, SeaweedFS(), Postgres()):
        for name, value in read_environment(site.home).items():
            if not name.startswith("TICKLAKE_"):
                monkeypatch.setenv(name, value)  # S3's keys, which the end of the test takes back
        settings = settings_at(home=site.home)
        assert settings.lake.startswith("s3://")
        assert settings.catalog.startswith("postgresql")
        make_gold(settings, SYNTHETIC)
        with open_lake(site.home) as lake:
            features = lake.features("SYNEUR", FIRST, LAST)
            labels = lake.labels("SYNEUR", FIRST, LAST, as_of=lake.gold.snapshot_id("labels")).to_polars()
            assert features.to_arrow().num_rows == len(labels) > 500
            assert lake.bars("SYNEUR", FIRST, LAST, minutes=60).to_arrow().num_rows == 48
            quotes = lake.ticks("SYNEUR", FIRST, LAST)
            made = simulate(
                labels.with_columns(side=labels["outcome"].cast(int) - 1), quotes, lake.instrument("SYNEUR")
            )
            assert made.figures.net_pips > 0  # a label that is traded wins
            assert (
                lake.ticks("SYNEUR", FIRST, LAST, layer="raw").to_arrow().num_rows
                == quotes.to_arrow().num_rows
            )
        monkeypatch.setenv("TICKLAKE_HOME", str(site.home))
        command = [sys.executable, "-m", "ticklake_assets.cli"]
        told = subprocess.run(
            [*command, "status", "--json"], capture_output=True, text=True, check=True
        ).stdout
        assert json.loads(told)[0]["days"] == {"landed": 0, "raw": 2, "parquet": 2, "clean": 2, "gold": 2}
        out = tmp_path / "labels.csv"
        days = ["--from", FIRST, "--to", LAST, "--out", str(out)]
        subprocess.run([*command, "export", "labels", "SYNEUR", *days], capture_output=True, check=True)
        assert len(out.read_text().splitlines()) == 1 + len(labels)
