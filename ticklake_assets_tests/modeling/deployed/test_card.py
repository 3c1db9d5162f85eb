from __future__ import annotations

import pytest

from ticklake_assets.modeling.deployed.card import card_markdown, card_sections
from ticklake_assets.modeling.deployed.gates import GateReport
from ticklake_assets_tests.modeling.deployed.test_admission import report
from ticklake_assets_tests.serving.deployments import make_manifest

TITLES = [
    "What it is for",
    "Model",
    "Data and windows",
    "Costs and order rules",
    "Verdict",
    "Limits",
    "Who may use it",
]


def section(title: str, gates: GateReport | None) -> str:
    return " ".join(
        next(each.lines for each in card_sections(make_manifest("EURUSD"), gates) if each.title == title)
    )


@pytest.mark.parametrize("gates", [None, report(), report(trades=1.0)])
def test_a_card_is_a_page_and_always_has_all_of_its_parts(gates: GateReport | None) -> None:
    text = card_markdown(make_manifest("EURUSD"), gates)
    assert text.startswith("# Model card: EURUSD as of 2024-01-02\n")
    assert [line[3:] for line in text.splitlines() if line.startswith("## ")] == TITLES
    assert len(text) < 4_500, "one page"
    assert card_markdown(make_manifest("EURUSD"), gates) == text


def test_what_outcomes_were_simulated_with_is_all_there() -> None:
    manifest, told = make_manifest("EURUSD"), section("Costs and order rules", None)
    for name in type(manifest.order).model_fields:
        assert f"{name.replace('_', ' ')}: " in told


def test_before_the_test_nobody_may_use_it_and_after_it_the_gates_say_who() -> None:
    assert "before any of its test days was seen" in section("Verdict", None)
    assert section("Who may use it", None).startswith("Nobody yet")
    assert "This chain may trade" in section("Verdict", report())
    assert "may trade it through the endpoint" in section("Who may use it", report())
    refused = report(deflated_sharpe=0.5)
    assert f"{refused.reasons[0]}." in section("Verdict", refused)
    assert section("Who may use it", refused).startswith("Nobody may trade it")
