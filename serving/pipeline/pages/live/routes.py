"""`/live/{symbol}`: what an endpoint does now, the real one's or a sandbox's; the breaker by hand; replays."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Header, HTTPException, Request
from fastapi.responses import HTMLResponse, Response, StreamingResponse
from pydantic import StringConstraints

from serving.pipeline.access.audit import acting
from serving.pipeline.access.roles import CanResearch, CanSee, CanTrade
from serving.pipeline.access.streams import while_signed_in
from serving.pipeline.answers import ask
from serving.pipeline.pages.live.breaker import ABOUT, Action, state_of
from serving.pipeline.pages.live.feeds import not_yet
from serving.pipeline.pages.live.room import expect_symbol, room
from serving.pipeline.rendering import page, part, redirect
from serving.pipeline.sandbox.asked import SPEEDS, Asked, Order
from ticklake_assets.core.errors import DataError, TicklakeError
from ticklake_assets.core.instruments import instrument_of

router = APIRouter(include_in_schema=False)
_NO_BUNDLE = "none"


@router.get("/live")
def live(request: Request, _: CanSee) -> Response:
    """The first symbol's page; what to do next where there is none."""
    known = room(request).symbols()
    if known:
        return redirect(f"/live/{known[0]}")
    return page(request, "pages/live/nothing.html", title="Live")


@router.get("/live/{symbol}")
def symbol_page(request: Request, person: CanSee, symbol: str, sandbox: str = "") -> HTMLResponse:
    """The frame; all that moves comes by one stream."""
    known, here = expect_symbol(symbol), room(request)
    playing = here.sandboxes.find(sandbox) if sandbox else None
    if playing is not None and playing.asked.symbol != known:
        raise HTTPException(404, f"The sandbox {sandbox} replays {playing.asked.symbol}, not {known}")
    instrument = instrument_of(known)
    return page(
        request,
        "pages/live/page.html",
        title=f"Live {known}",
        symbol=known,
        symbols=sorted({*here.symbols(), known}),
        digits=instrument.digits,
        pip=instrument.pip,
        playing=playing,
        sandboxes=here.sandboxes.all(),
        speeds=SPEEDS,
        may={role: role in person.roles for role in ("research", "trade")},
    )


@router.get("/live/{symbol}/events")
async def events(
    request: Request,
    _: CanSee,
    symbol: str,
    sandbox: str = "",
    last_event_id: Annotated[str, Header()] = "",
) -> StreamingResponse:
    """All that moves on the page, as server-sent events; `Last-Event-ID` gets what was missed."""
    known, here = expect_symbol(symbol), room(request)
    here.feeds.expect_room()
    source = here.endpoint
    if sandbox:
        playing = here.sandboxes.find(sandbox)
        if playing.source is None:
            return _stream(not_yet(playing.said.about or "The sandbox has ended"))
        source = playing.source
    return _stream(while_signed_in(request, here.feeds.events(source, known, last_event_id)))


def _stream(frames: Any) -> StreamingResponse:
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(frames, media_type="text/event-stream", headers=headers)


@router.get("/live/{symbol}/breaker/{action}")
def breaker_page(request: Request, person: CanSee, symbol: str, action: Action) -> HTMLResponse:
    """What it would do, before it is done."""
    known = expect_symbol(symbol)
    return page(
        request,
        "pages/live/breaker.html",
        title=f"{action.capitalize()} the breaker of {known}",
        symbol=known,
        action=action,
        about=ABOUT[action],
        now=ask(room(request).endpoint.breaker, known),
        may="trade" in person.roles,
    )


@router.post("/live/{symbol}/breaker/{action}")
def by_hand(
    request: Request,
    person: CanTrade,
    symbol: str,
    action: Action,
    reason: Annotated[str, Form(), StringConstraints(strip_whitespace=True, min_length=3, max_length=400)],
) -> Response:
    """Do it, with the reason, which the endpoint keeps and shows."""
    known, endpoint = expect_symbol(symbol), room(request).endpoint
    before = state_of(endpoint.breaker(known))
    with acting(request, f"{action} breaker", known, reason=reason, before=before) as act:
        act.after = state_of(endpoint.by_hand(known, action, f"{reason} ({person.name}, pages)"))
    return redirect(f"/live/{known}", f"The breaker of {known}: {act.after}")


