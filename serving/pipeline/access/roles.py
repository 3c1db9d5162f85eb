"""Who may do what: FastAPI dependencies that give the signed-in person to routes of a role."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Literal, get_args

from fastapi import Depends, HTTPException, Request

Role = Literal["see", "research", "deploy", "trade"]
ROLES: tuple[Role, ...] = get_args(Role)


@dataclass(frozen=True)
class Person:
    name: str
    roles: frozenset[Role]


def _who_may(role: Role) -> Callable[[Request], Person]:
    def person(request: Request) -> Person:
        found: Person = request.state.person  # the door lets nobody else here
        if role not in found.roles:
            raise HTTPException(403, f"Expected the role {role!r}, was {', '.join(sorted(found.roles))}")
        return found

    return person


CanSee = Annotated[Person, Depends(_who_may("see"))]
CanResearch = Annotated[Person, Depends(_who_may("research"))]
CanDeploy = Annotated[Person, Depends(_who_may("deploy"))]
CanTrade = Annotated[Person, Depends(_who_may("trade"))]
