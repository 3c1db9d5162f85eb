"""`replication_status`: how files come to the lake, as an observation of `raw/ticks`."""

import json
from typing import Any

import dagster as dg

from ticklake_assets.defs.raw.assets import RAW_TICKS
from ticklake_assets.resources.replication import Replication
from ticklake_assets.storage.replication.replicator import Status


@dg.sensor(minimum_interval_seconds=60, default_status=dg.DefaultSensorStatus.RUNNING)
def replication_status(
    context: dg.SensorEvaluationContext, replication: Replication
) -> dg.SensorResult | dg.SkipReason:
    """Observe queues, back pressure, rates and conflicts of the replicator, where they have changed."""
    status = replication.status()
    seen = json.dumps(status)
    if seen == context.cursor:
        return dg.SkipReason("nothing has changed")
    return dg.SensorResult(
        asset_events=[dg.AssetObservation(RAW_TICKS, metadata=metadata_of(status))], cursor=seen
    )


def metadata_of(status: Status) -> dict[str, Any]:
    """The numbers that Dagster plots over time, and the queues as a table."""
    queues = [dg.TableRecord(queue._asdict()) for queue in status.queues]
    return {
        "mover": status.mover,
        "state": status.state,
        "waiting_files": status.queues[0].files,
        "queued_files": sum(queue.files for queue in status.queues[1:]),
        "back_pressure_percent": status.fullest,
        "files_a_minute": status.files_a_minute,
        "bytes_a_minute": status.bytes_a_minute,
        "conflicts": status.conflicts,
        "failed": status.failed,
        "queues": dg.MetadataValue.table(queues),
        "bulletins": "\n".join(status.bulletins),
    }
