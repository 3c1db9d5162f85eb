"""Chain tested folds into what rolling retraining would have earned, and judge the chain.

report = judge([FoldRecord(...), ...], openings=ledger.looks(...), parity=1.0)
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from hashlib import sha256
from itertools import pairwise

import numpy as np

from ticklake_assets.core.broker import Costs
from ticklake_assets.core.errors import DataError, MissingDataError
from ticklake_assets.core.folds import Windows, fold_as_ofs
from ticklake_assets.core.metrics import overfitting_probability, sharpe
from ticklake_assets.core.tables import Floats, Ints
from ticklake_assets.modeling.deployed.document import Document
from ticklake_assets.modeling.deployed.gates import GATES, LEAST_PBO_DAYS, GateReport, GateRow, evaluate
from ticklake_assets.modeling.deployed.manifest import LedgerState, WindowDays
from ticklake_assets.modeling.fitting.overfit import lost_share
from ticklake_assets.modeling.fitting.thresholds import certainty
from ticklake_assets.modeling.fitting.training import TrainingReport
from ticklake_assets.modeling.fitting.validation import ValidationReport
from ticklake_assets.modeling.judging.benchmarks import Benchmark, benchmarks_of, best_of, exposure_share
from ticklake_assets.modeling.judging.concentration import concentration
from ticklake_assets.modeling.judging.cost_surface import CostSurface, surface_of
from ticklake_assets.modeling.judging.evidence import evidence_of
from ticklake_assets.modeling.judging.figures import TradeFigures, trade_figures
from ticklake_assets.modeling.judging.money import Money, money_of
from ticklake_assets.modeling.judging.regimes import Regime, by_regime
from ticklake_assets.modeling.judging.testing import BundleTest, SimulatedDay
from ticklake_assets.modeling.judging.uncertainty import Uncertainty, uncertainty_of
from ticklake_assets.modeling.trading.simulation import falls

LEAST_OPENINGS = 5
"""N_open counts from here: who looks at a test period once has usually looked before it was counted."""


class FoldRecord(Document):
    """One fold from training to test, as `model/tested` leaves it."""

    as_of: date
    windows: WindowDays
    training: TrainingReport
    validation: ValidationReport
    test: BundleTest


class WalkForwardReport(Document):
    """The chain's figures; money in pips, one unit of volume a trade."""

    symbol: str
    as_of: date
    folds: tuple[FoldRecord, ...]
    net_pips: float
    net_pips_double_slippage: float
    daily_lower_bound_pips: float | None
    """5 % lower bound of the mean daily net by t and the trades' skewness; None for fewer than two days."""
    drawdown_pips: float
    trade_sharpe: float
    effective_trades: float
    """As many independent trades would say as much: those of a day depend on each other."""
    deflated_sharpe: float
    openings: int
    """N_open that deflated it, at least 5."""
    ledger: LedgerState | None
    """What N_open was counted in; None where nobody keeps one, and such a chain is never deployed."""
    empirical_sharpe_variance: float
    """Variance of the candidates' validation Sharpes: beside the V = 1 / (T - 1) that is used."""
    pbo: float | None
    """None below 60 validation days: not enough evidence."""
    pbo_days: int
    positive_folds: float
    trades_a_day: float
    """By open day: an evening of a Sunday is none."""
    figures: TradeFigures
    """Hit rate, profit factor, average trade, Sharpe ratio by day."""
    cost_share: float | None
    """Spread, slippage, commission and swap as a share of the profit before them; None where that is no profit."""
    exposure: float
    """Share of an open day in the market."""
    coverage: float
    calibration_error: float
    lost_skill: float
    """Share of the skill on train days that is gone on validation days, over all folds."""
    gates: GateReport
    fold_gates: tuple[tuple[GateRow, ...], ...]
    """By fold: the gates that it would have to pass alone, were its own model the one to deploy."""
    regimes: tuple[Regime, ...]
    benchmarks: tuple[Benchmark, ...]
    """What no skill would have earned on the same days."""
    uncertainty: Uncertainty | None
    """How far the figures could be others; None for fewer than two days or trades."""
    concentration: tuple[str, ...]
    """Sentences about a side, a session or an hour that nearly all of the profit is of."""
    costs: Costs
    """Of the symbol, by the cost profile that the chain was tested with."""
    cost_surface: CostSurface
    money: Money

    @property
    def days(self) -> tuple[SimulatedDay, ...]:
        return tuple(day for fold in self.folds for day in fold.test.days)

    @property
    def trades(self) -> int:
        return sum(len(day.trades) for day in self.days)


def chain_digest(folds: Sequence[FoldRecord]) -> str:
    """Identity of a chain for the ledger of openings: its bundles, hence code, configuration and datasets."""
    return sha256("\n".join(fold.test.bundle for fold in folds).encode()).hexdigest()


def tested_days(folds: Sequence[FoldRecord]) -> list[list[date]]:
    """The test days of each fold."""
    return [[day.day for day in fold.test.days] for fold in folds]


