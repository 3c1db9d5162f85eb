from __future__ import annotations

import json
import re
import subprocess
import sys
from html import escape
from html.parser import HTMLParser

from ticklake_assets.modeling.deployed.gates import GATES
from ticklake_assets.modeling.judging.figures import TradeFigures
from ticklake_assets.modeling.judging.walk_forward import WalkForwardReport, judge
from ticklake_assets.modeling.report.page import PAGE, page_values, report_html, report_json
from ticklake_assets.modeling.report.svg import NARROW, WIDE
from ticklake_assets.modeling.report.templating import template
from ticklake_assets_tests.modeling.markets import chain
from ticklake_assets_tests.modeling.report.hostile import attack, hostile

_VOID = {"meta"}
SECTIONS = [
    *(
        "Money",
        "Costs and size",
        "Beyond no skill",
        "How sure is this",
        "Gates",
        "Folds",
        "Markets",
        "Trades",
        "Models",
        "Days",
    ),
    "Model card: SYNEUR as of 2024-01-17",
    "How to read this",
]


class Page(HTMLParser):
    """The elements, attributes and words of a page; complains about a tag that is not closed where it should be."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, tuple[str, ...]]] = []
        self.values: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, tuple(name for name, _ in attrs)))
        self.values += [value or "" for _, value in attrs]
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """`<line/>`: closed where it opens."""
        self.elements.append((tag, tuple(name for name, _ in attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def passed() -> WalkForwardReport:
    return judge(chain(), 1, 1.0)


def rejected() -> WalkForwardReport:
    return judge(chain(strength=0.0), 1, 1.0)


def test_the_page_is_whole_and_loads_nothing() -> None:
    text = report_html(passed())
    page = Page(text)
    assert not re.search(r"https?://|<script|<link|<img|url\(|@import", text)
    assert {name for _, names in page.elements for name in names}.isdisjoint({"src", "href", "style"})
    assert len(text) < 320_000


def test_on_a_telephone_the_charts_of_money_are_drawn_for_its_width() -> None:
    text = report_html(passed())
    for name in ("Equity over", "Drawdown over", "Promised on"):
        widths = re.findall(rf'<svg viewBox="0 0 (\d+) \d+" role="img" aria-label="{name}', text)
        assert widths == [str(WIDE), str(NARROW)]
    assert re.search(rf'class="on-phone"><svg viewBox="0 0 {NARROW} ', text)


def test_each_section_has_its_heading_and_each_chart_its_figure() -> None:
    text = report_html(passed())
    assert re.findall(r"<h2>(.+)</h2>", text) == SECTIONS
    assert text.count("<section") == len(SECTIONS)
    assert text.count("<figure>") == 11
    assert text.count("<svg") == 11 + text.count('class="on-phone"')
    kinds = re.findall(r'<table class="(\w+)">', text)
    assert kinds == [
        *(
            "benchmarks",
            "gates",
            "folds",
            "regimes",
            "trades",
            "importance",
            "together",
            "abstentions",
            "days",
        )
    ]


def test_a_phone_scrolls_wide_tables_in_their_own_box_and_never_the_page() -> None:
    """Seen in Chromium at 320 to 1280 px: no element but those in a box reaches beyond the page."""
    text = report_html(rejected())
    assert '<meta name="viewport" content="width=device-width,initial-scale=1">' in text
    assert len(re.findall(r'<div class="wide">\s*<table', text)) == text.count("<table")
    style = text.split("</style>")[0]
    assert re.search(r"\.wide \{\s*overflow-x: auto;", style)
    narrow = style[style.index("@media screen and (max-width: 640px)") :]
    fixed = [int(each) for each in re.findall(r"[^-]width: (\d+)px", style)]
    assert all(each < 320 for each in fixed), "nothing outside of a box is wider than a phone"
    for boxed in (".folds", ".days", ".trades", ".gates tr", "figure svg"):
        assert boxed in narrow


def test_the_same_chain_gives_the_same_page() -> None:
    assert report_html(passed()) == report_html(passed())


def test_a_page_of_another_process_is_the_same() -> None:
    """Neither the order of a set nor what was rendered before gets into the text."""
    probe = (
        "import sys; from ticklake_assets.modeling.report.page import report_html;"
        "from ticklake_assets.modeling.judging.walk_forward import WalkForwardReport;"
        "sys.stdout.write(report_html(WalkForwardReport.model_validate_json(sys.stdin.buffer.read())))"
    )
    report = passed()
    made = subprocess.run(
        [sys.executable, "-c", probe], input=report.canonical(), capture_output=True, check=True
    )
    assert made.stdout.decode() == report_html(report)


def test_every_gate_fold_and_day_is_in_it() -> None:
    folds = chain()
    page = report_html(judge(folds, 1, 1.0))
    for gate in GATES:
        assert f">{gate.name}<" in page
    for fold in folds:
        assert fold.test.bundle[:12] in page
        for day in fold.test.days:
            assert f">{day.day}<" in page
    assert 'class="verdict passed">passed<' in page
    assert "6 open test days (at least 6 needed)" in page


def test_a_rejection_says_why_and_missing_evidence_how_much() -> None:
    refused = report_html(rejected())
    assert 'class="verdict rejected">rejected<' in refused
    assert '<p class="lead">This chain may not trade: ' in refused
    told = re.findall(r"<li>(.+?)<small>(.+?)</small></li>", refused)
    assert told == [(row.sentence, escape(row.figures)) for row in rejected().gates.refusals]
    assert refused.index("may not trade") < refused.index("<dl>") < refused.index("<svg")
    assert ">fails net pips<" in refused
    early = report_html(judge(chain()[:1], 1, None))
    assert ">insufficient evidence<" in early
    assert "2 open test days (at least 6 needed)" in early
    assert "<li>Its parity could not be measured" in early
    assert f"not enough evidence ({judge(chain()[:1], 1, None).pbo_days} of 60 validation days)" in early


def test_what_was_not_measured_is_a_dash_and_what_was_a_number() -> None:
    nothing = TradeFigures(hit_rate=None, profit_factor=None, average_pips=None, daily_sharpe=None)
    unknown = {"figures": nothing, "cost_share": None}
    facts = dict(re.findall(r"<dt>(.+)</dt><dd>(.+)</dd>", report_html(passed().model_copy(update=unknown))))
    dashed = {
        "hit rate",
        "profit factor",
        "average trade, pips",
        "Sharpe ratio by day",
        "costs, share of gross",
    }
    assert {name for name, value in facts.items() if value == "–"} == dashed
    known = report_html(passed().model_copy(update={"pbo": 0.123}))
    assert re.search(r"overfitting:\s+0\.12\.", known)


def test_no_text_of_a_report_is_markup() -> None:
    """Attacked in every field, the page keeps its elements and attributes, and shows the attacks as they are."""
    report, planted = hostile(rejected())
    page = Page(report_html(report))
    assert page.elements == Page(report_html(rejected())).elements
    unseen = {each for each in planted if not any(each in words for words in page.words)}
    assert unseen == {
        attack(field)
        for field in (
            "BundleManifest.cleaning-rules",
            "BundleManifest.code",
            "BundleManifest.features",
            "BundleManifest.label-version",
            "BundleTest.bundle",
            "DayBenchmarks.random-events",
            "DayBenchmarks.random-times",
            "DayBenchmarks.random-sides",
            "DayMoney.rate-from",
            "LateDay.costs",
            "LateDay.nets",
            "FeedLimitNumbers.feature",
            "FeedLimitNumbers.reason",
        )
    }
    assert attack("BundleTest.bundle")[:12] in page.words


def test_a_symbol_is_no_markup_either() -> None:
    """No instrument has such a name, so the charts are those of another."""
    report = passed()
    attacked = report.model_copy(update={"symbol": attack("symbol")})
    page = Page(template(PAGE).render(page_values(report) | {"report": attacked}))
    assert page.elements == Page(report_html(report)).elements
    assert page.words.count(f"{attack('symbol')}, walk-forward to {report.as_of}") == 2


def test_every_colour_is_light_and_dark() -> None:
    page = report_html(passed())
    style, body = page.split("</style>")
    assert re.search(r"prefers-color-scheme: *dark", style)
    used = set(re.findall(r"var\((--[a-z]+)\)", page))
    schemes = re.findall(r":root \{([^}]*)\}", style)
    assert len(schemes) == 2
    for scheme in schemes:
        assert used <= set(re.findall(r"(--[a-z]+):", scheme))
    assert not re.search(r"(?:fill|stroke)=\"#", body)


def test_the_json_says_what_the_page_says_without_single_trades() -> None:
    report = passed()
    told = json.loads(report_json(report))
    assert (told["net_pips"], told["trades"]) == (report.net_pips, report.trades)
    assert [row["name"] for row in told["gates"]["rows"]] == [gate.name for gate in GATES]
    assert [fold["test"]["net_pips"] for fold in told["folds"]] == [
        fold.test.net_pips for fold in report.folds
    ]
    assert [regime["name"] for regime in told["regimes"]] == [regime.name for regime in report.regimes]
    days = [day for fold in told["folds"] for day in fold["test"]["days"]]
    assert sum(day["trades"] for day in days) == report.trades
    assert "signal_us" not in report_json(report).decode()
    assert len(report_json(report)) < 100_000
