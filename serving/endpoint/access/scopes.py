"""What a call asks of its token: FastAPI dependencies that give the running endpoint to who may."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import HTTPException, Request, Security
from fastapi.security import HTTPBearer, SecurityScopes
from starlette.requests import HTTPConnection

from serving.endpoint.access.tokens import Scope
from serving.endpoint.endpoint import Endpoint

_BEARER = HTTPBearer(
    auto_error=False,
    scheme_name="token",
    description="The owner's token (HOME/keys/endpoint.token, all scopes) or one of `ticklake endpoint token create`.",
)


def authorised(connection: HTTPConnection, scope: Scope) -> Endpoint:
    """The running endpoint, for who holds a token of this scope; HTTPException (401, 403, 429) for others.

    421 for a symbol in the address that this process does not serve.
    """
    endpoint: Endpoint = connection.app.state.endpoint
    endpoint.gate.admit(connection, scope)
    symbol = connection.path_params.get("symbol")
    if symbol is not None and symbol not in endpoint.group:
        raise HTTPException(421, endpoint.group.refusal(symbol))
    return endpoint


async def _who_may(
    request: Request, wanted: SecurityScopes, _: Annotated[object, Security(_BEARER)]
) -> Endpoint:
    (scope,) = wanted.scopes
    return authorised(request, cast(Scope, scope))


CanRead = Annotated[Endpoint, Security(_who_may, scopes=["read"])]
"""See models, symbols, statistics, signals and what was streamed and served."""
CanScore = Annotated[Endpoint, Security(_who_may, scopes=["score"])]
"""Send ticks, get their signals, seal a day that is over."""
CanDeploy = Annotated[Endpoint, Security(_who_may, scopes=["deploy"])]
"""Change which models are in service."""
