from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.remote_representation.external_data import RepositorySnap
from dagster_shared.serdes import serialize_value
from pydantic import SecretStr

from ticklake_assets.defs.notices import run_failures
from ticklake_assets.defs.resources import build_resources
from ticklake_assets.notices import Notices
from ticklake_assets.settings import Settings
from ticklake_assets_tests.webhook import Webhook, webhook


@pytest.fixture
def hook() -> Iterator[Webhook]:
    with webhook() as running:
        yield running


@dg.job
def failing() -> None:
    @dg.op
    def fails() -> None:
        raise ValueError("http://me:s3cr3t@host is away")

    fails()


def test_failed_runs_are_told_by_job_at_most_once_in_a_while(hook: Webhook) -> None:
    notices = Notices([hook.url], window_s=3600)
    definitions = dg.Definitions(jobs=[failing], sensors=[run_failures], resources={"notices": notices})
    cursor = None
    with dg.DagsterInstance.ephemeral() as instance:

        def look() -> None:
            nonlocal cursor
            with dg.build_sensor_context(
                instance=instance,
                cursor=cursor,
                repository_def=definitions.get_repository_def(),
                sensor_name="run_failures",
                resources={"notices": notices},
            ) as context:
                cursor = run_failures.evaluate_tick(context).cursor

        look()  # from here on
        range_of_days = {
            "dagster/asset_partition_range_start": "2024-01-15|EURUSD",
            "dagster/asset_partition_range_end": "2024-01-17|EURUSD",
        }
        for tags in (range_of_days, {"dagster/partition": "2024-01-18|EURUSD"}, {}):
            assert not failing.execute_in_process(instance=instance, raise_on_error=False, tags=tags).success
            look()
    notices.close()
    first, rest = hook.posts
    assert first["title"] == rest["title"] == "ticklake: run failed: failing"
    assert (
        ", 2024-01-15|EURUSD to 2024-01-17|EURUSD: ValueError: http://me:***@host is away" in first["message"]
    )
    assert rest["message"].endswith("... and 2 more; this is the last of them")
    assert "s3cr3t" not in str(hook.posts)


def test_no_address_is_in_what_dagster_shows(tmp_path: Path) -> None:
    """The code location's snapshot is what the UI and every run keep of the resources."""
    resources = build_resources(Settings(home=tmp_path, notify=SecretStr("tgram://1234567:AbC-dEf/987654")))
    snapshot = serialize_value(
        RepositorySnap.from_def(dg.Definitions(resources=resources).get_repository_def())
    )
    assert "notices" in snapshot
    assert not [part for part in ("1234567", "AbC-dEf", "987654") if part in snapshot + str(resources)]
