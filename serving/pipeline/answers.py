"""What a source said, or why it could not: a page asks each source on its own and shows what the others said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, ParamSpec, TypeVar

from ticklake_assets.core.errors import TicklakeError

T = TypeVar("T")
P = ParamSpec("P")


class ServiceDown(TicklakeError):  # noqa: N818 - what pages say of it
    """A service that pages ask does not answer: which, where, what was wrong, and the next step."""

    def __init__(self, service: str, where: str, problem: str, next_step: str) -> None:
        super().__init__(f"{service} at {where} does not answer ({problem}). {next_step}")
        self.service = service


@dataclass(frozen=True)
class Answer(Generic[T]):
    value: T | None = None
    problem: str = ""
    """A sentence for a person; empty where there is a value."""


def ask(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Answer[T]:
    """The value, or the error as a sentence. Faults of our own are no answers: they raise."""
    try:
        return Answer(function(*args, **kwargs))
    except (TicklakeError, OSError) as error:
        return Answer(problem=str(error))
