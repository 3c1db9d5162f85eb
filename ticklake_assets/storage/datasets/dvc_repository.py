"""A git and DVC repository of ticklake's own: made on first use, one writer at a time, its remote in the lake.

DVC runs inside this process: 0.3 s an operation against 3 s through its command line.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from ticklake_assets.core.errors import SetupError
from ticklake_assets.files import locked, replace_file
from ticklake_assets.storage.datasets.git_repository import GitRepository

_CONFIG = """\
[core]
    analytics = false
    autostage = false
    check_update = false
    remote = lake
[cache]
    type = "hardlink,copy"
"""


class DvcRepository:
    """The folder, its git, and DVC with the configured remote."""

    def __init__(self, root: Path, remote_url: str, s3_endpoint: str = "", s3_region: str = "") -> None:
        """`remote_url` is a folder of the lake, file:///... or s3://bucket/prefix; made on first push."""
        self.root = root.absolute()
        self.git = GitRepository(self.root)
        self.remote = _remote_path(remote_url)
        self._remote = {"url": self.remote}
        if remote_url.startswith("s3://"):
            given = {"endpointurl": s3_endpoint, "region": s3_region}
            self._remote |= {name: value for name, value in given.items() if value}

    @property
    def exists(self) -> bool:
        return (self.root / ".git").exists()

    @contextmanager
    def dvc(self, rev: str | None = None) -> Iterator[Any]:
        """DVC's own view of the repository, now or at a git revision."""
        from dvc.repo import Repo  # a second to import

        logging.getLogger("dvc").setLevel(logging.ERROR)  # hints for people who type its commands
        with Repo(str(self.root), rev=rev) as repo:
            yield repo

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One writer at a time, in whatever process; makes the repository on first use."""
        with locked(self.root.parent / f"{self.root.name}.lock"):
            if not (self.root / ".dvc" / "config").exists():
                self._create()
            local = {
                "core": {"site_cache_dir": str(self.root / ".dvc" / "tmp" / "site")},
                'remote "lake"': self._remote,
            }
            self.write(".dvc/config.local", _ini(local))
            yield

    def write(self, place: str, data: bytes) -> None:
        """Write a file of the repository, never through the old one, which may be a hard link into DVC's cache.

        What a kill leaves half written lies where git does not look.
        """
        replace_file(self.root / place, data, aside=self.root / ".dvc" / "tmp")

    def _create(self) -> None:
        """Make the repository beside its place and move it there whole."""
        if self.root.exists() and any(self.root.iterdir()):
            raise SetupError(
                f"{self.root} is not a dataset registry. Expected an empty or absent folder, was a used one"
            )
        fresh = self.root.with_name(f"{self.root.name}.new")
        shutil.rmtree(fresh, ignore_errors=True)
        (fresh / ".dvc").mkdir(parents=True)
        (fresh / ".dvc" / "config").write_text(_CONFIG)
        (fresh / ".dvc" / ".gitignore").write_text("/config.local\n/tmp\n/cache\n")
        git = GitRepository(fresh)
        git.init()
        git.run("add", "--all")
        git.run("commit", "--quiet", "-m", "Start the dataset registry")
        fresh.replace(self.root)


def _remote_path(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.path.startswith("/"):
        return unquote(parts.path).rstrip("/")
    if parts.scheme == "s3" and parts.netloc:
        return url.rstrip("/")
    raise SetupError(
        f"The dataset remote cannot be used. Expected file:///folder or s3://bucket/prefix, was {url!r}"
    )


def _ini(sections: dict[str, dict[str, str]]) -> bytes:
    """DVC's configuration format; every value in quotes, since a path may hold a comma or a hash."""
    lines = []
    for section, values in sections.items():
        lines.append(f"['{section}']" if '"' in section else f"[{section}]")
        lines += [f'    {name} = "{value}"' for name, value in values.items()]
    return ("\n".join(lines) + "\n").encode()
