"""The bridge's record of a day, made of its journal, the account's deals and the terminal's ticks."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol

from mt5_bridge.attribution.documents import (
    Booked,
    BridgeDay,
    Direction,
    Filled,
    Gap,
    Heard,
    Price,
    Quotes,
    RealPosition,
)
from mt5_bridge.exact import exact
from mt5_bridge.moments import date_of
from mt5_bridge.trading.words import Entry, Fill, Position
from mt5_bridge.wire.contract import Tick

_NO_QUOTES = Quotes((), (), ())


class Deal(Protocol):
    """What is read of an account's deal, by the vendor's names."""

    @property
    def position_id(self) -> int: ...
    @property
    def profit(self) -> float: ...
    @property
    def commission(self) -> float: ...
    @property
    def swap(self) -> float: ...
    @property
    def fee(self) -> float: ...


@dataclass(frozen=True)
class Account:
    """Whose day it is; `currency` is None on paper."""

    mode: str
    name: str
    currency: str | None = None
    deals: Sequence[Deal] = ()
    """Of its history; without them a position's money is not told apart into profit and costs."""


def record_day(
    entries: Iterable[Entry],
    symbol: str,
    trading_day: date,
    account: Account,
    *,
    terminal: Quotes = _NO_QUOTES,
    trades_shadow: bool = False,
    gaps: Sequence[Gap] = (),
) -> BridgeDay:
    """Take a journal's intents of the signals of a UTC day; `terminal` is what the terminal quoted on it."""
    own = [
        each for each in entries if each.intent.symbol == symbol and date_of(each.intent.ts_us) == trading_day
    ]
    own.sort(key=lambda entry: entry.intent.ts_us)
    return BridgeDay(
        symbol=symbol,
        trading_day=trading_day,
        mode=account.mode,
        account=account.name,
        currency=account.currency,
        trades_shadow=trades_shadow,
        heard=tuple(_heard(each, account, terminal) for each in own),
        gaps=tuple(gaps),
    )


def quotes_seen(ticks: Iterable[Tick]) -> Quotes:
    """Ticks with a time and both sides as quotes, in time order."""
    rows = [
        (each.ts_us, each.bid, each.ask) for each in ticks if each.ts_us is not None and each.bid and each.ask
    ]
    rows.sort(key=lambda row: row[0])
    return Quotes(*([row[column] for row in rows] for column in range(3)))  # type: ignore[arg-type]


def _heard(entry: Entry, account: Account, terminal: Quotes) -> Heard:
    intent, is_paper = entry.intent, account.currency is None
    side: Direction = "long" if intent.side == "long" else "short"
    position = entry.position
    return Heard(
        intent_id=intent.intent_id,
        signal_us=intent.ts_us,
        side=side,
        fate=str(entry.fate),
        reason=entry.reason,
        volume=None if is_paper or entry.order is None or not entry.is_sent else entry.order.volume,
        position=None if position is None else _position(position, side, account, terminal),
    )


def _position(position: Position, side: Direction, account: Account, terminal: Quotes) -> RealPosition:
    leave = position.exit
    return RealPosition(
        volume=None if account.currency is None else position.volume,
        entry=_filled(position.entry, terminal, is_buy=side == "long"),
        exit=None if leave is None else _filled(leave, terminal, is_buy=side == "short"),
        outcome=position.outcome,
        booked=_booked(position, account.deals),
    )


def _booked(position: Position, deals: Sequence[Deal]) -> Booked | None:
    if position.money is None:
        return None
    own = [deal for deal in deals if deal.position_id == position.ticket]
    profit = _sum(deal.profit for deal in own)
    costs = _sum(amount for deal in own for amount in (deal.commission, deal.swap, deal.fee))
    if profit + costs != position.money:  # a history without them, or with a stranger's addition
        return Booked(costs=position.money)
    return Booked(profit=profit, costs=costs)


def _sum(amounts: Iterable[float]) -> Decimal:
    return sum((exact(amount) for amount in amounts), Decimal(0))


def _filled(fill: Fill, terminal: Quotes, *, is_buy: bool) -> Filled:
    return Filled(ts_us=fill.ts_us, price=fill.price, terminal=_standing(fill, terminal, is_buy=is_buy))


def _standing(fill: Fill, quotes: Quotes, *, is_buy: bool) -> Price | None:
    """Of the fill's very moment the first quote with its price, else the newest up to then."""
    first, after = bisect_left(quotes.ts_us, fill.ts_us), bisect_right(quotes.ts_us, fill.ts_us)
    side = quotes.ask if is_buy else quotes.bid
    place = next((at for at in range(first, after) if side[at] == fill.price), after - 1)
    return None if place < 0 else Price(bid=quotes.bid[place], ask=quotes.ask[place])
