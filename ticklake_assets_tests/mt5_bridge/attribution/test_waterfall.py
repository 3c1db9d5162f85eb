"""The steps sum to the cent, and each catches its own cause alone."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from mt5_bridge.attribution.documents import Booked, Key, Quotes, Wanted
from mt5_bridge.attribution.steps import Step
from mt5_bridge.attribution.table import ByHand, trade_by_table
from mt5_bridge.attribution.waterfall import Attribution, explain
from mt5_bridge.attribution.worlds import Day
from mt5_bridge.errors import AttributionError
from mt5_bridge.trading.words import Outcome
from ticklake_assets_tests.mt5_bridge.attribution.days import (
    FACTS,
    IDEAL,
    TERMS,
    Causes,
    make_day,
    make_quotes,
    make_real,
    make_signals,
    make_tested,
)

QUOTES = make_quotes(1)
SIGNALS = make_signals(QUOTES, 1)
WALKED = trade_by_table(QUOTES, SIGNALS)
FIRST, SECOND = WALKED[0], WALKED[1]


def _later(quotes: Quotes, points: int) -> Quotes:
    """The quote of the first trade's exit with another price, one that ends it all the same."""
    bid, ask = list(quotes.bid), list(quotes.ask)
    away = points if FIRST.outcome is Outcome.TARGET else -points
    sign = 1 if FIRST.key.side == "long" else -1
    bid[FIRST.exit] = round(bid[FIRST.exit] + sign * away * 1e-5, 5)
    ask[FIRST.exit] = round(ask[FIRST.exit] + sign * away * 1e-5, 5)
    return Quotes(quotes.ts_us, bid, ask)


def _moved(signal: Wanted) -> Wanted:
    return signal.model_copy(update={"horizon_end_us": signal.signal_us + 1_500_000})


def _by_hand() -> Causes:
    at = QUOTES.ts_us[FIRST.entry + 1]
    return Causes(by_hand={FIRST.key: ByHand(at, Outcome.MANUAL)})


ONE_CAUSE: dict[Step, Day] = {
    Step.DATA: make_day(served_quotes=_later(QUOTES, 3)),
    Step.SIGNALS: make_day(served=(_moved(SIGNALS[0]), *SIGNALS[1:])),
    Step.DOWNTIME: make_day(causes=Causes(unheard=[FIRST.key])),
    Step.RISK: make_day(causes=Causes(fates={FIRST.key: ("declined", "daily_loss")})),
    Step.REJECTS: make_day(causes=Causes(fates={FIRST.key: ("refused", "no_money")})),
    Step.HANDS: make_day(causes=_by_hand()),
    Step.LATENCY: make_day(causes=Causes(entry_late={FIRST.key: 2})),
    Step.SPREAD: make_day(causes=Causes(spread_points=1)),
    Step.SLIPPAGE: make_day(causes=Causes(slippage_points=1)),
    Step.CONVERSION: make_day(causes=Causes(rate=Decimal("1.01"))),
    Step.COSTS: make_day(causes=Causes(commission=Decimal("0.70"))),
}


@pytest.mark.parametrize("cause", list(Step))
def test_each_step_catches_its_own_cause_alone(cause: Step) -> None:
    explained = explain(ONE_CAUSE[cause])
    assert {each.step for each in explained.steps if each.difference} == {cause}
    assert {each.step for each in explained.steps if each.trades} == {cause}
    assert explained.difference - explained.rounding == next(
        each.difference for each in explained.steps if each.step is cause
    )
    assert {by for trade in explained.trades for field in trade.differences for by in field.by} == {cause}


@pytest.mark.parametrize(
    ("causes", "step"),
    [
        (Causes(asked={FIRST.key: Decimal("0.5")}), Step.RISK),
        (Causes(filled={FIRST.key: Decimal("0.5")}), Step.REJECTS),
        (Causes(fates={FIRST.key: ("declined", "signal_old")}), Step.DOWNTIME),
        (Causes(fates={FIRST.key: ("lapsed", "entry_window")}), Step.REJECTS),
        (Causes(fates={FIRST.key: ("unknown", "no_answer")}), Step.REJECTS),
    ],
)
def test_volumes_and_fates_belong_to_a_step(causes: Causes, step: Step) -> None:
    explained = explain(make_day(causes=causes))
    assert {each.step for each in explained.steps if each.trades} == {step}


