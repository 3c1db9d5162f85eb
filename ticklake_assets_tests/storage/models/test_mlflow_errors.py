from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from ticklake_assets.core.errors import TransientError
from ticklake_assets.storage.models.mlflow_errors import explained_mlflow_errors, require_answer


class Answer(BaseHTTPRequestHandler):
    """One status to whoever asks."""

    def __init__(self, status: int, *rest: object) -> None:
        self.status = status
        super().__init__(*rest)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        pass


@contextmanager
def answering(status: int) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Answer, status)) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize("status", [200, 401, 404], ids=["open", "asks for a token", "has no start page"])
def test_a_server_that_answers_may_be_asked(status: int) -> None:
    with answering(status) as uri:
        require_answer(uri)


def test_a_proxy_with_nobody_behind_it_is_no_answer() -> None:
    expected = r"^MLflow at http://.* \(TICKLAKE_MLFLOW_URI\)\. Expected an answer, was 502 Bad Gateway$"
    with answering(502) as uri, pytest.raises(TransientError, match=expected):
        require_answer(uri)


@pytest.mark.parametrize("uri", ["http://127.0.0.1:9", "http://127.0.0.1:x"], ids=["closed", "no port"])
def test_nobody_there_is_one_line(uri: str) -> None:
    with pytest.raises(
        TransientError, match=rf"^MLflow at {uri} \(TICKLAKE_MLFLOW_URI\)\. Expected an answer, was "
    ):
        require_answer(uri)


def test_a_database_is_opened_and_not_asked() -> None:
    require_answer("sqlite:////nowhere/mlflow.db")


def test_what_mlflow_says_at_length_is_one_line() -> None:
    from mlflow.exceptions import MlflowException

    with (
        pytest.raises(TransientError, match=r"^MLflow at sqlite:// does not do it: no such model$"),
        explained_mlflow_errors("sqlite://"),
    ):
        raise MlflowException("no such model\nand a page of it")
