"""Named tokens of the endpoint: what each may do and until when. Their file holds hashes, never a token.

A token is 256 random bits, so one sha256 is as good as any slow hash: there is nothing to guess from.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Literal, get_args

from pydantic import AwareDatetime, ValidationError

from ticklake_assets.core.errors import DataError, SetupError
from ticklake_assets.files import locked, replace_file
from ticklake_assets.modeling.deployed.document import Document

Scope = Literal["read", "score", "deploy"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_OWNER = "owner"


class Token(Document):
    """What is known of a token; times are UTC."""

    name: str
    scopes: tuple[Scope, ...]
    sha256: str
    created: AwareDatetime
    expires: AwareDatetime | None = None
    previous_sha256: str | None = None
    """The token that a rotation took the place of, valid until `previous_until`."""
    previous_until: AwareDatetime | None = None

    def hashes(self, now: datetime) -> Iterator[str]:
        """The hashes that stand for it now: none when it has expired, two in a rotation's grace."""
        if self.expires is None or now < self.expires:
            yield self.sha256
            if self.previous_sha256 and self.previous_until and now < self.previous_until:
                yield self.previous_sha256


class TokenList(Document):
    tokens: tuple[Token, ...] = ()


class TokenFile:
    """The named tokens of a keys folder. Changes of two processes take turns; the file is only ever replaced."""

    def __init__(self, keys_dir: Path) -> None:
        self.path = keys_dir / "endpoint-tokens.json"

    def tokens(self) -> tuple[Token, ...]:
        """All of them, expired ones too. SetupError where the file is none."""
        return parse_tokens(self.path.read_bytes()) if self.path.exists() else ()

    def create(
        self, name: str, scopes: Collection[Scope], now: datetime, expires: datetime | None = None
    ) -> str:
        """Make a token and return it: it is shown this once. DataError for a name that is taken or none."""
        if not _NAME.fullmatch(name) or name == _OWNER:
            raise DataError(
                f"Expected a name of letters, digits, '.', '_' and '-', at most 64, other than {_OWNER!r}, was {name!r}"
            )
        if not scopes:
            raise DataError(f"Token {name!r}: Expected one or more scopes of {', '.join(SCOPES)}, was none")
        if expires is not None and expires <= now:
            raise DataError(f"Token {name!r}: Expected an expiry to come, was {expires:%Y-%m-%d %H:%M} UTC")
        secret = secrets.token_urlsafe(32)
        kept = tuple(scope for scope in SCOPES if scope in scopes)
        made = Token(name=name, scopes=kept, sha256=hash_of(secret), created=now, expires=expires)
        with self._changing() as tokens:
            if name in tokens:
                raise DataError(f"Expected the name of no token yet, was {name!r}: `rotate` renews it")
            tokens[name] = made
        return secret

    def revoke(self, name: str) -> None:
        """End a token at once, its streams too."""
        with self._changing() as tokens:
            del tokens[self._known(name, tokens).name]

    def rotate(self, name: str, now: datetime, grace: timedelta) -> str:
        """Give a token a new secret and return it; the old one is valid for `grace` more."""
        secret = secrets.token_urlsafe(32)
        with self._changing() as tokens:
            old = self._known(name, tokens)
            if old.expires is not None and old.expires <= now:
                raise DataError(
                    f"Token {name!r}: Expected one that is valid, was expired: revoke and create it"
                )
            renewed = {
                "sha256": hash_of(secret),
                "created": now,
                "previous_sha256": old.sha256,
                "previous_until": now + grace,
            }
            tokens[name] = old.model_copy(update=renewed)
        return secret

    def _known(self, name: str, tokens: dict[str, Token]) -> Token:
        if name not in tokens:
            raise DataError(f"Expected a token of {', '.join(sorted(tokens)) or 'none yet'}, was {name!r}")
        return tokens[name]

    @contextmanager
    def _changing(self) -> Iterator[dict[str, Token]]:
        """The tokens by name, to be changed; written when the block ends well."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with locked(self.path.with_suffix(".lock")):
            tokens = {token.name: token for token in self.tokens()}
            yield tokens
            written = TokenList(tokens=tuple(tokens[name] for name in sorted(tokens)))
            replace_file(self.path, written.model_dump_json(indent=2).encode() + b"\n", private=True)


def hash_of(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


def parse_tokens(content: bytes) -> tuple[Token, ...]:
    """Read the file's content; SetupError, without a word of the content, where it is none."""
    try:
        return TokenList.model_validate_json(content).tokens
    except ValidationError as error:
        where = ".".join(map(str, error.errors()[0]["loc"])) or "its start"
        raise SetupError(
            f"keys/endpoint-tokens.json misfits at {where}. Expected what `ticklake endpoint token create` writes"
        ) from None
