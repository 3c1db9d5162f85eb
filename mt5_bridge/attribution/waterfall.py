"""Why a day's money differs from the test's: a waterfall whose steps sum exactly, for the day and for each trade.

    explained = explain(Day(tested, served, quotes, real))

Each world's money is a sum of its trades' money, each a whole number of cents. A step is the difference of two
neighbouring worlds, so that the steps sum to the whole difference, without a remainder, and a trade's steps to its own.
The one amount that is of no trade is `rounding`: the test's sum is not rounded.
"""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Self

from pydantic import BaseModel, ConfigDict, model_validator

from mt5_bridge.attribution.documents import Direction, Gap, Key, TestedDay
from mt5_bridge.attribution.positions import NOTHING, Held, Purse, exact
from mt5_bridge.attribution.steps import Step
from mt5_bridge.attribution.worlds import Day, World, account_world, worlds_of
from mt5_bridge.errors import AttributionError
from mt5_bridge.paper.costs import trade_costs
from mt5_bridge.trading.words import Fill

_FIELDS = ("entry_us", "entry", "exit_us", "exit", "outcome", "lots", "costs", "money")


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FieldDifference(_Record):
    """A field of a trade that is not the test's, and the steps that changed it."""

    name: str
    tested: str | None
    """None where the test has no such trade, or no value."""
    real: str | None
    by: tuple[Step, ...]
    """In the order in which they changed it; never empty."""


class ExplainedTrade(_Record):
    """A trade of the test, of the account or of a world between. `tested` and `real` are 0 where it is not there."""

    signal_us: int
    side: Direction
    tested: Decimal
    steps: dict[Step, Decimal]
    """Those that changed its money."""
    real: Decimal
    differences: tuple[FieldDifference, ...]
    """Fields that are not the test's; those that are not listed are equal."""

    @model_validator(mode="after")
    def _sums(self) -> Self:
        if self.tested + sum(self.steps.values(), NOTHING) != self.real:
            raise ValueError(f"Expected steps that sum to {self.real - self.tested}, was {self.steps}")
        if not all(each.by for each in self.differences):
            raise ValueError("Expected a step for each field that differs")
        return self


class StepMoney(_Record):
    """A step over the whole day."""

    step: Step
    difference: Decimal
    money: Decimal
    """The day's, with everything that is replaced so far."""
    trades: int
    """Trades that it changed in anything, made or took away."""


class Attribution(_Record):
    """A day explained: `tested` + `rounding` + the steps' differences = `real`, to the cent."""

    symbol: str
    trading_day: date
    bundle: str
    """Of the tested signals."""
    mode: str
    account: str
    currency: str
    tested: Decimal
    """The test's money, rounded once."""
    rounding: Decimal
    """What rounding each of its trades, as a broker does, adds to that."""
    steps: tuple[StepMoney, ...]
    real: Decimal
    """The account's."""
    trades: tuple[ExplainedTrade, ...]
    fates: dict[str, int]
    """Signals by what became of them in the account."""
    gaps: tuple[Gap, ...]

    @property
    def difference(self) -> Decimal:
        return self.real - self.tested

    @property
    def unexplained(self) -> Decimal:
        """0: a document with anything else cannot be made."""
        return self.difference - self.rounding - sum((each.difference for each in self.steps), NOTHING)

    @property
    def equal_trades(self) -> int:
        """Trades of the test that the account had the same in every field."""
        return sum(not each.differences for each in self.trades)

    @model_validator(mode="after")
    def _sums(self) -> Self:
        if self.unexplained:
            raise ValueError(f"Expected nothing unexplained, was {self.unexplained} {self.currency}")
        by_trade = Counter[Step]()
        for trade in self.trades:
            by_trade.update(trade.steps)  # type: ignore[arg-type]  # Decimals count, too
        if any(by_trade[each.step] != each.difference for each in self.steps):
            raise ValueError("Expected the trades' steps to sum to the day's")
        return self


