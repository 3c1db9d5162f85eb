"""The open connections: how many there may be, and which has to go."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Protocol

from serving.endpoint.access.limits import Limits

_LOOK_EVERY_S = 0.5
Network = IPv4Network | IPv6Network


class Connection(Protocol):
    """A connection of either kind, as the register sees it."""

    @property
    def address(self) -> str: ...
    @property
    def is_stream(self) -> bool: ...
    @property
    def standing(self) -> tuple[bool, float]:
        """The least goes first: whether it is at work, and since when it is as it is."""

    @property
    def token_sha256(self) -> str | None:
        """Of the token that it was admitted by."""

    def drop(self) -> None:
        """Cut it without a word."""

    def expire(self, now: float) -> None:
        """End it if it has taken too long."""

    def revoke(self) -> None:
        """End it since its token is no longer valid."""


class Connections:
    """A new connection always finds room: the one that has waited longest without a whole request gives way.

    So strangers with half-sent requests push one another out, and not the next question after `/healthz`. What is at
    work goes only where nothing waits; streams, of which there are at most half as many as connections, never do.
    """

    def __init__(
        self, limits: Limits, proxies: tuple[Network, ...], still_admits: Callable[[str], bool]
    ) -> None:
        self.limits = limits
        self._proxies = proxies
        self._still_admits = still_admits
        self._open: set[Connection] = set()
        self._look: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._open)

    @property
    def streams(self) -> int:
        return sum(each.is_stream for each in self._open)

    def enter(self, new: Connection) -> None:
        """Take a connection in, another for it out where there are too many; strangers to a proxy's rule are cut."""
        if self._proxies and not self._is_proxied(new.address):
            new.drop()
            return
        own = self._of(new.address)
        if len(own) >= self.limits.connections // 2 and not self._is_shared(new.address):
            self._give_way(own)
        elif len(self) >= self.limits.connections:
            self._give_way(self._open)
        self._open.add(new)
        if self._look is None:
            self._look = asyncio.get_running_loop().call_later(_LOOK_EVERY_S, self._look_after)

    def leave(self, gone: Connection) -> None:
        self._open.discard(gone)

    def refuses_stream(self, address: str) -> str | None:
        """Why there may not be one more stream of this address; None where there may."""
        most = self.limits.connections // 2
        if self.streams >= most:
            return f"The endpoint is full. Expected at most {most} streams, were {self.streams}"
        held = sum(each.is_stream for each in self._of(address))
        if held >= most // 2 and not self._is_shared(address):
            return f"Expected at most {most // 2} streams of one address, were {held}"
        return None

    def _of(self, address: str) -> set[Connection]:
        return {each for each in self._open if each.address == address}

    def _give_way(self, candidates: set[Connection]) -> None:
        requests = [each for each in candidates if not each.is_stream]
        if requests:
            longest = min(requests, key=lambda each: each.standing)
            self.leave(longest)
            longest.drop()

    def _is_shared(self, address: str) -> bool:
        """Whether many callers come from one address: a proxy's."""
        return bool(self._proxies) and self._is_proxied(address)

    def _is_proxied(self, address: str) -> bool:
        try:
            peer = ip_address(address)
        except ValueError:
            return False
        return peer.is_loopback or any(peer in network for network in self._proxies)

    def _look_after(self) -> None:
        """Twice a second: end what takes too long, and streams whose token ended."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        for each in tuple(self._open):
            each.expire(now)
            if each.token_sha256 is not None and not self._still_admits(each.token_sha256):
                each.revoke()
        self._look = loop.call_later(_LOOK_EVERY_S, self._look_after) if self._open else None
