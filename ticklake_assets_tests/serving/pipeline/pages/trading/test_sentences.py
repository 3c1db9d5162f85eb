"""Every word that rules, freshness and brokers refuse by has a sentence."""

from __future__ import annotations

import pytest

from mt5_bridge.risk.words import Reason
from mt5_bridge.terminal.retcodes import RETCODES, Action
from mt5_bridge.trading.freshness import Doubt
from serving.pipeline.pages.trading.sentences import refusal_sentence

_WORDS = [*Reason, *Doubt, *(row.reason for row in RETCODES.values() if row.action is Action.REFUSED)]


@pytest.mark.parametrize("word", [str(each) for each in _WORDS])
def test_a_known_word_is_a_sentence_with_the_rules_own_behind_it(word: str) -> None:
    said = refusal_sentence(word, "2.1 of 2")
    assert "the bridge's word" not in said.lower()
    assert said.endswith(". 2.1 of 2")


def test_a_new_word_is_said_as_it_is() -> None:
    assert refusal_sentence("moon_phase", "") == "The bridge's word for it is 'moon_phase'."
