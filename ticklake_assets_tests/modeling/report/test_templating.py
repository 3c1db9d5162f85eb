from __future__ import annotations

import subprocess
import sys
from importlib.resources import files

import pytest
from jinja2 import UndefinedError
from markupsafe import Markup

from ticklake_assets.modeling.report.templating import template

PARTS, TABLES = "parts.html.j2", "tables.html.j2"
LOUD, QUIET = """<b a='"'>&""", "&lt;b a=&#39;&#34;&#39;&gt;&amp;"


def macro(name: str, *values: object) -> str:
    """What one macro of the templates writes."""
    file = PARTS if name in {"figure", "fact", "table", "cell"} else TABLES
    return str(getattr(template(file).module, name)(*values))


def test_words_are_escaped_and_markup_is_not() -> None:
    figure = macro("figure", LOUD, Markup("<svg></svg>"), LOUD)
    assert f"<h3>{QUIET}</h3>" in figure
    assert "<svg></svg>" in figure
    assert f"<figcaption>{QUIET}</figcaption>" in figure
    assert QUIET in macro("figure", "title", LOUD), "a chart that is no markup"
    assert macro("fact", LOUD, LOUD).count(QUIET) == 2
    assert macro("table", "gates", [("field", LOUD, False)], [{"field": LOUD}]).count(QUIET) == 2


def test_a_figure_without_a_caption_has_none() -> None:
    assert "<figcaption>" not in macro("figure", "title", Markup("<svg></svg>"))


def test_a_field_that_no_row_has_is_an_error() -> None:
    with pytest.raises(UndefinedError, match="net"):
        macro("table", "gates", [("net", "net, pips", True)], [{"gross": "1"}])


def test_numbers_are_aligned_short_words_kept_whole_and_marks_coloured() -> None:
    assert macro("cell", "td", "+1.0", True) == '<td class="number">+1.0</td>'
    assert macro("cell", "td", "13 Jan", False) == '<td class="short">13 Jan</td>'
    assert macro("cell", "td", "passed", False) == '<td class="passed">passed</td>'
    assert macro("cell", "td", "failed", False) == '<td class="failed">failed</td>'
    assert macro("cell", "td", "a sentence of many words", False).startswith('<td class="long">')


@pytest.mark.parametrize(("count", "folded"), [(39, False), (40, True)])
def test_many_days_are_folded_away(count: int, *, folded: bool) -> None:
    fields = "day quotes events out_of_distribution feed_anomalies signals position_open no_entry trades net"
    page = macro("days", [dict.fromkeys(fields.split(), "1")] * count)
    assert (f"<summary>{count} days</summary>" in page) is folded
    assert page.count("<tr>") == count + 1


def test_templates_are_part_of_the_package() -> None:
    """Hatch takes what git tracks of a package: the page is found in a wheel as it is here."""
    there = {each.name for each in (files("ticklake_assets.modeling.report") / "templates").iterdir()}
    assert there == {
        *(
            "page.html.j2",
            "headline.html.j2",
            "costs.html.j2",
            "trades.html.j2",
            "importance.html.j2",
            "card.html.j2",
        ),
        *(PARTS, TABLES, "uncertainty.html.j2", "style.css"),
        "status.html.j2",
        "attribution.html.j2",
    }


def test_nothing_is_compiled_before_a_page_is_asked_for() -> None:
    probe = """
import jinja2
def refuse(*_args, **_names): raise AssertionError("compiled while importing")
jinja2.Environment.compile = refuse
import ticklake_assets.modeling.report.page
"""
    subprocess.run([sys.executable, "-c", probe], check=True)
