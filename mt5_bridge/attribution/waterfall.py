"""Why a day's money differs from the test's: a waterfall whose steps sum exactly, for the day and for each trade.

    explained = explain(Day(tested, served, quotes, real))

Each world's money is a sum of its trades' money, each a whole number of cents. A step is the difference of two
neighbouring worlds, so that the steps sum to the whole difference, without a remainder, and a trade's steps to its own.
The one amount that is of no trade is `rounding`: the test's sum is not rounded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Self

from pydantic import BaseModel, ConfigDict, model_validator

from mt5_bridge.attribution.documents import Direction, Gap, Key, TestedDay
from mt5_bridge.attribution.positions import NOTHING, Held, Purse
from mt5_bridge.attribution.steps import Step
from mt5_bridge.attribution.worlds import Day, account_world, worlds_of
from mt5_bridge.errors import AttributionError
from mt5_bridge.exact import exact
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

    @property
    def is_whole(self) -> bool:
        """Whether its steps sum to its difference: a document in which they do not cannot be made."""
        return self.tested + _total(self.steps.values()) == self.real

    @model_validator(mode="after")
    def _sums(self) -> Self:
        if not self.is_whole:
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
        return self.difference - self.rounding - _total(each.difference for each in self.steps)

    @property
    def equal_trades(self) -> int:
        """Trades of the test that the account had the same in every field."""
        return sum(not each.differences for each in self.trades)

    @model_validator(mode="after")
    def _sums(self) -> Self:
        if self.unexplained:
            raise ValueError(f"Expected nothing unexplained, was {self.unexplained} {self.currency}")
        for each in self.steps:
            of_trades = (trade.steps.get(each.step, NOTHING) for trade in self.trades)
            if _total(of_trades) == each.difference:
                continue
            raise ValueError(f"Expected the trades' {each.step} to sum to {each.difference}")
        return self


def explain(day: Day) -> Attribution:
    """Explain a day; AttributionError where its documents do not belong together."""
    purse = Purse(day.tested.facts, day.tested.terms)
    _assert_costs(day.tested)
    worlds = list(worlds_of(day))
    keys = sorted({key for _, world in worlds for key in world})
    stories = [_Story(key, [world.get(key) for _, world in worlds], purse) for key in keys]
    steps = [step for step, _ in worlds if step is not None]
    totals = [_total(story.moneys[place] for story in stories) for place in range(len(worlds))]
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
                difference=totals[place] - totals[place - 1],
                money=totals[place],
                trades=sum(story.fields[place] != story.fields[place - 1] for story in stories),
            )
            for place, step in enumerate(steps, start=1)
        ),
        real=_account_money(day, purse),
        trades=tuple(story.told(steps) for story in stories),
        fates=dict(Counter(f"{each.fate} {each.reason}".strip() for each in day.real.heard)),
        gaps=day.real.gaps,
    )


class _Story:
    """A trade in every world."""

    def __init__(self, key: Key, lives: list[Held | None], purse: Purse) -> None:
        self.key = key
        self.moneys = [NOTHING if held is None else purse.money(held) for held in lives]
        self.fields = [_fields(held, purse) for held in lives]

    def told(self, steps: list[Step]) -> ExplainedTrade:
        changes = [after - before for before, after in pairwise(self.moneys)]
        first, last = self.fields[0], self.fields[-1]
        return ExplainedTrade(
            signal_us=self.key.signal_us,
            side=self.key.side,
            tested=self.moneys[0],
            steps={step: change for step, change in zip(steps, changes, strict=True) if change},
            real=self.moneys[-1],
            differences=tuple(
                FieldDifference(name=name, tested=first[name], real=last[name], by=self._changed(name, steps))
                for name in _FIELDS
                if first[name] != last[name]
            ),
        )

    def _changed(self, name: str, steps: list[Step]) -> tuple[Step, ...]:
        told = [fields[name] for fields in self.fields]
        return tuple(step for step, (a, b) in zip(steps, pairwise(told), strict=True) if a != b)


def _fields(held: Held | None, purse: Purse) -> dict[str, str | None]:
    if held is None:
        return dict.fromkeys(_FIELDS)
    leave = held.exit
    return {
        "entry_us": str(held.entry.ts_us),
        "entry": repr(held.entry.price),
        "exit_us": None if leave is None else str(leave.ts_us),
        "exit": None if leave is None else repr(leave.price),
        "outcome": None if held.outcome is None else str(held.outcome),
        "lots": f"{held.lots.normalize():f}",
        "costs": str(purse.costs(held)),
        "money": str(purse.money(held)),
    }


def _total(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, NOTHING)


def _account_money(day: Day, purse: Purse) -> Decimal:
    """What the account's deals sum to, by themselves; on paper the positions at the test's costs."""
    world = account_world(day)
    amounts = (
        purse.money(world[key]) if each.booked is None else purse.cents(each.booked.money)
        for key, each in day.positions.items()
    )
    return _total(amounts)


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
