"""What Dagster loads: the graph, with the resources that the settings describe."""

from __future__ import annotations

import warnings
from pathlib import Path

import dagster as dg

from ticklake_assets.environment import take_environment
from ticklake_assets.telemetry import turn_off_telemetry


@dg.definitions
def defs() -> dg.Definitions:
    turn_off_telemetry()
    take_environment()
    # In Dagster 1.13, which the bounds of pyproject hold, MultiPartitionMapping and backfill policies are beta, and
    # checks of a partition are a preview.
    warnings.simplefilter("ignore", dg.BetaWarning)
    warnings.simplefilter("ignore", dg.PreviewWarning)
    return dg.load_from_defs_folder(path_within_project=Path(__file__).parent)
