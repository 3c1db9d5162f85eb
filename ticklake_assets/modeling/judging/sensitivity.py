"""Whether neighbours of a chain tell the same: other seeds, windows, barriers and thresholds.

    for variant in variants_of(seed=1):
        reports = [rehearse(variant, train_events, validate_events, quotes_of, instrument).validation for each fold]
    table = sensitivity_of(symbol, as_of, [(variant, reports), ...])

Neighbours are judged on validation days, where their thresholds are chosen: no test day is met, so that looking around
costs selections and not the one look at the test days. That makes their results too good, all of them alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil

import numpy as np

from ticklake_assets.core.instruments import Instrument
from ticklake_assets.core.labels import label_orders
from ticklake_assets.core.orders import width_on_grid
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import Events, Floats
from ticklake_assets.modeling.deployed.document import Document
from ticklake_assets.modeling.deployed.gates import GATES
from ticklake_assets.modeling.fitting.event_rows import joined, of_days, trading_days
from ticklake_assets.modeling.fitting.thresholds import QUANTILES, Candidate, QuotesOf
from ticklake_assets.modeling.fitting.training import Trained, train
from ticklake_assets.modeling.fitting.tuning import Budget
from ticklake_assets.modeling.fitting.validation import ValidationReport, validate
from ticklake_assets.modeling.judging.evidence import evidence_of

SEEDS = 5
_GATES = {gate.name: gate for gate in GATES}


@dataclass(frozen=True)
class Variant:
    """A chain as it could have been made, too."""

    what: str
    value: str
    seed: int
    newest_days: float = 1.0
    """Share of the train days, the newest of them."""
    width: float = 1.0
    """Times the distance of stop and target."""


class Neighbour(Document):
    """One variant over all folds, on their validation days."""

    what: str
    value: str
    trading_folds: float
    trades: int
    net_pips: float
    deflated_sharpe: float
    """As the best of its thresholds."""
    passes: bool
    """Whether it meets `trading_folds`, `net_pips_a_day_lower_bound` and `deflated_sharpe`."""


class Sensitivity(Document):
    symbol: str
    as_of: date
    neighbours: tuple[Neighbour, ...]
    """The chain as it was made first."""

    @property
    def passing(self) -> float:
        """Share of all that pass."""
        return float(np.mean([each.passes for each in self.neighbours]))


def variants_of(seed: int) -> tuple[Variant, ...]:
    """The chain as it was made, and its neighbours but those of the threshold, which need no training."""
    return (
        Variant("as made", f"seed {seed}", seed),
        *(Variant("seed", str(other), other) for other in range(seed + 1, seed + SEEDS)),
        *(Variant("train days", f"newest {share:.0%}", seed, newest_days=share) for share in (0.75, 0.5)),
        *(Variant("barriers", f"x {width:g}", seed, width=width) for width in (0.8, 1.25)),
    )


def rehearse(
    variant: Variant,
    training: Events,
    validation: Events,
    quotes_of: QuotesOf,
    instrument: Instrument,
    budget: Budget | None = None,
) -> tuple[Trained, ValidationReport]:
    """Train and validate a variant of one fold on the fold's events."""
    days = trading_days(training)
    newest = of_days(training, days[-ceil(variant.newest_days * len(days)) :], "train")
    seen, unseen = (
        events if variant.width == 1.0 else with_barriers(events, variant.width, quotes_of, instrument)
        for events in (newest, validation)
    )
    trained = train(seen, variant.seed, budget)
    return trained, validate(trained, unseen, quotes_of, instrument)


def sensitivity_of(
    symbol: str, as_of: date, rehearsed: Sequence[tuple[Variant, Sequence[ValidationReport]]]
) -> Sensitivity:
    """The table; the first variant is the chain as it was made, whose thresholds' neighbours are judged, too."""
    _, made = rehearsed[0]
    rows = [
        _judged(variant.what, variant.value, reports, [report.chosen for report in reports])
        for variant, reports in rehearsed
    ]
    for step, value in ((-1, "one lower"), (1, "one higher")):
        rows.append(_judged("threshold", value, made, [_beside(report, step) for report in made]))
    return Sensitivity(symbol=symbol, as_of=as_of, neighbours=tuple(rows))


def _beside(report: ValidationReport, step: int) -> Candidate:
    """The candidate beside the chosen one on the grid; at its end, and where none was chosen, that one itself."""
    if report.chosen.trades_nothing:
        return report.chosen
    place = QUANTILES.index(report.chosen.quantile) + step
    return report.candidates[min(max(place, 0), len(QUANTILES) - 1)]


def _judged(
    what: str, value: str, reports: Sequence[ValidationReport], chosen: Sequence[Candidate]
) -> Neighbour:
    """Pool the validation days of all folds; one that several have is taken once, from the last."""
    by_day: dict[date, Floats] = {}
    for report, candidate in zip(reports, chosen, strict=True):
        by_day |= dict(zip((day.day for day in report.days), candidate.nets_by_day, strict=True))
    days = [by_day[day] for day in sorted(by_day)]
    evidence = evidence_of(days, len(QUANTILES))
    trading = float(np.mean([not each.trades_nothing for each in chosen]))
    values = {
        "trading_folds": trading,
        "net_pips_a_day_lower_bound": evidence.daily_lower_bound,
        "deflated_sharpe": evidence.deflated_sharpe,
    }
    return Neighbour(
        what=what,
        value=value,
        trading_folds=trading,
        trades=sum(len(day) for day in days),
        net_pips=float(sum(day.sum() for day in days)),
        deflated_sharpe=evidence.deflated_sharpe,
        passes=all(value is not None and _GATES[name].admits(value) for name, value in values.items()),
    )


def with_barriers(events: Events, times: float, quotes_of: QuotesOf, instrument: Instrument) -> Events:
    """The events with stop and target at so many times the distance, and the labels that this gives."""
    parts = []
    for day in trading_days(events):
        today = of_days(events, [day], "label")
        labels = label_orders(
            SymbolDay(instrument.symbol, day),
            quotes_of(day),
            today.ts_us,
            today.bid,
            today.ask,
            width_on_grid(times * today.width, instrument),
            today.horizon_us,
            instrument,
        )
        parts.append(today._replace(**labels._asdict()))
    return joined(parts)