def test_the_same_day_differs_in_nothing() -> None:
    explained = explain(make_day())
    assert not any(each.difference or each.trades for each in explained.steps)
    assert explained.equal_trades == len(explained.trades) == len(WALKED)
    assert explained.real == explained.tested + explained.rounding


def test_a_trade_of_the_account_alone_is_explained() -> None:
    """While the first is not heard, a signal that came during it is free to be traded."""
    causes = Causes(unheard=[FIRST.key])
    explained = explain(make_day(causes=causes))
    new = [each for each in explained.trades if each.tested == 0 and each.real != 0]
    for trade in new:
        assert all(field.tested is None and field.by == (Step.DOWNTIME,) for field in trade.differences)
    gone = next(each for each in explained.trades if Key(each.signal_us, each.side) == FIRST.key)
    assert gone.steps == {Step.DOWNTIME: -gone.tested}


def test_a_profile_that_assumes_slippage_is_paid_back_where_there_is_none() -> None:
    explained = explain(make_day(facts=FACTS))
    assert {each.step for each in explained.steps if each.difference} == {Step.SLIPPAGE}
    assert next(each.difference for each in explained.steps if each.difference) > 0


def test_a_profile_that_assumes_the_mark_up_that_there_is_differs_in_nothing() -> None:
    """Two points on the ask, paid once a round turn; the prices differ, and the money does not."""
    costs = IDEAL.costs.model_copy(update={"markup_pips": 0.2})
    facts = IDEAL.model_copy(update={"costs": costs})
    explained = explain(make_day(facts=facts, causes=Causes(spread_points=2)))
    assert not any(each.difference for each in explained.steps)
    assert {each.step for each in explained.steps if each.trades} == {Step.SPREAD}


def test_on_paper_costs_are_the_profiles() -> None:
    quotes, signals = make_quotes(3), make_signals(make_quotes(3), 3)
    demo = make_real(quotes, signals, Causes(), FACTS)
    paper = demo.model_copy(
        update={
            "mode": "paper",
            "currency": None,
            "heard": tuple(
                each.model_copy(
                    update={
                        "volume": None,
                        "position": each.position
                        and each.position.model_copy(update={"booked": None, "volume": None}),
                    }
                )
                for each in demo.heard
            ),
        }
    )
    explained = explain(Day(make_tested(quotes, signals), signals, quotes, paper))
    assert not any(each.difference or each.trades for each in explained.steps)


def test_a_position_that_is_open_counts_what_is_booked() -> None:
    day = make_day()
    row = next(each for each in day.real.heard if each.key == FIRST.key)
    assert row.position is not None
    alive = row.position.model_copy(
        update={"exit": None, "outcome": None, "booked": Booked(profit=Decimal(0), costs=Decimal("-0.35"))}
    )
    heard = tuple(
        each if each.key != FIRST.key else each.model_copy(update={"position": alive})
        for each in day.real.heard
    )
    explained = explain(replace(day, real=day.real.model_copy(update={"heard": heard})))
    trade = next(each for each in explained.trades if Key(each.signal_us, each.side) == FIRST.key)
    assert trade.real == Decimal("-0.35")
    assert trade.steps == {Step.LATENCY: -trade.tested, Step.COSTS: Decimal("-0.35")}


def test_nothing_has_one_sign() -> None:
    """A broker that charges nothing books 0.0, a profile that charges nothing -0."""
    free = IDEAL.costs.model_copy(
        update={"commission": IDEAL.costs.commission.model_copy(update={"fixed": 0.0})}
    )
    facts = IDEAL.model_copy(update={"costs": free})
    day = make_day(facts=facts)
    heard = tuple(
        each
        if each.position is None or each.position.booked is None
        else each.model_copy(
            update={
                "position": each.position.model_copy(
                    update={"booked": each.position.booked.model_copy(update={"costs": Decimal("-0.0")})}
                )
            }
        )
        for each in day.real.heard
    )
    explained = explain(replace(day, real=day.real.model_copy(update={"heard": heard})))
    assert explained.equal_trades == len(explained.trades) > 0


def test_without_the_profit_alone_the_rest_is_in_costs() -> None:
    day = make_day(causes=Causes(commission=Decimal("0.70")))
    heard = tuple(
        each
        if each.position is None or each.position.booked is None
        else each.model_copy(
            update={
                "position": each.position.model_copy(
                    update={"booked": Booked(costs=each.position.booked.money)}
                )
            }
        )
        for each in day.real.heard
    )
    explained = explain(replace(day, real=day.real.model_copy(update={"heard": heard})))
    assert explained.real == explain(day).real
    assert {each.step for each in explained.steps if each.difference} == {Step.COSTS}


