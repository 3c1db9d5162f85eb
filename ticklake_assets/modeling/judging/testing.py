"""Test a bundle on the days before its as-of day: its own decisions, simulated quote by quote.

    tested = run_test(open_bundle(data, public), of_days(events, fold.test, "test"), quotes_of, booster_json)

Nothing is chosen here. The trades are those of the bundle's file: ONNX, calibration, thresholds, anomaly
model.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
from pydantic import SerializerFunctionWrapHandler, model_serializer

from ticklake_assets.core.broker import Costs
from ticklake_assets.core.errors import MissingDataError
from ticklake_assets.core.instruments import Instrument, instrument_of
from ticklake_assets.core.metrics import log_loss
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import Events, Quotes
from ticklake_assets.modeling.deployed.bundle import Bundle, expect_rules
from ticklake_assets.modeling.deployed.decision import (
    NOT_FINITE,
    OUT_OF_DISTRIBUTION,
    Decision,
    decide,
    market_events,
)
from ticklake_assets.modeling.deployed.document import Document
from ticklake_assets.modeling.deployed.manifest import ActedRisk, BundleManifest, RiskPoint
from ticklake_assets.modeling.fitting.event_rows import of_days, trading_days
from ticklake_assets.modeling.fitting.pattern import (
    assert_equal_scores,
    contributions,
    label_weights,
    load_booster,
)
from ticklake_assets.modeling.fitting.thresholds import QuotesOf
from ticklake_assets.modeling.judging.benchmarks import (
    Benchmark,
    DayBenchmarks,
    benchmarks_of,
    day_benchmarks,
    positions_of,
)
from ticklake_assets.modeling.judging.cost_surface import LateDay, day_latencies
from ticklake_assets.modeling.judging.importance import FoldImportance, importance_of
from ticklake_assets.modeling.judging.money import DayMoney, RateOf, day_money
from ticklake_assets.modeling.judging.reasons import OrderReason, order_reasons
from ticklake_assets.modeling.judging.regimes import Condition, conditions_of
from ticklake_assets.modeling.judging.risked import DecidedDay, RiskedTest, run_risked
from ticklake_assets.modeling.trading.abstaining import Abstaining, what_abstaining_did
from ticklake_assets.modeling.trading.risked import RiskPlan
from ticklake_assets.modeling.trading.simulation import (
    NO_ENTRY_REASON,
    POSITION_OPEN,
    Trade,
    falls,
    simulate_day,
    spread_costs,
)

_NOT_ADMITTED = {OUT_OF_DISTRIBUTION, NOT_FINITE}


class SimulatedDay(Document):
    """One tested day. Signals = trades + position_open + no_entry."""

    day: date
    ticks: int
    is_open: bool
    """Whether the day has quotes enough to count as evidence."""
    events: int
    out_of_distribution: int
    """Events that the anomaly model did not admit, or that had something not finite."""
    feed_anomalies: int
    """Events that a feed rule abstained on."""
    signals: int
    """Decisions that asked for an order."""
    position_open: int
    no_entry: int
    net_pips: float
    net_pips_double_slippage: float
    spread_cost_pips: float
    """What the trades paid for crossing the spread at entry and exit together, the broker's mark-up included."""
    slippage_cost_pips: float
    commission_cost_pips: float
    swap_cost_pips: float
    """What positions paid that were open at 17:00 New York; negative where credits are more."""
    exposure: float
    """Share of the day in a position."""
    trades: tuple[Trade, ...]
    conditions: tuple[Condition, ...]
    """The market at the signal of each of `trades`."""
    reasons: tuple[OrderReason, ...]
    """Why each of `trades` was asked for."""
    benchmarks: DayBenchmarks
    """What no skill would have earned."""
    latencies: tuple[LateDay, ...]
    """The day at other latencies, its own first."""
    money: DayMoney

    @property
    def cost_pips(self) -> float:
        """Everything that the trades paid, from mid prices on."""
        return (
            self.spread_cost_pips + self.slippage_cost_pips + self.commission_cost_pips + self.swap_cost_pips
        )