def expect_folds(
    symbol: str, last: date, windows: Windows, count: int, present: Sequence[date], anchor: date | None = None
) -> list[date]:
    """The as-of days of a chain that ends at `last`; MissingDataError says how to make what is missing.

    All folds of an anchored chain train from the day `anchor` on.
    """
    stride = windows.test_days
    wanted = fold_as_ofs(last, stride, count)
    missing = [as_of for as_of in wanted if as_of not in present]
    if missing:
        first = windows.anchored_at(anchor, wanted[0]) if anchor else windows
        lengths = f"--every {stride}d --train {first.train_days}d --validate {first.validate_days}d"
        anchored = " --anchored" if anchor else ""
        raise MissingDataError(
            f"Folds of {symbol} are missing: {', '.join(map(str, missing))}. "
            f"Expected {count} folds every {stride} days up to {last}, was {count - len(missing)}; make them with "
            f"`ticklake walk-forward {symbol} --from {wanted[0]} --to {last} {lengths}{anchored}`"
        )
    return wanted


def judge(
    folds: Sequence[FoldRecord],
    openings: int,
    parity: float | None,
    decision_ms: float | None = None,
    ledger: LedgerState | None = None,
) -> WalkForwardReport:
    """Pool the folds' test trades and evaluate the gates.

    `openings` is the ledger's N_open of these test days: the chains that their bundles make, or those judged over
    them (`chain_digest` names one) where that is more; `parity` the share of rows whose live features are gold's,
    `decision_ms` what `latency.decision_ms` measured, None where nobody did; `ledger` says where N_open was counted.
    Folds ascend and their test windows tile, else DataError.
    """
    _expect_tiling(folds)
    instrument = folds[0].test.instrument
    days = [day for fold in folds for day in fold.test.days]
    trades = [trade for day in days for trade in day.trades]
    nets_by_day = [np.array([trade.net for trade in day.trades]) / instrument.pip for day in days]
    nets = np.concatenate(nets_by_day)
    daily = np.array([day.net_pips for day in days])
    tested_open = sum(day.is_open for day in days)
    open_days = max(1, tested_open)
    validated = validated_trades(folds)
    trials = max(openings, LEAST_OPENINGS)
    elsewhere = validated_elsewhere(folds)
    evidence = evidence_of(nets_by_day, trials, elsewhere)
    costs = sum(day.cost_pips for day in days)
    gross = float(daily.sum()) + costs
    depth = float(falls(trades).max(initial=0.0)) / instrument.pip
    double = sum(day.net_pips_double_slippage for day in days)
    calibration = float(
        np.average(
            [fold.validation.calibration_error for fold in folds],
            weights=[fold.validation.effective for fold in folds],
        )
    )
    lost_skill = lost_share(*_skills(folds))
    admitted = 1 - sum(day.out_of_distribution for day in days) / max(1, sum(day.events for day in days))
    pbo = overfitting_of_choice(validated) if len(validated) >= LEAST_PBO_DAYS else None
    positive = float(np.mean([fold.test.net_pips > 0 for fold in folds]))
    fold_gates = [own_gates(fold) for fold in folds]
    benchmarks = benchmarks_of([day.benchmarks for day in days], float(daily.sum()), instrument)
    gates = evaluate(
        {
            "trading_folds": float(np.mean([not fold.validation.chosen.trades_nothing for fold in folds])),
            "test_days": float(tested_open),
            "trades": float(len(trades)),
            "net_pips_a_day_lower_bound": evidence.daily_lower_bound,
            "deflated_sharpe": evidence.deflated_sharpe,
            "skill_beyond_exposure": best_of(trials, exposure_share(benchmarks)),
            "positive_folds": positive,
            "net_pips_double_slippage": double,
            "net_less_drawdown_pips": float(daily.sum()) - depth,
            "calibration_error": calibration,
            "lost_skill": lost_skill,
            "coverage": admitted,
            "pbo": pbo,
            **{row.name: row.value for row in fold_gates[-1]},
            "decision_ms": decision_ms,
            "parity": parity,
        }
    )
    conditions = [condition for day in days for condition in day.conditions]
    return WalkForwardReport(
        symbol=instrument.symbol,
        as_of=folds[-1].as_of,
        folds=tuple(folds),
        net_pips=float(daily.sum()),
        net_pips_double_slippage=double,
        daily_lower_bound_pips=evidence.daily_lower_bound,
        drawdown_pips=depth,
        trade_sharpe=sharpe(nets),
        effective_trades=evidence.effective_trades,
        deflated_sharpe=evidence.deflated_sharpe,
        openings=trials,
        ledger=ledger,
        empirical_sharpe_variance=_variance_of_sharpes(folds),
        pbo=pbo,
        pbo_days=len(validated),
        positive_folds=positive,
        trades_a_day=len(trades) / open_days,
        figures=trade_figures(nets, daily),
        cost_share=costs / gross if gross > 0 else None,
        exposure=sum(day.exposure for day in days) / open_days,
        coverage=admitted,
        calibration_error=calibration,
        lost_skill=lost_skill,
        gates=gates,
        fold_gates=tuple(fold_gates),
        regimes=by_regime(trades, conditions, instrument.pip),
        benchmarks=benchmarks,
        uncertainty=uncertainty_of(
            [day.trades for day in days], trials, evidence.design_effect, instrument.pip
        ),
        concentration=concentration(trades, instrument.pip),
        costs=instrument.costs,
        cost_surface=surface_of([day.latencies for day in days], trials, elsewhere),
        money=money_of([day.money for day in days], instrument),
    )


