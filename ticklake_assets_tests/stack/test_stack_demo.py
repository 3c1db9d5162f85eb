"""`make demo`, `make stack-up`, `make stack-demo`, in the README's order: of the same ticks, the same content."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import dagster as dg
import pytest

from ticklake_assets.defs.jobs import RAW_TO_GOLD
from ticklake_assets.environment import read_environment
from ticklake_assets.instance.processes import own_program
from ticklake_assets.sources.landing_csv import publish_day
from ticklake_assets.sources.synthetic import Market, synthetic_day
from ticklake_assets.storage.sql.trino import TrinoEngine
from ticklake_assets_tests.conftest import REPOSITORY
from ticklake_assets_tests.defs.homes import days_from
from ticklake_assets_tests.demo.summaries import content_of
from ticklake_assets_tests.demo.test_run import demo
from ticklake_assets_tests.stack.backfilled import environment, opened

pytestmark = [pytest.mark.stack, pytest.mark.timeout(3_600)]

SYMBOL = "EURUSD"
DAYS = days_from(SYMBOL, "2024-01-08", 17)
"""Just enough for one fold, and the day that is replayed."""
MARKET = Market(ticks_a_day=24_000)
"""A few more than a day must have to be learnt from."""
CONTENT = (
    "symbol",
    "days",
    "rows",
    "raw_sha256",
    "gold_sha256",
    "model_sha256",
    "gates",
    "verdict",
    "parity",
)


class Played(NamedTuple):
    """A home in which the embedded demo has run, whose stack is up, and the summaries of both demos."""

    home: Path
    embedded: dict[str, Any]
    on_services: dict[str, Any]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    folder = tmp_path_factory.mktemp("demo")
    for day in DAYS:
        publish_day(folder / "ticks", day, synthetic_day(day, 1, 1.0, MARKET))
    of_ticks = ("--ticks", str(folder / "ticks"), "--symbol", SYMBOL)
    home = folder / "home"
    embedded = demo(home, *of_ticks)
    try:
        ticklake(home, "stack", "up")
        yield Played(home, embedded, demo(home, *of_ticks, "--hands-off"))
    finally:
        ticklake(home, "stack", "down")


def ticklake(home: Path, *words: str) -> str:
    command = [own_program("ticklake"), *words]
    done = subprocess.run(
        command, cwd=REPOSITORY, env=environment(home), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_content_is_that_of_the_embedded_demo(played: Played) -> None:
    embedded, on_services = (content_of(made, CONTENT) for made in played[1:])
    assert on_services == embedded
    assert "pattern.onnx" in on_services["model_sha256"]


def test_nifi_has_moved_the_files(played: Played) -> None:
    status = json.loads(ticklake(played.home, "replicate", "status", "--json"))
    assert status["mover"] == read_environment(played.home)["TICKLAKE_NIFI_URL"]
    assert (status["conflicts"], status["failed"]) == (0, 0)
    assert sum(queue["files"] for queue in status["queues"]) == 0


def test_the_sensor_has_brought_them_to_gold(played: Played) -> None:
    with opened(played.home) as (_, instance):
        runs = instance.get_runs(dg.RunsFilter(job_name=RAW_TO_GOLD.name))
    assert {run.status for run in runs} == {dg.DagsterRunStatus.SUCCESS}


def test_trino_has_checked_the_dataset(played: Played) -> None:
    with closing(TrinoEngine.from_url(read_environment(played.home)["TICKLAKE_SQL_URL"])) as trino:
        asked = trino.query("SELECT count(*) FROM system.runtime.queries WHERE query LIKE '%VERSION AS OF%'")
    assert asked.rows[0][0] > 1  # this one is one of them


def test_the_model_is_registered_at_the_server(played: Played) -> None:
    from mlflow.tracking import MlflowClient

    client = MlflowClient(read_environment(played.home)["TICKLAKE_MLFLOW_URI"])
    (version,) = client.search_model_versions(f"name = 'ticklake-{SYMBOL}'")
    assert version.tags["bundle"]
