"""A bridge's day against its test, as one HTML file that loads nothing: waterfall, steps, trades."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

from markupsafe import Markup

from mt5_bridge.attribution.waterfall import Attribution, ExplainedTrade
from ticklake_assets.modeling.report.svg import FAINT, GAIN, INK, LINE, LOSS, NARROW, WIDE, Plot, padded
from ticklake_assets.modeling.report.templating import template

_PAGE = "attribution.html.j2"


def attribution_html(found: Attribution) -> str:
    """Write the page; the same day gives the same text."""
    return template(_PAGE).render(
        found=found,
        headline=headline(found),
        chart=waterfall_chart(found),
        chart_narrow=waterfall_chart(found, NARROW),
        steps=step_rows(found),
        trades=[_trade_row(each, found.currency) for each in found.trades],
    )


def headline(found: Attribution) -> str:
    """One line for a person."""
    return (
        f"{found.real} {found.currency} in the account ({found.mode}) against {found.tested} {found.currency} tested: "
        f"{found.difference:+} explained to the cent; {found.equal_trades} of {len(found.trades)} trades are the same "
        "in every field"
    )


def attribution_markdown(found: Attribution) -> str:
    """Headline and steps as a page's text."""
    lines = [
        f"| {row['step']} | {row['difference']} | {row['money']} | {row['trades']} |"
        for row in step_rows(found)
    ]
    table = ["| step | difference | money then | trades changed |", "| --- | ---: | ---: | ---: |", *lines]
    return "\n".join([f"{headline(found)}.", "", *table, ""])


def waterfall_chart(found: Attribution, width: int = WIDE) -> Markup:
    """From the test's money, left, by each step to the account's, right."""
    bars = [*_bars(found)]
    ends = [float(end) for _, start, end in bars for end in (start, end)]
    plot = Plot(
        width, 260, (0.0, float(len(bars))), padded(ends), left=64, bottom=44 if width == WIDE else 64
    )
    plot.y_axis()
    plot.y_title(found.currency)
    for place, (name, start, end) in enumerate(bars):
        change = end - start
        colour = LINE if name in ("tested", "account") else GAIN if change >= 0 else LOSS
        plot.bar(place + 0.12, place + 0.88, float(start), float(end), colour, f"{name}: {change:+}")
        across = plot.at(place + 0.5, 0)[0]
        low = 16 if width == WIDE or place % 2 == 0 else 34
        plot.text(across, plot.height - plot.bottom + low, name, colour=INK)
        if width == WIDE:
            plot.text(across, plot.height - plot.bottom + 32, f"{change:+}", colour=FAINT)
    return plot.svg(f"From {found.tested} {found.currency} tested to {found.real} in the account")


def step_rows(found: Attribution) -> list[dict[str, str]]:
    """The day's steps as a table's rows."""
    rows = [
        {"step": "tested", "difference": "", "money": str(found.tested), "trades": ""},
        {
            "step": "rounding",
            "difference": f"{found.rounding:+}",
            "money": str(found.tested + found.rounding),
            "trades": "",
        },
    ]
    rows += [
        {
            "step": str(each.step),
            "difference": f"{each.difference:+}",
            "money": str(each.money),
            "trades": str(each.trades),
        }
        for each in found.steps
    ]
    return [*rows, {"step": "account", "difference": "", "money": str(found.real), "trades": ""}]


def _bars(found: Attribution) -> Iterator[tuple[str, Decimal, Decimal]]:
    yield "tested", Decimal(0), found.tested
    at = found.tested
    for name, change in (("rounding", found.rounding), *((str(s.step), s.difference) for s in found.steps)):
        yield name, at, at + change
        at += change
    yield "account", Decimal(0), found.real


def _trade_row(trade: ExplainedTrade, currency: str) -> dict[str, str]:
    return {
        "signal": datetime.fromtimestamp(trade.signal_us / 1e6, UTC).strftime("%H:%M:%S.%f")[:-3],
        "side": trade.side,
        "tested": str(trade.tested),
        "account": str(trade.real),
        "steps": ", ".join(f"{step} {change:+}" for step, change in trade.steps.items()) or "the same",
        "differences": "; ".join(
            f"{each.name}: {each.tested or 'none'} became {each.real or 'none'} by {', '.join(each.by)}"
            for each in trade.differences
        ),
        "currency": currency,
    }
