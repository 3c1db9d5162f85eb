"""Addresses without their passwords: what configuration, records, errors and pages may show.

    shown = masked("postgresql://user:secret@host/db")      # postgresql://user:***@host/db
    revealed(shown)                                         # the whole, in this process

Dagster shows the configuration of a resource to everybody who opens its UI, and keeps it with each run. Every process
builds its resources from its own settings, so what a masked address stands for never leaves its memory.
"""

from __future__ import annotations

import re

from ticklake_assets.core.errors import SetupError

_PASSWORD = re.compile(r"(?<=://)([^/@\s]*?):([^/\s]+)@")
_PARAMETER = re.compile(
    r"(?i)(?<=[?&;])(pass|[\w.-]*(?:password|passwd|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key)[\w.-]*)"
    r"=([^&;#\s\"'<>]+)"
)
"""Of a query: `?user=me&password=...`, as SQLAlchemy and JDBC take it."""
_MASK = "***"
_known: dict[str, str] = {}


def masked(address: str) -> str:
    """The address with `***` in the place of its password; one without a password is itself."""
    shown = hidden(address)
    if shown != address:
        _known[shown] = address
    return shown


def hidden(text: str) -> str:
    """A text without the passwords of the addresses in it: of the login, and of a query like `?password=`."""
    return _PARAMETER.sub(rf"\1={_MASK}", _PASSWORD.sub(rf"\1:{_MASK}@", text))


def revealed(shown: str) -> str:
    """The address behind a masked one; SetupError where this process has not masked it."""
    if shown in _known:
        return _known[shown]
    login, parameters = _PASSWORD.search(shown), _PARAMETER.findall(shown)
    if (login is None or login[2] != _MASK) and _MASK not in [value for _, value in parameters]:
        return shown
    raise SetupError(
        f"The password of {shown} is not known here. Expected the setting of this process to hold it, was "
        "another address: passwords are not handed from one process to another"
    )
