"""The people of a home: names, argon2 hashes of passwords, and roles, in one private file."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Annotated, cast

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, field_validator

from serving.pipeline.access.roles import ROLES, Person, Role
from ticklake_assets.core.errors import DataError, SetupError
from ticklake_assets.files import locked, replace_file

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}", re.ASCII)
OWNER = "owner"
"""Who came by a link of this home's own: no name for anybody else."""
_HASH = r"^\$argon2id\$v=19\$m=\d{1,7},t=\d{1,2},p=\d{1,2}\$[A-Za-z0-9+/]{11,}\$[A-Za-z0-9+/]{16,}$"
SHORTEST, LONGEST = 12, 1024
"""Characters of a password: as NIST SP 800-63B has it, long ones and no rules of digits and signs."""


class User(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    password: Annotated[str, Field(pattern=_HASH)]
    """Its argon2id hash."""
    roles: tuple[Role, ...]
    created: AwareDatetime
    changed: AwareDatetime
    """When the password or the roles were changed last: sessions from before are over."""

    @property
    def person(self) -> Person:
        return Person(self.name, frozenset(self.roles))


class _Users(BaseModel):
    model_config = ConfigDict(extra="forbid")

    users: tuple[User, ...]

    @field_validator("users")
    @classmethod
    def _each_once(cls, users: tuple[User, ...]) -> tuple[User, ...]:
        if len({each.name for each in users}) < len(users):
            raise ValueError("a name stands twice")
        return users


class People:
    """Each look is at the file as it is, so that a command's change counts at once."""

    def __init__(self, home: Path) -> None:
        self.path = home / "people.json"
        self._hasher = PasswordHasher()  # argon2id with the parameters of RFC 9106 for little memory

    @cached_property
    def _nobody(self) -> str:
        return self._hasher.hash("the password of nobody")

    def all(self) -> tuple[User, ...]:
        """SetupError where the file is none of ours, or cannot be read."""
        try:
            return _Users.model_validate_json(self.path.read_bytes()).users
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise SetupError(
                f"{self.path}: Expected a file that these pages may read ({error.strerror})"
            ) from error
        except ValidationError as error:
            where = ".".join(map(str, error.errors()[0]["loc"])) or "its start"
            raise SetupError(
                f"{self.path} misfits at {where}. Expected what `ticklake pages user add` writes"
            ) from None

    def find(self, name: str) -> User | None:
        return next((each for each in self.all() if each.name == name), None)

    def verified(self, name: str, password: str) -> User | None:
        """The user, where the password is theirs. It takes as long for a name that nobody has."""
        nobody, user = self._nobody, self.find(name)  # made for the first who asks, whoever it is
        try:
            self._hasher.verify(user.password if user else nobody, password[:LONGEST])
        except (Argon2Error, InvalidHashError):
            return None
        return user if len(password) <= LONGEST else None

    def add(self, name: str, password: str, roles: Collection[Role]) -> None:
        """DataError for a name that is taken or none, a short password, or no role."""
        if not _NAME.fullmatch(name) or name == OWNER:
            raise DataError(
                f"Expected a name of letters, digits, '.', '_', '@' and '-', at most 64, other than {OWNER!r}, "
                f"was {name!r}"
            )
        now, kept = datetime.now(UTC), self._roles(name, roles)
        hashed = self._hashed(password)
        with self._changing() as users:
            if name in users:
                raise DataError(
                    f"Expected the name of nobody yet, was {name!r}: `roles` and `password` change them"
                )
            users[name] = User(name=name, password=hashed, roles=kept, created=now, changed=now)

    def set_password(self, name: str, password: str) -> None:
        """Whoever is signed in by the old one is signed out."""
        self._change(name, password=self._hashed(password))

    def set_roles(self, name: str, roles: Collection[Role]) -> None:
        self._change(name, roles=self._roles(name, roles))

    def remove(self, name: str) -> None:
        with self._changing() as users:
            del users[self._known(name, users).name]

    def _change(self, name: str, **changes: object) -> None:
        with self._changing() as users:
            user = self._known(name, users)
            users[name] = user.model_copy(update=changes | {"changed": datetime.now(UTC)})

    def _hashed(self, password: str) -> str:
        if not SHORTEST <= len(password) <= LONGEST:
            raise DataError(f"Expected a password of {SHORTEST} to {LONGEST} characters, was {len(password)}")
        return self._hasher.hash(password)

    @staticmethod
    def _roles(name: str, roles: Collection[Role]) -> tuple[Role, ...]:
        """In their order; who may do anything may see."""
        if not roles or (unknown := sorted(set(roles) - set(ROLES))):
            wrong = ", ".join(unknown) if roles else "none"
            raise DataError(f"{name}: Expected some of the roles {', '.join(ROLES)}, was {wrong}")
        return cast("tuple[Role, ...]", tuple(each for each in ROLES if each in {*roles, "see"}))

    def _known(self, name: str, users: dict[str, User]) -> User:
        if name not in users:
            raise DataError(f"Expected one of {', '.join(sorted(users)) or 'nobody yet'}, was {name!r}")
        return users[name]

    @contextmanager
    def _changing(self) -> Iterator[dict[str, User]]:
        """The users by name, to be changed; written when the block ends well."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with locked(self.path.with_suffix(".lock")):
            users = {each.name: each for each in self.all()}
            yield users
            written = _Users(users=tuple(users[name] for name in sorted(users)))
            replace_file(self.path, written.model_dump_json(indent=1).encode() + b"\n", private=True)
