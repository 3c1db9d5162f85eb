from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ticklake_assets.core.errors import SetupError
from ticklake_assets.storage.datasets.git_repository import GitRepository

_COMMIT = """
import sys
from pathlib import Path
from ticklake_assets.storage.datasets.git_repository import GitRepository
root = Path(sys.argv[1])
git = GitRepository(root)
git.init()
(root / "a").write_text("a")
git.run("add", "--all")
git.run("commit", "--quiet", "-m", "first")
print(git.run("log", "--format=%an <%ae> %s").strip())
"""


def test_it_commits_without_a_git_configuration_and_ignores_the_callers(tmp_path: Path) -> None:
    """As a hook of the user's repository would run us: another GIT_DIR, no HOME, a breaking configuration."""
    user, ours = tmp_path / "user", tmp_path / "ours"
    user.mkdir()
    ours.mkdir()
    GitRepository(user).init()
    broken = tmp_path / "gitconfig"
    broken.write_text(
        "[user]\n\tuseConfigOnly = true\n[commit]\n\tgpgSign = true\n[core]\n\thooksPath = /nonexistent\n"
    )
    hostile = {
        "PATH": "/usr/bin:/bin",
        "GIT_DIR": str(user / ".git"),
        "GIT_WORK_TREE": str(user),
        "GIT_CONFIG_GLOBAL": str(broken),
        "HOME": str(tmp_path / "nowhere"),
    }
    done = subprocess.run(
        [sys.executable, "-c", _COMMIT, str(ours)],
        env=hostile,
        cwd=Path(__file__).parents[3],
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == "ticklake <ticklake@localhost> first"
    with pytest.raises(SetupError, match="does not have any commits"):
        GitRepository(user).run("log")


def test_it_never_uses_a_repository_further_up(tmp_path: Path) -> None:
    GitRepository(tmp_path).init()
    inside = tmp_path / "inside"
    inside.mkdir()
    with pytest.raises(SetupError, match=r"git log failed in .*inside.*not a git repository"):
        GitRepository(inside).run("log")
