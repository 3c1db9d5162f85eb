"""Make a journaled day again from its ticks alone, by the batch's code, and hold it against what was served.

    raw ticks, as received -> cleaning rules -> feature kernel -> each bundle's scorer -> decision

What depends on the clock or on a switch is not made again, but listed: `future` ticks, and the reasons to abstain that
are not the event's own (`incomplete_day`, `back_filled`, `breaker`, `stale_model`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from math import isfinite
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ticklake_assets.core import rule_kernel
from ticklake_assets.core.cleaning import RawColumns, judge_day
from ticklake_assets.core.errors import DataError
from ticklake_assets.core.features import FEATURES, KERNEL_VERSION, features_of_day
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.labels import day_end_us
from ticklake_assets.core.orders import LONG, SHORT
from ticklake_assets.core.quotes import RULES_VERSION
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import Bytes, DayFeatures, Floats, Ints, Quotes
from ticklake_assets.journal.reading import JournaledDay
from ticklake_assets.journal.verdicts import FUTURE, status_of
from ticklake_assets.journal.whole_day import WholeDay
from ticklake_assets.modeling.deployed.bundle import Bundle
from ticklake_assets.modeling.deployed.decision import (
    NO_SIDE,
    NOT_FINITE,
    OUT_OF_DISTRIBUTION,
    MarketEvent,
    Prediction,
    decide,
    signal_id,
)
from ticklake_assets.modeling.deployed.document import Document
from ticklake_assets.modeling.deployed.feed_rules import FEED_RULES

_SIDES = {LONG: "long", SHORT: "short", NO_SIDE: "none"}
_OF_THE_EVENT = {NOT_FINITE, OUT_OF_DISTRIBUTION, *(rule.reason for rule in FEED_RULES)}
"""Reasons to abstain that the ticks tell."""
_SHOWN = 20
"""Differences that are told one by one."""


class Recomputed(Document):
    """How much of a served day comes out again."""

    ticks: int
    equal_ticks: int
    """Ticks of which everything is the same: verdict, event, each feature's bits, each signal."""
    events: int
    signals: int
    """Of all models that scored, shadows too."""
    differing: dict[str, int]
    """What differs, and how often."""
    differences: tuple[str, ...]
    """The first of them."""
    not_recomputed: dict[str, int]
    """`future` ticks, and reasons to abstain that the ticks do not tell, with how often they were given."""

    @property
    def share(self) -> float:
        """1 where everything is the same."""
        return self.equal_ticks / self.ticks if self.ticks else 1.0


class Remade(NamedTuple):
    """A day by the batch's code."""

    codes: Bytes
    kept: Quotes
    event_rows: Ints
    """Places of the ticks that made events."""
    events: DayFeatures


def remake(day: SymbolDay, ticks: RawColumns, ahead: NDArray[np.bool_] | None = None) -> Remade:
    """Judge ticks in the order given and run the kernel over what is kept; of `ahead`, a mask, nothing is seen."""
    seen = np.arange(len(ticks.ts_us)) if ahead is None else np.flatnonzero(~ahead)
    codes = np.full(len(ticks.ts_us), FUTURE, np.int8)
    codes[seen] = judge_day(day, ticks.at(seen)).codes
    rows = np.flatnonzero(codes == rule_kernel.KEPT)
    ts_us, bid, ask, bid_size, ask_size, missing = ticks.at(rows)
    sizes = (
        np.where(missing & bit, 0.0, size)
        for size, bit in ((bid_size, rule_kernel.NO_BID_SIZE), (ask_size, rule_kernel.NO_ASK_SIZE))
    )
    kept = Quotes(ts_us, bid, ask, *sizes)
    events = features_of_day(day, kept)
    return Remade(codes, kept, rows[np.searchsorted(ts_us, events.ts_us)], events)


def recompute(
    day: SymbolDay, journaled: JournaledDay, bundles: Mapping[str, Bundle], unknown: Mapping[str, str]
) -> Recomputed:
    """Compare a day with what was served; signals of the `unknown` bundles (digest: why) count as different.

    Raises:
        DataError: the journal is of another kernel or other rules, by which alone it can be made again.
    """
    expect_code(day, journaled)
    whole, found = WholeDay.of(journaled), _Found()
    made = remake(day, whole.ticks, whole.codes == FUTURE)
    for row in np.flatnonzero(made.codes != whole.codes).tolist():
        was, now = (status_of(int(codes[row])) for codes in (whole.codes, made.codes))
        found.differs(row, "verdict", f"expected {now}, was {was}")
    _compare_events(whole, made, found)
    for row, name, text in _signal_differences(day, whole, made, bundles, unknown, found.withheld):
        found.differs(row, name, text)
    future = int(np.count_nonzero(whole.codes == FUTURE))
    ticks = len(whole.codes)
    return Recomputed(
        ticks=ticks,
        equal_ticks=ticks - len(found.rows),
        events=len(whole.event_rows),
        signals=sum(map(len, whole.signals)),
        differing=dict(found.counts),
        differences=tuple(found.texts),
        not_recomputed=({"future": future} if future else {}) | dict(found.withheld),
    )


