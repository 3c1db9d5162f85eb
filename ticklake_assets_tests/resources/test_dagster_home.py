from __future__ import annotations

import time
from pathlib import Path

import dagster as dg
import pytest
from dagster._daemon.types import DaemonHeartbeat

from ticklake_assets.resources.dagster_home import SILENCE_S, daemon, is_daemon_alive, open_instance
from ticklake_assets.settings import Settings


def beat(instance: dg.DagsterInstance, age_s: float) -> None:
    """Every part of a daemon was heard of so many seconds ago."""
    for part in instance.get_required_daemon_types():
        instance.add_daemon_heartbeat(DaemonHeartbeat(time.time() - age_s, part, "some-daemon", errors=[]))


def test_a_new_home_has_the_projects_instance_and_no_daemon(tmp_path: Path) -> None:
    with open_instance(Settings(home=tmp_path / "new")) as instance:
        assert instance.run_monitoring_enabled
        assert not is_daemon_alive(instance)


def test_a_daemon_that_fell_silent_is_not_taken_for_alive(tmp_path: Path) -> None:
    with open_instance(Settings(home=tmp_path)) as instance:
        alive = {}
        for age_s in (0, SILENCE_S, 2 * SILENCE_S):
            beat(instance, age_s)
            alive[age_s] = is_daemon_alive(instance)
        assert alive == {0: True, SILENCE_S: True, 2 * SILENCE_S: False}


def test_a_running_daemon_is_used_and_left_running(tmp_path: Path) -> None:
    with open_instance(Settings(home=tmp_path)) as instance:
        beat(instance, 1)
        with daemon(instance, tmp_path) as started:
            assert not started
        assert is_daemon_alive(instance)


@pytest.mark.slow
def test_a_daemon_that_was_stopped_is_started_again_at_once(tmp_path: Path) -> None:
    with open_instance(Settings(home=tmp_path)) as instance:
        for _ in range(2):
            with daemon(instance, tmp_path) as started:
                assert started
                assert is_daemon_alive(instance)
            assert not is_daemon_alive(instance)
