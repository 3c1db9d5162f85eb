"""Signing in by the organisation's own server, there and back."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from serving.pipeline.access.access import access_of
from serving.pipeline.access.audit import note
from serving.pipeline.access.own_address import own_path
from serving.pipeline.access.sessions import OIDC
from serving.pipeline.access.signed_in import enter_form, is_over_tls, signed_in
from ticklake_assets.core.errors import TicklakeError

router = APIRouter(include_in_schema=False)


@router.get("/enter/oidc")
def leave_for_oidc(request: Request, next: str = "/") -> Response:  # noqa: A002 - the word in the address
    oidc = access_of(request).oidc
    if oidc is None:
        raise HTTPException(404, "No sign-in server is set: TICKLAKE_PAGES_OIDC_ISSUER")
    there, state = oidc.leave(own_path(next))
    answer = RedirectResponse(there, 303)
    answer.set_cookie(
        _state_cookie(request), state, max_age=600, httponly=True, samesite="lax", secure=is_over_tls(request)
    )
    return answer


@router.get("/enter/oidc/back")
def back_from_oidc(request: Request, code: str = "", state: str = "", error: str = "") -> Response:
    """The other server's answer counts in the browser that asked for it alone."""
    oidc = access_of(request).oidc
    try:
        if (
            oidc is None
            or error
            or not code
            or not state
            or state != request.cookies.get(_state_cookie(request))
        ):
            raise HTTPException(
                401, f"The sign-in server's answer is none ({error[:200] or 'another browser asked'})"
            )
        person, back = oidc.arrive(code, state)
    except (TicklakeError, HTTPException) as refused:
        said = str(refused.detail if isinstance(refused, HTTPException) else refused)
        note(request, "sign in", "by OIDC", outcome="refused", error=said)
        return enter_form(request, problem=said, status_code=401)
    return signed_in(request, person, OIDC, back)


def _state_cookie(request: Request) -> str:
    return "__Host-ticklake_oidc" if is_over_tls(request) else "ticklake_oidc"
