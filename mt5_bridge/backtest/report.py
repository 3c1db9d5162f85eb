"""A backtest as a document: figures, days, what became of its signals, and why it differs from the test."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

from pydantic import BaseModel

from mt5_bridge.attribution.documents import TestedDay
from mt5_bridge.attribution.steps import Step
from mt5_bridge.attribution.waterfall import Attribution, explain
from mt5_bridge.attribution.worlds import Day
from mt5_bridge.backtest.figures import Figures, figures_of, life_of
from mt5_bridge.backtest.run import Ran
from mt5_bridge.trading.words import Entry, OrderState

_NOTHING = Decimal(0)


class BacktestDay(BaseModel):
    day: date
    ticks: int
    signals: int
    """That asked for an order."""
    trades: int
    net_pips: float
    net_money: Decimal


class Comparison(BaseModel):
    """Days that were tested, too, explained; `steps` are summed over them."""

    currency: str
    tested: Decimal
    rounding: Decimal
    steps: dict[Step, Decimal]
    real: Decimal
    trades: int
    """Of either side, and of the worlds between."""
    equal_trades: int
    """The same in every field."""
    days: tuple[Attribution, ...]


class Backtest(BaseModel):
    symbol: str
    bundle: str | None
    """In service at the end."""
    account: str
    currency: str
    figures: Figures
    days: tuple[BacktestDay, ...]
    fates: dict[str, int]
    """Signals by what became of them."""
    comparison: Comparison | None = None
    not_tested: tuple[date, ...] = ()
    """Days that the test has not."""


def backtest_of(
    ran: Ran, symbol: str, pip: float, bundle: str | None, tested: Iterable[TestedDay] | None = None
) -> Backtest:
    """Reckon what was run; with tested days explain each that both have. AttributionError where they do not fit."""
    by_day = {day: _closed(ran, day) for day in sorted(ran.heard)}
    closed = [
        [entry.position for entry in entries if entry.position is not None] for entries in by_day.values()
    ]
    lives = [
        life_of(entry.position, entry.intent.side, ran.heard[day].quotes)
        for day, entries in by_day.items()
        for entry in entries
        if entry.position is not None
    ]
    compared = None if tested is None else _compared(ran, {each.trading_day: each for each in tested})
    there = () if compared is None else tuple(each.trading_day for each in compared.days)
    first = next(iter(ran.records.values()))
    return Backtest(
        symbol=symbol,
        bundle=bundle,
        account=first.account,
        currency=ran.currency,
        figures=figures_of(closed, lives, pip),
        days=tuple(_day(ran, day, entries, pip) for day, entries in by_day.items()),
        fates=dict(Counter(f"{each.fate} {each.reason}".strip() for each in ran.entries)),
        comparison=compared,
        not_tested=() if tested is None else tuple(day for day in by_day if day not in there),
    )


def _closed(ran: Ran, day: date) -> list[Entry]:
    """Positions of the day's signals that are closed, in the order of these."""
    own = {heard.intent_id for heard in ran.records[day].heard}
    found = [each for each in ran.entries if each.intent.intent_id in own and each.fate is OrderState.CLOSED]
    return sorted(found, key=lambda entry: entry.intent.ts_us)


def _day(ran: Ran, day: date, entries: list[Entry], pip: float) -> BacktestDay:
    positions = [entry.position for entry in entries if entry.position is not None]
    return BacktestDay(
        day=day,
        ticks=ran.heard[day].ticks,
        signals=len(ran.heard[day].wanted),
        trades=len(positions),
        net_pips=sum(each.net for each in positions) / pip,
        net_money=sum((each.money or _NOTHING for each in positions), _NOTHING),
    )


def _compared(ran: Ran, tested: Mapping[date, TestedDay]) -> Comparison | None:
    days = [
        explain(Day(tested[day], heard.wanted, heard.quotes, ran.records[day]))
        for day, heard in sorted(ran.heard.items())
        if day in tested
    ]
    if not days:
        return None
    return Comparison(
        currency=days[0].currency,
        tested=_sum(day.tested for day in days),
        rounding=_sum(day.rounding for day in days),
        steps={
            step: _sum(each.difference for day in days for each in day.steps if each.step is step)
            for step in Step
        },
        real=_sum(day.real for day in days),
        trades=sum(len(day.trades) for day in days),
        equal_trades=sum(day.equal_trades for day in days),
        days=tuple(days),
    )


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, _NOTHING)
