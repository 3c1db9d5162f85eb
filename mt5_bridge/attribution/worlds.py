"""The worlds between test and account: each has one ingredient more of what really was.

    tested -> data -> signals -> downtime -> risk -> rejects -> hands
           -> latency -> spread -> slippage -> conversion -> costs

Up to `hands` a world is made by the order table, from what it is given; from `latency` on its positions are the
account's own, and only prices and amounts are replaced. The first world is the test's own, the last one the account's
deals.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from mt5_bridge.attribution.documents import (
    BridgeDay,
    Filled,
    Heard,
    Key,
    Price,
    Quotes,
    RealPosition,
    TestedDay,
    Wanted,
)
from mt5_bridge.attribution.positions import NOTHING, Held
from mt5_bridge.attribution.steps import Step, step_of
from mt5_bridge.attribution.table import ByHand, trade_by_table
from mt5_bridge.errors import AttributionError
from mt5_bridge.trading.words import Fill, Outcome

World = dict[Key, Held]
"""Its positions."""

Part = Literal["entry", "exit"]
_PriceOf = Callable[[Key, Filled, Part], float]
BY_TABLE = frozenset({Outcome.TARGET, Outcome.STOP, Outcome.TIME, Outcome.DAY_END})


@dataclass(frozen=True)
class Day:
    """All that a day is explained from; `served` and `quotes` are what the endpoint said and took as clean."""

    tested: TestedDay
    served: Sequence[Wanted]
    quotes: Quotes
    real: BridgeDay

    def __post_init__(self) -> None:
        named = {(each.symbol, each.trading_day) for each in (self.tested, self.real)}
        if len(named) > 1:
            raise AttributionError(f"Expected test and record of one symbol and day, was {named}")
        currencies = {self.tested.terms.currency, self.real.currency or self.tested.terms.currency}
        if len(currencies) > 1:
            raise AttributionError(
                f"Expected the account in {self.tested.terms.currency}, the currency of the test's costs, "
                f"was {self.real.currency}"
            )
        coin = Decimal(1).scaleb(-self.tested.terms.digits)
        booked = [each.booked for each in self.positions.values() if each.booked is not None]
        if finer := [each for each in booked if (each.profit or NOTHING) % coin or each.costs % coin]:
            raise AttributionError(
                f"Expected amounts in whole {coin} {self.tested.terms.currency}, was {finer[0]}"
            )
        served = {wanted.key for wanted in self.served}
        strange = [each.key for each in self.real.heard if each.key not in served]
        if strange:
            raise AttributionError(
                f"The bridge heard a signal that the endpoint did not serve: {strange[0]}. "
                f"Expected one of the {len(served)} of the day"
            )

    @property
    def heard(self) -> dict[Key, Heard]:
        return {each.key: each for each in self.real.heard}

    @property
    def positions(self) -> dict[Key, RealPosition]:
        return {each.key: each.position for each in self.real.heard if each.position is not None}


def worlds_of(day: Day) -> Iterator[tuple[Step | None, World]]:
    """Make the worlds in their order; the first one, the test, has no step."""
    yield None, tested_world(day.tested)
    yield from _table_worlds(day)
    yield from _account_worlds(day)


def tested_world(tested: TestedDay) -> World:
    """The test's own trades."""
    return {
        trade.key: Held(
            trade.key,
            tested.terms.lots,
            Fill(trade.entry_us, 0, trade.entry),
            Fill(trade.exit_us, 0, trade.exit),
            trade.outcome,
        )
        for trade in tested.trades
    }


def account_world(day: Day) -> World:
    """The account's positions at the prices of their fills, with what it booked."""
    return {key: _booked_costs(held, day.positions[key]) for key, held in _filled(day).items()}


