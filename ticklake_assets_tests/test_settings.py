"""What the command line says of settings: all of them, the wrong ones, and variables that are none."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ticklake_assets.cli import app
from ticklake_assets.settings import Settings


def settings(**variables: str) -> Result:
    environment = {f"TICKLAKE_{name}": value for name, value in variables.items()}
    return CliRunner().invoke(app, ["settings"], env={"COLUMNS": "80", **environment})


def test_every_variable_is_listed_whole_on_a_narrow_terminal() -> None:
    answer = settings()
    assert answer.exit_code == 0
    assert [line for line in answer.stdout.splitlines() if len(line) > 80 and " = /" not in line] == []
    assert [name for name in Settings.model_fields if f"TICKLAKE_{name.upper()} " not in answer.stdout] == []
    assert "None" not in answer.stdout


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("SOURCE", "ftp", "Expected 'dukascopy', 'dukascopy-bi5', 'folder' or 'journal', was 'ftp'"),
        ("SYNTHETIC_STRENGTH", "x", "Expected a valid number, was 'x'"),
        ("SYNTHETIC_STRENGTH", "3", "Expected less than or equal to 1, was '3'"),
        (
            "COSTS",
            "cheap",
            "Expected one of dukascopy, raw_spread, spread_only, or a TOML file of your own, was 'cheap'",
        ),
        ("UMASK", "private", "Expected three octal digits like 077 or 027, was 'private'"),
        ("SYNTHETIC_DIRT", "perhaps", "Expected a valid boolean, was 'perhaps'"),
    ],
)
def test_a_wrong_value_is_one_line(variable: str, value: str, said: str) -> None:
    answer = settings(**{variable: value})
    assert answer.exit_code == 1
    assert answer.stderr.splitlines()[-1] == f"ticklake: TICKLAKE_{variable}: {said}"


def test_a_misspelt_variable_is_named() -> None:
    assert "TICKLAKE_SORCE" not in settings().stderr
    answer = settings(SORCE="folder")
    assert answer.exit_code == 0
    assert "TICKLAKE_SORCE" in answer.stderr
    assert answer.stderr.endswith(": ignored\n")


def _refused(place: Path | None) -> OSError:
    return OSError(errno.EACCES, "Permission denied", *([str(place)] if place else []))


@pytest.mark.parametrize(
    ("place", "variable"),
    [
        ("home", "TICKLAKE_HOME"),
        ("home/dagster/storage", "TICKLAKE_HOME"),
        ("", "TICKLAKE_HOME"),  # a folder above it that cannot be made
        ("drop/ticks", "TICKLAKE_LANDING"),
        ("models", "TICKLAKE_ENDPOINT_DIR"),
        ("ticks/day.csv", "TICKLAKE_SOURCE_DIR"),
    ],
)
def test_what_the_disk_refuses_names_the_setting(tmp_path: Path, place: str, variable: str) -> None:
    folders = {"home": "home", "landing": "drop", "endpoint_dir": "models", "source_dir": "ticks"}
    settings = Settings.model_validate({name: tmp_path / folder for name, folder in folders.items()})
    folder = getattr(settings, variable.removeprefix("TICKLAKE_").lower())
    assert settings.refusal(_refused(tmp_path / place)) == (
        f"the disk refuses {tmp_path / place} (Permission denied). "
        f"Expected a folder that can be used, with room: {variable}, was {folder}"
    )


def test_what_no_setting_led_to_is_said_as_it_is(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    assert settings.refusal(_refused(tmp_path / "else")) == str(_refused(tmp_path / "else"))
    assert settings.refusal(ConnectionRefusedError(errno.ECONNREFUSED, "refused")) == "[Errno 111] refused"


def test_each_lake_has_a_landing_folder_of_its_own(tmp_path: Path) -> None:
    """What was taken from one lies in that lake: another lake's replicator would wait for it for ever."""
    bucket = "s3://ticklake/lake"
    folders = [
        Settings(home=tmp_path).landing_dir,
        Settings(home=tmp_path, lake_url=(tmp_path / "other").as_uri()).landing_dir,
        Settings(home=tmp_path, lake_url=bucket, s3_endpoint="http://127.0.0.1:1").landing_dir,
        Settings(home=tmp_path, lake_url=bucket, s3_endpoint="http://127.0.0.1:2").landing_dir,
    ]
    assert folders[0] == tmp_path / "landing"
    assert len(set(folders)) == 4
    assert Settings(home=tmp_path, lake_url=(tmp_path / "lake").as_uri()).landing_dir == folders[0]
    assert (
        Settings(home=tmp_path, lake_url=bucket, landing=tmp_path / "mine").landing_dir == tmp_path / "mine"
    )