def explain(day: Day) -> Attribution:
    """Explain a day; AttributionError where its documents do not belong together."""
    purse = Purse(day.tested.facts, day.tested.terms)
    _assert_costs(day.tested)
    worlds = list(worlds_of(day))
    keys = sorted({key for _, world in worlds for key in world})
    trades = tuple(_trade(key, worlds, purse) for key in keys)
    totals = [_money(world, purse) for _, world in worlds]
    tested = purse.cents(exact(day.tested.net_money))
    return Attribution(
        symbol=day.tested.symbol,
        trading_day=day.tested.trading_day,
        bundle=day.tested.bundle,
        mode=day.real.mode,
        account=day.real.account,
        currency=day.tested.terms.currency,
        tested=tested,
        rounding=totals[0] - tested,
        steps=tuple(
            StepMoney(
                step=step,
                difference=after - before,
                money=after,
                trades=sum(world.get(key) != earlier.get(key) for key in keys),
            )
            for (before, after), ((_, earlier), (step, world)) in zip(
                pairwise(totals), pairwise(worlds), strict=True
            )
            if step is not None
        ),
        real=_account_money(day, purse),
        trades=trades,
        fates=dict(Counter(f"{each.fate} {each.reason}".strip() for each in day.real.heard)),
        gaps=day.real.gaps,
    )


def _trade(key: Key, worlds: list[tuple[Step | None, World]], purse: Purse) -> ExplainedTrade:
    moneys = [_money_of(world.get(key), purse) for _, world in worlds]
    told = [_told(world.get(key), purse) for _, world in worlds]
    steps = [step for step, _ in worlds[1:] if step is not None]
    differences = tuple(
        FieldDifference(
            name=name,
            tested=told[0][name],
            real=told[-1][name],
            by=tuple(
                step
                for step, (before, after) in zip(steps, pairwise(told), strict=True)
                if before[name] != after[name]
            ),
        )
        for name in _FIELDS
        if told[0][name] != told[-1][name]
    )
    changes = [after - before for before, after in pairwise(moneys)]
    return ExplainedTrade(
        signal_us=key.signal_us,
        side=key.side,
        tested=moneys[0],
        steps={step: change for step, change in zip(steps, changes, strict=True) if change},
        real=moneys[-1],
        differences=differences,
    )


def _told(held: Held | None, purse: Purse) -> dict[str, str | None]:
    if held is None:
        return dict.fromkeys(_FIELDS)
    leave = held.exit
    return {
        "entry_us": str(held.entry.ts_us),
        "entry": repr(held.entry.price),
        "exit_us": None if leave is None else str(leave.ts_us),
        "exit": None if leave is None else repr(leave.price),
        "outcome": None if held.outcome is None else str(held.outcome),
        "lots": str(held.lots.normalize()),
        "costs": str(purse.costs(held)),
        "money": str(purse.money(held)),
    }


def _money(world: World, purse: Purse) -> Decimal:
    return sum((purse.money(held) for held in world.values()), NOTHING)


def _money_of(held: Held | None, purse: Purse) -> Decimal:
    return NOTHING if held is None else purse.money(held)


def _account_money(day: Day, purse: Purse) -> Decimal:
    """What the account's deals sum to, by themselves; on paper the positions at the test's costs."""
    world = account_world(day)
    amounts = (
        purse.money(world[key]) if each.booked is None else each.booked.money
        for key, each in day.positions.items()
    )
    return sum(amounts, NOTHING)


def _assert_costs(tested: TestedDay) -> None:
    """The test's trades have the costs that it names: all worlds up to the account's use these."""
    for trade in tested.trades:
        entry, leave = Fill(trade.entry_us, 0, trade.entry), Fill(trade.exit_us, 0, trade.exit)
        cost = trade_costs(tested.facts, trade.side, entry, leave).total
        if cost != trade.cost:
            raise AttributionError(
                f"{tested.symbol} {tested.trading_day}, trade of {trade.signal_us}: Expected the cost {cost!r} of "
                f"the profile {tested.facts.costs.profile}, was {trade.cost!r}"
            )
