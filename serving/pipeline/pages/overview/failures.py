"""Which runs failed and still wait for a person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from serving.pipeline.pages.overview.facts import FailedRun


def unmended(runs: Sequence[dict[str, Any]]) -> tuple[FailedRun, ...]:
    """The failed of these runs, newest first as they come, whose assets and partition no later one made.

    A partition that failed again and again is told once, by its newest run.
    """
    found, settled = [], set[tuple[str, str]]()
    for run in runs:
        steps = run["assets"] or [run["jobName"]]  # of a sensor's run Dagster says the job alone
        made = {(step, run["partition"]) for step in steps}
        if run["status"] == "FAILURE" and not made <= settled:
            what = f"{', '.join(steps)} {run['partition'].replace('|', ' ')}".strip()
            found.append(FailedRun(run["runId"], what, datetime.fromtimestamp(run["endTime"] or 0, UTC)))
        settled |= made
    return tuple(found)
