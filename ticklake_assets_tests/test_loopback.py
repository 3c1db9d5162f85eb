from __future__ import annotations

import socket

from ticklake_assets.loopback import free_port, is_listening


def test_a_free_port_is_free_until_somebody_listens() -> None:
    port = free_port()
    assert not is_listening(port)
    with socket.create_server(("127.0.0.1", port)):
        assert is_listening(port)
