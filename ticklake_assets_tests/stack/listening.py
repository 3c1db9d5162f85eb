"""On which addresses processes listen, as the kernel says."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

MAPPED = "0000000000000000FFFF0000"
"""How the tables begin an IPv4 address inside IPv6."""


def addresses_of(pids: Iterable[int]) -> set[str]:
    """Addresses as the kernel writes them, also those inside IPv6: 0100007F is 127.0.0.1."""
    return {address.removeprefix(MAPPED) for address, _ in sockets_of(pids)}


def sockets_of(pids: Iterable[int]) -> set[tuple[str, int]]:
    """Address, as it stands in the kernel's table, and port of each listening socket."""
    sockets = set()
    for pid in pids:
        with suppress(OSError):  # it has ended meanwhile
            for descriptor in Path(f"/proc/{pid}/fd").iterdir():
                with suppress(OSError):
                    sockets.add(str(descriptor.readlink()))
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in sockets:
                address, port = fields[1].split(":")
                found.add((address, int(port, 16)))
    return found