def _table_worlds(day: Day) -> Iterator[tuple[Step, World]]:
    heard, lots = day.heard, day.tested.terms.lots
    asked = {key: each.volume or lots for key, each in heard.items()}
    filled = asked | {key: each.volume or lots for key, each in day.positions.items()}
    gone = {key: step_of(each.fate, each.reason) for key, each in heard.items()}
    audible = [each for each in day.served if each.key in heard or not _may_trade(day, each)]
    trusted = [each for each in audible if gone.get(each.key) is not Step.DOWNTIME]
    allowed = [each for each in trusted if gone.get(each.key) is not Step.RISK and _may_trade(day, each)]
    accepted = [each for each in allowed if gone.get(each.key) is not Step.REJECTS]
    by_hand = {
        key: ByHand(each.exit.ts_us, each.outcome)
        for key, each in day.positions.items()
        if each.exit is not None and each.outcome is not None and each.outcome not in BY_TABLE
    }
    nobody: dict[Key, ByHand] = {}
    plans: list[tuple[Step, Iterable[Wanted], Mapping[Key, Decimal], Mapping[Key, ByHand]]] = [
        (Step.DATA, day.tested.signals, {}, nobody),
        (Step.SIGNALS, day.served, {}, nobody),
        (Step.DOWNTIME, trusted, {}, nobody),
        (Step.RISK, allowed, asked, nobody),
        (Step.REJECTS, accepted, filled, nobody),
        (Step.HANDS, accepted, filled, by_hand),
    ]
    for step, signals, volumes, hands in plans:
        walked = trade_by_table(day.quotes, signals, hands)
        yield (
            step,
            {
                each.key: Held(
                    each.key,
                    volumes.get(each.key, lots),
                    _at(day.quotes, each.key, each.entry, "entry"),
                    _at(day.quotes, each.key, each.exit, "exit"),
                    each.outcome,
                )
                for each in walked
            },
        )


def _may_trade(day: Day, wanted: Wanted) -> bool:
    """A shadow's signals are nobody's downtime: the rules of the mode leave them alone."""
    return wanted.tradable or day.real.trades_shadow


def _account_worlds(day: Day) -> Iterator[tuple[Step, World]]:
    def at_moments(key: Key, fill: Filled, part: Part) -> float:
        return _at(day.quotes, key, _place(day.quotes, key, fill, part), part).price

    def at_terminal(key: Key, fill: Filled, part: Part) -> float:
        if fill.terminal is None:
            return at_moments(key, fill, part)
        return _side(fill.terminal, key, part)

    yield Step.LATENCY, _real(day, at_moments)
    quoted = _real(day, at_terminal)
    is_seen = {
        key: all(fill is None or fill.terminal is not None for fill in (each.entry, each.exit))
        for key, each in day.positions.items()
    }
    yield Step.SPREAD, {key: replace(held, pays_markup=not is_seen[key]) for key, held in quoted.items()}
    filled = _filled(day)
    yield Step.SLIPPAGE, filled
    yield Step.CONVERSION, {key: _booked_profit(held, day.positions[key]) for key, held in filled.items()}
    yield Step.COSTS, account_world(day)


def _real(day: Day, price: _PriceOf) -> World:
    lots = day.tested.terms.lots
    found = {}
    for key, each in day.positions.items():
        entry = Fill(each.entry.ts_us, 0, price(key, each.entry, "entry"))
        leave = None if each.exit is None else Fill(each.exit.ts_us, 0, price(key, each.exit, "exit"))
        found[key] = Held(key, each.volume or lots, entry, leave, each.outcome)
    return found


def _filled(day: Day) -> World:
    """On paper a fill is a quote, and mark-up and slippage stay the profile's."""
    return {
        key: replace(held, pays_markup=is_paper, pays_slippage=is_paper)
        for key, held in _real(day, _own_price).items()
        for is_paper in [day.positions[key].booked is None]
    }


def _own_price(key: Key, fill: Filled, part: Part) -> float:  # noqa: ARG001 - one of several
    return fill.price


def _booked_profit(held: Held, real: RealPosition) -> Held:
    said = real.booked
    return held if said is None or said.profit is None else replace(held, booked_profit=said.profit)


def _booked_costs(held: Held, real: RealPosition) -> Held:
    said = real.booked
    if said is None:
        return held
    profit = NOTHING if said.profit is None else said.profit
    return replace(held, booked_profit=profit, booked_costs=said.costs)


def _place(quotes: Quotes, key: Key, fill: Filled, part: Part) -> int:
    """The feed's quote at a fill: of that very moment the first with its price, else the newest up to then."""
    first, after = bisect_left(quotes.ts_us, fill.ts_us), bisect_right(quotes.ts_us, fill.ts_us)
    same = (place for place in range(first, after) if _at(quotes, key, place, part).price == fill.price)
    if not len(quotes.ts_us):
        raise AttributionError(f"The account has a position of {key}. Expected clean quotes, was none")
    return next(same, max(after - 1, 0))


def _at(quotes: Quotes, key: Key, place: int, part: Part) -> Fill:
    price = _side(Price(bid=quotes.bid[place], ask=quotes.ask[place]), key, part)
    return Fill(quotes.ts_us[place], 0, price)


def _side(quote: Price, key: Key, part: Part) -> float:
    return quote.ask if (key.side == "long") == (part == "entry") else quote.bid
