"""How often passwords may be tried, and how many are hashed at once: a hash takes 64 MiB and a processor or more."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv6Address, ip_address, ip_network

from serving.endpoint.access.rate_limit import RateLimit
from serving.pipeline.access.people import People, User

_A_MINUTE = 1 / 60
_OF_ADDRESS, _OF_NAME = 10, 30
"""Wrong passwords at once; then one a minute. By name more, so that a stranger can hardly lock somebody out."""
_OF_ALL_S, _OF_ALL = 2.0, 60
"""Wrong passwords of everybody: a second, and at once."""
_HASHED, _WAITING = 2, 6
"""Hashes at once, and callers who wait for one: each holds a thread that could answer a page."""
_A_MOMENT_S = 2.0
_ALL = "all"


class Guesses:
    def __init__(self, hashed: int = _HASHED, waiting: int = _WAITING) -> None:
        self._of_address = RateLimit(_A_MINUTE, _OF_ADDRESS)
        self._of_name = RateLimit(_A_MINUTE, _OF_NAME)
        self._of_all = RateLimit(_OF_ALL_S, _OF_ALL)
        self._told = RateLimit(_A_MINUTE, 1)
        self._lock = threading.Lock()
        self._hashing = threading.Semaphore(hashed)
        self._places = threading.Semaphore(hashed + waiting)

    def waits(self, address: str, name: str) -> float:
        """Seconds until this address may try this name again."""
        with self._lock:
            return max(
                self._of_address.waits(_caller(address)), self._of_name.waits(name), self._of_all.waits(_ALL)
            )

    def is_news(self, address: str) -> bool:
        """Whether it is a minute since this address was last told to wait: a flood fills no log."""
        with self._lock:
            return not self._told.take(_caller(address))

    def verified(self, people: People, address: str, name: str, password: str) -> User | None:
        """The user, where the password is theirs; else it counts. Busy where too many are being tried."""
        with self._a_place():
            user = people.verified(name, password)
        if user is None:
            with self._lock:
                self._of_address.take(_caller(address))
                self._of_name.take(name)
                self._of_all.take(_ALL)
        return user

    @contextmanager
    def _a_place(self) -> Iterator[None]:
        if not self._places.acquire(blocking=False):
            raise Busy
        try:
            with self._hashing:
                yield
        finally:
            self._places.release()


class Busy(Exception):  # noqa: N818 - what it says of the door
    """So many passwords are being checked that no more may wait."""

    wait_s = _A_MOMENT_S


def _caller(address: str) -> str:
    """Whoever has an IPv6 address has the network of 2^64 around it."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    return str(ip_network((found, 64), strict=False)) if isinstance(found, IPv6Address) else address
