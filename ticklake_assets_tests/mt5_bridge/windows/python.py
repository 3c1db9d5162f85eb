"""A Windows Python with the bridge, its libraries and the vendor's package, seen from this machine."""

from __future__ import annotations

import subprocess
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]


class WindowsPython:
    """Runs in the repository, so `-m` finds the bridge; paths of this machine are on its drive Z."""

    def __init__(self, program: str) -> None:
        self._program = program

    def start(self, *arguments: str | Path) -> subprocess.Popen[str]:
        """With pipes, as Wine 8 hands on no files; the process is the Windows one: a signal meets it."""
        words = [windows_path(word) if isinstance(word, Path) else word for word in arguments]
        pipe = subprocess.PIPE
        return subprocess.Popen(
            [self._program, *words], cwd=REPOSITORY, stdin=pipe, stdout=pipe, stderr=pipe, text=True
        )

    def run(self, *arguments: str | Path, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        with self.start(*arguments) as process:
            try:
                said, complained = process.communicate(timeout=timeout)
            finally:
                process.kill()
        return subprocess.CompletedProcess(process.args, process.returncode, said, complained)


def windows_path(path: Path) -> str:
    """
    >>> windows_path(Path("/tmp/day.csv"))
    'Z:/tmp/day.csv'
    """
    return f"Z:{path.absolute().as_posix()}"
