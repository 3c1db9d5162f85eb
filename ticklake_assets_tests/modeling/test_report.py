from __future__ import annotations

import re
from html.parser import HTMLParser

from ticklake_assets.modeling.gates import GATES
from ticklake_assets.modeling.report import report_html
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
