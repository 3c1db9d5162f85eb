"""Where the stack lives and what it remembers: folders, ports, secrets, processes."""

from __future__ import annotations

import fcntl
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from stack.ports import pick_port
from stack.process import Identity
from ticklake_assets.core.errors import SetupError
from ticklake_assets.files import replace_file
from ticklake_assets.settings import Settings

SILENT_S = 1.0
"""How long a command waits for another one without a word."""


@dataclass
class Site:
    """One stack on this machine, kept in `folder`/stack.json (mode 0600): what it has picked once it keeps."""

    folder: Path
    """Configuration, data and logs of the services."""
    cache: Path
    """Downloaded programs, outside the repository, shared by all stacks of the user."""
    say: Callable[[str], None] | None = None
    """Tells the person who waits why."""
    to_wipe: bool = False
    """All of it shall go, so that a stack.json which cannot be read is none."""
    _ports: dict[str, int] = field(default_factory=dict)
    _secrets: dict[str, str] = field(default_factory=dict)
    _processes: dict[str, Identity] = field(default_factory=dict)
    _settled: set[str] = field(default_factory=set)
    _change: threading.RLock = field(default_factory=threading.RLock)
    """Services start in threads, and each may be the first to ask for a port."""

    @classmethod
    def open(
        cls,
        folder: Path,
        cache: Path | None = None,
        *,
        say: Callable[[str], None] | None = None,
        to_wipe: bool = False,
    ) -> Site:
        """Read the stack of `folder`, or begin one there; nothing else may be in it, `wipe` removes it all."""
        site = cls(folder.absolute(), cache or Settings().cache_dir, say, to_wipe)
        # Looked at in this order, and past the file's first, unfinished form: another command may be beginning there.
        found = [entry.name for entry in folder.iterdir()] if folder.exists() else []
        foreign = [name for name in found if not name.startswith(f".{site._file.name}.")]
        if foreign and not site._file.exists():
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

    def remember(self, service: str, process: Identity) -> None:
        """Note the process of a service, which has not settled yet."""
        with self._change:
            self._processes[service] = process
            self._settled.discard(service)
            self._save()

    def forget(self, services: Iterable[str]) -> None:
        """Note that they have no process any more.

        A full disk does not matter here: a process that has ended is known as dead without the note.
        """
        with self._change:
            for service in services:
                self._processes.pop(service, None)
            with suppress(OSError):
                self._save()

    def is_settled(self, service: str) -> bool:
        """Whether the remembered process has what others expect of it; people may have changed that since."""
        return service in self._settled

    def note_settled(self, service: str) -> None:
        with self._change:
            self._settled.add(service)
            self._save()

    def mark_of(self, service: str) -> str:
        """What the processes of this stack's service carry in their environment."""
        return f"{self.folder}:{service}"

    def folder_of(self, service: str) -> Path:
        """The service's own folder, made on first use; only its owner may look into it."""
        folder = self.folder / service
        with self._change:
            if not self._file.exists():
                self._save()  # first of all: by this file `open` knows the folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder

    def log_of(self, service: str) -> Path:
        return self.folder / "logs" / f"{service}.log"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Let one command at a time change the stack; a second one waits, and then sees what the first left.

        Nothing is written: a full disk must not keep a stack from being stopped. The lock lies beside the folder,
        so that it stays what it is when the folder is removed.
        """
        self.home.mkdir(parents=True, exist_ok=True)
        with self.folder.with_name(f"{self.folder.name}.lock").open("w") as lock:
            self._wait_for(lock)
            self._read()
            yield

    def _wait_for(self, lock: TextIO) -> None:
        deadline = time.monotonic() + SILENT_S
        while time.monotonic() < deadline:
            with suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            time.sleep(0.02)
        if self.say:
            self.say(f"waiting for another command that changes the stack in {self.folder}")
        fcntl.flock(lock, fcntl.LOCK_EX)

    @property
    def _file(self) -> Path:
        return self.folder / "stack.json"

    def _read(self) -> None:
        kept = self._kept()
        self._ports = kept.get("ports", {})
        self._secrets = kept.get("secrets", {})
        self._processes = {name: Identity(*found) for name, found in kept.get("processes", {}).items()}
        self._settled = set(kept.get("settled", []))

    def _kept(self) -> dict[str, Any]:
        text = self._file.read_bytes() if self._file.exists() else b"{}"
        try:
            kept: dict[str, Any] = json.loads(text)
        except ValueError as error:
            if self.to_wipe:
                return {}
            raise SetupError(
                f"{self._file}. Expected the ports, secrets and processes of the stack as JSON, was "
                f"{str(error) if text else 'empty'}: put a copy in its place, or `ticklake stack down --wipe`"
            ) from error
        return kept

    def _save(self) -> None:
        kept = {
            "ports": self._ports,
            "secrets": self._secrets,
            "processes": self._processes,
            "settled": sorted(self._settled),
        }
        replace_file(self._file, f"{json.dumps(kept, indent=1)}\n".encode(), private=True)
