"""A journal, an account's deals and a terminal's ticks become the record of a day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from mt5_bridge.attribution.documents import Booked, Price
from mt5_bridge.attribution.record import Account, quotes_seen, record_day
from mt5_bridge.trading.words import Entry, Fate, Fill, Intent, OrderState, Outcome, Position
from mt5_bridge.wire.contract import Tick
from ticklake_assets_tests.mt5_bridge.orders import make_order

DAY = date(1970, 1, 1)
TICKS = [
    Tick(1, 1_000_000, 1.0, 1.1, None, None),
    Tick(2, 1_200_000, 1.1, 1.2, None, None),
    Tick(3, 1_200_000, 1.15, 1.25, None, None),
    Tick(4, 1_300_000, None, 1.25, None, None),
    Tick(5, None, 1.0, 1.1, None, None),
]


class DealRow(NamedTuple):
    position_id: int
    profit: float
    commission: float = 0.0
    swap: float = 0.0
    fee: float = 0.0


def _entry(ts_us: int, fate: Fate | OrderState, reason: str = "", position: Position | None = None) -> Entry:
    intent = Intent(f"{ts_us:016x}", "signal", "bundle", "SYNEUR", ts_us, "long")
    order = replace(make_order(intent.intent_id), volume=Decimal("0.3"))
    return Entry(intent, order, fate, reason, position=position)


def _position() -> Position:
    return Position(
        Fill(1_200_000, 0, 1.26),
        Fill(2_000_000, 0, 1.15),
        Outcome.STOP,
        volume=Decimal("0.3"),
        money=Decimal("-3.50"),
        ticket=77,
    )


DEALS = [DealRow(77, 0.0, -0.25), DealRow(77, -2.9, -0.25, -0.1), DealRow(78, 100.0)]


def test_a_position_with_its_deals_and_the_terminals_quotes() -> None:
    account = Account("demo", "7 at Demo", "USD", DEALS)
    day = record_day(
        [_entry(1_000_000, OrderState.CLOSED, position=_position())],
        "SYNEUR",
        DAY,
        account,
        terminal=quotes_seen(TICKS),
    )
    (heard,) = day.heard
    position = heard.position
    assert position is not None
    assert (heard.fate, heard.volume, position.volume) == ("closed", Decimal("0.3"), Decimal("0.3"))
    assert position.booked == Booked(profit=Decimal("-2.9"), costs=Decimal("-0.6"))
    assert position.entry.terminal == Price(bid=1.15, ask=1.25), "the newest of its moment"
    assert position.exit is not None
    assert position.exit.terminal == Price(bid=1.15, ask=1.25)


def test_the_quote_with_the_fills_price_is_the_one_that_filled() -> None:
    position = replace(_position(), entry=Fill(1_200_000, 0, 1.2))
    day = record_day(
        [_entry(1_000_000, OrderState.CLOSED, position=position)],
        "SYNEUR",
        DAY,
        Account("demo", "7", "USD"),
        terminal=quotes_seen(TICKS),
    )
    found = day.heard[0].position
    assert found is not None
    assert found.entry.terminal == Price(bid=1.1, ask=1.2)
    assert found.booked == Booked(costs=Decimal("-3.50")), "without deals one sum"


def test_deals_that_are_not_all_there_are_one_sum() -> None:
    day = record_day(
        [_entry(1_000_000, OrderState.CLOSED, position=_position())],
        "SYNEUR",
        DAY,
        Account("demo", "7", "USD", DEALS[:1]),
    )
    found = day.heard[0].position
    assert found is not None
    assert found.booked == Booked(costs=Decimal("-3.50"))
    assert found.entry.terminal is None


def test_on_paper_nothing_is_booked() -> None:
    position = replace(_position(), money=None, ticket=None, volume=Decimal(1))
    day = record_day(
        [_entry(1_000_000, OrderState.CLOSED, position=position)], "SYNEUR", DAY, Account("paper", "paper")
    )
    found = day.heard[0].position
    assert found is not None
    assert (found.booked, found.volume, day.heard[0].volume) == (None, None, None)


def test_only_the_days_own_signals_and_what_became_of_them() -> None:
    entries = [
        _entry(2_000_000, Fate.DECLINED, "daily_loss"),
        _entry(1_000_000, Fate.REFUSED, "no_money"),
        _entry(86_400_000_000, OrderState.OPEN),
    ]
    day = record_day(entries, "SYNEUR", DAY, Account("demo", "7", "USD"))
    assert [(each.signal_us, each.fate, each.reason, each.volume) for each in day.heard] == [
        (1_000_000, "refused", "no_money", Decimal("0.3")),
        (2_000_000, "declined", "daily_loss", None),
    ]
    assert record_day(entries, "SYNJPY", DAY, Account("demo", "7", "USD")).heard == ()
