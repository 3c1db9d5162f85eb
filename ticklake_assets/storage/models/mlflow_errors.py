"""What is wrong with MLflow, in one line and soon: its own client asks a dead server for minutes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from ticklake_assets.core.errors import TransientError
from ticklake_assets.credentials import hidden

_PATIENCE_S = 10.0


def require_answer(uri: str) -> None:
    """Ask a server once, before MLflow's client asks it 7 times and a proxy's `bad gateway` as often.

    Raises:
        TransientError: nobody is there, or nobody behind the proxy.
    """
    if not uri.startswith("http"):
        return
    what = f"MLflow at {hidden(uri)} (TICKLAKE_MLFLOW_URI). Expected an answer, was"
    try:
        answer = httpx.get(uri, timeout=_PATIENCE_S)
    except (httpx.TransportError, httpx.InvalidURL) as error:
        raise TransientError(f"{what} {hidden(str(error)) or 'silence'}") from error
    if answer.is_server_error:
        raise TransientError(f"{what} {answer.status_code} {answer.reason_phrase}")


@contextmanager
def explained_mlflow_errors(uri: str) -> Iterator[None]:
    """Say in a line what MLflow would not do."""
    from mlflow.exceptions import MlflowException

    try:
        yield
    except MlflowException as error:
        raise TransientError(
            hidden(f"MLflow at {uri} does not do it: {error.message.splitlines()[0]}")
        ) from error
