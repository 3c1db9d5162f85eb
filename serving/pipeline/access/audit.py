"""The audit log: each action of a person, with what was before and what after; lines are only ever added."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Literal

from fastapi import HTTPException, Request
from pydantic import BaseModel, ConfigDict, ValidationError

from serving.pipeline.access.roles import Person
from ticklake_assets.core.errors import TicklakeError
from ticklake_assets.files import locked

Outcome = Literal["done", "failed", "refused"]
_BLOCK = 64 * 1024


class Entry(BaseModel):
    model_config = ConfigDict(frozen=True)

    when: datetime
    who: str
    roles: tuple[str, ...]
    address: str
    """Where the call came from."""
    action: str
    what: str
    reason: str = ""
    before: Any = None
    after: Any = None
    outcome: Outcome
    error: str = ""


class AuditLog:
    """JSON lines; a line is on the disk before the action's answer leaves."""

    def __init__(self, home: Path) -> None:
        self.path = home / "audit.jsonl"

    def write(self, entry: Entry) -> None:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with locked(self.path.with_suffix(".lock")):
            descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
            with os.fdopen(descriptor, "r+b") as file:
                torn = (
                    file.seek(0, os.SEEK_END) > 0 and _last_byte(file) != b"\n"
                )  # a power cut ended it in a line
                file.write(b"\n" * torn + entry.model_dump_json().encode() + b"\n")
                file.flush()
                os.fsync(file.fileno())

    def entries(self) -> Iterator[Entry]:
        """The newest first, read from the end as far as they are asked for; a line that is none is passed over."""
        try:
            file = self.path.open("rb")
        except FileNotFoundError:
            return
        with file:
            for line in _backwards(file):
                try:
                    yield Entry.model_validate_json(line)
                except ValidationError:
                    continue


@dataclass
class Act:
    after: Any = None
    """What the action led to, as JSON has it; the block sets it."""


@contextmanager
def acting(
    request: Request, action: str, what: str, *, reason: str = "", before: Any = None
) -> Iterator[Act]:
    """Write one line when the block ends: that it is done, or the error that it raised."""
    act, said = Act(), ""
    try:
        yield act
    except (TicklakeError, OSError, HTTPException) as error:
        said = str(error.detail if isinstance(error, HTTPException) else error) or type(error).__name__
        request.state.is_noted = True
        raise
    except BaseException as error:
        said = type(error).__name__
        raise
    finally:
        outcome: Outcome = "failed" if said else "done"
        note(
            request, action, what, reason=reason, before=before, after=act.after, outcome=outcome, error=said
        )


def note(request: Request, action: str, what: str, *, who: str = "", outcome: Outcome, **more: Any) -> None:
    """A line of somebody who may not be signed in: `who` they say they are."""
    person: Person | None = getattr(request.state, "person", None)
    log: AuditLog = request.app.state.access.audit
    log.write(
        Entry(
            when=datetime.now(UTC),
            who=person.name if person else who,
            roles=tuple(sorted(person.roles)) if person else (),
            address=request.client.host if request.client else "",
            action=action,
            what=what,
            outcome=outcome,
            **json.loads(json.dumps(more, default=str)),
        )
    )


def _last_byte(file: Any) -> bytes:
    file.seek(-1, os.SEEK_END)
    last: bytes = file.read(1)
    return last


def _backwards(file: BinaryIO) -> Iterator[bytes]:
    """Lines from the last to the first."""
    at, rest = file.seek(0, os.SEEK_END), b""
    while at > 0:
        size = min(_BLOCK, at)
        at -= size
        file.seek(at)
        first, *lines = (file.read(size) + rest).split(b"\n")
        yield from reversed(lines)
        rest = first
    yield rest
