"""Where the stack lives and what it remembers: folders, ports, secrets, processes."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stack.ports import pick_port
from stack.process import Identity
from ticklake_assets.core.errors import SetupError
from ticklake_assets.settings import Settings


@dataclass
class Site:
    """One stack on this machine, kept in `folder`/stack.json (mode 0600): what it has picked once it keeps."""

    folder: Path
    """Configuration, data and logs of the services."""
    cache: Path
    """Downloaded programs, outside the repository, shared by all stacks of the user."""
    _ports: dict[str, int] = field(default_factory=dict)
    _secrets: dict[str, str] = field(default_factory=dict)
    _processes: dict[str, Identity] = field(default_factory=dict)
    _change: threading.RLock = field(default_factory=threading.RLock)
    """Services start in threads, and each may be the first to ask for a port."""

    @classmethod
    def open(cls, folder: Path, cache: Path | None = None) -> Site:
        """Read the stack of `folder`, or begin one there; nothing else may be in it, `wipe` removes it all."""
        site = cls(folder.absolute(), cache or Settings().cache_dir)
        if not site._file.exists() and folder.exists() and any(folder.iterdir()):
            raise SetupError(
                f"Expected {site._file} in {folder}, was a folder of something else: set TICKLAKE_HOME"
            )
        site._read()
        return site

    @property
    def home(self) -> Path:
        """TICKLAKE_HOME: the stack is the folder `stack` in it."""
        return self.folder.parent

    def port(self, name: str) -> int:
        """The port of that name on 127.0.0.1: free when it was picked, the same ever after."""
        with self._change:
            if name not in self._ports:
                self._ports[name] = pick_port(taken=set(self._ports.values()))
                self._save()
            return self._ports[name]

    def kept_port(self, name: str) -> int | None:
        """The port of that name, if one was picked."""
        return self._ports.get(name)

    def secret(self, name: str) -> str:
        """The random secret of that name, 40 hex digits."""
        with self._change:
            if name not in self._secrets:
                self._secrets[name] = secrets.token_hex(20)
                self._save()
            return self._secrets[name]

    def process(self, service: str) -> Identity | None:
        """The process that was last started for the service; it may be dead."""
        return self._processes.get(service)

    def remember(self, service: str, process: Identity | None) -> None:
        """Note the process of a service, or that there is none."""
        with self._change:
            if process is None:
                self._processes.pop(service, None)
            else:
                self._processes[service] = process
            self._save()

    def mark_of(self, service: str) -> str:
        """What the processes of this stack's service carry in their environment."""
        return f"{self.folder}:{service}"

    def folder_of(self, service: str) -> Path:
        """The service's own folder, made on first use; only its owner may look into it."""
        folder = self.folder / service
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder

    def log_of(self, service: str) -> Path:
        return self.folder / "logs" / f"{service}.log"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Let one command at a time change the stack; a second one waits, and then sees what the first left.

        The lock lies beside the folder, so that it stays what it is when the folder is removed.
        """
        self.home.mkdir(parents=True, exist_ok=True)
        with self.folder.with_name(f"{self.folder.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._read()
            self._save()
            yield

    @property
    def _file(self) -> Path:
        return self.folder / "stack.json"

    def _read(self) -> None:
        kept: dict[str, dict[str, Any]] = json.loads(self._file.read_text()) if self._file.exists() else {}
        self._ports = kept.get("ports", {})
        self._secrets = kept.get("secrets", {})
        self._processes = {name: Identity(*found) for name, found in kept.get("processes", {}).items()}

    def _save(self) -> None:
        kept = {"ports": self._ports, "secrets": self._secrets, "processes": self._processes}
        write_private(self._file, json.dumps(kept, indent=1) + "\n")


def write_private(path: Path, text: str) -> None:
    """Replace a file atomically; only its owner may read it, at no moment anybody else."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mode 0600
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    Path(temporary).replace(path)
