from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from dagster import DagsterInstance

from stack.services.postgres import Postgres, database_url, session
from ticklake_assets.instance.configuration import PROJECT, instance_yaml, write_instance
from ticklake_assets.instance.home import open_instance
from ticklake_assets.instance.s3_compute_logs import S3Logs
from ticklake_assets.settings import Settings
from ticklake_assets_tests.stack.scripted import new_site, running

OPEN = """
import sys
from pathlib import Path
from ticklake_assets.instance.home import open_instance
from ticklake_assets.instance.configuration import write_instance
from ticklake_assets.settings import Settings
print("ready", flush=True)
sys.stdin.readline()
settings = Settings(home=Path(sys.argv[1]))
for _ in range(3):
    open_instance(settings).dispose()
for _ in range(300):
    write_instance(settings)
"""


def test_the_embedded_instance_is_the_projects_file(tmp_path: Path) -> None:
    home = write_instance(Settings(home=tmp_path))
    ours, output = (home / "dagster.yaml").read_text().split("\ncompute_logs: ")
    assert ours == (PROJECT / "dagster.yaml").read_text()
    assert f'{{"base_dir": "{home}/storage"}}' in output
    assert [path.name for path in home.iterdir()] == ["dagster.yaml"]


def test_two_processes_that_open_an_instance_at_once_both_have_it(tmp_path: Path) -> None:
    command = [sys.executable, "-c", OPEN, str(tmp_path)]
    pipe = subprocess.PIPE
    openers = [subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) for _ in range(2)]
    for opener in openers:
        assert opener.stdout
        assert opener.stdout.readline() == "ready\n"
    for opener in openers:
        assert opener.stdin
        opener.stdin.write("\n")
        opener.stdin.flush()
    assert [(opener.communicate()[1], opener.returncode) for opener in openers] == [("", 0)] * 2


def test_no_secret_is_written(tmp_path: Path) -> None:
    assert "hush" not in instance_yaml(
        Settings(home=tmp_path, dagster_url="postgresql+psycopg2://me:hush@db/dagster")
    )


def test_output_of_runs_goes_where_the_settings_say(tmp_path: Path) -> None:
    settings = Settings(
        home=tmp_path, dagster_logs="s3://bucket/some/prefix", s3_endpoint="http://127.0.0.1:1"
    )
    write_instance(settings)
    with DagsterInstance.from_config(str(settings.dagster_home)) as instance:
        manager = instance.compute_log_manager
        assert isinstance(manager, S3Logs)
        assert manager.inst_data
        config = manager.inst_data.config_dict
        told = ("bucket", "prefix", "endpoint_url", "region")
        assert [config[name] for name in told] == ["bucket", "some/prefix", "http://127.0.0.1:1", "us-east-1"]
        assert instance.run_monitoring_enabled, "the project's file must stay in force"


def test_a_real_postgres_keeps_the_instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = new_site(tmp_path)
    with running(site, Postgres()):
        monkeypatch.setenv("TICKLAKE_DAGSTER_URL", database_url(site, "dagster"))
        monkeypatch.setenv("DAGSTER_HOME", "")  # set by `open_instance`, and restored behind it
        with open_instance(Settings(home=tmp_path)) as instance:
            assert instance.get_runs_count() == 0
        with session(site, "dagster") as cursor:
            cursor.execute("SELECT count(*) FROM runs")
            assert cursor.fetchall() == [(0,)]