class BundleTest(Document):
    """The tested days of one bundle, as JSON."""

    bundle: str
    symbol: str
    costs: Costs
    """What its trades were charged."""
    as_of: date
    manifest: BundleManifest
    """What was tested: `bundle` is the digest of it."""
    days: tuple[SimulatedDay, ...]
    loss: float
    """Weighted log loss of the calibrated probabilities on the test days."""
    drawdown_pips: float
    """Deepest fall of the equity, marked at every quote of each position."""
    onnx_difference: float
    """Largest difference between booster and ONNX on the test events."""
    abstaining: Abstaining
    """By the thresholds of the bundle: here nothing is chosen."""
    importance: FoldImportance
    """What each feature was worth on the test days."""
    risk: RiskedTest | None = None
    """The same days under limits of risk; absent where none were asked for."""

    @model_serializer(mode="wrap")
    def _without_what_was_not_asked(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        content: dict[str, Any] = serialize(self)
        if self.risk is None:
            content.pop("risk", None)
        return content

    @property
    def net_pips(self) -> float:
        return sum(day.net_pips for day in self.days)

    @property
    def trades(self) -> int:
        return sum(len(day.trades) for day in self.days)

    @property
    def instrument(self) -> Instrument:
        """The symbol at the costs that it was tested with."""
        return replace(instrument_of(self.symbol), costs=self.costs)

    @property
    def benchmarks(self) -> tuple[Benchmark, ...]:
        """What no skill would have earned on these days."""
        return benchmarks_of([day.benchmarks for day in self.days], self.net_pips, self.instrument)

    @property
    def coverage(self) -> float:
        """Share of events that the anomaly model admitted."""
        events = sum(day.events for day in self.days)
        return 1 - sum(day.out_of_distribution for day in self.days) / events if events else 0.0


def run_test(
    bundle: Bundle,
    events: Events,
    quotes_of: QuotesOf,
    booster_json: bytes,
    rate_of: RateOf | None = None,
    risk: RiskPlan | None = None,
) -> BundleTest:
    """Replay the bundle's decisions on the events and quotes of its test days.

    `rate_of` says what a day's quotes of other symbols convert the result into account money with; `risk` asks for a
    second replay under limits.

    MissingDataError where no test day has an event, as in a window of closed days: nothing was tested, and a
    record of zeros would read like a test. BundleError where this code would simulate other orders than the bundle's.
    """
    expect_rules(bundle.manifest)
    if len(events.ts_us) == 0:
        window = bundle.manifest.windows.test
        raise MissingDataError(
            f"No event of {bundle.manifest.symbol} to test on. Expected some from {window.first} to "
            f"{window.last}, was none: were all of these days closed?"
        )
    instrument, scorer = bundle.instrument, bundle.scorer()
    predictions = scorer.score_rows(events.features)
    conditions = conditions_of(events, bundle.manifest.features, instrument)
    decisions = [
        decide(event, prediction, bundle.thresholds, instrument)
        for event, prediction in zip(market_events(events), predictions, strict=True)
    ]
    booster = load_booster(booster_json)
    difference = assert_equal_scores(booster, bundle.parts.pattern_onnx, events.features)
    parts, features = contributions(booster, events.features), bundle.manifest.features
    reasons = order_reasons(decisions, predictions, events.features, parts, features)
    days = []
    decided = _decided(instrument.symbol, trading_days(events), decisions)
    for symbol_day, today in decided.items():
        day = symbol_day.trading_day
        rows = of_days(events, [day], "test")
        days.append(
            _test_day(symbol_day, quotes_of(day), rows, today, conditions, reasons, instrument, rate_of)
        )
    trades = [trade for day in days for trade in day.trades]
    stated, weight = np.array([each[:3] for each in predictions]), label_weights(events)
    return BundleTest(
        bundle=bundle.digest,
        symbol=instrument.symbol,
        costs=instrument.costs,
        as_of=bundle.manifest.as_of,
        manifest=bundle.manifest,
        days=tuple(days),
        loss=log_loss(stated, events.outcome, weight),
        drawdown_pips=float(falls(trades).max(initial=0.0)) / instrument.pip,
        onnx_difference=difference,
        abstaining=what_abstaining_did(events, predictions, weight, bundle.thresholds, instrument.pip),
        importance=importance_of(scorer, events, weight, features),
        risk=run_risked(
            risk,
            instrument,
            (DecidedDay(day, quotes_of(day.trading_day), each) for day, each in decided.items()),
        )
        if risk
        else None,
    )


def _decided(
    symbol: str, days: Iterable[date], decisions: Sequence[Decision]
) -> dict[SymbolDay, list[Decision]]:
    """The decisions of each day."""
    spans = [SymbolDay(symbol, day) for day in days]
    return {span: [each for each in decisions if span.start_us <= each.ts_us < span.end_us] for span in spans}


def acted_risk(test: BundleTest) -> ActedRisk:
    """What live signals of the bundle are compared with: signed into its gate record."""
    trades = [trade for day in test.days for trade in day.trades]
    events = sum(day.events for day in test.days)
    return ActedRisk(
        acted=sum(day.signals for day in test.days) / events if events else 0.0,
        trades=len(trades),
        hit_rate=sum(trade.net > 0 for trade in trades) / len(trades) if trades else None,
        mean_net_pips=test.net_pips / len(trades) if trades else None,
        curve=tuple(
            RiskPoint(coverage=point.coverage, orders=point.orders, net_pips=point.net_pips)
            for point in test.abstaining.curve
        ),
    )


def _test_day(
    day: SymbolDay,
    quotes: Quotes,
    events: Events,
    decisions: list[Decision],
    conditions: Mapping[int, Condition],
    reasons: Mapping[int, OrderReason],
    instrument: Instrument,
    rate_of: RateOf | None,
) -> SimulatedDay:
    run = simulate_day(day, quotes, decisions, instrument)
    refused = [reason for _, reason in run.refused]
    signals = np.flatnonzero([each.is_order for each in decisions])
    slippage, commission, markup, swap = (
        sum(getattr(trade, name) for trade in run.trades) / instrument.pip
        for name in ("slippage", "commission", "markup", "swap")
    )
    return SimulatedDay(
        day=day.trading_day,
        ticks=len(quotes.ts_us),
        is_open=len(quotes.ts_us) >= instrument.min_open_ticks,
        events=len(decisions),
        out_of_distribution=sum(bool(_NOT_ADMITTED & set(each.abstain)) for each in decisions),
        feed_anomalies=sum(bool(set(each.abstain) - _NOT_ADMITTED) for each in decisions),
        signals=len(signals),
        position_open=refused.count(POSITION_OPEN),
        no_entry=refused.count(NO_ENTRY_REASON),
        net_pips=run.net / instrument.pip,
        net_pips_double_slippage=run.net / instrument.pip - slippage,
        spread_cost_pips=float(spread_costs(quotes, run.trades).sum()) / instrument.pip + markup,
        slippage_cost_pips=slippage,
        commission_cost_pips=commission,
        swap_cost_pips=swap,
        exposure=run.exposure,
        trades=run.trades,
        conditions=tuple(conditions[trade.signal_us] for trade in run.trades),
        reasons=tuple(reasons[trade.signal_us] for trade in run.trades),
        benchmarks=day_benchmarks(day, quotes, events, signals, positions_of(quotes, run.trades), instrument),
        latencies=day_latencies(day, quotes, decisions, run, instrument),
        money=day_money(day.trading_day, quotes, run.trades, instrument, rate_of),
    )
