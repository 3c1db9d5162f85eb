from __future__ import annotations

import socket

from stack.ports import FIRST, GRPC_OFFSET, LAST, busy_port, is_free, pick_port

RANGE = range(FIRST, LAST)


def all_but(port: int) -> set[int]:
    """So that nothing else is left to pick."""
    return set(RANGE) - {port}


def is_picked(port: int) -> bool:
    try:
        return pick_port(all_but(port)) == port
    except OSError:
        return False


def test_a_port_is_free_until_somebody_listens() -> None:
    port = pick_port(taken=[])
    assert is_free(port)
    assert is_picked(port)
    with socket.create_server(("127.0.0.1", port)):
        assert not is_free(port)
        assert not is_picked(port)


def test_one_that_listens_everywhere_takes_it_too() -> None:
    port = pick_port(taken=[])
    with socket.create_server(("0.0.0.0", port)):
        assert not is_free(port)


def test_the_neighbour_for_grpc_is_free_too() -> None:
    port = pick_port(taken=[])
    with socket.create_server(("127.0.0.1", port + GRPC_OFFSET)):
        assert is_free(port)
        assert not is_picked(port)
        assert busy_port(port, has_grpc=True) == port + GRPC_OFFSET
        assert busy_port(port, has_grpc=False) is None


def test_two_stacks_seldom_pick_the_same() -> None:
    assert len({pick_port(taken=[]) for _ in range(10)}) > 5
