"""Days whose test and account are made from the same signals, and differ by the causes that are injected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from random import Random

from mt5_bridge.attribution.documents import (
    AccountTerms,
    Booked,
    BridgeDay,
    Filled,
    Heard,
    Key,
    Price,
    Quotes,
    RealPosition,
    TestedDay,
    TestedTrade,
    Wanted,
)
from mt5_bridge.attribution.positions import Held, Purse
from mt5_bridge.attribution.table import ByHand, Walked, trade_by_table
from mt5_bridge.attribution.worlds import Day
from mt5_bridge.paper.costs import trade_costs
from mt5_bridge.trading.words import Fill
from mt5_bridge.wire.contract import SymbolFacts
from ticklake_assets_tests.mt5_bridge.orders import FACTS

TRADING_DAY = date(2024, 1, 17)
START_US = 1_705_449_600_000_000
DAY_END_US = START_US + 20 * 3_600_000_000
POINT = 1e-5
TERMS = AccountTerms(currency="USD", lots=Decimal(1), units=Decimal(100_000), rate=Decimal(1))
IDEAL = FACTS.model_copy(update={"costs": FACTS.costs.model_copy(update={"slippage_pips": 0.0})})
"""A profile that assumes what an account without slippage and mark-up books."""


def make_quotes(seed: int, count: int = 400) -> Quotes:
    """A walk on the point grid, a quote each 100 to 900 ms."""
    random, bid, ts_us = Random(seed), 110_000, START_US
    rows = []
    for _ in range(count):
        ts_us += random.randrange(100, 900) * 1000
        bid += random.randrange(-3, 4)
        rows.append((ts_us, bid / 1e5, (bid + random.randrange(1, 4)) / 1e5))
    return Quotes(*(list(column) for column in zip(*rows, strict=True)))


def make_signals(quotes: Quotes, seed: int, every: int = 15) -> tuple[Wanted, ...]:
    random, found = Random(seed), []
    for at in range(0, len(quotes.ts_us) - 1, every):
        side = random.choice(["long", "short"])
        anchor = round((quotes.ask[at] if side == "long" else quotes.bid[at]) * 1e5)
        width = random.randrange(5, 15)
        sign = 1 if side == "long" else -1
        ts_us = quotes.ts_us[at]
        found.append(
            Wanted(
                signal_us=ts_us,
                side=side,
                earliest_entry_us=ts_us + 200_000,
                stop=(anchor - sign * width) / 1e5,
                target=(anchor + sign * width) / 1e5,
                horizon_end_us=ts_us + 12_000_000,
                day_end_us=DAY_END_US,
            )
        )
    return tuple(found)


@dataclass
class Causes:
    """What the account had that the test had not; prices in points."""

    unheard: Sequence[Key] = ()
    fates: Mapping[Key, tuple[str, str]] = field(default_factory=dict)
    by_hand: Mapping[Key, ByHand] = field(default_factory=dict)
    asked: Mapping[Key, Decimal] = field(default_factory=dict)
    filled: Mapping[Key, Decimal] = field(default_factory=dict)
    entry_late: Mapping[Key, int] = field(default_factory=dict)
    """Quotes by which an entry comes later."""
    spread_points: int = 0
    """The terminal's ask above the feed's."""
    slippage_points: int = 0
    """By which each fill is worse than the terminal's quote."""
    rate: Decimal = Decimal(1)
    commission: Decimal = Decimal(0)
    """Of each position, beside the profile's."""


def make_tested(
    quotes: Quotes, signals: Sequence[Wanted], facts: SymbolFacts = FACTS, terms: AccountTerms = TERMS
) -> TestedDay:
    trades, net = [], 0.0
    for each in trade_by_table(quotes, signals):
        entry, leave = _fills(quotes, each)
        cost = trade_costs(facts, each.key.side, entry, leave).total
        sign = 1 if each.key.side == "long" else -1
        net += (
            (sign * (leave.price - entry.price) - cost)
            * float(terms.units)
            * float(terms.rate or 1 / leave.price)
        )
        trades.append(
            TestedTrade(
                signal_us=each.key.signal_us,
                side=each.key.side,
                entry_us=entry.ts_us,
                entry=entry.price,
                exit_us=leave.ts_us,
                exit=leave.price,
                outcome=each.outcome,
                cost=cost,
            )
        )
    return TestedDay(
        symbol="SYNEUR",
        trading_day=TRADING_DAY,
        bundle="b" * 64,
        facts=facts,
        terms=terms,
        signals=tuple(signals),
        trades=tuple(trades),
        net_money=net,
    )


