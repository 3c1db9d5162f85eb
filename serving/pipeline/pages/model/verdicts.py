"""The gates' word on a version: the verdict as one sentence, and each gate in plain words."""

from __future__ import annotations

import re
from typing import NamedTuple

from serving.pipeline.answers import ask
from serving.pipeline.sources.models import Models
from ticklake_assets.core.rounding import shown
from ticklake_assets.modeling.deployed.gates import INSUFFICIENT, PASSED, REJECTED, GateReport, GateRow
from ticklake_assets.storage.models.versions import ModelVersion

NOT_JUDGED = "not judged"
UNREADABLE = "unreadable"
TONES = {PASSED: "good", REJECTED: "bad", INSUFFICIENT: "warn", NOT_JUDGED: "dim", UNREADABLE: "bad"}
"""Class of a verdict's chip; its word always stands beside the colour."""
_NAMES = {"pbo": "probability of backtest overfitting", "decision_ms": "time of a decision, ms"}
"""Gates whose names are no words."""
_LONG = re.compile(r"\d+\.\d{5,}")
_LIMITS = ((">= ", "at least "), ("<= ", "at most "), ("> ", "above "))


class Verdict(NamedTuple):
    word: str
    sentence: str
    gates: GateReport | None

    @property
    def tone(self) -> str:
        return TONES[self.word]

    @property
    def name(self) -> str:
        return self.word.replace("_", " ")

    @property
    def may_trade(self) -> bool:
        return self.word == PASSED


class GateLine(NamedTuple):
    name: str
    value: str
    threshold: str
    word: str
    tone: str
    sentence: str
    reason: str


def verdict_of(models: Models, version: ModelVersion) -> Verdict:
    """By the judgement as it was signed; one that was edited is `unreadable`, and says so."""
    answer = ask(models.judged, version)
    if answer.problem:
        return Verdict(UNREADABLE, answer.problem, None)
    if answer.value is None:
        return Verdict(
            NOT_JUDGED,
            "No walk-forward ended with this version, so no gate has judged it, and it may not trade.",
            None,
        )
    gates = answer.value.gates
    return Verdict(gates.verdict, why(gates), gates)


def why(gates: GateReport) -> str:
    """The verdict and what made it, in one sentence."""
    refusals = [row.sentence for row in gates.refusals]
    if not refusals:
        return gates.headline
    listed = "; ".join(sentence[0].lower() + sentence[1:] for sentence in refusals)
    return f"{gates.headline.rstrip('.')}: {listed}."


def gate_lines(gates: GateReport) -> list[GateLine]:
    """Every gate, those that refuse first."""
    return [_line(row) for row in sorted(gates.rows, key=lambda row: not row.holds_back)]


def _line(row: GateRow) -> GateLine:
    value = "not measured" if row.value is None else shown(float(f"{row.value:.4g}"))
    if row.passed:
        word, tone, sentence = "passed", "good", "Met."
    elif row.passed is None and not row.holds_back:
        word, tone = "not enough evidence", "dim"
        sentence = "It could not be measured on so few days, and is not asked for."
    elif row.passed is None or row.role == "evidence":
        word, tone, sentence = "insufficient evidence", "warn", f"{row.sentence}."
    else:
        word, tone, sentence = "failed", "bad", f"{row.sentence}."
    name, reason = (
        _NAMES.get(row.name, row.name.replace("_", " ")),
        f"{row.reason[0].upper()}{row.reason[1:]}.",
    )
    return GateLine(name, value, in_words(row.threshold), word, tone, sentence, reason)


def in_words(threshold: str) -> str:
    """
    >>> in_words(">= 0.8 and <= 0.995")
    'at least 0.8 and at most 0.995'
    """
    for sign, words in _LIMITS:
        threshold = threshold.replace(sign, words)
    return _LONG.sub(lambda found: f"{float(found[0]):.3g}", threshold)
