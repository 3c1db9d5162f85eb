"""`closed_journals`: what brings the endpoint's closed days into the lake, where somebody switched it on."""

import dagster as dg

from ticklake_assets.core.errors import TransientError
from ticklake_assets.defs.jobs import SERVED
from ticklake_assets.defs.partitions import SYMBOL_DAY
from ticklake_assets.resources.endpoint import EndpointClient
from ticklake_assets.resources.lake import Lake
from ticklake_assets.storage.raw.sealed_journals import sealed_journals

MOST_RUNS_A_LOOK = 8


@dg.sensor(job=SERVED, minimum_interval_seconds=300, default_status=dg.DefaultSensorStatus.STOPPED)
def closed_journals(lake: Lake, endpoint: EndpointClient) -> dg.SensorResult | dg.SkipReason:
    """Launch ops/journal and ops/parity of every closed day that the endpoint holds and the lake does not.

    It keeps nothing in mind: each look compares the two. A day whose run failed is not launched again by itself.
    """
    try:
        listed = endpoint.calls.journals()
    except TransientError as error:
        return dg.SkipReason(str(error))
    held = sealed_journals(lake.store)
    waiting = [each for each in listed if each.day not in held]
    closed = [each for each in waiting if each.sealed]
    launched = [each for each in closed if SYMBOL_DAY.has_partition_key(each.day.key)]
    if not launched:
        return dg.SkipReason(
            f"{len(listed)} days at the endpoint: {len(listed) - len(waiting)} in the lake, "
            f"{len(waiting) - len(closed)} not closed yet, {len(closed)} of no partition"
        )
    return dg.SensorResult(
        run_requests=[
            dg.RunRequest(run_key=f"{each.day.key}:{each.streams}:{each.size}", partition_key=each.day.key)
            for each in launched[:MOST_RUNS_A_LOOK]
        ]
    )