def make_real(
    quotes: Quotes,
    served: Sequence[Wanted],
    causes: Causes,
    facts: SymbolFacts = FACTS,
    terms: AccountTerms = TERMS,
) -> BridgeDay:
    """An account that trades by the table, but for the causes."""
    heard = [each for each in served if each.key not in causes.unheard]
    sent = [each for each in heard if each.key not in causes.fates]
    walked = {each.key: each for each in trade_by_table(quotes, sent, causes.by_hand)}
    rows = []
    for each in heard:
        fate, reason = causes.fates.get(
            each.key, ("closed", "") if each.key in walked else ("declined", "position_open")
        )
        position = _position(quotes, walked[each.key], causes, facts, terms) if each.key in walked else None
        rows.append(
            Heard(
                intent_id=f"{each.signal_us:016x}"[-16:],
                signal_us=each.signal_us,
                side=each.side,
                fate=fate,
                reason=reason,
                volume=causes.asked.get(each.key, terms.lots),
                position=position,
            )
        )
    return BridgeDay(
        symbol="SYNEUR",
        trading_day=TRADING_DAY,
        mode="demo",
        account="1 at Demo",
        currency=terms.currency,
        heard=tuple(rows),
    )


def make_day(
    seed: int = 1,
    causes: Causes | None = None,
    *,
    facts: SymbolFacts = IDEAL,
    served: Sequence[Wanted] | None = None,
    served_quotes: Quotes | None = None,
) -> Day:
    quotes = make_quotes(seed)
    signals = make_signals(quotes, seed)
    seen, heard = served_quotes or quotes, signals if served is None else served
    real = make_real(seen, heard, causes or Causes(), facts)
    return Day(make_tested(quotes, signals, facts), heard, seen, real)


def _position(
    quotes: Quotes, walked: Walked, causes: Causes, facts: SymbolFacts, terms: AccountTerms
) -> RealPosition:
    key = walked.key
    late = causes.entry_late.get(key, 0)
    entry = _filled(quotes, walked.entry + late, key, causes, is_buy=key.side == "long")
    leave = _filled(quotes, walked.exit, key, causes, is_buy=key.side == "short")
    volume = causes.filled.get(key, causes.asked.get(key, terms.lots))
    held = Held(
        key,
        volume,
        Fill(entry.ts_us, 0, entry.price),
        Fill(leave.ts_us, 0, leave.price),
        walked.outcome,
        pays_markup=False,
        pays_slippage=False,
    )
    purse = Purse(facts, terms)
    profit = (purse.money(held) - purse.costs(held)) * causes.rate
    return RealPosition(
        volume=volume,
        entry=entry,
        exit=leave,
        outcome=walked.outcome,
        booked=Booked(profit=purse.cents(profit), costs=purse.costs(held) - causes.commission),
    )


def _filled(quotes: Quotes, place: int, key: Key, causes: Causes, *, is_buy: bool) -> Filled:
    bid, ask = quotes.bid[place], round(quotes.ask[place] + causes.spread_points * POINT, 5)
    worse = causes.slippage_points * POINT
    price = round(ask + worse if is_buy else bid - worse, 5)
    return Filled(ts_us=quotes.ts_us[place], price=price, terminal=Price(bid=bid, ask=ask))


def _fills(quotes: Quotes, walked: Walked) -> tuple[Fill, Fill]:
    into, out = (quotes.ask, quotes.bid) if walked.key.side == "long" else (quotes.bid, quotes.ask)
    return (
        Fill(quotes.ts_us[walked.entry], 0, into[walked.entry]),
        Fill(quotes.ts_us[walked.exit], 0, out[walked.exit]),
    )
