from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from ticklake_assets.storage.file_lock import hold_alone, locked

HOLD = """
import sys
from pathlib import Path
from ticklake_assets.storage.file_lock import locked
with locked(Path(sys.argv[1]), lambda: print("waiting", flush=True), shared=sys.argv[2] == "shared"):
    print("held", flush=True)
    sys.stdin.readline()
"""


class Holder:
    """Another process that asks for the lock, and holds it until it is told to let go."""

    def __init__(self, file: Path, how: str = "alone") -> None:
        command = [sys.executable, "-c", HOLD, str(file), how]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def says(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def let_go(self) -> None:
        self.process.communicate("\n", timeout=30)


def test_a_second_process_says_that_it_waits_and_has_the_lock_once_the_first_let_go(tmp_path: Path) -> None:
    file = tmp_path / "new" / "some.lock"
    with locked(file):
        second = Holder(file)
        assert second.says() == "waiting"
    assert second.says() == "held"
    second.let_go()


def test_a_lock_ends_with_its_holder_however_that_ends(tmp_path: Path) -> None:
    file, waits = tmp_path / "some.lock", []
    first = Holder(file)
    assert first.says() == "held"
    first.process.kill()
    first.process.communicate()
    with locked(file, lambda: waits.append("waiting")):
        assert not waits


def test_who_shares_a_lock_can_wait_for_all_others_to_let_go(tmp_path: Path) -> None:
    file, waits = tmp_path / "some.lock", []
    with locked(file, shared=True) as lock:
        other = Holder(file, "shared")
        assert other.says() == "held"

        def waiting() -> None:
            waits.append("waiting")
            other.let_go()

        hold_alone(lock, waiting)
        assert waits == ["waiting"]
        late = Holder(file, "shared")
        assert late.says() == "waiting"
    assert late.says() == "held"
    late.let_go()
