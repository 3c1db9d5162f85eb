"""Ports of the loopback interface: one that is free, and whether somebody listens."""

from __future__ import annotations

import socket

_PATIENCE_S = 5.0
"""A port that nobody has refuses at once; a server that is busy answers late."""


def free_port() -> int:
    """A TCP port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_listening(port: int) -> bool:
    """Whether somebody takes connections there."""
    with socket.socket() as probe:
        probe.settimeout(_PATIENCE_S)
        return probe.connect_ex(("127.0.0.1", port)) == 0
