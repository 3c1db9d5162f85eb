"""What Dagster loads: the graph, with the resources that the settings describe."""

from __future__ import annotations

from pathlib import Path

import dagster as dg

from ticklake_assets.telemetry import turn_off_telemetry


@dg.definitions
def defs() -> dg.Definitions:
    turn_off_telemetry()
    return dg.load_from_defs_folder(path_within_project=Path(__file__).parent)
