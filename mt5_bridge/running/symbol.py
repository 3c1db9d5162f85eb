"""One symbol of a running bridge: the terminal's ticks to the endpoint, its answers to the bridge."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from datetime import date

from mt5_bridge.clock import Clock
from mt5_bridge.errors import ConnectionLost, EndpointError, TerminalError
from mt5_bridge.running.events import Answered, Back, EventStream, Lost, Part
from mt5_bridge.running.feed import Feed
from mt5_bridge.running.link import Link, Told, day_of, newest_quote
from mt5_bridge.trading.bridge import Bridge
from mt5_bridge.trading.words import Quote
from mt5_bridge.wire.contract import Signal, Tick

_RETRY_US = 1_000_000
"""Between two attempts to reach a lost endpoint."""
_LONGEST_US = 1_000_000
"""Of a step in which ticks go on coming: account, kill switch and other symbols wait for its end."""
_TIMED = 1000
"""Round trips that are remembered."""


class SymbolRun:
    """`open_feed` gives the ticks of the terminal from a day's begin on.

    While the endpoint is away nothing is entered, and what is open is shown the terminal's quotes unjudged. What it
    missed is shown to it afterwards; what it says of ticks older than `trusted_us` is counted as lost.
    """

    def __init__(
        self,
        symbol: str,
        open_feed: Callable[[date], Feed],
        link: Link,
        bridge: Bridge,
        clock: Clock,
        events: EventStream,
        today: date,
        trusted_us: int,
    ) -> None:
        self.symbol = symbol
        self.bridge = bridge
        self.link = link
        self._open_feed = open_feed
        self._feed = open_feed(today)
        self._clock = clock
        self._events = events
        self._trusted_us = trusted_us
        self._retry_us = 0
        self._is_forgotten = True
        """Whether the endpoint has to be shown the day from its begin."""
        self.is_lost = False
        """Whether the endpoint is away."""
        self.ticks = 0
        self.not_clean: Counter[str] = Counter()
        self.signals = 0
        self.last_tick: Tick | None = None
        self.last_signal: Signal | None = None
        self.round_trips: deque[float] = deque(maxlen=_TIMED)

    async def step(self) -> bool:
        """Take in what the terminal has, and say whether it had anything; raises what it raises."""
        begun_us = self._clock.now_us()
        new = self._feed.poll()
        self.link.waiting.extend(new)
        if not self.link.waiting:
            return False
        try:
            if not self.link.is_open and self._clock.now_us() >= self._retry_us:
                await self._open()
            while self.link.is_open and self.link.waiting:
                if self.link.turns:
                    self.bridge.end_of_day()
                    await self.link.begin(0)
                self._act(await self.link.next())
                is_early = self._clock.now_us() < begun_us + _LONGEST_US
                if (
                    not self.link.waiting and is_early
                ):  # what an order's wait let pass is not old when it is answered now
                    self.link.waiting.extend(self._feed.poll())
        except EndpointError as error:
            await self._lost(error)
        if not self.link.is_open and (quote := newest_quote(new)) is not None:
            self.bridge.on_quote(_quote(quote))
        return bool(new)

    async def _open(self) -> None:
        until_us = self._clock.now_us() - self._trusted_us
        lost = None if self._is_forgotten else await self.link.resume(until_us)
        if lost is None:
            if self.ticks:
                day = day_of(self.link.waiting[-1])
                self._feed = self._open_feed(day)
                again = self._feed.poll()
                if not again:
                    raise TerminalError(
                        f"MetaTrader 5: Expected ticks of {self.symbol} since {day}, was none"
                    )
                self.link.waiting = deque(again)
            lost = await self.link.begin(until_us)
        self._is_forgotten = False
        self.bridge.passed_over["endpoint_away"] += lost
        if self.is_lost:
            self.is_lost = False
            self._events.publish(Back(self._clock.now_us(), Part.ENDPOINT, self.symbol))

    async def _lost(self, error: EndpointError) -> None:
        """A broken connection is resumed; where the endpoint refused something the day is shown anew."""
        await self.link.close()
        self._is_forgotten |= not isinstance(error, ConnectionLost)
        self._retry_us = self._clock.now_us() + _RETRY_US
        if not self.is_lost:
            self.is_lost = True
            self._events.publish(Lost(self._clock.now_us(), Part.ENDPOINT, self.symbol, str(error)))

    def _act(self, told: Told) -> None:
        tick, answer = told.tick, told.answer
        self.ticks += 1
        self.last_tick = tick
        self.round_trips.append(told.seconds)
        if answer.status != "clean":
            self.not_clean[answer.rule or answer.status] += 1
        if answer.signal is not None:
            self.signals += 1
            self.last_signal = answer.signal
        self._events.publish(Answered(self._clock.now_us(), self.symbol, tick, answer, told.seconds))
        self.bridge.on_answer(tick, answer)


def _quote(tick: Tick) -> Quote:
    assert tick.ts_us is not None
    assert tick.bid is not None
    assert tick.ask is not None
    return Quote(tick.ts_us, tick.seq, tick.bid, tick.ask)
