"""Signing in by a link or by name, and out."""

from __future__ import annotations

from math import ceil
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from serving.pipeline.access import audit_routes, oidc_routes
from serving.pipeline.access.access import access_of
from serving.pipeline.access.audit import note
from serving.pipeline.access.door import session_cookie
from serving.pipeline.access.guesses import Busy
from serving.pipeline.access.own_address import own_path
from serving.pipeline.access.people import OWNER
from serving.pipeline.access.roles import ROLES, CanSee, Person
from serving.pipeline.access.sessions import LINK, LOCAL
from serving.pipeline.access.signed_in import enter_form, is_over_tls, signed_in
from serving.pipeline.access.tickets import take_ticket
from ticklake_assets.core.errors import TicklakeError

router = APIRouter(include_in_schema=False)
router.include_router(oidc_routes.router)
router.include_router(audit_routes.router)


@router.get("/enter")
def form(request: Request, next: str = "/", ticket: str = "") -> Response:  # noqa: A002 - the word in the address
    """The form; a one-time link goes through it."""
    if not ticket:
        return enter_form(request, back=own_path(next))
    try:
        take_ticket(access_of(request).home, ticket)
    except TicklakeError as error:
        note(request, "sign in", "by a link", outcome="refused", error=str(error))
        return enter_form(request, problem=str(error), status_code=401)
    return signed_in(request, Person(OWNER, frozenset(ROLES)), LINK, "/")


@router.post("/enter")
def enter(
    request: Request,
    name: Annotated[str, Form(max_length=200)],
    password: Annotated[str, Form(max_length=2000)],
    next: Annotated[str, Form(max_length=4000)] = "/",  # noqa: A002
) -> Response:
    """By name and password; a wrong one says neither which of them it was nor sooner."""
    access, back = access_of(request), own_path(next)
    guesses, address = access.guesses, request.client.host if request.client else ""
    known = (
        name if access.people.find(name) else ""
    )  # what nobody is called may be a password in the wrong field
    if wait := guesses.waits(address, name):
        if guesses.is_news(address):
            note(request, "sign in", "by password", who=known, outcome="refused", error="too many tries")
        return _to_wait(request, back, name, "Too many wrong tries", wait)
    try:
        user = guesses.verified(access.people, address, name, password)
    except Busy as busy:
        return _to_wait(request, back, name, "Too many sign in at once", busy.wait_s)
    if user is None:
        note(request, "sign in", "by password", who=known, outcome="refused", error="wrong name or password")
        problem = "Expected a name and its password, was another: try again, or ask who runs these pages"
        return enter_form(request, back=back, name=name, problem=problem, status_code=401)
    return signed_in(request, user.person, LOCAL, back)


@router.post("/leave")
def leave(request: Request, person: CanSee, everywhere: Annotated[bool, Form()] = False) -> Response:
    sessions, cookie = access_of(request).sessions, session_cookie(request)
    if everywhere:
        sessions.end_all(person.name)
    sessions.end(request.cookies.get(cookie, ""))
    note(request, "sign out", "everywhere" if everywhere else "here", outcome="done")
    answer = RedirectResponse("/enter", 303)
    answer.delete_cookie(cookie, secure=is_over_tls(request), httponly=True, samesite="lax")
    return answer


def _to_wait(request: Request, back: str, name: str, what: str, wait_s: float) -> Response:
    problem = f"{what}. Expected a pause, was none: wait {ceil(wait_s)} s"
    answer = enter_form(request, back=back, name=name, problem=problem, status_code=429)
    answer.headers["Retry-After"] = str(ceil(wait_s))
    return answer
