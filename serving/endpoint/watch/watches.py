"""The watches of all symbols, and what of them outlives the process."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import date
from math import isnan
from pathlib import Path

import numpy as np

from serving.endpoint.group import Group
from serving.endpoint.models.store import ModelStore
from serving.endpoint.telemetry.metrics import Gauge
from serving.endpoint.watch.breaker import Breaker, Hand
from serving.endpoint.watch.drift import Drift
from serving.endpoint.watch.hands import Hands
from serving.endpoint.watch.outcomes import Outcomes
from serving.endpoint.watch.report import BreakerReport
from serving.endpoint.watch.told import told_breaker
from serving.endpoint.watch.watch import Watch, WatchState
from ticklake_assets.core.errors import TicklakeError
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.files import replace_file
from ticklake_assets.modeling.deployed.decision import MarketEvent
from ticklake_assets.modeling.deployed.document import read_document
from ticklake_assets.modeling.deployed.reference import MINUTES, SCORES, ReferenceColumn

_LOG = logging.getLogger("ticklake.endpoint")
_TOLD = {*SCORES, *MINUTES}
KEPT_DAYS = 7
"""Days whose last state is kept, a file each: a day that is rebuilt begins as it began the first time."""


def _warm_up() -> None:
    """Have numba compile before the first tick comes, not at some minute's end."""
    drift = Drift([ReferenceColumn.of("x", np.zeros(1))], window=1, least=1)
    drift.push(np.zeros(1))
    drift.push(np.zeros(1))
    day = SymbolDay("EURUSD", date(2024, 1, 17))
    outcomes = Outcomes(day, instrument_of(day.symbol))
    outcomes.tick(day.start_us, 1.0, 1.0)
    outcomes.signal(MarketEvent(day.start_us, 1.0, 1.0, 0.1, 1), 1, acted=True, tenth=0)
    outcomes.settle(day_is_over=True)


class Watches:
    """A folder a symbol: `breaker.json`, what people did; `2024-01-17.json`, how that day ended."""

    def __init__(self, folder: Path, models: ModelStore, group: Group = Group()) -> None:  # noqa: B008 - frozen
        self._folder, self._models = folder, models
        self._hands: dict[str, Hands] = {}
        self._newest: dict[str, Watch] = {}
        for known in sorted(folder.glob("*/")):
            if known.name in group:
                self._hands_of(known.name)
        _warm_up()

    def begin(self, day: SymbolDay) -> Watch:
        """Watch a day from its first tick on; it goes on where the newest day before it ended."""
        before = max(
            (path for path in self._days(day.symbol) if date.fromisoformat(path.stem) < day.trading_day),
            default=None,
        )
        watch = self._going_on(day, before) if before else self._anew(day)
        newest = self._newest.get(day.symbol)
        if newest is None or newest.day.trading_day <= day.trading_day:
            self._newest[day.symbol] = watch
        return watch

    def _going_on(self, day: SymbolDay, before: Path) -> Watch:
        """A state that this code cannot read, as of another release, is told of and keeps no day from beginning."""
        try:
            return self._anew(day, read_document(WatchState, before.read_bytes(), str(before)))
        except TicklakeError as error:
            _LOG.warning("%s begins with empty windows and without rules that were open: %s", day, error)
            return self._anew(day)

    def _anew(self, day: SymbolDay, state: WatchState | None = None) -> Watch:
        symbol = day.symbol
        return Watch(day, lambda: next(iter(self._models.of(symbol)), None), self._hands_of(symbol), state)

    def end(self, watch: Watch, *, day_is_over: bool) -> None:
        """Keep a day's state for the next; at each orderly end of its stream, and once the day itself is over."""
        symbol = watch.day.symbol
        state = watch.close(day_is_over=day_is_over)
        replace_file(self._folder / symbol / f"{watch.day.trading_day}.json", state.canonical())
        for path in self._days(symbol)[:-KEPT_DAYS]:
            path.unlink(missing_ok=True)

    def of(self, symbol: str) -> Watch | None:
        """The watch of the newest day; None where no day was streamed since the start."""
        return self._newest.get(symbol)

    def breaker(self, symbol: str, now_us: int) -> BreakerReport:
        """A symbol's breaker, watched or not."""
        watch = self.of(symbol)
        if watch is not None:
            return watch.report(now_us).breaker
        return told_breaker(self._unwatched(symbol))

    def by_hand(self, symbol: str, *, opens: bool, reason: str, now_us: int) -> Hand:
        """Open or close a symbol's breaker; it holds from the next tick on, after a restart, too."""
        return self._hands_of(symbol).add(opens=opens, reason=reason, now_us=now_us)

    def gauges(self, now_us: int) -> Iterator[Gauge]:
        """For Prometheus: each known symbol's breaker, and the drift of scores, spread and tick rate if it is known."""
        for symbol in sorted(self._hands):
            yield Gauge("breaker_open", self.breaker(symbol, now_us).open, (symbol,))
            watch = self.of(symbol)
            for drift in (watch.events, watch.minutes) if watch else ():
                for name, psi in zip(drift.names, drift.psi().tolist(), strict=True) if drift else ():
                    if name in _TOLD and not isnan(psi):
                        yield Gauge("drift", psi, (symbol, name))

    def _unwatched(self, symbol: str) -> Breaker:
        days = self._days(symbol)
        state = read_document(WatchState, days[-1].read_bytes(), str(days[-1])) if days else WatchState()
        breaker, hands = Breaker(state.troubles, state.hand), self._hands_of(symbol)
        for hand in hands.between(state.hands_until_us, hands.last_us):
            breaker.take(hand)
        return breaker

    def _hands_of(self, symbol: str) -> Hands:
        if symbol not in self._hands:
            self._hands[symbol] = Hands(self._folder / symbol / "breaker.json")
        return self._hands[symbol]

    def _days(self, symbol: str) -> list[Path]:
        return sorted((self._folder / symbol).glob("????-??-??.json"))
