"""Signing in and out, and the log of actions."""

from __future__ import annotations

from itertools import islice
from math import ceil
from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from serving.pipeline.access.access import access_of
from serving.pipeline.access.audit import Entry, note
from serving.pipeline.access.door import session_cookie
from serving.pipeline.access.people import OWNER
from serving.pipeline.access.roles import ROLES, CanSee, Person
from serving.pipeline.access.sessions import LINK, LOCAL, LONGEST_S, OIDC
from serving.pipeline.access.tickets import take_ticket
from serving.pipeline.rendering import page, redirect
from ticklake_assets.core.errors import TicklakeError

router = APIRouter(include_in_schema=False)
_A_PAGE = 100
_STATE = "ticklake_oidc"


@router.get("/enter")
def form(request: Request, next: str = "/", ticket: str = "") -> Response:  # noqa: A002 - the word in the address
    """The form; a one-time link goes through it."""
    if not ticket:
        return _form(request, back=_own(next))
    try:
        take_ticket(access_of(request).home, ticket)
    except TicklakeError as error:
        note(request, "sign in", "by a link", outcome="refused", error=str(error))
        return _form(request, problem=str(error), status_code=401)
    return _signed_in(request, Person(OWNER, frozenset(ROLES)), LINK, "/")


@router.post("/enter")
def enter(
    request: Request,
    name: Annotated[str, Form(max_length=200)],
    password: Annotated[str, Form(max_length=2000)],
    next: Annotated[str, Form()] = "/",  # noqa: A002
) -> Response:
    """By name and password; a wrong one says neither which of them it was nor sooner."""
    access = access_of(request)
    address = request.client.host if request.client else ""
    if wait := max(access.wrong_of_address.waits(address), access.wrong_of_name.waits(name)):
        _note_wrong(request, name, "too many tries")
        problem = f"Too many wrong tries. Expected a pause, was none: wait {ceil(wait)} s"
        answer = _form(request, back=_own(next), name=name, problem=problem, status_code=429)
        answer.headers["Retry-After"] = str(ceil(wait))
        return answer
    user = access.people.verified(name, password)
    if user is None:
        access.wrong_of_address.take(address)
        access.wrong_of_name.take(name)
        _note_wrong(request, name, "wrong name or password")
        problem = "Expected a name and its password, was another: try again, or ask who runs these pages"
        return _form(request, back=_own(next), name=name, problem=problem, status_code=401)
    return _signed_in(request, user.person, LOCAL, _own(next))


@router.get("/enter/oidc")
def leave_for_oidc(request: Request, next: str = "/") -> Response:  # noqa: A002
    oidc = access_of(request).oidc
    if oidc is None:
        raise HTTPException(404, "No sign-in server is set: TICKLAKE_PAGES_OIDC_ISSUER")
    there, state = oidc.leave(_own(next))
    answer = RedirectResponse(there, 303)
    answer.set_cookie(
        _STATE, state, max_age=600, httponly=True, samesite="lax", secure=access_of(request).is_tls
    )
    return answer


@router.get("/enter/oidc/back")
def back_from_oidc(request: Request, code: str = "", state: str = "", error: str = "") -> Response:
    """The other server's answer counts in the browser that asked for it alone."""
    oidc = access_of(request).oidc
    try:
        if oidc is None or error or not code or not state or state != request.cookies.get(_STATE):
            raise HTTPException(
                401, f"The sign-in server's answer is none ({error or 'another browser asked'})"
            )
        person, back = oidc.arrive(code, state)
    except (TicklakeError, HTTPException) as refused:
        said = str(refused.detail if isinstance(refused, HTTPException) else refused)
        note(request, "sign in", "by OIDC", outcome="refused", error=said)
        return _form(request, problem=said, status_code=401)
    return _signed_in(request, person, OIDC, back)


@router.post("/leave")
def leave(request: Request, person: CanSee, everywhere: Annotated[bool, Form()] = False) -> Response:
    access = access_of(request)
    if everywhere:
        sessions.end_all(person.name)
    sessions.end(request.cookies.get(session_cookie(request), ""))
    note(request, "sign out", "everywhere" if everywhere else "here", outcome="done")
    answer = RedirectResponse("/enter", 303)
    answer.delete_cookie(session_cookie(request), secure=_over_tls(request), httponly=True, samesite="lax")
    return answer


@router.get("/audit")
def audit(request: Request, _: CanSee, who: str = "", action: str = "", at: int = 0) -> Response:
    """Who did what, the newest first."""

    def wanted(entry: Entry) -> bool:
        return who in ("", entry.who) and action in ("", entry.action)

    entries = access_of(request).audit.entries()
    found = list(islice((each for each in entries if wanted(each)), max(at, 0), max(at, 0) + _A_PAGE + 1))
    return page(
        request,
        "access/audit.html",
        title="Audit log",
        entries=found[:_A_PAGE],
        more=len(found) > _A_PAGE,
        who=who,
        action=action,
        at=max(at, 0),
        step=_A_PAGE,
    )


def _form(
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


def _signed_in(request: Request, person: Person, kind: str, back: str) -> Response:
    access = access_of(request)
    access.sessions.end(
        request.cookies.get(session_cookie(request), "")
    )  # whatever number the browser had is no session any more
    request.state.person = person
    note(request, "sign in", {LOCAL: "by password", LINK: "by a link", OIDC: "by OIDC"}[kind], outcome="done")
    answer = redirect(back)
    answer.set_cookie(
        session_cookie(request),
        access.sessions.begin(person, kind),
        max_age=int(LONGEST_S),
        httponly=True,
        samesite="lax",
        secure=access.is_tls,
    )
    return answer


def _note_wrong(request: Request, name: str, error: str) -> None:
    """Somebody's password, typed into the field of the name, is in no log: a name is written where somebody has it."""
    who = name if access_of(request).people.find(name) else "nobody that is known"
    note(request, "sign in", "by password", who=who, outcome="refused", error=error)


def _own(address: str) -> str:
    """Where to go on, where that is a page of ours: `//other` and `/\\other` are other servers to a browser."""
    is_ours = address.startswith("/") and not address.startswith(("//", "/\\")) and address.isprintable()
    return address if is_ours and "\\" not in address else "/"


def _over_tls(request: Request) -> bool:
    return bool(request.scope["scheme"] == "https")
