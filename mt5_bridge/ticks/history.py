"""A broker's ticks of one UTC day, asked of a MetaTrader 5 terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from mt5_bridge.errors import ClockError, DayError, NoTicks
from mt5_bridge.moments import EPOCH, moment_of, us_of, wall_of
from mt5_bridge.terminal.package import Mt5, SymbolInfo, failure
from mt5_bridge.ticks.broker_clock import BrokerClock
from mt5_bridge.ticks.pieces import TickRow, copy_rows
from mt5_bridge.wire.contract import Tick

_MARGIN = timedelta(hours=3)
"""Asked on both sides of the day: holds hours repeated around midnight, and the quote before the first."""
_ZONES_APART = timedelta(minutes=15)
"""No two zones differ by less; a machine's clock that is wrong by more is wrong anyway."""


class _Quote(NamedTuple):
    bid: float | None
    ask: float | None
    is_carried: bool
    """Whether a side was taken from the row before."""


@dataclass
class DayTicks:
    """The ticks in the terminal's order, and what is to be known of them."""

    digits: int
    """Decimals of a price."""
    newest_quote: datetime | None
    """The symbol's newest quote in UTC, if the clock is right: on an open market that is now."""
    ticks: list[Tick] = field(default_factory=list)
    carried: int = 0
    """Ticks of which a side had not changed and is that of the tick before."""
    incomplete: int = 0
    """Ticks without a bid or an ask: none came before, or it left. They are written with the side empty."""
    unsettled: int = 0
    """Ticks in an hour that the broker's clock repeats or skips."""
    left_out: int = 0
    """Ticks around the day, asked for in addition."""

    def moment(self, position: int) -> datetime:
        """UTC time of a tick."""
        return moment_of(self.ticks[position].ts_us or 0)


def fetch_day(
    mt5: Mt5,
    symbol: str,
    trading_day: date,
    clock: BrokerClock,
    now: datetime,
    wait: Callable[[], None] | None = None,
) -> DayTicks:
    """Ask a running terminal for a UTC day of `symbol`, the broker's name; puts it into the Market Watch.

    `wait` is called before a day that the terminal does not give whole is asked for in halves.

    Raises NoTicks for a day without ticks, DayError for one that is not over, ClockError where the newest quote would
    lie in the future, and TerminalError with the terminal's own words.
    """
    today = now.astimezone(UTC).date()
    if not EPOCH.date() < trading_day < today:
        raise DayError(
            f"Expected a UTC day that is over: after 1970-01-01, before {today}; was {trading_day}"
        )
    start = datetime.combine(trading_day, time(tzinfo=UTC))
    end = start + timedelta(days=1)
    info = _symbol_info(mt5, symbol)
    day = DayTicks(info.digits, _newest_quote(info, clock, now))
    rows = copy_rows(mt5, symbol, clock.wall(start - _MARGIN), clock.wall(end + _MARGIN), clock, wait)
    times = clock.utc_times(wall_of(row.time_msc) for row in rows)
    for (moment, is_settled), quote in zip(times, carry(mt5, rows), strict=True):
        if not start <= moment < end:
            day.left_out += 1
            continue
        ts_us = us_of(moment)
        day.ticks.append(Tick(len(day.ticks) + 1, ts_us, quote.bid, quote.ask, None, None))
        day.carried += quote.is_carried
        day.incomplete += quote.bid is None or quote.ask is None
        day.unsettled += not is_settled
    if not day.ticks:
        raise NoTicks(
            f"Expected ticks of {symbol} on {trading_day}, was none: "
            "the market was closed, or the broker does not keep that day"
        )
    return day


def _symbol_info(mt5: Mt5, symbol: str) -> SymbolInfo:
    """A symbol that isn't in the Market Watch has no ticks; selecting it is also how an unknown one shows."""
    info = mt5.symbol_info(symbol) if mt5.symbol_select(symbol, True) else None
    if info is None:
        raise failure(mt5, f"the broker to know the symbol {symbol!r} (--broker-symbol gives its own name)")
    return info


def _newest_quote(info: SymbolInfo, clock: BrokerClock, now: datetime) -> datetime | None:
    if not info.time:
        return None
    newest = next(clock.utc_times([wall_of(info.time * 1_000)])).utc
    if newest > now + _ZONES_APART:
        raise ClockError(
            f"Expected the newest quote before {now:%H:%M} UTC, was {newest:%H:%M} UTC on {newest:%Y-%m-%d}: "
            "the broker's server has another clock. Give it by --zone"
        )
    return newest


def carry(mt5: Mt5, rows: Iterable[TickRow]) -> Iterator[_Quote]:
    """Fill in sides that did not change. A side is 0 where it did not, or where its flag says that it left."""
    bid: float | None = None
    ask: float | None = None
    for row in rows:
        is_bid_carried = not row.bid and not row.flags & mt5.TICK_FLAG_BID
        is_ask_carried = not row.ask and not row.flags & mt5.TICK_FLAG_ASK
        bid = bid if is_bid_carried else row.bid or None
        ask = ask if is_ask_carried else row.ask or None
        is_carried = (is_bid_carried and bid is not None) or (is_ask_carried and ask is not None)
        yield _Quote(bid, ask, is_carried)
