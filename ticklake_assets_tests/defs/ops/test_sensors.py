from __future__ import annotations

from pathlib import Path
from typing import Any

import dagster as dg

from ticklake_assets.defs.ops.assets import ops_journal
from ticklake_assets.defs.ops.sensors import closed_journals
from ticklake_assets.resources.endpoint import EndpointClient
from ticklake_assets.resources.lake import Lake
from ticklake_assets_tests.serving.recorded_day import DAY, record_day
from ticklake_assets_tests.serving.running_endpoint import RunningEndpoint, running_endpoint
from ticklake_assets_tests.serving.streamed_day import seal, stream


def _resources(endpoint: RunningEndpoint) -> dict[str, Any]:
    settings = endpoint.settings.model_copy(update={"endpoint_url": endpoint.url})
    return {"lake": Lake.from_settings(settings), "endpoint": EndpointClient.from_settings(settings)}


def _look(endpoint: RunningEndpoint) -> Any:
    with dg.build_sensor_context(resources=_resources(endpoint)) as context:
        return closed_journals(context)


def test_closed_days_are_brought_in_once_and_older_streams_are_said(tmp_path: Path) -> None:
    recorded = record_day(tmp_path / "landing")
    with running_endpoint(tmp_path / "home") as endpoint:
        for end in (50, 300):
            stream(endpoint, DAY, recorded.columns(0, end))
        assert _look(endpoint).skip_message == (
            "1 days at the endpoint: 0 in the lake, 1 not closed yet, 0 of no partition"
        )
        seal(endpoint, DAY)
        (asked,) = _look(endpoint).run_requests
        assert asked.partition_key == DAY.key
        assert _look(endpoint).run_requests[0].run_key == asked.run_key
        done = dg.materialize([ops_journal], partition_key=DAY.key, resources=_resources(endpoint))
        (made,) = done.asset_materializations_for_node("ops__journal")
        assert made.metadata["older_streams"].value == 1
        assert "1 in the lake, 0 not closed" in _look(endpoint).skip_message
    assert "doesn't answer" in _look(endpoint).skip_message
    assert closed_journals.default_status is dg.DefaultSensorStatus.STOPPED
