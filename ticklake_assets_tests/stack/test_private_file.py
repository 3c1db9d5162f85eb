from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from stack.private_file import write_private

FULL = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))"
"""No file may grow, as on a disk that is full."""


def test_a_private_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file"
    write_private(path, "one\n")
    with path.open() as before:
        write_private(path, "two\n")
        assert before.read() == "one\n"
    assert path.read_text() == "two\n"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_a_full_disk_is_named_and_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_private(path, "one\n")
    code = f"""
from pathlib import Path
from stack.private_file import write_private
{FULL}
try:
    write_private(Path({str(path)!r}), "two")
except OSError as error:
    print(error.filename)
"""
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout == f"{path}\n"
    assert path.read_text() == "one\n"
    assert list(tmp_path.iterdir()) == [path]
