"""What can go wrong, by what a caller does about it."""

from __future__ import annotations

from http import HTTPStatus


class ClientError(Exception):
    """Any error of this package."""


class ConnectionLostError(ClientError):
    """Nobody answers, or nobody answered again for as long as the client was patient. Try later."""


class RefusedError(ClientError):
    """The endpoint answered a call with an error."""

    def __init__(self, status: int, error: str) -> None:
        super().__init__(f"{error} (HTTP {status})")
        self.status = status


class NotAuthorisedError(RefusedError):
    """No such token, or a token without the scope that the call needs."""


class NotFoundError(RefusedError):
    """No such symbol, day or call."""


class FeedTakenError(RefusedError):
    """Another client streams this symbol-day. There is one at a time."""


class TicksRefusedError(ClientError):
    """The endpoint could not use or not remember a message; nothing changed. `seq` names its first tick, if any."""

    def __init__(self, seq: int | None, error: str) -> None:
        super().__init__(error)
        self.seq = seq


class FeedLostError(ClientError):
    """The endpoint no longer knows what it had acknowledged: its journal is another one, or lost its end."""


class ContractError(ClientError):
    """An answer is none that this client knows."""


def refusal(status: int, error: str) -> RefusedError:
    """The kind of error that an HTTP status stands for."""
    kinds: dict[int, type[RefusedError]] = {
        HTTPStatus.UNAUTHORIZED: NotAuthorisedError,
        HTTPStatus.FORBIDDEN: NotAuthorisedError,
        HTTPStatus.NOT_FOUND: NotFoundError,
        HTTPStatus.CONFLICT: FeedTakenError,
    }
    return kinds.get(status, RefusedError)(status, error)
