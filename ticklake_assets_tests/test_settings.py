from __future__ import annotations

import errno
from pathlib import Path

import pytest

from ticklake_assets.settings import Settings


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