@router.get("/live/{symbol}/replay")
def replay_form(request: Request, person: CanSee, symbol: str) -> HTMLResponse:
    """The days and bundles there are, as a form."""
    known, here = expect_symbol(symbol), room(request)
    return part(
        request,
        "pages/live/replay.html",
        symbol=known,
        days=ask(here.days, known),
        bundles=ask(here.bundles, known),
        speeds=SPEEDS,
        none=_NO_BUNDLE,
        may="research" in person.roles,
    )


@router.post("/live/{symbol}/replay")
def start_replay(
    request: Request,
    person: CanResearch,
    symbol: str,
    day: Annotated[date, Form()],
    layer: Annotated[Literal["raw", "clean"], Form()] = "raw",
    bundle: Annotated[str, Form(pattern="^([0-9a-f]{64}|none)$")] = _NO_BUNDLE,
    speed: Annotated[float, Form(ge=0, le=1e6)] = 60.0,
) -> Response:
    """Start a sandbox; the real endpoint hears nothing of it."""
    known, here = expect_symbol(symbol), room(request)
    if day not in (days := here.days(known)):
        held = f"{len(days)} days from {days[0]} to {days[-1]}" if days else "none"
        raise DataError(f"The lake has no {day} of {known}. Expected one of its days: {held}")
    chosen = "" if bundle == _NO_BUNDLE else bundle
    if chosen and chosen not in here.bundles(known):
        raise DataError(f"No gates judged {bundle[:12]} of {known}. Expected a judged bundle")
    asked = Asked(symbol=known, day=day, layer=layer, bundle=chosen, speed=speed)
    with acting(request, "replay", f"{known} {day}") as act:
        started = here.sandboxes.start(asked, person.name)
        act.after = {"sandbox": started.name, **asked.model_dump(mode="json")}
    return redirect(f"/live/{known}?sandbox={started.name}")


@router.get("/live/{symbol}/sandbox/{name}")
def sandbox_state(request: Request, _: CanSee, symbol: str, name: str) -> HTMLResponse:
    """How it stands, as a fragment."""
    try:
        playing = room(request).sandboxes.find(name)
    except TicklakeError as gone:
        return part(request, "refusal_part.html", problem=str(gone))
    return part(request, "pages/live/sandbox.html", playing=playing, said=playing.said, symbol=symbol)


@router.post("/live/{symbol}/sandbox/{name}/order")
def order(
    request: Request,
    _: CanResearch,
    symbol: str,
    name: str,
    do: Annotated[Literal["pause", "go_on", "speed"], Form()],
    speed: Annotated[float, Form(ge=0, le=1e6)] = 0.0,
) -> Response:
    """Pause it, let it go on, or change its speed."""
    known = expect_symbol(symbol)
    playing = room(request).sandboxes.find(name)
    with acting(
        request, f"{do} replay", name, before={"state": playing.said.state, "speed": playing.said.speed}
    ) as act:
        playing.order(Order(do=do, speed=speed))
        act.after = {"asked": do, "speed": speed if do == "speed" else playing.said.speed}
    return redirect(f"/live/{known}?sandbox={name}")


@router.post("/live/{symbol}/sandbox/{name}/end")
def end_sandbox(request: Request, _: CanResearch, symbol: str, name: str) -> Response:
    """End it; its endpoint and its folder are gone then."""
    known, here = expect_symbol(symbol), room(request)
    before = here.sandboxes.find(name).said.state
    with acting(request, "end replay", name, before=before) as act:
        here.sandboxes.end(name)
        act.after = "ended"
    return redirect(f"/live/{known}", f"The sandbox {name} has ended, its folder is gone")
