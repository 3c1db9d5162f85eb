"""The market: recorded quotes of several symbols in one stream of time, moved on quote by quote."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from mt5_bridge.errors import TerminalError
from mt5_bridge.simulated.specification import Specification
from mt5_bridge.trading.words import Quote
from mt5_bridge.wire.contract import Tick

NEVER_US = 1 << 62


class Place(NamedTuple):
    """A moment between two quotes of the stream: so many with the time `quote_us` have passed."""

    quote_us: int
    passed: int


class Market:
    """Quotes by broker's symbol, of which those up to now have happened.

    Of equal times the symbols' order decides, then the recording's.
    """

    def __init__(self, symbols: Sequence[Specification], recordings: Mapping[str, Sequence[Quote]]) -> None:
        self.quotes = {
            each.name: _marked_up(each, _checked(each, recordings.get(each.recorded_as or each.name, ())))
            for each in symbols
        }
        numbered = enumerate(self.quotes.items())
        stream = sorted((quote[0], n, i) for n, (_, quotes) in numbered for i, quote in enumerate(quotes))
        names = list(self.quotes)
        self._stream = [(names[n], self.quotes[names[n]][i]) for _, n, i in stream]
        self._times = [row[0] for row in stream]
        self._cursor = 0
        self.passed = dict.fromkeys(names, 0)
        """How many quotes of a symbol have happened."""
        self.standing: dict[str, Quote] = {}
        self.now_us = self._times[0] if self._times else 0

    @property
    def place(self) -> Place:
        if not self._cursor:
            return Place(self.now_us, 0)
        last_us = self._times[self._cursor - 1]
        return Place(last_us, self._cursor - bisect_left(self._times, last_us))

    def resume(self, place: Place, now_us: int) -> None:
        """Be where a market stood, without anything happening on the way."""
        end = bisect_left(self._times, place.quote_us) + place.passed
        for symbol, quote in self._stream[self._cursor : end]:
            self.passed[symbol] += 1
            self.standing[symbol] = quote
        self._cursor = max(self._cursor, end)
        self.now_us = max(self.now_us, now_us)

    @property
    def next_us(self) -> int:
        """Time of the next quote, of whatever symbol."""
        return self._times[self._cursor] if self._cursor < len(self._times) else NEVER_US

    def step(self) -> str | None:
        """Let the next quote happen; returns its symbol, or None after the last."""
        if self._cursor == len(self._times):
            return None
        symbol, quote = self._stream[self._cursor]
        self._cursor += 1
        self.passed[symbol] += 1
        self.standing[symbol] = quote
        self.now_us = max(self.now_us, quote[0])
        return symbol

    def wait_until(self, moment_us: int) -> None:
        """Let time pass in which no quote comes."""
        self.now_us = max(self.now_us, min(moment_us, self.next_us))


def quotes_of(ticks: Iterable[Tick]) -> list[Quote]:
    """A recording's ticks as quotes: a missing side stands as it did; ticks before both sides are known are left out,
    and so are rows without a time.
    """
    found: list[Quote] = []
    bid: float | None = None
    ask: float | None = None
    for tick in ticks:
        bid, ask = tick.bid or bid, tick.ask or ask
        if tick.ts_us is not None and bid and ask:
            found.append(Quote(tick.ts_us, tick.seq, bid, ask))
    return found


def _checked(symbol: Specification, quotes: Sequence[Quote]) -> Sequence[Quote]:
    last = -NEVER_US
    for quote in quotes:
        if not (quote.ts_us >= last and 0 < quote.bid < NEVER_US and 0 < quote.ask < NEVER_US):
            raise TerminalError(f"{symbol.name}: Expected quotes in time order with two prices, was {quote}")
        last = quote.ts_us
    return quotes


def _marked_up(symbol: Specification, quotes: Sequence[Quote]) -> Sequence[Quote]:
    if not symbol.markup_points:
        return quotes
    markup = symbol.markup_points * symbol.point
    return [quote._replace(ask=round(quote.ask + markup, symbol.digits)) for quote in quotes]
