"""HTTP and WebSocket spoken by hand, as no well-behaved client would."""

from __future__ import annotations

import json
import socket
from typing import Any
from urllib.parse import urlsplit

HANDSHAKE = (
    "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer {token}\r\n\r\n"
)


def connected(url: str, data: str | bytes = b"", *, timeout_s: float = 30, window: int = 0) -> socket.socket:
    """A connection on which this was sent; `window` is how many bytes it takes without being read."""
    address = urlsplit(url)
    opened = socket.socket()
    if window:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
    opened.settimeout(timeout_s)
    opened.connect((address.hostname, address.port))
    opened.sendall(data.encode() if isinstance(data, str) else data)
    return opened


def rest_of(opened: socket.socket) -> bytes:
    """What comes until the other side closes; a reset is an end, too."""
    received = b""
    try:
        while part := opened.recv(1 << 16):
            received += part
    except ConnectionResetError:
        pass
    return received


def answer_of(opened: socket.socket) -> tuple[int, dict[str, str], dict[str, Any]]:
    """Status, headers and JSON of the one answer on a connection that the server closes."""
    head, _, body = rest_of(opened).partition(b"\r\n\r\n")
    status, *lines = head.decode("ascii").split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    return int(status.split()[1]), headers, json.loads(body)


def text_frame(text: str) -> bytes:
    """A client's message of at most 125 bytes, masked with zeros."""
    return bytes([0x81, 0x80 | len(text)]) + bytes(4) + text.encode()
