"""`/trading`: bridges, what they hold and may, and how a day's money came about; the kill switch by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from serving.pipeline.access.audit import acting
from serving.pipeline.access.roles import CanSee, CanTrade
from serving.pipeline.answers import ask
from serving.pipeline.pages.trading.attributions import attribution_of, explained_days
from serving.pipeline.pages.trading.view import (
    MODES,
    Card,
    card,
    chosen,
    limit_lines,
    open_positions,
    refusals,
)
from serving.pipeline.rendering import page, part, redirect
from serving.pipeline.sources.all import sources
from serving.pipeline.sources.bridges import Bridge, equity_of
from ticklake_assets.core.errors import DataError, MissingDataError
from ticklake_assets.modeling.report.attribution import headline, step_rows, waterfall_chart

router = APIRouter(include_in_schema=False)
_A_PAGE = 50
_DONE = {"kill": "killed", "resume": "resumed"}
Reason = Annotated[str, Form(min_length=1, max_length=500)]


@router.get("/trading")
def trading(request: Request, _: CanSee, order: str = "") -> Response:
    """All bridges; with an order's comment, the bridge that has it."""
    if order:
        bridge, entry = sources(request).bridges.with_order(order)
        return RedirectResponse(f"/trading/{quote(bridge.name)}/orders/{entry.intent.intent_id}", 303)
    days = ask(explained_days, sources(request).lake, sources(request).bridges)
    return page(request, "pages/trading/page.html", title="Trading", days=days, **_cards(request))


@router.get("/trading-now")
def now(request: Request, _: CanSee) -> HTMLResponse:
    return part(request, "pages/trading/now.html", **_cards(request))


@router.get("/trading/attribution/{symbol}/{day}")
def attribution(request: Request, _: CanSee, symbol: str, day: str) -> HTMLResponse:
    """A day's money as a waterfall that sums."""
    of = sources(request)
    found = attribution_of(of.lake, of.bridges, symbol, day)
    return page(
        request,
        "pages/trading/attribution.html",
        title=f"Attribution of {symbol}, {day}",
        found=found,
        headline=headline(found),
        chart=waterfall_chart(found),
        narrow=waterfall_chart(found, 400),
        steps=step_rows(found),
    )


@router.get("/trading/switch/{action}")
def confirm_all(request: Request, _: CanTrade, action: str) -> HTMLResponse:
    bridges = [each for each in sources(request).bridges.all() if each.has_own_switch]
    return _confirmation(request, action, bridges, "")


@router.post("/trading/switch/{action}")
def switch_all(request: Request, _: CanTrade, action: str, reason: Reason) -> Response:
    """Every bridge that is known here, each on its own line of the audit log; one that fails stops none."""
    _expect(action)
    bridges = [each for each in sources(request).bridges.all() if each.has_own_switch]
    said = [(each.name, ask(_switch, request, each, action, reason)) for each in bridges]
    failed = [f"NOT {_DONE[action]}: {name}: {answer.problem}" for name, answer in said if answer.problem]
    done = [answer.value for _, answer in said if answer.value]
    return redirect("/trading", "; ".join([*failed, *done]) or "There is no bridge to switch")


@router.get("/trading/{name}")
def bridge_page(
    request: Request, _: CanSee, name: str, symbol: str = "", fate: str = "", at: int = 0
) -> HTMLResponse:
    bridge = sources(request).bridges.find(name)
    return page(
        request,
        "pages/trading/bridge.html",
        title=f"Bridge {name}",
        **_bridge(request, bridge),
        **_orders(request, bridge, symbol, fate, at),
    )


@router.get("/trading/{name}/now")
def bridge_now(request: Request, _: CanSee, name: str) -> HTMLResponse:
    return part(
        request, "pages/trading/bridge_now.html", **_bridge(request, sources(request).bridges.find(name))
    )


@router.get("/trading/{name}/orders/{intent_id}")
def order_page(request: Request, _: CanSee, name: str, intent_id: str) -> HTMLResponse:
    of = sources(request).bridges
    bridge = of.find(name)
    found = next(
        (each for each in chosen(of.told(bridge).entries, "", "") if each.intent_id == intent_id), None
    )
    if found is None:
        raise MissingDataError(f"Expected an intent of the bridge {name}, was {intent_id!r}")
    return page(
        request,
        "pages/trading/order.html",
        title=f"Order {found.comment}",
        bridge=bridge,
        order=found,
        currency=_currency(card(bridge)),
    )


@router.get("/trading/{name}/switch/{action}")
def confirm(request: Request, _: CanTrade, name: str, action: str) -> HTMLResponse:
    return _confirmation(request, action, [_switchable(request, name)], name)


