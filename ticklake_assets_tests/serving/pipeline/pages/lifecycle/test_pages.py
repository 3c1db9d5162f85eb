from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from serving.pipeline.pages.lifecycle.board import steps
from serving.pipeline.pages.lifecycle.settings_form import configuration
from serving.pipeline.pages.lifecycle.walk_calendar import calendar
from serving.pipeline.sources.dagster import Dagster
from ticklake_assets.core.errors import DataError, MissingDataError
from ticklake_assets.settings import Settings
from ticklake_assets_tests.serving.pipeline.conftest import SignIn
from ticklake_assets_tests.serving.pipeline.pages.lifecycle.answers import FAILED, answering, answers

Asked = list[dict[str, Any]]
BOARD = "/lifecycle/SYNEUR/2024-01-17"


@pytest.fixture
def told() -> dict[str, Any]:
    return answers()


@pytest.fixture
def dagster(told: dict[str, Any]) -> Iterator[tuple[str, Asked]]:
    with answering(told) as found:
        yield found


@pytest.fixture
def settings(tmp_path: Path, dagster: tuple[str, Asked]) -> Settings:
    (tmp_path / "home" / "lake").mkdir(parents=True)
    return Settings(home=tmp_path / "home", dagster_ui_url=dagster[0])


def test_each_step_says_how_it_stands(told: dict[str, Any], dagster: tuple[str, Asked]) -> None:
    source = Dagster(dagster[0])
    found = steps(source.latest(["dataset/training"], "SYNEUR|2024-01-17"), source.runs())
    states = {asset: step.state for asset, step in found.items()}
    assert states == {
        "dataset/training": "done",
        "model/trained": "failed",
        "model/validated": "not yet",
        "model/tested": "outdated",
        "report/walk_forward": "not yet",
        "deploy/endpoint": "not yet",
    }
    assert found["dataset/training"].seconds == 2.5
    assert found["model/trained"].run_id == FAILED["runId"]
    assert found["model/tested"].why == ("has a new materialization",)
    told["Runs"]["runsOrError"]["results"] = [FAILED | {"status": "STARTED"}]
    assert steps(source.latest([], ""), source.runs())["model/trained"].state == "running"
    # An older failure says nothing of what was made since.
    told["Runs"]["runsOrError"]["results"] = [
        FAILED | {"assetSelection": [{"path": ["dataset", "training"]}], "startTime": 1.0}
    ]
    assert steps(source.latest([], ""), source.runs())["dataset/training"].state == "done"


def test_runs_of_a_backfill_are_of_their_partition_too(dagster: tuple[str, Asked]) -> None:
    assert [run["runId"] for run in Dagster(dagster[0]).runs_of("SYNEUR|2024-01-17")] == [FAILED["runId"]]
    asked = [each["variables"]["filter"]["tags"][0]["key"] for each in dagster[1]]
    assert asked == ["dagster/partition", "dagster/asset_partition_range_start"]


def test_the_board_and_a_failed_run(signed_in: SignIn) -> None:
    client = signed_in()
    assert "Asking Dagster" in client.get(BOARD).text
    text = client.get(f"{BOARD}/now").text
    for said in ("failed", "outdated", "has a new materialization", "SYNEUR/2024-01-17/v1", "22222222"):
        assert said in text, said
    assert "/launch?step=" not in text
    run = client.get(f"/lifecycle/runs/{FAILED['runId']}").text
    assert '<p class="problem" role="alert">Expected 1 or more trials, was 0</p>' in run
    assert "Cancel this run" not in run


def test_a_step_is_launched_with_what_differs_from_the_defaults(
    app: FastAPI, signed_in: SignIn, dagster: tuple[str, Asked]
) -> None:
    client = signed_in("research")
    form = client.get(f"{BOARD}/launch?step=model/trained").text
    assert 'name="model__trained.trials" value="8"' in form
    typed = {
        "step": "model/trained",
        "model__trained.trials": "3",
        "model__trained.seed": "1",
        "model__trained.dirty": "false",
    }
    answer = client.post(f"{BOARD}/launch", data=typed)
    assert (answer.status_code, answer.headers["location"]) == (303, BOARD)
    [launched] = [each["variables"]["params"] for each in dagster[1] if each["operationName"] == "Launch"]
    assert launched["partitionNames"] == ["SYNEUR|2024-01-17"]
    assert launched["assetSelection"] == [{"path": ["model", "trained"]}]
    assert (
        launched["runConfigData"] == '{"ops": {"model__trained": {"config": {"dirty": false, "trials": 3}}}}'
    )
    entry = next(app.state.access.audit.entries())
    assert (entry.action, entry.outcome, entry.after) == ("launch", "done", "abcdef")