def own_gates(fold: FoldRecord) -> tuple[GateRow, ...]:
    """The gates that a fold meets or not by itself, whatever chain it will be in."""
    values = {
        "own_fold_net_pips": fold.test.net_pips,
        "own_fold_calibration_error": fold.validation.calibration_error,
        "own_fold_coverage": fold.test.coverage,
    }
    return tuple(gate.judge(values[gate.name]) for gate in GATES if gate.name in values)


def _skills(folds: Sequence[FoldRecord]) -> tuple[float, float]:
    """Mean skill on train days and on validation days, weighted by the validation days' effective labels."""
    gaps, weights = [fold.validation.overfit for fold in folds], [fold.validation.effective for fold in folds]
    seen, unseen = np.average([(gap.seen_skill, gap.unseen_skill) for gap in gaps], axis=0, weights=weights)
    return float(seen), float(unseen)


def _expect_tiling(folds: Sequence[FoldRecord]) -> None:
    """Tested days may neither overlap nor leave a gap: each is traded exactly once, by one model.

    A closed day has no events and is not tested; every day that was lies inside its fold's window, once.
    """
    if not folds:
        raise MissingDataError("A walk-forward needs tested folds. Expected at least one, was none")
    symbols = {fold.test.symbol for fold in folds}
    if len(symbols) != 1:
        raise DataError(f"A chain has one symbol. Expected one, was {sorted(symbols)}")
    charged = {fold.test.costs.version for fold in folds}
    if len(charged) != 1:
        raise DataError(
            f"A chain has one cost profile. Expected one, was {', '.join(sorted(charged))}: make its folds anew with "
            "`ticklake walk-forward --again`"
        )
    for fold in folds:
        window, tested = fold.windows.test, [day.day for day in fold.test.days]
        if tested != sorted({day for day in tested if window.first <= day <= window.last}):
            raise DataError(
                f"The fold as of {fold.as_of} tested other days than those of its test window. Expected each once, "
                f"ascending, from {window.first} to {window.last}, was {', '.join(map(str, tested))}: make it anew "
                "with `ticklake walk-forward --again`"
            )
    for earlier, later in pairwise(folds):
        expected = earlier.windows.test.last + timedelta(days=1)
        if later.windows.test.first != expected:
            raise DataError(
                f"The test windows of {earlier.as_of} and {later.as_of} do not tile. "
                f"Expected the later to start on {expected}, was {later.windows.test.first}"
            )


def validated_trades(folds: Sequence[FoldRecord]) -> list[list[Floats]]:
    """Net pips of each threshold candidate's trades on the validation days: by date, then by candidate.

    Overfitting by selection is measured where the selection was made; the test days stay closed. Where validation
    windows overlap, a day is taken once, from the last fold that validated on it: the model to deploy is the last
    one's, and its threshold was chosen on all of its days. Taken from each, it would lie on both sides of the split.
    """
    by_day = {
        day.day: list(nets)
        for fold in folds
        for day, *nets in zip(
            fold.validation.days, *(each.nets_by_day for each in fold.validation.candidates), strict=True
        )
    }
    return [by_day[day] for day in sorted(by_day)]


def validated_elsewhere(folds: Sequence[FoldRecord]) -> list[list[Floats]]:
    """Net pips of each fold's chosen trades by validation day, of days that no fold tests; each day once."""
    seen = {day for days in tested_days(folds) for day in days}
    groups = []
    for fold in folds:
        by_day = zip(
            (day.day for day in fold.validation.days), fold.validation.chosen.nets_by_day, strict=True
        )
        groups.append([nets for day, nets in by_day if day not in seen])
        seen |= {day.day for day in fold.validation.days}
    return groups


def overfitting_of_choice(validated: Sequence[Sequence[Floats]]) -> float:
    """PBO of the choice among thresholds, by the certainty that chooses (`thresholds.certainty`).

    It says whether that choice was luck, not whether there is an edge: among thresholds that all lose, the one that
    trades least is the best in any half of the days.
    """

    def judged(days: Ints) -> Floats:
        return certainty(
            [np.concatenate(nets) for nets in zip(*(validated[day] for day in days), strict=True)], len(days)
        )

    return overfitting_probability(len(validated), judged)


def _variance_of_sharpes(folds: Sequence[FoldRecord]) -> float:
    pooled = zip(*(fold.validation.candidates for fold in folds), strict=True)
    return float(
        np.var(
            [sharpe(np.array([net for each in same for net in each.trade_net_pips])) for same in pooled],
            ddof=1,
        )
    )
