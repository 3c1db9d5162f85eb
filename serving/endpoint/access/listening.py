"""Where the endpoint may listen: beyond this machine only with TLS, its own or a proxy's."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

from uvicorn.loops.auto import auto_loop_factory

from serving.endpoint.access.connections import Network
from ticklake_assets.core.errors import SetupError
from ticklake_assets.settings import Settings


@dataclass(frozen=True)
class Listening:
    host: str
    cert: Path | None = None
    key: Path | None = None
    proxies: tuple[Network, ...] = ()
    """Who may connect, besides this machine, and whose word on a caller's address is taken."""

    @classmethod
    def of(cls, settings: Settings, host: str) -> Listening:
        """The endpoint's, by its settings."""
        proxies = _networks("TICKLAKE_ENDPOINT_BEHIND_PROXY", settings.endpoint_behind_proxy)
        return cls.judged(host, settings.endpoint_tls_cert, settings.endpoint_tls_key, proxies)

    @classmethod
    def of_pages(cls, settings: Settings, host: str) -> Listening:
        """The lifecycle pages', by theirs."""
        proxies = _networks("TICKLAKE_PAGES_BEHIND_PROXY", settings.pages_behind_proxy)
        return cls.judged(host, settings.pages_tls_cert, settings.pages_tls_key, proxies)

    @classmethod
    def judged(
        cls, host: str, cert: Path | None, key: Path | None, proxies: tuple[Network, ...]
    ) -> Listening:
        """SetupError where tokens or sessions would travel beyond this machine in the clear."""
        found = cls(host, cert, key, proxies)
        found._expect_certificate()
        if not (cert or proxies or is_loopback(host)):
            raise SetupError(
                f"Expected an address of this machine alone, like 127.0.0.1, or TLS (--tls-cert and --tls-key), or a "
                f"proxy that has it (--behind-proxy ADDRESS), was {host!r} without: secrets would travel in the clear"
            )
        return found

    @property
    def scheme(self) -> str:
        return "https" if self.cert else "http"

    def for_uvicorn(self, handshake_s: float) -> dict[str, Any]:
        """Of `uvicorn.Config`; a connection has that many seconds to begin TLS, where uvicorn would give it 60."""
        tls = {"loop": _impatient(handshake_s)} if self.cert else {}
        return tls | {
            "host": self.host,
            "ssl_certfile": self.cert,
            "ssl_keyfile": self.key,
            # Without a proxy that is named, nobody's X-Forwarded-For counts: uvicorn would take this machine's.
            "proxy_headers": bool(self.proxies),
            "forwarded_allow_ips": [str(network) for network in self.proxies],
        }

    def _expect_certificate(self) -> None:
        if (self.cert is None) != (self.key is None):
            raise SetupError(
                f"TLS: Expected both --tls-cert and --tls-key, was {self.cert or self.key} alone"
            )
        if self.cert is not None and self.key is not None:
            try:
                ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(self.cert, self.key, lambda: b"")
            except (OSError, ssl.SSLError) as error:
                raise SetupError(
                    f"TLS: Expected a PEM certificate and its key without a password, was {self.cert} and {self.key} "
                    f"({error})"
                ) from None


def _impatient(handshake_s: float) -> Callable[[], asyncio.AbstractEventLoop]:
    """Makes the loop that uvicorn takes, whose servers do not wait longer for the start of TLS."""
    make = auto_loop_factory()

    def made() -> asyncio.AbstractEventLoop:
        loop = make()
        create = partial(loop.create_server, ssl_handshake_timeout=handshake_s)
        loop.create_server = create  # type: ignore[method-assign]  # uvicorn has no setting for it
        return loop

    return made


def _networks(variable: str, text: str) -> tuple[Network, ...]:
    try:
        return tuple(ip_network(each.strip()) for each in text.split(",") if each.strip())
    except ValueError as error:
        raise SetupError(
            f"{variable}: Expected addresses or networks like 10.0.0.5,10.1.0.0/24 ({error}), was {text!r}"
        ) from None


def is_loopback(host: str) -> bool:
    if not host:  # sockets take it for every address
        return False
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError as error:
        raise SetupError(f"Expected an address to listen on, was {host!r} ({error})") from None
    return all(ip_address(str(each[4][0]).partition("%")[0]).is_loopback for each in found)
