"""Leaves runs, a sensor that looks and a recounted day in the Dagster of TICKLAKE_HOME."""

from __future__ import annotations

import time

import dagster as dg
from dagster._core.scheduler.instigation import TickStatus

from ticklake_assets.environment import take_environment
from ticklake_assets.instance.figures import PARITY, SHARE
from ticklake_assets.instance.home import open_instance
from ticklake_assets.settings import Settings
from ticklake_assets_tests.instance.histories import add_look, add_sensor, failing, working


def main() -> None:
    take_environment()
    with open_instance(Settings()) as instance:
        for job in (failing, working):
            job.execute_in_process(instance=instance, raise_on_error=False)
        add_look(instance, add_sensor(instance, "raw_arrivals"), TickStatus.SUCCESS, time.time())
        made = dg.AssetMaterialization(PARITY, partition="BTCUSD|2024-01-15", metadata={SHARE: 1.0})
        instance.report_runless_asset_event(made)


if __name__ == "__main__":
    main()
