"""How much one caller, and all of them together, may take."""

from __future__ import annotations

from dataclasses import dataclass

from ticklake_assets.modeling.deployed.archive import LARGEST
from ticklake_assets.settings import Settings

MIB = 1 << 20


@dataclass(frozen=True)
class Limits:
    """Sizes in bytes, times in seconds."""

    connections: int
    """In all. Half of them may be streams, half may be of one address, a quarter its streams."""
    requests_s: float
    """Requests a second of one address, and as many at once; a stream counts once."""
    head_s: float
    """From a connection, or its last answer, to the whole head of a request."""
    body: int = 4 * MIB
    message: int = 4 * MIB
    """Of a stream: twice what 16,384 ticks have, the most of a batch."""

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        return cls(settings.endpoint_connections, settings.endpoint_requests_s, settings.endpoint_timeout_s)

    @property
    def body_s(self) -> float:
        """From the connection, or its last answer, to the whole body."""
        return 6 * self.head_s

    @property
    def write_s(self) -> float:
        """A client that does not read what it asked for, on a stream too."""
        return 3 * self.head_s

    def body_of(self, path: str) -> int:
        """A bundle is larger than every other body."""
        return LARGEST if path == "/v1/bundles" else self.body
