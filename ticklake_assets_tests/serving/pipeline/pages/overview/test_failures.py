from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from serving.pipeline.pages.overview.facts import FailedRun
from serving.pipeline.pages.overview.failures import unmended


def run(name: str, status: str, *assets: str, partition: str = "SYNEUR|2024-01-17") -> dict[str, Any]:
    return {
        "runId": name,
        "status": status,
        "assets": list(assets),
        "partition": partition,
        "endTime": 60.0,
        "jobName": "to_gold",
    }


def test_what_failed_waits_until_it_was_made() -> None:
    failed = run("a", "FAILURE", "model/trained")
    told = FailedRun("a", "model/trained SYNEUR 2024-01-17", datetime(1970, 1, 1, 0, 1, tzinfo=UTC))
    assert unmended([failed]) == (told,)
    assert unmended([run("b", "SUCCESS", "model/trained", "model/tested"), failed]) == ()


def test_another_day_and_another_step_mend_nothing() -> None:
    failed = run("a", "FAILURE", "model/trained", "model/tested")
    later = [
        run("b", "SUCCESS", "model/trained", "model/tested", partition="SYNEUR|2024-01-18"),
        run("c", "SUCCESS", "model/trained"),
    ]
    assert [each.run_id for each in unmended([*later, failed])] == ["a"]


def test_an_older_success_mends_nothing_and_a_failure_is_told_once() -> None:
    runs = [
        run("c", "FAILURE", "raw/ticks"),
        run("b", "FAILURE", "raw/ticks"),
        run("a", "SUCCESS", "raw/ticks"),
    ]
    assert [each.run_id for each in unmended(runs)] == ["c"]


def test_a_sensors_run_is_told_by_its_job() -> None:
    (told,) = unmended([run("a", "FAILURE")])
    assert told.what == "to_gold SYNEUR 2024-01-17"
    assert unmended([run("b", "SUCCESS"), run("a", "FAILURE")]) == ()


def test_a_run_that_never_began_has_no_end() -> None:
    assert len(unmended([run("a", "FAILURE", "raw/ticks") | {"endTime": None}])) == 1
