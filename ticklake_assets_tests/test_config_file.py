"""ticklake.toml: what it sets, what goes before it, and what is wrong in it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ticklake_assets.cli import app
from ticklake_assets.config_file import config_file, read_config, take_config
from ticklake_assets.core.errors import SetupError
from ticklake_assets.environment import environment_file, settings_at, take_environment
from ticklake_assets.settings import Settings, variable_of


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A working folder without any setting; what a test takes is given back."""
    for name in Settings.model_fields:
        monkeypatch.setenv(variable_of(name), "")
        monkeypatch.delenv(variable_of(name))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(folder: Path, text: str) -> Path:
    file = folder / "ticklake.toml"
    file.write_text(text)
    return file


def test_without_a_file_nothing_is_set(folder: Path) -> None:
    assert take_config() == {}
    assert config_file() is None


def test_each_kind_of_value_becomes_its_setting(folder: Path) -> None:
    write(
        folder,
        'home = "data"\nsource = "folder"\nsource_dir = "/ticks"\ncosts = "mine.toml"\n'
        "synthetic_seed = 7\nsynthetic_strength = 0.5\nsynthetic_dirt = false\n",
    )
    (folder / "mine.toml").write_text(Path(costs_of("dukascopy")).read_text())
    take_config()
    settings = Settings()
    assert (settings.home, settings.source_dir) == (folder / "data", Path("/ticks"))
    assert settings.costs == str(folder / "mine.toml")
    assert (settings.synthetic_seed, settings.synthetic_strength, settings.synthetic_dirt) == (7, 0.5, False)


def test_a_byte_order_mark_is_none_of_its_text_and_another_encoding_is_an_error(folder: Path) -> None:
    file = write(folder, "")
    file.write_bytes(b"\xef\xbb\xbfsynthetic_seed = 7\n")
    assert take_config()["TICKLAKE_SYNTHETIC_SEED"] == "7"
    file.write_bytes(b'source = "fr\xfch"\n')
    with pytest.raises(SetupError, match=r"ticklake\.toml: Expected TOML"):
        read_config(file)


def test_a_lake_that_is_opened_in_python_has_the_files_settings(folder: Path) -> None:
    write(folder, "synthetic_seed = 7\n")
    assert settings_at(home=folder / "home").synthetic_seed == 7


def costs_of(profile: str) -> Path:
    return Path(__file__).parent.parent / f"ticklake_assets/core/cost_profiles/{profile}.toml"


def test_a_variable_wins_over_the_file_and_the_file_over_the_stack(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder, 's3_region = "file"\nlake_url = "s3://file"\n')
    environment_file(folder / ".ticklake").parent.mkdir()
    environment_file(folder / ".ticklake").write_text(
        "TICKLAKE_LAKE_URL=s3://stack\nTICKLAKE_S3_ENDPOINT=http://stack\n"
    )
    monkeypatch.setenv("TICKLAKE_S3_REGION", "variable")
    assert take_environment() == {"TICKLAKE_S3_ENDPOINT": "http://stack"}
    found = Settings()
    assert (found.s3_region, found.lake_url, found.s3_endpoint) == ("variable", "s3://file", "http://stack")


def test_settings_say_that_a_value_is_the_files_and_hide_its_password(folder: Path) -> None:
    write(folder, 'mlflow_uri = "postgresql://me:hunter2@host/db"\n')
    said = CliRunner().invoke(app, ["settings"]).stdout.splitlines()
    assert "TICKLAKE_MLFLOW_URI = postgresql://me:***@host/db  (ticklake.toml)" in said
    assert "hunter2" not in "".join(said)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            'sorce = "folder"',
            "2: Expected a setting, such as source or source_url or source_dir, was 'sorce'",
        ),
        ('TICKLAKE_COSTS = "raw"', "2: Expected a setting, such as costs, was 'TICKLAKE_COSTS'"),
        ('config = "x"', "was 'config'"),
        ("[source]\nx = 1", "2: Expected a text, a number, true or false, was a table"),
        ('source = ["folder"]', "2: Expected a text, a number, true or false, was a list"),
        ("source = folder", "Expected TOML, lines like source = "),
    ],
)
def test_what_is_no_setting_is_named_with_its_place(folder: Path, line: str, said: str) -> None:
    file = write(folder, f"# mine\n{line}\n")
    with pytest.raises(SetupError) as refused:
        read_config(file)
    assert str(refused.value).startswith(f"{file}:")
    assert said in str(refused.value)


def test_a_wrong_value_is_said_with_its_place_and_without_its_password(folder: Path) -> None:
    file = write(folder, '\nsynthetic_seed = "http://me:secret@host"\n')
    answer = CliRunner().invoke(app, ["instruments"])
    assert answer.exit_code == 1
    assert f"{file}:2: TICKLAKE_SYNTHETIC_SEED: Expected a valid integer" in answer.stderr
    assert "secret" not in answer.stderr


def test_a_file_that_is_named_and_not_there_is_an_error(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TICKLAKE_CONFIG", "other.toml")
    with pytest.raises(SetupError, match=r"TICKLAKE_CONFIG: Expected a file of settings, was .*other.toml"):
        take_config()


def test_a_process_that_works_elsewhere_has_the_same(folder: Path) -> None:
    """As a daemon does, which is started in a folder of its own; one with a file of its own, even."""
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    write(elsewhere, 's3_region = "elsewhere"\ns3_endpoint = "http://elsewhere"\n')
    write(folder, 's3_region = "here"\n')
    take_config()
    probe = (
        "from ticklake_assets.environment import take_environment; from ticklake_assets.settings import Settings;"
        "take_environment(); print(Settings().s3_region, Settings().s3_endpoint)"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe],
        cwd=elsewhere,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["here"]
