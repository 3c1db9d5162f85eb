"""The order table once more, as a slow state machine that is told one quote at a time.

Written from the table's words, not from core.orders: it compares exact decimals and never looks at an array.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from ticklake_assets.core.tables import Quotes

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass
class WalkedOrder:
    """An order's life; prices are the quotes' own decimals."""

    is_long: bool
    event_us: int
    bid: float
    ask: float
    width: float
    horizon_us: int
    latency_us: int
    day_end_us: int
    day_last_us: int
    """Last microsecond of the day."""
    outcome: str = "waiting"
    entry_us: int = 0
    entry: Decimal | None = None
    exit_us: int = 0
    exit: Decimal | None = None
    known_at_us: int = 0

    def __post_init__(self) -> None:
        anchor, width = _decimal(self.ask if self.is_long else self.bid), _decimal(self.width)
        self.stop = anchor - width if self.is_long else anchor + width
        self.target = anchor + width if self.is_long else anchor - width
        self.expires_us = self.event_us + self.horizon_us

    def walk(self, quotes: Quotes) -> WalkedOrder:
        last = None
        for ts_us, bid, ask in zip(quotes.ts_us.tolist(), quotes.bid, quotes.ask, strict=True):
            last = (ts_us, _decimal(bid), _decimal(ask))
            if ts_us < self.event_us:
                continue
            if self.outcome == "waiting":
                self._may_enter(*last)
            elif self.outcome == "open":
                self._may_leave(*last)
        if self.outcome == "waiting":
            self._refuse(self._expiry())
        if self.outcome == "open":
            assert last is not None
            self._leave("day end", *last)
            self.known_at_us = self.day_last_us
        return self

    def nights(self) -> int:
        """Nights that it was held over: it is open while New York's clock strikes 17:00; Wednesday's counts three."""
        entered, left = (
            (_EPOCH + timedelta(microseconds=at)).astimezone(ZoneInfo("America/New_York"))
            for at in (self.entry_us, self.exit_us)
        )
        days = [entered.date() + timedelta(days=n) for n in range((left.date() - entered.date()).days + 1)]
        strikes = [datetime.combine(day, time(17), entered.tzinfo) for day in days]
        return sum((1, 1, 3, 1, 1, 0, 0)[strike.weekday()] for strike in strikes if entered < strike <= left)

    def _may_enter(self, ts_us: int, bid: Decimal, ask: Decimal) -> None:
        if ts_us < self.event_us + self.latency_us:
            return
        if ts_us >= self.expires_us or ts_us >= self.day_end_us:
            self._refuse(self._expiry())
        elif self._hit(bid, ask) is not None:
            self._refuse(ts_us)
        else:
            self.outcome, self.entry_us, self.entry = "open", ts_us, ask if self.is_long else bid

    def _may_leave(self, ts_us: int, bid: Decimal, ask: Decimal) -> None:
        barrier = self._hit(bid, ask)
        if barrier is not None:
            self._leave(barrier, ts_us, bid, ask)
        elif self.expires_us <= self.day_end_us and ts_us >= self.expires_us:
            self._leave("time", ts_us, bid, ask)
        elif ts_us >= self.day_end_us:
            self._leave("day end", ts_us, bid, ask)

    def _hit(self, bid: Decimal, ask: Decimal) -> str | None:
        if self.is_long:
            return "target" if bid >= self.target else "stop" if bid <= self.stop else None
        return "target" if ask <= self.target else "stop" if ask >= self.stop else None

    def _leave(self, outcome: str, ts_us: int, bid: Decimal, ask: Decimal) -> None:
        self.outcome, self.exit_us, self.known_at_us = outcome, ts_us, ts_us
        self.exit = bid if self.is_long else ask

    def _refuse(self, known_at_us: int) -> None:
        self.outcome, self.known_at_us = "no entry", known_at_us

    def _expiry(self) -> int:
        return max(self.event_us, min(self.expires_us, self.day_end_us))


def _decimal(price: float) -> Decimal:
    """The decimal that a price was parsed from."""
    return Decimal(repr(float(price)))
