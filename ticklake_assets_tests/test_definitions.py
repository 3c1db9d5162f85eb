"""What Dagster loads: complete, valid, light, and what `graph.txt` says."""

from __future__ import annotations

import difflib
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.storage.tags import ASSET_PARTITION_RANGE_END_TAG as RANGE_END
from dagster._core.storage.tags import ASSET_PARTITION_RANGE_START_TAG as RANGE_START
from dagster._core.storage.tags import PARTITION_NAME_TAG

from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.definitions import defs
from ticklake_assets.defs.partitions import SYMBOL_DAY
from ticklake_assets.defs.report.assets import WALK_FORWARD, _gate_check, walk_forward
from ticklake_assets.modeling.deployed.gates import GATES, evaluate
from ticklake_assets_tests.defs.graph_snapshot import SNAPSHOT, describe

REPOSITORY = Path(__file__).resolve().parent.parent
HEAVY = [
    "great_expectations",
    "mlflow",
    "dagster_mlflow",
    "dvc",
    "optuna",
    "xgboost",
    "onnxmltools",
    "skl2onnx",
]
LOAD = f"""
import json, sys, time
start = time.perf_counter()
from ticklake_assets.definitions import defs
defs().get_repository_def()
print(json.dumps([[name for name in {HEAVY} if name in sys.modules], time.perf_counter() - start]))
"""


@pytest.fixture(scope="module")
def definitions() -> dg.Definitions:
    return defs()


def test_every_definition_can_be_loaded(definitions: dg.Definitions) -> None:
    dg.Definitions.validate_loadable(definitions)


def test_the_graph_is_what_was_reviewed(definitions: dg.Definitions) -> None:
    reviewed, now = SNAPSHOT.read_text(), describe(definitions)
    changes = difflib.unified_diff(
        reviewed.splitlines(), now.splitlines(), "reviewed", "now", n=0, lineterm=""
    )
    assert reviewed == now, "\n".join(
        [
            "The graph changed. If it is meant, write the snapshot anew and review its difference:",
            "  .venv/bin/python -m ticklake_assets_tests.defs.graph_snapshot",
            *changes,
        ]
    )


def test_loading_brings_nothing_in_that_only_a_run_needs(
    tmp_path: Path, record_property: pytest.RecordProperty
) -> None:
    """Every run, every look of the daemon's code server and every `dg` command pays for it."""
    environment = {**os.environ, "TICKLAKE_HOME": str(tmp_path / "home")}
    answer = subprocess.run(
        [sys.executable, "-c", LOAD],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    heavy, seconds = json.loads(answer.stdout.splitlines()[-1])
    record_property("seconds to load", round(seconds, 1))
    assert heavy == []
    assert not (tmp_path / "home").exists(), "loading wrote something"


def test_days_to_gold_share_runs_and_an_as_of_day_runs_alone(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    most: dict[str, int] = {}
    for key in graph.get_all_asset_keys():
        node = graph.get(key)
        if node.group_name == "maintenance":
            continue  # no partitions
        assert node.backfill_policy is not None
        group, allowed = str(node.group_name), node.backfill_policy.max_partitions_per_run
        assert allowed is not None
        assert most.setdefault(group, allowed) == allowed
    to_gold = dict.fromkeys(("landing", "raw", "parquet", "clean", "gold"), 31)
    assert most == to_gold | dict.fromkeys(("dataset", "model", "report", "deploy", "ops"), 1)


def test_the_look_backs_see_no_future(definitions: dg.Definitions) -> None:
    """The graph itself cannot feed a model the future (docs/architecture.md, Laws)."""
    graph = definitions.resolve_asset_graph()
    research = {
        key for key in graph.get_all_asset_keys() if graph.get(key).group_name in {"dataset", "model"}
    }
    windows = [
        graph.get_partition_mapping(key, parent)
        for key in research
        for parent in graph.get(key).parent_keys - research
    ]
    assert windows
    for window in windows:
        assert isinstance(window, dg.MultiPartitionMapping)
        days = window.downstream_mappings_by_upstream_dimension["trading_day"].partition_mapping
        assert isinstance(days, dg.TimeWindowPartitionMapping)
        assert days.end_offset == -1


def test_a_check_of_one_as_of_day_a_run_is_shown_beside_its_partition(definitions: dg.Definitions) -> None:
    """Else the UI shows the last result alone, which is another symbol's after a run of two."""
    graph = definitions.resolve_asset_graph()
    found = {}
    for each in definitions.resolve_all_asset_keys():
        node = graph.get(each)
        for key in node.check_keys:
            is_alone = node.backfill_policy is not None and node.backfill_policy.max_partitions_per_run == 1
            found[key.name] = (is_alone, graph.get(key).partitions_def)
    assert {name for name, (is_alone, _) in found.items() if is_alone} == {
        "every_difference_has_its_step",
        "every_gate_passed",
        "served_is_recomputed_to_the_bit",
        "sql_checks_pass",
        "steps_sum_to_the_account_to_the_cent",
        "vendor_differences_are_explained",
    }
    assert all((partitions == SYMBOL_DAY) == is_alone for is_alone, partitions in found.values())


@pytest.mark.parametrize(
    "tags", [(PARTITION_NAME_TAG,), (RANGE_START, RANGE_END)], ids=["a day", "a backfill"]
)
def test_the_verdict_of_a_symbol_does_not_hide_that_of_another(tags: Sequence[str]) -> None:
    """Over the check as it is declared and told of, with gates of no market; a backfill's run has a range of a day."""
    verdicts = {
        f"{symbol}|2024-01-17": evaluate(
            {gate.name: gate.at_least or gate.at_most or value for gate in GATES}
        )
        for symbol, value in (("SYNEUR", 1.0), ("SYNJPY", None))
    }

    @dg.asset(key=WALK_FORWARD, check_specs=list(walk_forward.check_specs), partitions_def=SYMBOL_DAY)
    def judged() -> dg.MaterializeResult:
        day = SymbolDay.parse(dg.AssetExecutionContext.get().partition_key)
        return dg.MaterializeResult(check_results=[_gate_check(day, verdicts[day.key])])

    (check,) = walk_forward.check_keys
    with dg.DagsterInstance.ephemeral() as instance:
        for day in verdicts:
            dg.materialize([judged], instance=instance, tags=dict.fromkeys(tags, day))
        records = instance.event_log_storage.get_asset_check_execution_history(check, limit=9)
    told = {record.partition: record.evaluation.passed for record in records if record.evaluation}
    assert told == {day: gates.verdict == "passed" for day, gates in verdicts.items()}
    assert sorted(told.values()) == [False, True]
