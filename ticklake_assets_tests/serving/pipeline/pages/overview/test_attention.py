from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from serving.pipeline.pages.overview.attention import headline, needs
from serving.pipeline.pages.overview.facts import Days, Down, FailedRun, Known, Watched
from ticklake_assets_tests.serving.pipeline.pages.overview.known import (
    BRIDGE,
    CHAMPION,
    NOW,
    SYMBOL,
    WELL,
    bridge,
    symbol,
)

HELD = date(2024, 3, 4)
DAYS = tuple(date(2024, 2, day) for day in (5, 6, 7, 8))
EXPIRED = replace(CHAMPION, expires=NOW)


def test_of_what_is_well_nothing_is_said() -> None:
    assert needs(WELL) == []
    assert headline(WELL, []) == "All is well"


@pytest.mark.parametrize(
    ("known", "told", "path"),
    [
        (
            symbol(days=Days(HELD, 9, refused=DAYS[:1])),
            "EURUSD: 1 day was refused: 2024-02-05.",
            "/data/EURUSD/2024-02-05",
        ),
        (
            symbol(days=Days(HELD, 9, gaps=DAYS)),
            "EURUSD: 4 days are missing: 2024-02-05, 2024-02-06, 2024-02-07 and 1 more.",
            "/data/EURUSD",
        ),
        (
            symbol(days=Days(date(2024, 2, 29), 9)),
            "EURUSD has had no new day since 2024-02-29.",
            "/data/EURUSD",
        ),
        (
            symbol(watched=Watched(NOW.date(), breaker_open=True, why_open="feed_gap")),
            "The breaker of EURUSD is open, every signal abstains: feed_gap.",
            "/live/EURUSD",
        ),
        (
            symbol(champion=EXPIRED),
            "The model of EURUSD expired on 2024-03-05: it abstains from every signal.",
            "/lifecycle/EURUSD",
        ),
        (
            bridge(state="killed", why="news"),
            "The bridge paper-1 (paper) is killed: news. It holds EURUSD long 0.10 at 1.08412.",
            "/trading/paper-1",
        ),
        (
            bridge(heard=NOW - timedelta(minutes=3), symbols={}),
            "The bridge paper-1 (paper) was last heard of 3 minutes ago. It holds no position.",
            "/trading/paper-1",
        ),
        (
            replace(
                WELL,
                down=(
                    Down(
                        "Dagster",
                        "Dagster at http://127.0.0.1:3000 does not answer. `ticklake dev` starts it",
                    ),
                ),
            ),
            "Dagster at http://127.0.0.1:3000 does not answer. `ticklake dev` starts it.",
            "/ops",
        ),
        (
            replace(WELL, failed=(FailedRun("a1b2", "model/training", NOW),)),
            "A run of model/training failed.",
            "/lifecycle/runs/a1b2",
        ),
    ],
    ids=lambda each: each if isinstance(each, str) and each.startswith("/") else "",
)
def test_each_trouble_is_a_sentence_with_a_place(known: Known, told: str, path: str) -> None:
    (found,) = needs(known)
    assert (found.sentence, found.path) == (told, path)
    assert found.step
    assert headline(known, [found]) == "1 thing needs a person"


def test_what_may_cost_money_comes_first() -> None:
    wrong = replace(
        symbol(days=Days(HELD, 9, gaps=DAYS)),
        failed=(FailedRun("a", "gold", NOW),),
        bridges=(replace(BRIDGE, state="killed"),),
    )
    found = needs(wrong)
    assert [each.grave for each in found] == [True, False, False]
    assert headline(wrong, found) == "3 things need a person"


def test_a_bridge_that_was_stopped_is_missed_by_nobody() -> None:
    assert needs(bridge(state="stopped", heard=NOW - timedelta(days=9))) == []


def test_a_drawn_market_grows_no_older_by_the_clock() -> None:
    drawn = replace(SYMBOL, is_synthetic=True, champion=EXPIRED, days=Days(date(2020, 1, 1), 9))
    assert needs(replace(WELL, symbols=(drawn,))) == []


def test_a_home_without_a_symbol_is_not_said_to_be_well() -> None:
    assert headline(Known(datetime(2024, 1, 1, tzinfo=UTC)), []) == "Nothing is here yet"