@router.post("/trading/{name}/switch/{action}")
def switch(request: Request, _: CanTrade, name: str, action: str, reason: Reason) -> Response:
    return redirect(f"/trading/{quote(name)}", _switch(request, _switchable(request, name), action, reason))


def _switchable(request: Request, name: str) -> Bridge:
    found = sources(request).bridges.find(name)
    if not found.has_own_switch:
        was = "a dry run, which its bridge's switch stops" if found.is_dry_run else "a replayed recording"
        raise DataError(f"Expected a bridge with a kill switch of its own, was {name}: {was}")
    return found


def _switch(request: Request, bridge: Bridge, action: str, reason: str) -> str:
    _expect(action)
    before = {"kill": bridge.kill_reason()}
    with acting(request, action, f"bridge {bridge.name}", reason=reason, before=before) as act:
        who = request.state.person.name
        changed = bridge.kill(f"{reason} ({who}, by the pages)") if action == "kill" else bridge.resume()
        act.after = {"kill": bridge.kill_reason()}
    words = {"kill": ("is killed", "was killed already"), "resume": ("may enter again", "was not killed")}
    return f"{bridge.name} {words[action][not changed]}"


def _confirmation(request: Request, action: str, bridges: list[Bridge], name: str) -> HTMLResponse:
    _expect(action)
    cards = [card(each) for each in bridges]
    title = f"{action.capitalize()} {name or 'every bridge'}"
    return page(request, "pages/trading/confirm.html", title=title, action=action, cards=cards, name=name)


def _expect(action: str) -> None:
    if action not in _DONE:
        raise DataError(f"Expected kill or resume, was {action!r}")


def _cards(request: Request) -> dict[str, Any]:
    """What needs a person first, then live before demo before paper."""
    found = ask(sources(request).bridges.all)

    def order(each: Card) -> tuple[bool, int, str]:
        rank = MODES.index(each.mode) if each.mode in MODES else len(MODES)
        return not each.needs, rank, each.bridge.name

    return {"bridges": found, "cards": sorted(map(card, found.value or []), key=order)}


def _bridge(request: Request, bridge: Bridge) -> dict[str, Any]:
    of, now_us = sources(request).bridges, int(datetime.now(UTC).timestamp() * 1e6)
    shown = card(bridge)
    told = ask(of.told, bridge)
    limits = ask(bridge.limits)
    entries = told.value.entries if told.value else ()
    # A market of the past has its own clock: limits of a day count by it.
    status = shown.status.value
    by_clock = int(status.market_time.timestamp() * 1e6) if status else now_us
    lines = (
        limit_lines(bridge.usage(told.value, by_clock))
        if told.value and limits.value and not bridge.is_replay
        else []
    )
    since = by_clock - int(timedelta(days=1).total_seconds() * 1e6)
    equity = equity_of(told.value.facts, since) if told.value else []
    if status and status.money and (not equity or equity[-1][0] < by_clock):
        equity.append((by_clock, float(status.money.equity)))  # the rules look only when a signal asks
    return {
        "card": shown,
        "bridge": bridge,
        "told": told,
        "limits_problem": limits,
        "limits_from": limits.value[1] if limits.value else "",
        "limit_lines": lines,
        "positions": open_positions(entries),
        "refusals": refusals(entries),
        "equity": _equity_figures(equity, _currency(shown)),
        "currency": _currency(shown),
        "symbols": sorted({each.intent.symbol for each in entries}),
        "fates": sorted({str(each.fate) for each in entries}),
    }


def _currency(shown: Card) -> str:
    """Of the account; empty where no status says it."""
    status = shown.status.value
    return status.money.currency if status and status.money else ""


def _orders(request: Request, bridge: Bridge, symbol: str, fate: str, at: int) -> dict[str, Any]:
    told = ask(sources(request).bridges.told, bridge)
    lines = chosen(told.value.entries, symbol, fate) if told.value else []
    at = max(at, 0)
    return {
        "orders": lines[at : at + _A_PAGE],
        "count": len(lines),
        "symbol": symbol,
        "fate": fate,
        "at": at,
        "step": _A_PAGE,
    }


def _equity_figures(equity: list[tuple[int, float]], currency: str) -> dict[str, Any] | None:
    if not equity:
        return None
    return {
        "time": True,
        "x": "time",
        "series": [{"label": "equity", "unit": currency, "digits": 2, "kind": "step"}],
        "columns": [[ts / 1e6 for ts, _ in equity], [money for _, money in equity]],
    }
