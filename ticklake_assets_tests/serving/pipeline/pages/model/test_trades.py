"""Trades: filters against a plain loop, sorting, pages, and what an address says."""

from __future__ import annotations

from urllib.parse import parse_qs

import pytest

from serving.pipeline.pages.model.trades import (
    OUTCOMES,
    PAGE,
    SIDES,
    Asked,
    all_reasons,
    chosen,
    days_of,
    find,
    reasons_of,
    signal_us,
    stated,
    weighed,
)
from serving.pipeline.sources.models import Models
from ticklake_assets.core.errors import DataError
from ticklake_assets.modeling.report.trades import TradeLine, trade_lines
from ticklake_assets_tests.serving.pipeline.pages.model.conftest import Known


@pytest.fixture
def lines(known: Known, models: Models) -> list[TradeLine]:
    report = models.judgement(known.passed)
    assert report is not None
    return trade_lines(report.folds)


def test_filters_keep_what_they_say_and_nothing_else(lines: list[TradeLine]) -> None:
    parts = [chosen(lines, Asked(side=side, outcome=outcome)) for side in SIDES for outcome in OUTCOMES]
    assert sum(map(len, parts)) == len(lines)
    assert {line.side for line in parts[0]} <= {"long"}
    day, reason = days_of(lines)[0], all_reasons(lines)[0]
    assert chosen(lines, Asked(day=day)) == [line for line in lines if line.signal.startswith(day)]
    assert chosen(lines, Asked(reason=reason)) == [
        line for line in lines if reason in line.why.replace("=", " ").split()
    ]
    between = chosen(lines, Asked(least="-1", most="2.5"))
    assert between == [line for line in lines if -1 <= line.net_pips <= 2.5]
    assert 0 < len(between) < len(lines)


def test_pages_tile_what_was_found_in_its_order(lines: list[TradeLine]) -> None:
    asked = Asked(sort="net_pips", down=True)
    first = find(lines, asked)
    pages = [
        find(lines, Asked(sort="net_pips", down=True, page=page)).lines for page in range(1, first.pages + 1)
    ]
    assert [len(page) for page in pages[:-1]] == [PAGE] * (first.pages - 1)
    told = [line.net_pips for page in pages for line in page]
    assert told == sorted((line.net_pips for line in lines), reverse=True)
    assert first.net_pips == pytest.approx(sum(told))
    assert find(lines, Asked(page=10_000)).lines == find(lines, Asked(page=find(lines, Asked()).pages)).lines


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        (Asked(side="up"), "Filter side. Expected one of long, short, was 'up'"),
        (Asked(outcome="luck"), "Filter outcome. Expected one of target"),
        (Asked(sort="why"), "Filter sort. Expected one of"),
        (Asked(day="11.1.2024"), "Filter day. Expected YYYY-MM-DD"),
        (Asked(least="much"), "Filter least. Expected a number of pips"),
        (Asked(most="nan"), "Filter most. Expected a number of pips"),
    ],
)
def test_a_filter_that_is_none_is_named(lines: list[TradeLine], asked: Asked, problem: str) -> None:
    with pytest.raises(DataError, match=problem):
        chosen(lines, asked)


def test_an_address_says_what_is_asked_and_no_more() -> None:
    assert Asked().query() == ""
    asked = Asked(side="long", outcome="day end", sort="net_pips", down=True, page=3)
    assert parse_qs(asked.query(page=1)) == {
        "side": ["long"], "outcome": ["day end"], "sort": ["net_pips"], "down": ["1"],
    }  # fmt: skip


def test_a_trade_is_named_by_its_signal_and_tells_its_reasons(lines: list[TradeLine]) -> None:
    names = [signal_us(line) for line in lines]
    assert len({*names}) == len(lines)
    assert names == sorted(names)
    for line in lines[:20]:
        assert [name for name, _, _ in weighed(line)] == reasons_of(line)
        assert stated(line) >= line.act
