"""A repository on the loopback interface whose connections break, as real ones do."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random

CONTENT = Random(7).randbytes(300_000)


class Repository(ThreadingHTTPServer):
    """Serves one content under every path; the nth answer breaks off after `breaks[n]` bytes, later ones are whole."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.content, self.breaks, self.status = CONTENT, list[int](), 200
        self.knows_ranges = True
        self.asked: list[str | None] = []
        """The Range of each request."""
        self.paths: list[str] = []
        self.sent = 0
        """Bytes, of all answers."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Answer(BaseHTTPRequestHandler):
    server: Repository

    def do_GET(self) -> None:
        served, asked = self.server, self.headers["Range"]
        served.asked.append(asked)
        served.paths.append(self.path)
        ranged = re.fullmatch(r"bytes=(\d+)-", asked or "") if served.knows_ranges else None
        start = int(ranged[1]) if ranged else 0
        if served.status != 200 or (ranged and start >= len(served.content)):
            self.send_response(416 if served.status == 200 else served.status)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(206 if ranged else 200)
        if ranged:
            whole = len(served.content)
            self.send_header("Content-Range", f"bytes {start}-{whole - 1}/{whole}")
        rest = served.content[start:]
        self.send_header("Content-Length", str(len(rest)))
        self.end_headers()
        sent = rest[: served.breaks.pop(0)] if served.breaks else rest
        served.sent += len(sent)  # counted first: who has read it all may look at once
        self.wfile.write(sent)
        self.close_connection = True

    def log_message(self, *arguments: object) -> None:
        pass


@contextmanager
def serving() -> Iterator[Repository]:
    with Repository() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()
