from __future__ import annotations

import json
import re
from html.parser import HTMLParser

from ticklake_assets.modeling.gates import GATES
from ticklake_assets.modeling.report.page import report_html, report_json
from ticklake_assets.modeling.report.tables import abstentions_table, days_table
from ticklake_assets.modeling.walk_forward import judge
from ticklake_assets_tests.modeling.markets import chain

_VOID = {"meta"}


class Balance(HTMLParser):
    """Complains about a tag that is not closed where it should be."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        """`<line/>`: closed where it opens."""

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_whole_and_loads_nothing() -> None:
    page = report_html(judge(chain(), 1, 1.0))
    balance = Balance()
    balance.feed(page)
    assert balance.open == []
    assert not re.search(r"https?://|<script|<link|<img|url\(", page)
    assert len(page) < 200_000


def test_the_same_chain_gives_the_same_page() -> None:
    assert report_html(judge(chain(), 1, 1.0)) == report_html(judge(chain(), 1, 1.0))


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
    rejected = report_html(judge(chain(strength=0.0), 1, 1.0))
    assert 'class="verdict rejected">rejected<' in rejected
    assert "<li>deflated_sharpe is" in rejected
    early = report_html(judge(chain()[:1], 1, None))
    assert ">insufficient evidence<" in early
    assert "2 open test days (at least 6 needed)" in early
    assert "<li>parity could not be measured" in early


def test_every_colour_is_light_and_dark() -> None:
    page = report_html(judge(chain(), 1, 1.0))
    style, body = page.split("</style>")
    assert "prefers-color-scheme:dark" in style
    used = set(re.findall(r"var\((--[a-z]+)\)", page))
    for scheme in re.findall(r":root\{([^}]*)\}", style):
        assert used <= set(re.findall(r"(--[a-z]+):", scheme))
    assert not re.search(r"(?:fill|stroke)=\"#", body)


def test_the_json_says_what_the_page_says_without_single_trades() -> None:
    report = judge(chain(), 1, 1.0)
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


def test_many_days_are_folded_away() -> None:
    folds = chain()
    page = report_html(judge(folds, 1, 1.0))
    assert "<details>" not in page
    days = tuple(day for fold in folds for day in fold.test.days) * 7
    assert "<summary>42 days</summary>" in days_table(days)


def test_a_fold_says_which_of_its_own_gates_it_fails() -> None:
    report = judge(chain(strength=0.0), 1, 1.0)
    own = tuple(row for row in report.gates.rows if row.name.startswith("own_fold_"))
    assert report.fold_gates[-1] == own
    assert len(report.fold_gates) == len(report.folds)
    assert ">fails net pips<" in report_html(report)


def test_what_abstaining_did_is_told_by_reason() -> None:
    report = judge(chain(), 1, 1.0)
    page = abstentions_table(report.folds)
    reasons = {each.reason for fold in report.folds for each in fold.test.abstaining.reasons}
    for reason in reasons:
        assert f">{reason.replace('_', ' ')}<" in page
    strange = [fold.test.abstaining.reasons[0] for fold in report.folds]
    net = sum(each.net_pips for each in strange)
    assert f">{'saved' if net < 0 else 'cost'} {abs(net):,.1f} pips<" in page
    assert page in report_html(report)
