"""Who is at the door: the holder of a token, by the files of the keys folder as they are now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from math import ceil
from pathlib import Path
from secrets import compare_digest
from typing import NamedTuple

from fastapi import HTTPException
from starlette.requests import HTTPConnection

from serving.endpoint.access.owner_token import endpoint_token, token_path
from serving.endpoint.access.rate_limit import RateLimit
from serving.endpoint.access.tokens import SCOPES, Scope, Token, TokenFile, hash_of, parse_tokens
from serving.endpoint.access.watched_file import WatchedFile
from ticklake_assets.core.errors import SetupError

_SCHEME = "Bearer "
_WRONG_S, _WRONG_AT_ONCE = 0.5, 20
"""Wrong tokens of an address that are answered as such; more are told to wait."""


class Holder(NamedTuple):
    name: str
    scopes: tuple[Scope, ...]
    sha256: str
    """Of the token that was shown."""


class Gate:
    """Tokens are made, ended and rotated while it stands: each look is at the files as they are."""

    def __init__(self, keys_dir: Path) -> None:
        endpoint_token(keys_dir)  # made at the first start, for the owner to find
        self._owner = WatchedFile(token_path(keys_dir), _owner_hash)
        self._named = WatchedFile(TokenFile(keys_dir).path, _named)
        self._wrong = RateLimit(_WRONG_S, _WRONG_AT_ONCE)

    def admit(self, connection: HTTPConnection, scope: Scope) -> Holder:
        """The holder of the connection's token, where it has the scope; its open streams are watched from then on.

        HTTPException: 401 without a valid token, 429 for one wrong token too many, 403 for one of other scopes.
        A valid token is never told to wait: a stranger at the same address must not lock its holder out.
        """
        given = connection.headers.get("authorization", "")
        holder = self._found(hash_of(given.removeprefix(_SCHEME))) if given.startswith(_SCHEME) else None
        if holder is None:
            raise self._refused(connection, given)
        if scope not in holder.scopes:
            raise HTTPException(
                403, f"Expected a token of scope {scope}, was {holder.name!r} of {', '.join(holder.scopes)}"
            )
        connection.state.token_sha256 = holder.sha256
        return holder

    def still_admits(self, token_sha256: str) -> bool:
        """Whether a token that was admitted is valid now: not expired, revoked or rotated away since.

        While the file of tokens is broken, who was let in stays: a slip of the editor must not stop trading.
        """
        try:
            return self._found(token_sha256) is not None
        except SetupError:
            return True

    def _found(self, token_sha256: str) -> Holder | None:
        """Compared in constant time, so that answer times say nothing of the tokens that there are."""
        holders = self._holders()
        return next((each for each in holders if compare_digest(each.sha256, token_sha256)), None)

    def _holders(self) -> Iterator[Holder]:
        """The owner first: a named file that is broken, a SetupError, does not lock the owner out."""
        if owner := self._owner.value:
            yield Holder("owner", SCOPES, owner)
        if tokens := self._named.value:
            now = datetime.now(UTC)
            for token in tokens:
                for sha256 in token.hashes(now):
                    yield Holder(token.name, token.scopes, sha256)

    def _refused(self, connection: HTTPConnection, given: str) -> HTTPException:
        address = connection.client.host if connection.client else ""
        if given and (wait := self._wrong.take(address)):
            return HTTPException(
                429,
                f"Too many wrong tokens. Expected at most {_WRONG_AT_ONCE} at once, was more: wait {wait:.0f} s",
                {"Retry-After": str(ceil(wait))},
            )
        return HTTPException(
            401,
            "Expected the header 'Authorization: Bearer TOKEN' with a valid token: the one of the endpoint's token "
            "file, or one of `ticklake endpoint token create`",
            {"WWW-Authenticate": "Bearer"},
        )


def _owner_hash(content: bytes | None) -> str | None:
    """None without a token in the file: an empty one must not let the empty token in."""
    token = (content or b"").strip()
    return hash_of(token.decode("ascii", "replace")) if token else None


def _named(content: bytes | None) -> tuple[Token, ...]:
    return () if content is None else parse_tokens(content)
