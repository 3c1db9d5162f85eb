from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ticklake_assets.cli import app
from ticklake_assets.environment import environment_file, read_environment, take_environment
from ticklake_assets.settings import Settings

LINES = "TICKLAKE_LAKE_URL=s3://lake\nTICKLAKE_DAGSTER_URL=postgresql://me:a=b@127.0.0.1:1/d\n"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A home whose stack is up; what a test takes is given back."""
    with pytest.MonkeyPatch.context() as variables:
        for name in ("TICKLAKE_LAKE_URL", "TICKLAKE_DAGSTER_URL", "TICKLAKE_HOME"):
            variables.setenv(name, "")
            variables.delenv(name)
        variables.setenv("TICKLAKE_HOME", str(tmp_path))
        environment_file(tmp_path).write_text(LINES)
        yield tmp_path


def test_without_a_stack_nothing_is_offered(tmp_path: Path) -> None:
    assert read_environment(tmp_path) == {}


def test_what_nobody_has_set_comes_from_the_stack(home: Path) -> None:
    assert take_environment() == read_environment(home)
    assert Settings().lake == "s3://lake"
    assert Settings().dagster_url == "postgresql://me:a=b@127.0.0.1:1/d"


def test_what_the_user_has_set_wins(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TICKLAKE_LAKE_URL", "s3://company")
    assert set(take_environment()) == {"TICKLAKE_DAGSTER_URL"}
    assert Settings().lake == "s3://company"


def test_settings_tell_where_a_value_is_from_and_no_password(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TICKLAKE_SQL_URL", "duckdb://")
    said = CliRunner().invoke(app, ["settings"]).stdout.splitlines()
    assert "TICKLAKE_LAKE_URL = s3://lake  (stack.env)" in said
    assert "TICKLAKE_DAGSTER_URL = postgresql://me:***@127.0.0.1:1/d  (stack.env)" in said
    assert "TICKLAKE_SQL_URL = duckdb://  (environment)" in said
    assert "TICKLAKE_SPARK_MEMORY = 2g  (default)" in said


def test_these_tests_see_no_stack_of_the_developers() -> None:
    assert "ticklake-home-" in os.environ["TICKLAKE_HOME"]
    assert take_environment() == {}
