"""Templates to answers. They lie beside the page that shows them; `templates/` has what pages share."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from serving.pipeline.navigation import PAGES, of_path
from ticklake_assets.core.instruments import INSTRUMENTS

_HERE = Path(__file__).parent
_SAID, _THEME = "said", "theme"
_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 86400
_COMMAND = re.compile(r"`([^`]+)`")
NOTHING = "–"
"""Where there is no value."""


def number(value: float | Decimal | None, digits: int = 0, unit: str = "") -> str:
    """With thin groups of thousands and its unit, like `12 345.6 ms`."""
    if value is None:
        return NOTHING
    shown = f"{value:,.{digits}f}".replace(",", "\u202f").replace("-", "\u2212")
    return f"{shown}\u00a0{unit}" if unit else shown


def price(value: float | None, symbol: str) -> str:
    """With the digits of the instrument, the last zeros too; those that it has where nobody knows the instrument."""
    if value is None or symbol not in INSTRUMENTS:
        return NOTHING if value is None else f"{value:.10g}"
    return number(value, INSTRUMENTS[symbol].digits)


def signed(value: float | Decimal | None, digits: int = 0, unit: str = "") -> str:
    """A difference or a profit: its sign is always said, but for what rounds to zero."""
    if value is None:
        return NOTHING
    rounded = round(float(value), digits)
    sign = "" if rounded == 0 else "+" if rounded > 0 else "\u2212"
    return sign + number(abs(rounded), digits, unit)


def money(value: float | Decimal | None, currency: str) -> str:
    """To the cent."""
    return signed(value, 2, currency)


def duration(seconds: float | None) -> str:
    """In its two largest units, like `2 h 5 min`."""
    if seconds is None:
        return NOTHING
    if seconds < _MINUTE_S:
        return f"{seconds:.1f}\u00a0s" if seconds < 10 else f"{seconds:.0f}\u00a0s"
    whole = int(seconds)
    for size, unit, below, smaller in (
        (_DAY_S, "d", _HOUR_S, "h"),
        (_HOUR_S, "h", _MINUTE_S, "min"),
        (_MINUTE_S, "min", 1, "s"),
    ):
        if whole >= size:
            rest = whole % size // below
            return f"{whole // size}\u00a0{unit}" + (f" {rest}\u00a0{smaller}" if rest else "")
    return NOTHING


def moment(value: datetime | None, precision: str = "seconds") -> str:
    """A UTC time that app.js gives its local one on hover and focus."""
    if value is None:
        return NOTHING
    utc = value.astimezone(UTC)
    shown = utc.strftime("%Y-%m-%d %H:%M:%S")
    if precision == "milliseconds":
        shown += f".{utc.microsecond // 1000:03d}"
    return Markup('<time datetime="{}">{}\u00a0UTC</time>').format(utc.isoformat(), shown)


def moment_us(value: int | None, precision: str = "milliseconds") -> str:
    """The same of microseconds since 1970."""
    return moment(None if value is None else datetime.fromtimestamp(value / 1e6, UTC), precision)


def short(digest: str, digits: int = 8) -> Markup:
    """The first digits of a digest; the whole stands in the title."""
    return Markup('<code title="{}">{}</code>').format(digest, digest[:digits])


def coded(text: str) -> Markup:
    """A sentence of ours, whose `commands` are shown as such."""
    parts = _COMMAND.split(text)
    return Markup("").join(
        Markup("<code>{}</code>").format(each) if at % 2 else escape(each) for at, each in enumerate(parts)
    )


def _environment() -> Environment:
    found = Environment(
        loader=FileSystemLoader([_HERE, _HERE / "templates"]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for function in (number, signed, money, price, duration, moment, moment_us, short, coded):
        found.filters[function.__name__] = function
    found.filters["figures"] = _figures
    found.filters["path"] = lambda text: quote(str(text), safe="")
    found.globals["NOTHING"] = NOTHING
    return found


def _figures(value: Any) -> str:
    """As JSON, for an attribute: the template escapes it there."""
    return json.dumps(value, default=_plain, separators=(",", ":"))


def _plain(value: Any) -> Any:
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    return value.item() if hasattr(value, "item") else str(value)


_TEMPLATES = _environment()


def page(
    request: Request, template: str, *, title: str, status_code: int = 200, **context: Any
) -> HTMLResponse:
    """A whole page, in the frame that all share."""
    theme = request.cookies.get(_THEME, "")
    frame = {
        "title": title,
        "pages": PAGES,
        "here": of_path(request.url.path),
        "theme": theme if theme in ("light", "dark") else "",
        "said": unquote(request.cookies.get(_SAID, "")),
    }
    answer = part(request, template, status_code=status_code, **frame, **context)
    if frame["said"]:
        answer.delete_cookie(_SAID)
    return answer


def part(request: Request, template: str, *, status_code: int = 200, **context: Any) -> HTMLResponse:
    """A fragment, which htmx puts into a page."""
    person = getattr(request.state, "person", None)
    who = {"person": person, "csrf_token": getattr(request.state, "csrf_token", ""), "request": request}
    return HTMLResponse(_TEMPLATES.get_template(template).render(**who, **context), status_code)


def fragment(template: str, **context: Any) -> str:
    """HTML that is the same for everybody: what a stream sends."""
    return _TEMPLATES.get_template(template).render(**context)


def redirect(to: str, said: str = "") -> RedirectResponse:
    """Where a form leads; the next page says once what was done."""
    answer = RedirectResponse(to, 303)
    if said:
        answer.set_cookie(_SAID, quote(said[:1000]), max_age=60, httponly=True, samesite="lax")
    return answer
