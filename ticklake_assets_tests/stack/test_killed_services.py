"""Each service is killed and started again while a backfill runs: it ends clearly, and a rerun completes it.

What lies in gold, and the models, are those of an undisturbed run on the embedded defaults.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.storage.tags import BACKFILL_ID_TAG

from stack.services.registry import SERVICES, with_needs
from stack.site import Site
from stack.supervisor import State
from ticklake_assets.definitions import defs
from ticklake_assets.demo.run import FOLD
from ticklake_assets.instance.backfills import await_backfill, request_backfill
from ticklake_assets_tests.defs.homes import days_from
from ticklake_assets_tests.stack.backfilled import (
    await_step,
    gold_of,
    materialize,
    opened,
    said,
    start_backfill,
    trained_of,
)
from ticklake_assets_tests.stack.scripted import bring_up, kill, running

pytestmark = [pytest.mark.stack, pytest.mark.slow, pytest.mark.timeout(2_400)]

USED = with_needs(["mlflow", "trino", "spark", "dagster-daemon"])
DAYS = days_from("SYNEUR", "2024-01-01", 15)
LOOKBACK, AS_OF = DAYS[:12], DAYS[12]
AWAY_S = 45
"""Longer than whoever works on a database tries again."""
TO_GOLD = {
    "seaweedfs": ("seaweedfs", "clean__ticks", DAYS[0:3], 0),
    "postgres": ("postgres", "gold", DAYS[3:6], 0),
    "spark": ("spark", "clean__ticks", DAYS[6:9], 0),
    "dagster-daemon": ("dagster-daemon", "clean__ticks", DAYS[9:12], 0),
    "postgres for long": ("postgres", "clean__ticks", DAYS[12:15], AWAY_S),
}
"""Service, step in which it is killed, days of the backfill, and seconds until it is started again."""
TO_MODELS = {"trino": "dataset__training", "mlflow": "model__trained"}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An embedded home with all days in gold and the models of the as-of day."""
    home = tmp_path_factory.mktemp("undisturbed")
    materialize(home, "landing,raw,parquet,clean,gold", DAYS)
    materialize(home, "dataset,model", [AS_OF])
    return home


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site.open(tmp_path_factory.mktemp("disturbed") / "stack")
    with running(site, *USED):
        yield site


def kill_and_restart(site: Site, name: str, away_s: float = 0) -> None:
    """As a crash and then `ticklake stack up` do."""
    kill(site, SERVICES[name])
    time.sleep(away_s)
    assert {outcome.state for outcome in bring_up(site, *USED).values()} == {State.HEALTHY}


@pytest.mark.parametrize("case", TO_GOLD)
def test_a_backfill_to_gold(case: str, site: Site, undisturbed: Path) -> None:
    name, step, days, away_s = TO_GOLD[case]
    with opened(site.home) as (_, instance):
        earlier = {backfill.backfill_id for backfill in instance.get_backfills()}
        command = start_backfill(site.home, days)
        await_step(instance, earlier, step)
        kill_and_restart(site, name, away_s)
    told = said(command)
    assert "Traceback" not in told
    if command.returncode:
        assert re.search(r"^(ticklake|run \S+): .*Expected", told, re.MULTILINE), told
        again = start_backfill(site.home, days)
        told = said(again)
        assert again.returncode == 0, told
    assert gold_of(site.home, days) == gold_of(undisturbed, days)


@pytest.mark.parametrize("name", TO_MODELS)
def test_a_backfill_of_models(name: str, site: Site, undisturbed: Path) -> None:
    with opened(site.home) as (home, instance):
        if missing := [day for day in LOOKBACK if day not in home.state().done]:
            materialize(site.home, "landing,raw,parquet,clean,gold", missing)
        earlier = {backfill.backfill_id for backfill in instance.get_backfills()}
        backfill = request_models(instance)
        await_step(instance, earlier, TO_MODELS[name])
        kill_and_restart(site, name)
        if not await_backfill(instance, backfill, lambda *_: None):
            assert re.search("Expected|does not answer", reason_of(instance, backfill))
            assert await_backfill(instance, request_models(instance), lambda *_: None)
    assert trained_of(site.home, AS_OF) == trained_of(undisturbed, AS_OF)


def request_models(instance: dg.DagsterInstance) -> str:
    """As a person does it in the UI; returns the backfill's id."""
    definitions = defs()
    assets = sorted(FOLD.resolve(definitions.resolve_asset_graph()))
    return request_backfill(instance, definitions, assets, [AS_OF], f"models of {AS_OF}")


def reason_of(instance: dg.DagsterInstance, backfill: str) -> str:
    """What the failed steps of its runs said."""
    runs = instance.get_runs(dg.RunsFilter(tags={BACKFILL_ID_TAG: backfill}))
    logs = [instance.all_logs(run.run_id, of_type=dg.DagsterEventType.STEP_FAILURE) for run in runs]
    failures = [entry.get_dagster_event().step_failure_data for log in logs for entry in log]
    return "\n".join(failure.error_display_string for failure in failures)