def test_a_wrong_setting_is_told_at_its_field_and_nothing_is_launched(
    signed_in: SignIn, dagster: tuple[str, Asked]
) -> None:
    client = signed_in("research")
    typed = {"step": "model/trained", "model__trained.trials": "many", "model__trained.rate": "half"}
    answer = client.post(f"{BOARD}/launch", data=typed)
    assert answer.status_code == 422
    assert "Expected a whole number, was &#39;many&#39;" in answer.text
    assert "Expected a number, was &#39;half&#39;" in answer.text
    assert 'value="many"' in answer.text
    assert "Launch" not in [each["operationName"] for each in dagster[1]]


def test_cancelling(app: FastAPI, signed_in: SignIn, told: dict[str, Any]) -> None:
    client = signed_in("research")
    assert client.post("/lifecycle/runs/22222222-bbbb/cancel").status_code == 303
    told["Terminate"] = {"terminateRun": {"__typename": "TerminateRunFailure", "message": "it has ended"}}
    answer = client.post("/lifecycle/runs/22222222-bbbb/cancel")
    assert answer.status_code == 422
    assert "it has ended" in answer.text
    assert client.post("/lifecycle/backfills/abc/cancel", data={"symbol": "SYNEUR"}).status_code == 303
    assert [each.outcome for each in app.state.access.audit.entries()] == ["done", "failed", "done"]


def test_dagsters_own_refusals_and_unknown_runs(told: dict[str, Any], dagster: tuple[str, Asked]) -> None:
    source = Dagster(dagster[0])
    told["Launch"] = {
        "launchPartitionBackfill": {"__typename": "PythonError", "message": "no such partition"}
    }
    with pytest.raises(DataError, match="no such partition"):
        source.launch(["model/trained"], ["x"], "t")
    told["Run"] = {"runOrError": {"__typename": "RunNotFoundError", "message": "gone"}}
    with pytest.raises(MissingDataError, match="was 'x'"):
        source.run("x")
    told.pop("Runs")
    with pytest.raises(DataError, match="refuses Runs"):
        source.runs()


def test_without_dagster_the_page_says_so_and_what_the_lake_has(app: FastAPI, signed_in: SignIn) -> None:
    app.state.sources.dagster.url = "http://127.0.0.1:9"
    client = signed_in("research")
    text = client.get(f"{BOARD}/now").text
    assert "Start it with <code>ticklake dev</code>" in text
    assert "Of this as-of day the lake has" in text
    assert "Start it with" in client.get(f"{BOARD}/launch").text


def test_what_is_typed_becomes_a_configuration(dagster: tuple[str, Asked]) -> None:
    fields = Dagster(dagster[0]).config_fields(["model/trained"])
    assert {each.name: each.kind for each in fields} == {
        "dirty": "bool", "name": "str", "rate": "float", "seed": "int", "trials": "int",
    }  # fmt: skip
    assert configuration(fields, {}) == ({}, {})
    assert configuration(fields, {"model__trained.trials": "8", "unknown": "x"}) == ({}, {})
    found, wrong = configuration(fields, {"model__trained.dirty": "perhaps", "model__trained.name": "y"})
    assert found == {"ops": {"model__trained": {"config": {"name": "y"}}}}
    assert list(wrong) == ["model__trained.dirty"]
    for number in ("nan", "inf", "-Infinity", "1e999", "x"):
        assert configuration(fields, {"model__trained.rate": number})[1], number


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("from=2024-01-13&to=x&every=2", "to: Expected a day"),
        ("from=2024-01-13&to=2024-01-17", "every: Expected a number"),
        ("from=2024-01-13&to=2024-01-17&every=-2", "every: Expected a number"),
        ("from=2024-01-13&to=2024-01-17&every=2&train=--help", "train: Expected a number"),
    ],
)
def test_a_walk_that_is_none_is_told_before_any_command(signed_in: SignIn, query: str, said: str) -> None:
    answer = signed_in("research").get(f"/lifecycle/SYNEUR/walk/plan?{query}")
    assert answer.status_code == 422
    assert said in answer.text


@pytest.mark.parametrize("name", ["..%2f..%2fpeople", "nothing"])
def test_only_logs_of_walks_can_be_read(signed_in: SignIn, name: str) -> None:
    assert signed_in().get(f"/lifecycle/SYNEUR/walk/{name}").status_code in (404, 422)


def test_folds_on_a_calendar() -> None:
    fold = {
        "as_of": "2024-01-13",
        "train": ["2024-01-01", "2024-01-08"],
        "validate": ["2024-01-09", "2024-01-10"],
    }
    drawn = calendar([fold | {"test": ["2024-01-11", "2024-01-12"], "spent": ["2024-01-11"]}])
    assert drawn is not None
    kinds = [bar.kind for bar in drawn.bars]
    assert kinds == ["train", "validate", "test", "spent"]
    train, validate, test, spent = drawn.bars
    assert abs(train.x + train.width - validate.x) < 0.2
    assert (spent.x, spent.y) == (test.x, test.y)
    assert test.x + test.width <= drawn.width + 0.2
    assert calendar([]) is None
