from __future__ import annotations

from array import array
from collections import Counter

import pytest

from mt5_bridge.replay.summary import Counts, summarise
from mt5_bridge.trading.words import Entry, Fate, Fill, Intent, OrderState, Outcome, Position
from mt5_bridge.wire.contract import Answer
from ticklake_assets_tests.mt5_bridge.orders import FACTS, make_signal

_INTENT = Intent.of(make_signal())
_FILL = Fill(1, 1, 1.1)
_ENTRIES = [
    Entry(_INTENT, None, OrderState.CLOSED, position=Position(_FILL, _FILL, Outcome.TARGET, 3e-4)),
    Entry(_INTENT, None, OrderState.CLOSED, position=Position(_FILL, _FILL, Outcome.STOP, -1e-4)),
    Entry(_INTENT, None, OrderState.OPEN, position=Position(_FILL)),
    Entry(_INTENT, None, OrderState.NO_ENTRY),
    Entry(_INTENT, None, Fate.DECLINED),
    Entry(_INTENT, None, Fate.NEVER_ARRIVED),
    Entry(_INTENT, None, Fate.LAPSED),
]


def test_a_day_is_counted() -> None:
    counts = Counts(Counter(), Counter(), Counter())
    counts.add(Answer(1, "clean", None, make_signal()))
    counts.add(Answer(2, "clean", None, make_signal(tradable=False)))
    counts.add(Answer(3, "quarantined", "spike", None))
    counts.add(Answer(4, "late", None, None))
    trips = array("d", [0.001 * n for n in range(1, 101)])
    summary = summarise(FACTS, counts, Counter(no_side=1), _ENTRIES, trips, 2.0)
    assert (summary.ticks, summary.clean, summary.quarantined, summary.late) == (4, 2, {"spike": 1}, 1)
    assert (summary.signals, summary.tradable_signals, summary.passed_over) == (2, 1, {"no_side": 1})
    assert (summary.intents, summary.orders, summary.fills, summary.trades) == (6, 4, 5, 2)
    assert summary.lost == {"lapsed": 1, "never_arrived": 1}
    assert (summary.open_positions, summary.net_pips) == (1, pytest.approx(2.0))
    assert summary.outcomes == {"no_entry": 1, "stop": 1, "target": 1}
    assert (summary.p50_ms, summary.p99_ms) == (pytest.approx(50), pytest.approx(99))
    assert (summary.seconds, summary.ticks_per_second) == (2.0, 2.0)


def test_pips_are_added_up_the_same_in_every_python() -> None:
    """From 3.12 on `sum` rounds once, before at each step."""
    nets = [0.1] * 10
    entries = [
        Entry(_INTENT, None, OrderState.CLOSED, position=Position(_FILL, _FILL, Outcome.TARGET, net))
        for net in nets
    ]
    summary = summarise(FACTS, Counts(Counter(), Counter(), Counter()), Counter(), entries, array("d"), 1.0)
    assert summary.net_pips == 1.0 / FACTS.pip


def test_a_day_without_a_tick_is_counted_too() -> None:
    summary = summarise(FACTS, Counts(Counter(), Counter(), Counter()), Counter(), [], array("d"), 0.0)
    assert (summary.ticks, summary.trades, summary.net_pips, summary.p99_ms) == (0, 0, 0, 0)