def test_documents_of_different_things_are_refused() -> None:
    day = make_day()
    with pytest.raises(AttributionError, match="one symbol and day"):
        replace(day, real=day.real.model_copy(update={"symbol": "SYNJPY"}))
    with pytest.raises(AttributionError, match="account in USD"):
        replace(day, real=day.real.model_copy(update={"currency": "EUR"}))
    with pytest.raises(AttributionError, match="did not serve"):
        replace(day, served=day.served[1:])
    finer = make_real(day.quotes, day.served, Causes(commission=Decimal("0.001")), IDEAL)
    with pytest.raises(AttributionError, match=r"whole 0\.01 USD"):
        replace(day, real=finer)
    dearer = day.tested.model_copy(
        update={"trades": (day.tested.trades[0].model_copy(update={"cost": 1.0}), *day.tested.trades[1:])}
    )
    with pytest.raises(AttributionError, match="Expected the cost"):
        explain(replace(day, tested=dearer))


def test_a_document_with_a_remainder_cannot_be_made() -> None:
    explained = explain(ONE_CAUSE[Step.RISK])
    body = explained.model_dump()
    with pytest.raises(ValidationError, match="unexplained"):
        Attribution.model_validate(body | {"real": explained.real + Decimal("0.01")})
    body["trades"][0]["steps"] = {"risk": Decimal(1)}
    with pytest.raises(ValidationError, match="sum to"):
        Attribution.model_validate(body)
    assert Attribution.model_validate_json(explained.model_dump_json()) == explained


@st.composite
def any_days(draw: st.DrawFn) -> Day:
    """Several causes at once, and an account that need not make sense."""
    seed = draw(st.integers(0, 50))
    quotes = make_quotes(seed, count=120)
    signals = make_signals(quotes, seed, every=draw(st.integers(4, 15)))
    keys = [each.key for each in signals]
    some = st.lists(st.sampled_from(keys), max_size=4, unique=True)
    fates = st.sampled_from(
        [("declined", "daily_loss"), ("declined", "signal_old"), ("refused", "x"), ("no_entry", "")]
    )
    cents = st.decimals(-500, 500, places=2)
    served_quotes = draw(st.sampled_from([quotes, make_quotes(seed + 1, count=120)]))
    shown = tuple(
        each.model_copy(update={"tradable": draw(st.booleans())}) for each in signals if draw(st.booleans())
    )
    dropped = draw(some)
    terms = draw(st.sampled_from([TERMS, TERMS.model_copy(update={"rate": None})]))
    causes = Causes(
        unheard=dropped,
        fates={key: draw(fates) for key in draw(some)},
        by_hand={key: ByHand(key.signal_us + 3_000_000, Outcome.STOP_OUT) for key in draw(some)},
        asked={key: Decimal("0.3") for key in draw(some)},
        filled={key: Decimal("0.1") for key in draw(some)},
        spread_points=draw(st.integers(-1, 3)),
        slippage_points=draw(st.integers(-2, 3)),
        rate=draw(st.sampled_from([Decimal(1), Decimal("0.9231")])),
        commission=draw(cents),
    )
    facts = draw(st.sampled_from([FACTS, IDEAL]))
    return Day(
        make_tested(quotes, signals, facts, terms),
        shown,
        served_quotes,
        make_real(served_quotes, shown, causes, facts, terms),
    )


@settings(max_examples=60, deadline=None)
@given(any_days())
def test_every_day_sums_to_the_cent(day: Day) -> None:
    explained = explain(day)
    booked = (each.position.booked for each in day.real.heard if each.position is not None)
    assert explained.real == sum((each.money for each in booked if each is not None), Decimal(0))
    assert explained.unexplained == 0
    assert (
        explained.tested + explained.rounding + sum(each.difference for each in explained.steps)
        == explained.real
    )
    for trade in explained.trades:
        assert trade.tested + sum(trade.steps.values(), Decimal(0)) == trade.real
        assert all(field.by for field in trade.differences)
    for each in (
        explained.tested,
        explained.rounding,
        explained.real,
        *(s.difference for s in explained.steps),
    ):
        assert each == round(each, 2)
