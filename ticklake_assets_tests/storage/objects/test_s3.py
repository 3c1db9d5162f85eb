from __future__ import annotations

import socket

import pytest

from stack.services.seaweedfs import BUCKET
from ticklake_assets.core.errors import MissingDataError, SetupError, TransientError
from ticklake_assets.storage.objects.opening import open_store
from ticklake_assets.storage.objects.s3 import s3_client_for
from ticklake_assets_tests.s3_server import S3Server


def calls(server: S3Server, url: str, **keys: str) -> list[object]:
    store = open_store(url, server.client(**keys))
    return [
        lambda: list(store.list("raw/")),
        lambda: store.head("raw/a"),
        lambda: store.get("raw/a"),
        lambda: store.stream("raw/a").__enter__(),
        lambda: store.put("raw/a", b""),
        lambda: store.create("raw/a", b""),
    ]


@pytest.mark.parametrize("call", range(6))
def test_an_absent_bucket_is_named(s3_server: S3Server, call: int) -> None:
    with pytest.raises(SetupError, match="Expected the bucket 'nowhere'") as caught:
        calls(s3_server, "s3://nowhere/x")[call]()  # type: ignore[operator]
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("call", range(6))
def test_refused_credentials_are_named(s3_server: S3Server, call: int) -> None:
    with pytest.raises(SetupError, match="Expected credentials that may"):
        calls(s3_server, f"s3://{BUCKET}", secret_key="wrong")[call]()  # type: ignore[operator]


@pytest.mark.parametrize("call", range(6))
def test_a_server_that_does_not_answer_may_answer_later(call: int) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        closed = S3Server(f"http://127.0.0.1:{unused.getsockname()[1]}")
        with pytest.raises(TransientError, match=closed.endpoint):
            calls(closed, f"s3://{BUCKET}")[call]()  # type: ignore[operator]


def test_a_prefix_is_a_store_of_its_own(s3_server: S3Server) -> None:
    one = open_store(f"s3://{BUCKET}/prefix-one", s3_server.client())
    two = open_store(f"s3://{BUCKET}/prefix-two/deep/", s3_server.client())
    one.put("a", b"one")
    two.put("a", b"two")
    assert [found.key for found in one.list()] == ["a"]
    assert two.get("a") == b"two"
    assert two.uri("a") == f"s3://{BUCKET}/prefix-two/deep/a"
    with pytest.raises(MissingDataError, match=f"s3://{BUCKET}/prefix-one/b"):
        one.get("b")


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(SetupError, match="not-an-address"):
        s3_client_for("not-an-address", "us-east-1")


def test_an_object_named_like_a_folder_is_not_listed(s3_server: S3Server) -> None:
    """Hadoop leaves one where Spark has written."""
    s3_server.client().put_object(Bucket=BUCKET, Key="marked/clean/gen=1/")
    store = open_store(f"s3://{BUCKET}/marked", s3_server.client())
    store.put("clean/gen=1/part", b"x")
    assert [found.key for found in store.list("clean/")] == ["clean/gen=1/part"]
