"""A tick feed on 127.0.0.1 that serves recorded hours under the real layouts and misbehaves on demand."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Misdeed:
    """What happens instead of a good answer."""

    status: int = 200
    retry_after: str = ""
    cut: int = 0
    """Bytes missing at the end although Content-Length promises them."""
    garble: bool = False
    """A well-formed answer with the wrong bytes."""
    delay_s: float = 0.0
    content: bytes | None = None
    """This in place of the path's own."""
    gzipped: bool = False
    """The content is packed, and the answer says so."""
    drop: bool = False
    """Close the connection without an answer."""


@dataclass
class FeedServer:
    """Content by path; misdeeds by path, used up one a request."""

    content: dict[str, bytes] = field(default_factory=dict)
    misdeeds: dict[str, list[Misdeed]] = field(default_factory=dict)
    requests: Counter[str] = field(default_factory=Counter)
    times: list[float] = field(default_factory=list)
    most_at_once: int = 0
    url: str = ""
    _running: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        path = handler.path.lstrip("/")
        with self._lock:
            self.requests[path] += 1
            self.times.append(time.monotonic())
            self._running += 1
            self.most_at_once = max(self.most_at_once, self._running)
            pending = self.misdeeds.get(path, [])
            misdeed = pending.pop(0) if pending else Misdeed()
        try:
            _reply(handler, self.content.get(path) if misdeed.content is None else misdeed.content, misdeed)
        finally:
            with self._lock:
                self._running -= 1


def _reply(handler: BaseHTTPRequestHandler, content: bytes | None, misdeed: Misdeed) -> None:
    time.sleep(misdeed.delay_s)
    handler.close_connection = True
    if misdeed.drop:
        return
    status = misdeed.status if misdeed.status != 200 or content is not None else 404
    body = (content or b"") if status == 200 else b"no"
    handler.send_response(status)
    if misdeed.retry_after:
        handler.send_header("Retry-After", misdeed.retry_after)
    if misdeed.gzipped:
        handler.send_header("Content-Encoding", "gzip")
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(bytes(len(body)) if misdeed.garble else body[: len(body) - misdeed.cut])


@contextmanager
def feed_server() -> Iterator[FeedServer]:
    feed = FeedServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            feed.answer(self)

        def log_message(self, *args: object) -> None:
            """Keep the test's output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    feed.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield feed
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
