"""Dagster's own two files, dagster.yaml and workspace.yaml."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path

import yaml
from dagster import DagsterInstance
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.scheduler.instigation import TickStatus

REPOSITORY = Path(__file__).resolve().parent.parent


def test_dagster_instance_is_what_the_file_says(tmp_path: Path) -> None:
    shutil.copy(REPOSITORY / "dagster.yaml", tmp_path)
    with DagsterInstance.from_config(str(tmp_path)) as instance:
        assert instance.telemetry_enabled is False
        assert instance.nux_enabled is False
        assert instance.run_retries_enabled
        assert instance.run_monitoring_enabled
        assert instance.get_settings("concurrency")["pools"] == {"granularity": "run", "default_limit": 1}
        assert instance.global_op_concurrency_default_limit == 1
        for kind in InstigatorType:
            kept = instance.get_tick_retention_settings(kind)
            assert set(kept) == set(TickStatus)
            assert all(days > 0 for days in kept.values()), "some ticks would be kept for ever"


def test_both_ways_to_load_the_definitions_name_them_alike() -> None:
    (entry,) = yaml.safe_load((REPOSITORY / "workspace.yaml").read_text())["load_from"]
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["tool"]["dg"]["project"]
    assert entry["python_module"]["location_name"] == project["code_location_name"]
    assert entry["python_module"]["module_name"] == f"{project['root_module']}.definitions"
