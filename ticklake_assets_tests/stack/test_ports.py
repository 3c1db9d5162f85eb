from __future__ import annotations

import socket

from stack.ports import GRPC_OFFSET, is_free, pick_port


def test_a_port_is_free_until_somebody_listens() -> None:
    port = pick_port(taken=[])
    assert is_free(port)
    with socket.create_server(("127.0.0.1", port)):
        assert not is_free(port)
        assert pick_port(taken=[]) != port


def test_one_that_listens_everywhere_takes_it_too() -> None:
    port = pick_port(taken=[])
    with socket.create_server(("0.0.0.0", port)):
        assert not is_free(port)


def test_taken_ones_are_passed_over() -> None:
    port = pick_port(taken=[])
    assert pick_port(taken=[port]) > port


def test_the_neighbour_for_grpc_is_free_too() -> None:
    port = pick_port(taken=[])
    with socket.create_server(("127.0.0.1", port + GRPC_OFFSET)):
        assert is_free(port)
        assert pick_port(taken=[]) != port