def expect_code(day: SymbolDay, journaled: JournaledDay) -> None:
    for name, today in (("kernel_version", KERNEL_VERSION), ("rules_version", RULES_VERSION)):
        if journaled.header[name] != today:
            raise DataError(
                f"{day}: the journal is of {name} {journaled.header[name]}. Expected {today}: compare it with the code "
                "that wrote it"
            )


class _Found:
    """Differences, by tick."""

    def __init__(self) -> None:
        self.rows: set[int] = set()
        self.counts: Counter[str] = Counter()
        self.texts: list[str] = []
        self.withheld: Counter[str] = Counter()

    def differs(self, row: int, what: str, text: str) -> None:
        self.rows.add(int(row))
        self.counts[what] += 1
        if len(self.texts) < _SHOWN:
            self.texts.append(f"tick {row + 1}: {what}: {text}")


def _compare_events(whole: WholeDay, made: Remade, found: _Found) -> None:
    for rows, text in (
        (np.setdiff1d(whole.event_rows, made.event_rows), "served, and not made again"),
        (np.setdiff1d(made.event_rows, whole.event_rows), "made again, and not served"),
    ):
        for row in rows:
            found.differs(row, "event", text)
    _, there, here = np.intersect1d(whole.event_rows, made.event_rows, return_indices=True)
    for row in whole.event_rows[there[whole.event_ts_us[there] != made.events.ts_us[here]]]:
        found.differs(row, "event time", "expected that of its tick, was another")
    if whole.features.shape[1] != made.events.features.shape[1]:
        raise DataError(
            f"Features of the journal. Expected {made.events.features.shape[1]}, were {whole.features.shape[1]}"
        )
    was, now = whole.features[there], made.events.features[here]
    for at, column in zip(*np.nonzero(_bits(was) != _bits(now)), strict=True):
        text = f"{FEATURES[column].name}: expected {now[at, column]!r}, was {was[at, column]!r}"
        found.differs(whole.event_rows[there[at]], "feature", text)


def _signal_differences(
    day: SymbolDay,
    whole: WholeDay,
    made: Remade,
    bundles: Mapping[str, Bundle],
    unknown: Mapping[str, str],
    withheld: Counter[str],
) -> Iterator[tuple[int, str, str]]:
    """Rows, what differs and how; reasons to abstain that are not the event's own are added to `withheld`."""
    at_row = {int(row): at for at, row in enumerate(made.event_rows)}
    predictions = {
        digest: bundle.scorer().score_rows(made.events.features) for digest, bundle in bundles.items()
    }
    for row, signals in zip(whole.event_rows.tolist(), whole.signals, strict=True):
        at = at_row.get(row)
        for signal in signals:
            digest = signal["bundle"]
            if digest not in bundles:
                yield (
                    row,
                    "bundle",
                    f"expected one that can be opened, was {digest}: {unknown.get(digest, 'unknown')}",
                )
            elif at is not None:
                expected = _signal(day, made.events, at, predictions[digest][at], bundles[digest])
                expected["seq"] = int(whole.seq[row])
                for name in expected.keys() - {"abstain"}:
                    if signal.get(name) != expected[name]:
                        yield row, name, f"expected {expected[name]!r}, was {signal.get(name)!r}"
                own = [reason for reason in signal["abstain"] if reason in _OF_THE_EVENT]
                if own != expected["abstain"]:
                    yield row, "abstain", f"expected {expected['abstain']}, was {own}"
                withheld.update(reason for reason in signal["abstain"] if reason not in _OF_THE_EVENT)


def _signal(
    day: SymbolDay, events: DayFeatures, at: int, prediction: Prediction, bundle: Bundle
) -> dict[str, Any]:
    """What a bundle says of an event, as JSON holds it, but for what the ticks do not tell."""
    instrument = instrument_of(day.symbol)
    event = MarketEvent.at(int(events.ts_us[at]), events.context[at], instrument)
    decision = decide(event, prediction, bundle.thresholds, instrument)
    numbers = {name: getattr(prediction, name) for name in ("p_short", "p_neither", "p_long", "anomaly")}
    return {
        "signal_id": signal_id(bundle.digest, day.symbol, event.ts_us, decision.side),
        "symbol": day.symbol,
        "ts_us": event.ts_us,
        "side": _SIDES[decision.side],
        **{name: value if isfinite(value) else None for name, value in numbers.items()},
        "threshold": bundle.thresholds.act,
        "abstain": list(decision.abstain),
        "earliest_entry_us": decision.earliest_entry_us,
        "stop": decision.stop if decision.side else None,
        "target": decision.target if decision.side else None,
        "horizon_end_us": decision.horizon_end_us,
        "day_end_us": day_end_us(day, instrument),
    }


def _bits(values: Floats) -> NDArray[np.int64]:
    return np.ascontiguousarray(values).view(np.int64)
