"""The object store on S3, or a server that speaks it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's own
    HTTPClientError,
    IncompleteReadError,
    NoCredentialsError,
    PartialCredentialsError,
)
from pyarrow import fs

from ticklake_assets.core.errors import SetupError, TransientError
from ticklake_assets.storage.objects.store import (
    PIECE,
    StoredObject,
    already_there,
    checked_key,
    missing,
    payload,
)

_ABSENT = {"NoSuchKey", "NotFound", "404"}
_TAKEN = {"PreconditionFailed", "412"}
_RACING = {"ConditionalRequestConflict", "OperationAborted", "409"}
_REFUSED = {"AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "403"}
_SERVER_FAULT = 500
_CREATE_ATTEMPTS = 5


class _RefusedError(SetupError):
    """These credentials may not do this."""


def s3_client_for(endpoint: str, region: str) -> Any:
    """A boto3 client that fails fast enough to be retried by the caller; empty `endpoint` is AWS."""
    config = Config(
        connect_timeout=5,
        read_timeout=60,
        retries={"mode": "standard", "max_attempts": 3},
        # Not every S3 server resolves bucket.host: an own endpoint is addressed by path.
        s3={"addressing_style": "path" if endpoint else "auto"},
    )
    with making_client(endpoint):
        return boto3.client("s3", endpoint_url=endpoint or None, region_name=region or None, config=config)


@contextmanager
def making_client(endpoint: str) -> Iterator[None]:
    """Say in one line why no client can be made: its address, or the profile that AWS_PROFILE names."""
    try:
        with _explained_errors(endpoint or "AWS"):
            yield
    except ValueError as error:  # botocore's answer to a malformed address
        raise SetupError(
            f"S3 endpoint (TICKLAKE_S3_ENDPOINT). Expected an address like http://host:port, was {endpoint!r}"
        ) from error


class S3ObjectStore:
    """Objects of one bucket under `prefix`; `client` is a boto3 S3 client (safe to share between threads)."""

    def __init__(self, client: Any, bucket: str, prefix: str = "") -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""
        self._has_bucket = False

    def list(self, prefix: str = "") -> Iterator[StoredObject]:
        found: list[StoredObject] = []
        with self._explained_errors(prefix):
            pages = self._client.get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self._bucket, Prefix=self._prefix + prefix):
                entries = page.get("Contents", [])
                # Hadoop and S3 consoles put empty objects named like folders: none that anybody wrote or may read.
                found += [self._listed(entry) for entry in entries if not entry["Key"].endswith("/")]
        # Servers that keep folders list 'a/b' before 'a-b': S3's own order is not promised by all.
        return iter(sorted(found))

    def head(self, key: str) -> StoredObject | None:
        try:
            with self._explained_errors(key):
                answer = self._client.head_object(**self._address(key))
        except ClientError:
            self._require_bucket()
            return None
        return StoredObject(key, answer["ContentLength"], _etag(answer))

    def get(self, key: str) -> bytes:
        return self.read(key)[1]

    def read(self, key: str) -> tuple[StoredObject, bytes]:
        answer = self._found(key)
        with closing(answer["Body"]) as body, self._explained_errors(key):
            data: bytes = body.read()
        return StoredObject(key, len(data), _etag(answer)), data

    @contextmanager
    def stream(self, key: str) -> Iterator[tuple[StoredObject, Iterator[bytes]]]:
        answer = self._found(key)
        with closing(answer["Body"]) as body:
            yield StoredObject(key, answer["ContentLength"], _etag(answer)), self._pieces(key, body)

    def put(self, key: str, data: bytes | Path) -> StoredObject:
        body = payload(data)
        self._require_bucket_once()
        with self._explained_errors(key):
            answer = self._client.put_object(**self._address(key), Body=body)
        return StoredObject(key, len(body), _etag(answer))

    def create(self, key: str, data: bytes | Path) -> StoredObject:
        body = payload(data)
        self._require_bucket_once()
        for _ in range(_CREATE_ATTEMPTS):
            try:
                with self._explained_errors(key):
                    answer = self._client.put_object(**self._address(key), Body=body, IfNoneMatch="*")
                return StoredObject(key, len(body), _etag(answer))
            except ClientError as error:
                if _code(error) in _TAKEN:
                    raise already_there(self.uri(key)) from None
        raise TransientError(
            f"Create-only write of {self.uri(key)}. Expected a decided race, was still undecided"
        )

    def delete(self, key: str) -> None:
        with self._explained_errors(key):
            self._client.delete_object(**self._address(key))

    def uri(self, key: str) -> str:
        return f"s3://{self.fs_path(key)}"

    def filesystem(self) -> fs.FileSystem:
        """Made from the client itself, so that both speak to one server with one identity."""
        held = self._client._get_credentials()
        keys = held.get_frozen_credentials() if held is not None else None
        return fs.S3FileSystem(
            access_key=keys and keys.access_key,
            secret_key=keys and keys.secret_key,
            session_token=keys and keys.token,
            region=self._client.meta.region_name,
            endpoint_override=self._client.meta.endpoint_url,
        )

    def fs_path(self, key: str) -> str:
        return f"{self._bucket}/{self._prefix}{checked_key(key)}"

    def _found(self, key: str) -> Any:
        try:
            with self._explained_errors(key):
                return self._client.get_object(**self._address(key))
        except ClientError:
            raise missing(self.uri(key)) from None

    def _pieces(self, key: str, body: Any) -> Iterator[bytes]:
        with self._explained_errors(key):
            yield from body.iter_chunks(PIECE)

    def _address(self, key: str) -> dict[str, str]:
        return {"Bucket": self._bucket, "Key": self._prefix + checked_key(key)}

    def _listed(self, entry: Any) -> StoredObject:
        return StoredObject(entry["Key"].removeprefix(self._prefix), entry["Size"], _etag(entry))

    def _require_bucket(self) -> None:
        """A HEAD answers 404 without a reason: tell an absent bucket from an absent object."""
        try:
            with self._explained_errors(""):
                self._client.head_bucket(Bucket=self._bucket)
        except ClientError:
            raise self._no_bucket() from None

    def _require_bucket_once(self) -> None:
        """Some servers make the bucket of a write, so a misspelt one would swallow the lake."""
        if not self._has_bucket:
            with suppress(_RefusedError):  # who may write need not be allowed to look
                self._require_bucket()
            self._has_bucket = True

    def _no_bucket(self) -> SetupError:
        where = self._client.meta.endpoint_url
        return SetupError(
            f"Expected the bucket {self._bucket!r} on {where}, was no such bucket: create it first"
        )

    @contextmanager
    def _explained_errors(self, key: str) -> Iterator[None]:
        """Name bucket, key and server; absent keys and lost races stay `ClientError` for the callers."""
        address = f"s3://{self._bucket}/{self._prefix}{key} on {self._client.meta.endpoint_url}"
        try:
            with _explained_errors(address):
                yield
        except ClientError as error:
            if _code(error) == "NoSuchBucket":
                raise self._no_bucket() from error
            raise


@contextmanager
def _explained_errors(address: str) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        code, status = _code(error), error.response["ResponseMetadata"].get("HTTPStatusCode", 0)
        if code in _REFUSED:
            raise _RefusedError(
                f"{address}. Expected credentials that may do this (AWS_ACCESS_KEY_ID and its secret), "
                f"was refused: {code}"
            ) from error
        if status >= _SERVER_FAULT or code == "SlowDown":
            hint = ": is its disk full?" if error.operation_name == "PutObject" else ""
            raise TransientError(f"{address}. Expected an answer, was {status} {code}{hint}") from error
        if code not in _ABSENT | _TAKEN | _RACING | {"NoSuchBucket"}:
            raise SetupError(f"{address}. Expected an S3 server that can do this, was {error}") from error
        raise
    except (NoCredentialsError, PartialCredentialsError) as error:
        raise SetupError(f"{address}. Expected AWS_ACCESS_KEY_ID and its secret, was {error}") from error
    except (HTTPClientError, ConnectionError, IncompleteReadError) as error:
        raise TransientError(f"{address}. Expected an answer, was {_one_line(error)}") from error
    except BotoCoreError as error:
        raise SetupError(f"{address}. Expected a usable S3 set-up, was {_one_line(error)}") from error


def _code(error: ClientError) -> str:
    return str(error.response["Error"].get("Code", ""))


def _etag(answer: Any) -> str:
    return str(answer["ETag"]).strip('"')


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
