"""Free ports on the loopback interface."""

from __future__ import annotations

import random
import socket
from collections.abc import Collection

FIRST, LAST = 18_000, 22_000
"""Below the ephemeral ports of Linux, so that no outgoing connection takes a port before its server does."""
GRPC_OFFSET = 10_000
"""SeaweedFS listens for gRPC on each of its ports + 10000, so every picked port keeps that neighbour free."""


def pick_port(taken: Collection[int]) -> int:
    """A port that nobody listens on, nor on its gRPC neighbour, and that is not in `taken`.

    Any of them: a lowest one would be every other stack's choice as well, while this one is down.
    """
    for port in random.sample(range(FIRST, LAST), LAST - FIRST):
        if port not in taken and busy_port(port, has_grpc=True) is None:
            return port
    raise OSError(f"Expected a free port on 127.0.0.1 between {FIRST} and {LAST}, was none")


def busy_port(port: int, *, has_grpc: bool) -> int | None:
    """The port, or its gRPC neighbour where that counts, on which somebody listens; None where both are free."""
    wanted = (port, port + GRPC_OFFSET) if has_grpc else (port,)
    return next((number for number in wanted if not is_free(number)), None)


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: TIME_WAIT is no listener
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
