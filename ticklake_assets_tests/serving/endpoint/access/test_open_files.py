from __future__ import annotations

import subprocess
import sys

import pytest

_PROGRAM = """
import resource
from serving.endpoint.access.open_files import make_room
resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}))
make_room(512)
print(*resource.getrlimit(resource.RLIMIT_NOFILE))
"""


@pytest.mark.parametrize(("soft", "hard", "told"), [(256, 900, "768 900"), (800, 900, "800 900")])
def test_there_is_room_for_every_connection(soft: int, hard: int, told: str) -> None:
    command = [sys.executable, "-c", _PROGRAM.format(soft=soft, hard=hard)]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == told


def test_where_there_cannot_be_it_does_not_start() -> None:
    command = [sys.executable, "-c", _PROGRAM.format(soft=256, hard=700)]
    failed = subprocess.run(command, capture_output=True, text=True, check=False).stderr
    assert "Expected at most 444, since this process may open 700 files, was 512" in failed
