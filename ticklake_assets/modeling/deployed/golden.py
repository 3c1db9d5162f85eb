"""Golden ticks: raw ticks that a bundle holds of its own, and the signals that they must give, bit for bit.

    golden = make_golden(day, raw_ticks, decider)     # model/validated
    golden.expect(decider)                            # the endpoint, before the bundle comes into service

A signature says that the file is the one that was made. That this machine, with its cleaning kernel, ONNX Runtime and
`exp`, makes the tested signals of it is another question; the ticks answer it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from hashlib import sha256
from math import isfinite
from typing import Literal, NamedTuple

from ticklake_assets.core.errors import BundleError, DataError
from ticklake_assets.core.instruments import Instrument
from ticklake_assets.core.live_cleaner import RawTick
from ticklake_assets.core.live_replay import replay_day
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import DayFeatures
from ticklake_assets.modeling.deployed.decision import MarketEvent, Thresholds, decide
from ticklake_assets.modeling.deployed.document import Document
from ticklake_assets.modeling.deployed.scorer import Scorer

MOST_TICKS = 4_000
"""Some 150 kB of JSON, and 20 ms of a push."""
ENOUGH_EVENTS, FEW_EVENTS = 40, 10

_NotFinite = Literal["nan", "inf", "-inf"]
_Number = float | _NotFinite | None
"""What JSON cannot say is a string, as in the stream's messages; None is a missing field."""


class Decider(NamedTuple):
    """What makes signals of events."""

    scorer: Scorer
    thresholds: Thresholds
    instrument: Instrument


class GoldenSignal(Document):
    """What an event of the golden ticks must give."""

    ts_us: int
    features: str
    """sha256 of the float64 features, little-endian."""
    p_short: _Number
    p_neither: _Number
    p_long: _Number
    anomaly: _Number
    side: int
    abstain: tuple[str, ...]
    earliest_entry_us: int
    stop: float
    target: float
    horizon_end_us: int


class GoldenTicks(Document):
    """Raw ticks of a validation day, from the day's first one on, column by column, and their signals."""

    trading_day: date
    every: int
    """1: each of the day's ticks; n: each n-th, where a feed is so dense that its first ticks make no events."""
    gap_us: tuple[int | None, ...]
    """Time after the tick before, the first after midnight UTC; None is a missing time."""
    bid: tuple[_Number, ...]
    ask: tuple[_Number, ...]
    bid_size: tuple[_Number, ...]
    ask_size: tuple[_Number, ...]
    signals: tuple[GoldenSignal, ...]

    def ticks(self, day: SymbolDay) -> list[RawTick]:
        now, times = day.start_us, []
        for gap in self.gap_us:
            now += gap or 0
            times.append(None if gap is None else now)
        columns = (self.bid, self.ask, self.bid_size, self.ask_size)
        return [
            (time, *(None if value is None else float(value) for value in values))  # type: ignore[misc]
            for time, *values in zip(times, *columns, strict=True)
        ]

    def expect(self, decider: Decider) -> None:
        """BundleError where these ticks give other signals here; it names the first that differs."""
        if len(self.gap_us) > MOST_TICKS or not self.signals:
            raise BundleError(
                f"The golden ticks prove nothing or too much. Expected at most {MOST_TICKS} ticks with an event, "
                f"was {len(self.gap_us)} with {len(self.signals)}"
            )
        day = SymbolDay(decider.instrument.symbol, self.trading_day)
        found = _signals(replay_day(day, self.ticks(day)), decider)
        if len(found) != len(self.signals):
            raise BundleError(
                f"The golden ticks make other events here. Expected {len(self.signals)}, was {len(found)}"
            )
        for number, (expected, actual) in enumerate(zip(self.signals, found, strict=True), 1):
            if expected.canonical() != actual.canonical():
                name = next(
                    name
                    for name in GoldenSignal.model_fields
                    if repr(getattr(expected, name)) != repr(getattr(actual, name))
                )
                raise BundleError(
                    f"Golden event {number} of {len(found)} (ts_us {expected.ts_us}) differs here in {name}. Expected "
                    f"{getattr(expected, name)}, was {getattr(actual, name)}"
                )


def make_golden(day: SymbolDay, ticks: Sequence[RawTick], decider: Decider) -> GoldenTicks:
    """Take a day's first raw ticks, as many as make `ENOUGH_EVENTS`, and note their signals.

    Where `MOST_TICKS` of them make next to no event, every second, fourth, ... is taken, so that they reach further.

    Raises:
        DataError: no choice of the day's ticks makes an event.
    """
    every = 1
    while True:
        taken = list(ticks[::every][:MOST_TICKS])
        events = replay_day(day, taken)
        if len(events.ts_us) >= FEW_EVENTS or every * MOST_TICKS >= len(ticks):
            break
        every *= 2
    if len(events.ts_us) == 0:
        raise DataError(
            f"{day} has no golden ticks. Expected ticks that make an event, was none in {len(ticks)}"
        )
    kept = events.head(ENOUGH_EVENTS)
    end = int(kept.ts_us[-1])
    # The event is made by the last of the ticks up to its time, or by one of them: later ones change nothing of it.
    taken = [tick for tick in taken if tick[0] is None or tick[0] <= end]
    kept = replay_day(day, taken)
    now, gaps = day.start_us, []
    for time, *_ in taken:
        gaps.append(None if time is None else time - now)
        now = now if time is None else time
    bid, ask, bid_size, ask_size = (tuple(_number(tick[place]) for tick in taken) for place in range(1, 5))
    return GoldenTicks(
        trading_day=day.trading_day,
        every=every,
        gap_us=tuple(gaps),
        bid=bid,
        ask=ask,
        bid_size=bid_size,
        ask_size=ask_size,
        signals=_signals(kept, decider),
    )


def _signals(events: DayFeatures, decider: Decider) -> tuple[GoldenSignal, ...]:
    scorer, thresholds, instrument = decider
    signals = []
    for ts_us, context, features in zip(events.ts_us.tolist(), events.context, events.features, strict=True):
        prediction = scorer.score(features)
        made = decide(MarketEvent.at(ts_us, context, instrument), prediction, thresholds, instrument)
        signals.append(
            GoldenSignal(
                ts_us=ts_us,
                features=sha256(features.astype("<f8").tobytes()).hexdigest(),
                p_short=_number(prediction.p_short),
                p_neither=_number(prediction.p_neither),
                p_long=_number(prediction.p_long),
                anomaly=_number(prediction.anomaly),
                side=made.side,
                abstain=made.abstain,
                earliest_entry_us=made.earliest_entry_us,
                stop=made.stop,
                target=made.target,
                horizon_end_us=made.horizon_end_us,
            )
        )
    return tuple(signals)


def _number(value: float | None) -> _Number:
    if value is None or isfinite(value):
        return value
    return "nan" if value != value else "inf" if value > 0 else "-inf"
