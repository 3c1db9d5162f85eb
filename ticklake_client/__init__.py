"""Client of the live endpoint: ticks in, signals out. docs/endpoint-calls.md shows it at work."""

from ticklake_client.client import Client
from ticklake_client.errors import (
    ClientError,
    ConnectionLostError,
    ContractError,
    FeedLostError,
    FeedTakenError,
    NotAuthorisedError,
    NotFoundError,
    RefusedError,
    TicksRefusedError,
)
from ticklake_client.stream import Stream
from ticklake_client.wire import Acknowledgement, NotClean, Signal, SignalEvent, Standing, Tick

__all__ = [
    "Acknowledgement",
    "Client",
    "ClientError",
    "ConnectionLostError",
    "ContractError",
    "FeedLostError",
    "FeedTakenError",
    "NotAuthorisedError",
    "NotClean",
    "NotFoundError",
    "RefusedError",
    "Signal",
    "SignalEvent",
    "Standing",
    "Stream",
    "Tick",
    "TicksRefusedError",
]
