"""By which name a call came, and whether it comes from a page of ours."""

from __future__ import annotations

import hmac
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from fastapi import HTTPException, Request

if TYPE_CHECKING:
    from starlette.types import Scope

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing."""
_AUTHORITY = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9_-]+(?:\.[a-z0-9_-]+)*)(?::([0-9]{1,5}))?")
_PORTS = {"http": 80, "https": 443}
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


def own_hosts(pages_url: str) -> frozenset[str]:
    """This machine's names for itself, and the one of TICKLAKE_PAGES_URL; IPv6 in brackets."""
    host = (urlsplit(pages_url).hostname or "").rstrip(".")
    return frozenset({*_LOOPBACK, f"[{host}]" if ":" in host else host} - {""})


def called_host(scope: Scope) -> str:
    """The host of the only Host header, in lower case; empty where it is none, or there are several.

    Nothing else is asked: X-Forwarded-Host is anybody's word, and a proxy has to keep the Host that it was called by.
    """
    found = _authority(scope["scheme"], _values(scope, b"host"))
    return found[0] if found else ""


async def expect_own_page(request: Request) -> None:
    """A dependency of the whole app: what changes something comes from a page of ours, and says its session's token.

    HTTPException 403 else.
    """
    if request.method in SAFE:
        return
    if not (_is_own_origin(request.scope) and _is_own_site(request.scope)):
        raise HTTPException(403, "Expected a form of these pages, was one of another site")
    if is_sign_in(request.scope["path"]):
        return  # nobody is signed in yet
    given = request.headers.get("x-csrf-token") or str((await request.form()).get("csrf", ""))
    expected: str = request.state.csrf_token
    if not expected or not hmac.compare_digest(given.encode(), expected.encode()):
        raise HTTPException(403, "Expected the form of this session, was an older one: open the page again")


def is_sign_in(path: str) -> bool:
    return path == "/enter" or path.startswith("/enter/")


def own_path(address: str) -> str:
    """Where to go on, where that is a page of ours: `//other` and `/\\other` are other servers to a browser."""
    is_ours = address.startswith("/") and not address.startswith("//") and address.isprintable()
    return address if is_ours and "\\" not in address else "/"


def _is_own_origin(scope: Scope) -> bool:
    origins = _values(scope, b"origin")
    if not origins:
        return True  # no browser that anybody's page could lead: those say it with a form
    scheme, parted, authority = origins[0].partition("://")
    called = _authority(scope["scheme"], _values(scope, b"host"))
    return (
        len(origins) == 1
        and bool(parted)
        and scheme == scope["scheme"]
        and called is not None
        and _authority(scheme, [authority]) == called
    )


def _is_own_site(scope: Scope) -> bool:
    return all(each in ("same-origin", "none") for each in _values(scope, b"sec-fetch-site"))


def _authority(scheme: str, said: list[str]) -> tuple[str, int] | None:
    """Host and port of exactly one `host` or `host:port`; None where it is anything else, as with an @ in it."""
    found = _AUTHORITY.fullmatch(said[0].lower()) if len(said) == 1 else None
    if found is None:
        return None
    return found[1], int(found[2]) if found[2] else _PORTS.get(scheme, 0)


def _values(scope: Scope, name: bytes) -> list[str]:
    return [value.decode("latin-1") for each, value in scope["headers"] if each == name]
