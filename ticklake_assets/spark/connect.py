"""Ask a Spark Connect server whether it is there."""

from __future__ import annotations

from contextlib import suppress
from uuid import uuid4

import grpc
from pyspark.sql.connect.client import DefaultChannelBuilder
from pyspark.sql.connect.proto import ReleaseSessionRequest, SparkConnectServiceStub, UserContext


def accepts(address: str, token: str, patience_s: float = 5.0) -> bool:
    """Whether the server takes the token and answers a request that costs it nothing: to end no session."""
    request = ReleaseSessionRequest(session_id=str(uuid4()), user_context=UserContext(user_id="health"))
    with DefaultChannelBuilder(f"{address}/;token={token}").toChannel() as channel, suppress(grpc.RpcError):
        SparkConnectServiceStub(channel).ReleaseSession(request, timeout=patience_s)  # type: ignore[no-untyped-call]
        return True
    return False
