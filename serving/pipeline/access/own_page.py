"""Whether a call that changes something comes from a page of ours: another site's could send a form with our cookie."""

from __future__ import annotations

from hmac import compare_digest
from urllib.parse import urlsplit

from fastapi import HTTPException, Request

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


async def expect_own_page(request: Request) -> None:
    """A dependency of the whole app: what changes something comes from a page of ours, and says its session's token.

    HTTPException 403 else.
    """
    if request.method in SAFE:
        return
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site", "none")
    is_foreign = origin is not None and urlsplit(origin).netloc.lower() != request.headers["host"].lower()
    if is_foreign or site not in ("same-origin", "none"):
        raise HTTPException(403, "Expected a form of these pages, was one of another site")
    if request.url.path.startswith("/enter"):
        return  # nobody is signed in yet
    given = request.headers.get("x-csrf-token") or str((await request.form()).get("csrf", ""))
    expected = request.state.csrf_token
    if not expected or not compare_digest(given.encode(), expected.encode()):
        raise HTTPException(403, "Expected the form of this session, was an older one: open the page again")
