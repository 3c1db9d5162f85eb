from __future__ import annotations

from dataclasses import replace

from serving.pipeline.pages.overview.cards import Card, Link, card
from serving.pipeline.pages.overview.facts import Days, Symbol, Watched
from ticklake_assets_tests.serving.pipeline.pages.overview.known import BRIDGE, CHAMPION, NOW, SYMBOL


def values(found: Card) -> dict[str, tuple[str, str]]:
    return {line.name: (line.value, line.tone) for line in found.lines}


def test_a_card_says_all_that_is_known() -> None:
    assert values(card(SYMBOL, [BRIDGE], NOW, 0)) == {
        "Last complete day": ("2024-03-04", ""),
        "Days in gold": ("40", ""),
        "Gaps": ("none", "good"),
        "Champion": ("version 3", "good"),
        "As of": ("2024-03-01, 4 days ago", ""),
        "Newest verdict": ("passed", "good"),
        "Streamed day": ("2024-03-05", ""),
        "Breaker": ("closed", "good"),
        "Drift": ("0.04 of p_long", "good"),
        "Signals": ("9 since it is in service, 2 abstained", ""),
        "Bridge": ("paper-1, trading", ""),
        "Mode": ("paper", "mode"),
        "Open position": ("long 0.10 at 1.08412", ""),
        "Money today": ("+3.50\u00a0USD", ""),
    }


def test_what_no_source_said_is_absent() -> None:
    assert card(Symbol("EURUSD"), [BRIDGE], NOW, 0).lines[0].name == "Bridge"
    assert card(Symbol("GBPUSD"), [BRIDGE], NOW, 0).lines == ()


def test_a_symbol_with_days_alone_says_the_next_step() -> None:
    only_days = Symbol("EURUSD", days=SYMBOL.days, versions=0)
    found = card(only_days, [], NOW, 0)
    assert found.next_step == Link("Freeze a dataset and train a model", "/lifecycle/EURUSD")
    raw = card(replace(only_days, days=Days(None, 0)), [], NOW, 0)
    assert raw.next_step == Link("Bring its days to gold", "/data/EURUSD")
    judged = card(replace(only_days, versions=1, verdict="rejected"), [], NOW, 0)
    assert judged.next_step == Link("Read why there is no champion", "/models/EURUSD")
    assert values(judged)["Newest verdict"] == ("rejected", "bad")


def test_each_trouble_has_its_colour() -> None:
    wrong = replace(
        SYMBOL,
        days=replace(SYMBOL.days or Days(None, 0), refused=(NOW.date(),), gaps=(NOW.date(),)),
        champion=replace(CHAMPION, expires=NOW),
        watched=Watched(NOW.date(), breaker_open=True, drift=0.3, drifted="p_long"),
    )
    found = values(card(wrong, [], NOW, 2))
    assert found["Gaps"] == ("1 missing, 1 refused", "warn")
    assert found["Champion"][1] == "warn"
    assert found["As of"][0] == "2024-03-01, 4 days ago, expired"
    assert found["Breaker"] == ("open", "bad")
    assert found["Drift"] == ("0.30 of p_long", "bad")
