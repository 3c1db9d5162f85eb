from __future__ import annotations

import re
from pathlib import Path

from ticklake_assets.commands.stages import app

REPOSITORY = Path(__file__).resolve().parents[2]


def test_the_pipelines_stages_are_the_modules_commands_in_order() -> None:
    pipeline = (REPOSITORY / "dvc.yaml").read_text()
    commands = re.findall(r"commands\.stages (\w+)", pipeline)
    assert commands == [command.name for command in app.registered_commands]
    assert commands == re.findall(r"^  (\w+):$", pipeline, re.MULTILINE)


def test_every_parameter_is_used_and_none_is_missing() -> None:
    used = set(re.findall(r"\$\{(\w+)\}", (REPOSITORY / "dvc.yaml").read_text()))
    given = set(re.findall(r"^(\w+):", (REPOSITORY / "params.yaml").read_text(), re.MULTILINE))
    assert used == given
