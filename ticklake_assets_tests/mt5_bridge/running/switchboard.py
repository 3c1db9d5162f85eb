"""A way to an endpoint that can be cut, as by its death, and led elsewhere."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import Self
from urllib.parse import urlsplit


class Switchboard:
    """Passes bytes on between its clients and a target; while it is cut every connection is closed at once."""

    def __init__(self, url: str) -> None:
        self._target: str | None = url
        self._open: list[socket.socket] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self._threads = [threading.Thread(target=self._serve)]
        self._first = url

    def cut(self) -> None:
        self._target = None
        for each in self._open:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def connect(self, url: str | None = None) -> None:
        self._target = url or self._first

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self.cut()
        self._listening.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)
        for each in (self._listening, *self._open):
            each.close()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            if self._target is None:
                client.close()
                continue
            address = urlsplit(self._target)
            assert address.hostname is not None
            server = socket.create_connection((address.hostname, address.port or 80))
            self._open += [client, server]
            for source, sink in ((client, server), (server, client)):
                thread = threading.Thread(target=_pass_on, args=(source, sink))
                self._threads.append(thread)
                thread.start()


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(1 << 16):
            sink.sendall(data)
    for each in (source, sink):
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
