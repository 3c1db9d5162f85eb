from __future__ import annotations

import http.client
import ssl
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from stack.certificate import new_certificate


class _Welcome(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        pass


def written(folder: Path, name: str) -> tuple[Path, Path]:
    paths = folder / f"{name}.crt", folder / f"{name}.key"
    for path, text in zip(paths, new_certificate(), strict=True):
        path.write_text(text)
    return paths


@pytest.mark.parametrize("shown", ["own", "other", None])
def test_its_holder_is_let_in_and_nobody_else(tmp_path: Path, shown: str | None) -> None:
    pairs = {name: written(tmp_path, name) for name in ("own", "other")}
    server_side = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=pairs["own"][0])
    server_side.verify_mode = ssl.CERT_REQUIRED
    server_side.load_cert_chain(*pairs["own"])
    client_side = ssl.create_default_context(cafile=pairs["own"][0])  # asks for the name 127.0.0.1, too
    if shown:
        client_side.load_cert_chain(*pairs[shown])
    server = HTTPServer(("127.0.0.1", 0), _Welcome)
    server.socket = server_side.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    once = threading.Thread(target=server.handle_request)
    once.start()
    connection = http.client.HTTPSConnection("127.0.0.1", server.server_port, context=client_side, timeout=5)
    try:
        connection.request("GET", "/")
        assert connection.getresponse().status == 200
        assert shown == "own"
    except (ssl.SSLError, ConnectionError):
        assert shown != "own"
    finally:
        connection.close()
        once.join()
        server.server_close()
