"""The graph as text, one line a node: what a reviewer sees of a change to it.

`python -m ticklake_assets_tests.defs.graph_snapshot` writes `graph.txt` anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import dagster as dg

from ticklake_assets.definitions import defs

SNAPSHOT = Path(__file__).with_name("graph.txt")


def describe(definitions: dg.Definitions) -> str:
    lines = [*_assets(definitions), *_automation(definitions.get_repository_def())]
    return "".join(f"{line}\n" for line in lines)


def _assets(definitions: dg.Definitions) -> Iterator[str]:
    graph = definitions.resolve_asset_graph()
    for key in sorted(graph.get_all_asset_keys()):
        node = graph.get(key)
        partitions = node.partitions_def
        assert partitions is None or isinstance(partitions, dg.MultiPartitionsDefinition)
        policy = node.backfill_policy
        facts = {
            "group": node.group_name,
            "deps": _listed(
                f"{parent.to_user_string()}{_window(graph.get_partition_mapping(key, parent))}"
                for parent in node.parent_keys
            ),
            "partitions": " x ".join(dimension.name for dimension in partitions.partitions_defs)
            if partitions
            else "-",
            "runs of": str(policy.max_partitions_per_run) if policy else "",
            "kinds": _listed(tag.removeprefix("dagster/kind/") for tag in node.tags if "kind/" in tag),
            "owners": _listed(node.owners),
            # A feature that is added to the kernel is no change of the graph.
            "code": str(node.code_version).partition("+")[0],
            "checks": _listed(check.name for check in node.check_keys),
        }
        yield f"asset {key.to_user_string()} | " + " | ".join(
            f"{name}: {fact}" for name, fact in facts.items()
        )


def _automation(repository: dg.RepositoryDefinition) -> Iterator[str]:
    for job in sorted(repository.get_all_jobs(), key=lambda job: job.name):
        if not job.name.startswith("__"):
            layer = job.asset_layer
            keys = _listed(key.to_user_string() for key in layer.selected_asset_keys)
            yield f"job {job.name} | assets: {keys}"
    for sensor in sorted(repository.sensor_defs, key=lambda sensor: sensor.name):
        jobs = _listed(target.job_name for target in sensor.targets)
        every = f"{sensor.minimum_interval_seconds} s"
        yield f"sensor {sensor.name} | jobs: {jobs} | every: {every} | {sensor.default_status.value.lower()}"
    for schedule in sorted(repository.schedule_defs, key=lambda schedule: schedule.name):
        state = schedule.default_status.value.lower()
        yield f"schedule {schedule.name} | job: {schedule.job_name} | cron: {schedule.cron_schedule} | {state}"
    for name in sorted(repository.get_top_level_resources()):
        yield f"resource {name}"


def _window(mapping: dg.PartitionMapping) -> str:
    """How far a partition looks back, where that is not the same day."""
    if not isinstance(mapping, dg.MultiPartitionMapping):
        return ""
    days = mapping.downstream_mappings_by_upstream_dimension["trading_day"].partition_mapping
    assert isinstance(days, dg.TimeWindowPartitionMapping)
    return f"[{days.start_offset:+d}..{days.end_offset:+d}]"


def _listed(items: Iterable[str]) -> str:
    return ", ".join(sorted(items)) or "-"


if __name__ == "__main__":
    SNAPSHOT.write_text(describe(defs()))
