"""The gates between a tested chain of models and the market, as one table.

Defaults and reasons were measured on synthetic and real markets: what "next fold" says compares, over 50 markets of
strengths 0 to 1, chains that met a gate with chains that did not, by whether the fold after them earned
(`python -m bench gates`, docs/trials.md). The values are those of `walk_forward`: pooled sequential test trades of the
chain, and the last fold's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from ticklake_assets.core.errors import DataError
from ticklake_assets.modeling.deployed.document import Document

Verdict = Literal["passed", "rejected", "insufficient_evidence"]
PASSED: Verdict = "passed"
REJECTED: Verdict = "rejected"
INSUFFICIENT: Verdict = "insufficient_evidence"

Role = Literal["own_choice", "evidence", "required", "when_known"]
"""What a row does to the verdict: a refusal even without evidence, no evidence, a refusal, or a refusal where it was
measurable."""

LEAST_DAYS, LEAST_TRADES = 6, 100
LEAST_PBO_DAYS = 60
"""Days below which the probability of backtest overfitting is a coin toss (SD 0.2 at 20 days)."""


@dataclass(frozen=True)
class Gate:
    name: str
    reason: str
    at_least: float | None = None
    above: float | None = None
    at_most: float | None = None
    role: Role = "required"
    fails: str = ""
    """What a failure means, as one plain sentence without a full stop: it is what a reader sees first."""

    @property
    def threshold(self) -> str:
        """
        >>> Gate("coverage", "", at_least=0.8, at_most=0.995).threshold
        '>= 0.8 and <= 0.995'
        """
        limits = ((">=", self.at_least), (">", self.above), ("<=", self.at_most))
        return " and ".join(f"{sign} {limit:g}" for sign, limit in limits if limit is not None)

    def admits(self, value: float) -> bool:
        return (
            (self.at_least is None or value >= self.at_least)
            and (self.above is None or value > self.above)
            and (self.at_most is None or value <= self.at_most)
        )

    def judge(self, value: float | None) -> GateRow:
        """The row of a value; None stays unknown."""
        return GateRow(
            name=self.name,
            value=value,
            threshold=self.threshold,
            reason=self.reason,
            fails=self.fails,
            passed=None if value is None else self.admits(value),
            role=self.role,
        )


GATES = (
    Gate(
        "trading_folds",
        "share of folds whose act threshold earned on the validation days; the others chose not to trade",
        at_least=2 / 3,
        role="own_choice",
        fails="In too many folds no act threshold earned on the validation days: it chose not to trade",
    ),
    Gate(
        "test_days",
        "fewer open days cannot confirm an edge",
        at_least=LEAST_DAYS,
        role="evidence",
        fails="There are too few open test days to confirm an edge",
    ),
    Gate(
        "trades",
        "fewer trades cannot confirm an edge",
        at_least=LEAST_TRADES,
        role="evidence",
        fails="There are too few trades to confirm an edge",
    ),
    Gate(
        "net_pips_a_day_lower_bound",
        "5 % lower bound by day, with the trades' skewness: at most 5.8 % of chains without an edge are above",
        above=0,
        fails="Its profit a day is not safely above zero: it may be luck",
    ),
    Gate(
        "deflated_sharpe",
        "the best of N openings of pure noise looks good, too; trades of a day that hang together count as fewer",
        at_least=0.95,
        fails="Luck alone gives results this good to one who looks at these days this often",
    ),
    Gate(
        "skill_beyond_exposure",
        "chance that the best of N openings earns as much at random events with the same sides, or at random times "
        "as long held: a drift is earned by everybody",
        at_most=0.05,
        fails="The same sides at random moments would have earned as much: this is exposure to the market, not skill",
    ),
    Gate(
        "positive_folds",
        "an edge that one fold carries is luck",
        at_least=2 / 3,
        fails="Too many of its test windows lost: a few carry the profit",
    ),
    Gate(
        "net_pips_double_slippage",
        "fills are worse than planned: the next fold earned in 67 % where an edge survived this, in 19 % where not",
        above=0,
        fails="It would lose money if fills slipped twice as far as planned",
    ),
    Gate(
        "net_less_drawdown_pips",
        "the chain earned at least its deepest fall: the next fold earned in 75 % where it had, in 18 % where not",
        at_least=0,
        fails="It fell deeper on the way than it earned in the end",
    ),
    Gate(
        "calibration_error",
        "stated probabilities are what happens: 0.01 to 0.06 as fitted, 0.06 to 0.13 by a model twice as sure",
        at_most=0.08,
        fails="What it states as probable is not what happens",
    ),
    Gate(
        "lost_skill",
        "the overfit gap: of the skill on train days strong patterns lose up to half, noise without costs nearly all; "
        "the next fold earned in 48 % below this, in 22 % above",
        at_most=0.75,
        fails="Most of what it learnt on train days is gone on days that it had not seen",
    ),
    Gate(
        "coverage",
        "share of events that the anomaly model admits: 0.91 to 0.99 of the trained market, 0.11 to 0.81 of one with "
        "twice the volatility; above the upper limit the model says nothing",
        at_least=0.80,
        at_most=0.995,
        fails="Its anomaly model turns away too much of the market, or next to nothing of it",
    ),
    Gate(
        "pbo",
        "probability of backtest overfitting by the choice among thresholds: at most 0.01 where a pattern is strong, "
        f"up to 0.58 in noise without costs; not enough evidence before {LEAST_PBO_DAYS} days",
        at_most=0.2,
        role="when_known",
        fails="The best act threshold of some validation days is a poor one on the others: it was picked by luck",
    ),
    Gate(
        "own_fold_net_pips",
        "the fold that would be deployed earned money itself",
        above=0,
        fails="The model that would be deployed lost money on its own test days",
    ),
    Gate(
        "own_fold_calibration_error",
        "the deployed probabilities are what happens",
        at_most=0.08,
        fails="What the model that would be deployed states as probable is not what happens",
    ),
    Gate(
        "own_fold_coverage",
        "the deployed anomaly model admits today's market",
        at_least=0.80,
        fails="The model that would be deployed turns away too much of today's market",
    ),
    Gate(
        "decision_ms",
        "99 % of decisions take a tenth of the 200 ms that the simulation gives an order to arrive",
        at_most=20,
        role="when_known",
        fails="It decides too slowly for its orders to arrive as the simulation has them",
    ),
    Gate(
        "parity",
        "live features are gold's features, bit for bit",
        at_least=1,
        fails="Live features are not those that it was trained and tested on",
    ),
)
"""Every gate with its default and reason, in the order of the reports."""


class GateRow(Document):
    name: str
    value: float | None
    """None where it could not be measured."""
    threshold: str
    reason: str
    """Why the gate is there, and what its limit was measured on."""
    fails: str
    """What its failure means, in plain words."""
    passed: bool | None
    role: Role

    @property
    def holds_back(self) -> bool:
        """Whether this row alone keeps the chain from trading."""
        return self.passed is False or (self.passed is None and self.role != "when_known")

    @property
    def sentence(self) -> str:
        """Why it holds back, in plain words: the wording of terminal, Dagster, MLflow and page."""
        if self.value is None:
            return (
                f"Its {self.name.replace('_', ' ')} could not be measured, and what is unknown is not passed"
            )
        return self.fails

    @property
    def figures(self) -> str:
        """The numbers behind the sentence."""
        value = "was not measured" if self.value is None else f"is {self.value:.4g}"
        return f"{self.name} {value}, expected {self.threshold}"


class GateReport(Document):
    """The judged table. `passed` is the only verdict that trades."""

    rows: tuple[GateRow, ...]
    verdict: Verdict
    reasons: tuple[str, ...]
    """Why it is not `passed`, a plain sentence with its figures each; empty when it is."""
    days_had: int
    days_needed: int = LEAST_DAYS
    trades_had: int
    trades_needed: int = LEAST_TRADES

    @property
    def refusals(self) -> tuple[GateRow, ...]:
        """The rows that keep it from trading, in the order of the gates."""
        return tuple(row for row in self.rows if row.holds_back)

    @property
    def headline(self) -> str:
        """The verdict as a sentence, the first that a reader sees."""
        if self.verdict == PASSED:
            return "This chain may trade: every gate that counts was passed."
        if self.verdict == INSUFFICIENT:
            return "This chain may not trade: there is too little evidence to say whether it should."
        return f"This chain may not trade: {len(self.refusals)} of its {len(self.rows)} gates refuse it."

    def implied_verdict(self) -> Verdict:
        """The verdict that the rows alone give: a record that says another was not made by `evaluate`."""
        return _verdict(self.rows)


def figures_of(rows: Iterable[GateRow]) -> dict[str, float]:
    """What is known of the gates as metrics; MLflow shows what stands before a slash in a name as a group."""
    return {f"gates/{row.name}": row.value for row in rows if row.value is not None}


def evaluate(values: Mapping[str, float | None], gates: tuple[Gate, ...] = GATES) -> GateReport:
    """Judge values by gate name. A name without a gate or a gate without a name is a DataError."""
    expected = {gate.name for gate in gates}
    if set(values) != expected:
        raise DataError(f"Gates and values differ. Expected {sorted(expected)}, was {sorted(values)}")
    rows = tuple(gate.judge(values[gate.name]) for gate in gates)
    return GateReport(
        rows=rows,
        verdict=_verdict(rows),
        reasons=tuple(f"{row.sentence} ({row.figures})" for row in rows if row.holds_back),
        days_had=int(values["test_days"] or 0),
        trades_had=int(values["trades"] or 0),
    )


def _verdict(rows: tuple[GateRow, ...]) -> Verdict:
    """What chose not to trade comes first: its few trades are no lack of evidence.

    Then too little evidence (it proves nothing), then what failed, then what is unknown.
    """
    if any(row.role == "own_choice" and row.passed is False for row in rows):
        return REJECTED
    if any(row.role == "evidence" and not row.passed for row in rows):
        return INSUFFICIENT
    if any(row.passed is False for row in rows):
        return REJECTED
    return INSUFFICIENT if any(row.holds_back for row in rows) else PASSED
