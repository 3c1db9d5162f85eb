"""Verdicts and gates in plain words, from judgements as they were signed."""

from __future__ import annotations

import pytest

from serving.pipeline.pages.model.verdicts import gate_lines, in_words, verdict_of
from serving.pipeline.sources.models import Models
from ticklake_assets.modeling.deployed.gates import GATES, evaluate
from ticklake_assets_tests.serving.pipeline.pages.model.conftest import Known


def test_the_verdict_is_one_sentence_that_says_why(known: Known, models: Models) -> None:
    passed = verdict_of(models, known.passed)
    assert (passed.word, passed.tone, passed.may_trade) == ("passed", "good", True)
    assert passed.sentence == "This chain may trade: every gate that counts was passed."
    rejected = verdict_of(models, known.rejected)
    assert (rejected.word, rejected.may_trade) == ("rejected", False)
    assert rejected.sentence == (
        "This chain may not trade: 1 of its 18 gates refuse it: live features are not those that it was trained and "
        "tested on."
    )


def test_what_nobody_judged_may_not_trade(known: Known, models: Models) -> None:
    unseen = verdict_of(models, known.unseen)
    assert (unseen.word, unseen.tone, unseen.may_trade) == ("not judged", "dim", False)


def test_a_judgement_that_was_edited_is_not_believed(known: Known, models: Models) -> None:
    assert verdict_of(models, known.rejected).word == "rejected"
    store = known.life.promotion.lake.store
    key = f"models/judged/{known.rejected.symbol}/{known.rejected.bundle}"
    signed = store.get(key)
    try:
        store.put(key, signed.replace(b'"verdict":"rejected"', b'"verdict":"passed"'))
        verdict = verdict_of(models, known.rejected)
    finally:
        store.put(key, signed)
    assert (verdict.word, verdict.may_trade) == ("unreadable", False)
    assert "signature" in verdict.sentence
    assert verdict_of(models, known.rejected).word == "rejected", "the file is right again"


def test_gates_that_refuse_come_first_and_each_says_what_it_is() -> None:
    good = {gate.name: 0.9 for gate in GATES}
    values = good | {"test_days": 6.0, "trades": 99.0, "parity": 0.0, "pbo": None, "decision_ms": None}
    lines = gate_lines(evaluate(values))
    words = {line.name: line.word for line in lines}
    assert [line.name for line in lines[:2]] != ["trading folds", "test days"]
    assert words["trades"] == "insufficient evidence"
    assert words["parity"] == "failed"
    assert words["probability of backtest overfitting"] == "not enough evidence"
    assert words["test days"] == "passed"
    assert next(line for line in lines if line.name == "parity").sentence.startswith("Live features are not")
    refused = [line.word in ("failed", "insufficient evidence") for line in lines]
    assert refused == sorted(refused, reverse=True)


@pytest.mark.parametrize(
    ("threshold", "words"),
    [
        ("> 0", "above 0"),
        (">= 0.666667", "at least 0.667"),
        (">= 0.8 and <= 0.995", "at least 0.8 and at most 0.995"),
    ],
)
def test_thresholds_are_words(threshold: str, words: str) -> None:
    assert in_words(threshold) == words
