from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Iterator

import dagster as dg
import psutil
import pytest
from dagster._core.test_utils import create_run_for_test

from ticklake_assets.instance.in_process_runs import PROCESS_TAG, end_orphans, process_tag

STARTED, FAILURE = dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.FAILURE


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as held:
        yield held


def status_after(instance: dg.DagsterInstance, tags: dict[str, str]) -> dg.DagsterRunStatus:
    run = create_run_for_test(instance, "job", tags=tags, status=STARTED)
    end_orphans(instance)
    found = instance.get_run_by_id(run.run_id)
    assert found is not None
    return found.status


def test_a_run_ends_with_its_process(instance: dg.DagsterInstance) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as command:
        tag = f"{platform.node()}:{command.pid}:{psutil.Process(command.pid).create_time():.2f}"
        assert status_after(instance, {PROCESS_TAG: tag}) is STARTED
        command.kill()
        os.waitid(os.P_PID, command.pid, os.WEXITED | os.WNOWAIT)
        assert status_after(instance, {PROCESS_TAG: tag}) is FAILURE, (
            "also before its parent has waited for it"
        )
    assert status_after(instance, {PROCESS_TAG: tag}) is FAILURE


def test_a_run_of_this_process_or_of_another_machine_goes_on(instance: dg.DagsterInstance) -> None:
    assert status_after(instance, process_tag()) is STARTED
    assert status_after(instance, {PROCESS_TAG: "another-machine:1:1.00"}) is STARTED
    assert status_after(instance, {}) is STARTED


def test_a_number_that_another_process_got_is_not_the_same(instance: dg.DagsterInstance) -> None:
    machine, pid, _ = process_tag()[PROCESS_TAG].rsplit(":", 2)
    assert status_after(instance, {PROCESS_TAG: f"{machine}:{pid}:1.00"}) is FAILURE


def test_a_clock_that_was_set_makes_no_other_process(instance: dg.DagsterInstance) -> None:
    """The system tells when a process started by the moment of its boot, which moves with the clock."""
    machine, pid, started = process_tag()[PROCESS_TAG].rsplit(":", 2)
    assert status_after(instance, {PROCESS_TAG: f"{machine}:{pid}:{float(started) + 1:.2f}"}) is STARTED
