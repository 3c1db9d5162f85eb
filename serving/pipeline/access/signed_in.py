"""What each way of signing in ends with: the form once more, or a session."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import Response

from serving.pipeline.access.access import access_of
from serving.pipeline.access.audit import note
from serving.pipeline.access.door import session_cookie
from serving.pipeline.access.roles import Person
from serving.pipeline.access.sessions import LINK, LOCAL, LONGEST_S, OIDC
from serving.pipeline.rendering import page, redirect

_HOW = {LOCAL: "by password", LINK: "by a link", OIDC: "by OIDC"}


def enter_form(
    request: Request, *, back: str = "/", name: str = "", problem: str = "", status_code: int = 200
) -> Response:
    by_oidc = access_of(request).oidc is not None
    return page(
        request,
        "access/enter.html",
        title="Sign in",
        status_code=status_code,
        back=back,
        name=name,
        problem=problem,
        by_oidc=by_oidc,
    )


def signed_in(request: Request, person: Person, kind: str, back: str) -> Response:
    """A session under a new number: whatever number the browser had is none any more."""
    sessions, cookie = access_of(request).sessions, session_cookie(request)
    sessions.end(request.cookies.get(cookie, ""))
    request.state.person = person
    note(request, "sign in", _HOW[kind], outcome="done")
    answer = redirect(back)
    answer.set_cookie(
        cookie,
        sessions.begin(person, kind),
        max_age=int(LONGEST_S),
        httponly=True,
        samesite="lax",
        secure=is_over_tls(request),
    )
    return answer


def is_over_tls(request: Request) -> bool:
    return bool(request.scope["scheme"] == "https")
