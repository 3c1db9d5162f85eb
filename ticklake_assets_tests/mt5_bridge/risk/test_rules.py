"""Each rule by an example that a person can check, and the word of its refusal."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from mt5_bridge.risk.facts import (
    BalanceMoved,
    Closed,
    DayBegan,
    EquitySeen,
    Filled,
    Killed,
    Reserved,
    Resumed,
)
from mt5_bridge.risk.limits import Limits
from mt5_bridge.risk.rules import decide
from mt5_bridge.risk.state import RiskState
from mt5_bridge.risk.windows import Window
from mt5_bridge.risk.words import Account, Allowed, Exposure, Proposal, Reason, Refused, Side
from ticklake_assets_tests.mt5_bridge.risk.lives import (
    HOUR_US,
    START_US,
    account_of,
    allowed,
    propose,
    terms_of,
)

MINUTE_US = 60_000_000


def limits_of(**tables: Any) -> Limits:
    """Everything unlimited but risk a trade and what is said."""
    off = "unlimited"
    table: dict[str, Any] = {
        "trade": {"risk_percent": 1, "max_lots": off, "spread_pips": off},
        "exposure": dict.fromkeys(
            ("symbol_times", "total_times", "currency_times", "margin_percent", "open_risk_percent"), off
        ),
        "day": {"loss_percent": off, "trades": off, "clock": "utc"},
        "drawdown": {"percent": off},
        "streak": {"losses": off},
        "slippage": {"pips": off},
        "weekend": off,
        "rollover": off,
    }
    for name, values in tables.items():
        table[name] = {**table.get(name, {}), **values} if isinstance(values, dict) else values
    return Limits.model_validate(table)


def held(symbol: str, side: Side, notional: int = 10_000, risk: int = 50, **changes: Any) -> Exposure:
    amounts = {
        "volume": Decimal(1),
        "notional": Decimal(notional),
        "margin": Decimal(300),
        "risk": Decimal(risk),
    }
    return Exposure(symbol=symbol, side=side, base=symbol[:3], quote=symbol[3:], **{**amounts, **changes})


def state_of(*exposures: Exposure, equity: int = 10_000) -> RiskState:
    """With these positions filled."""
    state = RiskState.of([DayBegan(ts_us=START_US, equity=Decimal(equity))])
    for number, exposure in enumerate(exposures):
        state = state.after(Reserved(ts_us=START_US, intent_id=str(number), exposure=exposure))
        state = state.after(Filled(ts_us=START_US, intent_id=str(number), volume=exposure.volume))
    return state


def refusal(
    limits: Limits,
    state: RiskState | None = None,
    proposal: Proposal | None = None,
    account: Account | None = None,
) -> Refused:
    verdict = decide(limits, state or state_of(), proposal or propose(), account or account_of())
    assert isinstance(verdict, Refused)
    return verdict


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000


def test_the_volume_risks_what_was_asked_and_is_rounded_down() -> None:
    """1 % of 10,000 is 100 dollars; 11 pips (10 of stop, 1 of costs) of a lot are 110: 0.909 lots."""
    verdict = decide(limits_of(), state_of(), propose(stop_pips=10, cost=0.0001), account_of())
    assert isinstance(verdict, Allowed)
    assert verdict.volume == Decimal("0.90")
    assert verdict.exposure.risk == Decimal(99)
    assert verdict.bound_by is Reason.RISK_A_TRADE


def test_the_account_currency_counts() -> None:
    """A yen is 0.0068 dollars: 10 pips of a lot of EURJPY are 68 dollars."""
    verdict = decide(limits_of(), state_of(), propose(symbol="EURJPY"), account_of())
    assert allowed(verdict) == Decimal("1.47")
    told = refusal(limits_of(), proposal=propose(symbol="EURJPY"), account=account_of(rates={}))
    assert (told.reason, "rate of JPY in USD" in told.detail) == (Reason.NO_RATE, True)


def test_less_than_the_least_volume_is_refused_never_rounded_up() -> None:
    poor = refusal(limits_of(), account=account_of(99), state=state_of(equity=99))
    assert poor.reason is Reason.RISK_A_TRADE
    assert poor.detail == (
        "risk a trade leaves room for 0.009900 lots of EURUSD. Expected at least 0.01, the broker's least"
    )
    assert allowed(decide(limits_of(), state_of(equity=100), propose(), account_of(100))) == Decimal("0.01")


def test_the_brokers_own_bounds_hold() -> None:
    terms = terms_of(volume_step=Decimal("0.25"), volume_min=Decimal("0.5"), volume_max=Decimal("0.8"))
    assert allowed(decide(limits_of(), state_of(), propose(terms=terms), account_of())) == Decimal("0.75")
    full = terms_of(volume_limit=Decimal("1.3"))
    verdict = decide(limits_of(), state_of(held("EURUSD", "long")), propose(terms=full), account_of())
    assert allowed(verdict) == Decimal("0.3")
    other_way = decide(limits_of(), state_of(held("EURUSD", "short")), propose(terms=full), account_of())
    assert allowed(other_way) == Decimal(1)


@pytest.mark.parametrize(
    ("tables", "word"),
    [
        ({"exposure": {"symbol_times": 1}}, Reason.SYMBOL_EXPOSURE),
        ({"exposure": {"total_times": 1}}, Reason.TOTAL_EXPOSURE),
        ({"exposure": {"currency_times": 1}}, Reason.CURRENCY_EXPOSURE),
        ({"exposure": {"margin_percent": 3}}, Reason.MARGIN),
        ({"exposure": {"open_risk_percent": Decimal("0.5")}}, Reason.OPEN_RISK),
        ({"day": {"loss_percent": Decimal("0.5")}}, Reason.DAILY_LOSS),
        ({"drawdown": {"percent": Decimal("0.5")}}, Reason.DRAWDOWN),
        ({"groups": {"g": {"symbols": ["EURUSD", "GBPUSD"], "times": 1}}}, Reason.GROUP_EXPOSURE),
        ({"symbols": {"EURUSD": {"times": 1}}}, Reason.SYMBOL_EXPOSURE),
    ],
)
def test_a_full_limit_refuses_by_its_word_and_a_half_full_one_shrinks(
    tables: dict[str, Any], word: Reason
) -> None:
    limits = limits_of(**tables)
    margin = Decimal(300)
    full = refusal(limits, state_of(held("EURUSD", "long")), account=account_of(margin=margin))
    assert full.reason is word
    half = held("EURUSD", "long", notional=5_000, risk=25)
    verdict = decide(limits, state_of(half), propose(), account_of(margin=margin / 2))
    assert isinstance(verdict, Allowed)
    assert verdict.bound_by is word
    assert Decimal(0) < verdict.volume < Decimal(1)


def test_a_long_eurusd_and_a_short_usdchf_are_both_short_of_the_dollar() -> None:
    limits = limits_of(exposure={"currency_times": 1})
    short_chf = state_of(held("USDCHF", "short"))
    assert refusal(limits, short_chf).reason is Reason.CURRENCY_EXPOSURE
    assert allowed(decide(limits, short_chf, propose(side="short"), account_of())) > 0
    group = limits_of(groups={"dollar": {"symbols": ["EURUSD", "-USDCHF"], "times": 1}})
    assert refusal(group, short_chf).reason is Reason.GROUP_EXPOSURE
    assert allowed(decide(group, short_chf, propose(side="short"), account_of())) > 0
    assert allowed(decide(group, short_chf, propose(symbol="GBPUSD"), account_of())) > 0


def test_positions_of_others_take_room_too() -> None:
    limits = limits_of(exposure={"total_times": 1})
    theirs = account_of(others=(held("XAUUSD", "long"),))
    assert refusal(limits, account=theirs).reason is Reason.TOTAL_EXPOSURE


def test_an_intents_own_reservation_is_not_a_second_order() -> None:
    """Between reserving and sending the bridge may be restarted, and asks again."""
    limits, proposal = limits_of(exposure={"total_times": 1}, day={"trades": 1}), propose()
    first = decide(limits, state_of(), proposal, account_of())
    assert isinstance(first, Allowed)
    reserved = Reserved(ts_us=START_US, intent_id=proposal.intent_id, exposure=first.exposure)
    again = state_of().after(reserved)
    assert decide(limits, again, proposal, account_of()) == first
    assert refusal(limits, again, replace(proposal, intent_id="other")).reason is Reason.TRADES_A_DAY


def test_the_daily_loss_counts_from_the_first_look_of_the_day() -> None:
    limits = limits_of(day={"loss_percent": 1})
    state = RiskState.of([EquitySeen(ts_us=START_US - 24 * HOUR_US, equity=Decimal(20_000))])
    state = state.after(DayBegan(ts_us=START_US, equity=Decimal(10_000)))
    assert allowed(decide(limits, state, propose(), account_of(9_950))) == Decimal("0.50")
    assert refusal(limits, state, account=account_of(9_900)).reason is Reason.DAILY_LOSS
    tomorrow = propose(START_US + 24 * HOUR_US)
    assert allowed(decide(limits, state, tomorrow, account_of(9_900))) == Decimal("0.99")


def test_a_deposit_is_no_profit_and_a_withdrawal_no_loss() -> None:
    limits = limits_of(drawdown={"percent": 5}, day={"loss_percent": 5})
    state = state_of().after(BalanceMoved(ts_us=START_US, amount=Decimal(-4_000)))
    assert allowed(decide(limits, state, propose(), account_of(6_000))) == Decimal("0.60")
    assert (state.peak, state.day_start) == (Decimal(6_000), Decimal(6_000))


def test_a_drawdown_stays_until_a_person_begins_anew() -> None:
    limits = limits_of(drawdown={"percent": 10})
    state = state_of().after(EquitySeen(ts_us=START_US, equity=Decimal(9_000)))
    later = propose(START_US + 100 * HOUR_US)
    assert refusal(limits, state, later, account_of(9_000)).reason is Reason.DRAWDOWN
    assert (
        refusal(limits, state.after(Resumed(ts_us=START_US)), later, account_of(9_000)).reason
        is Reason.DRAWDOWN
    )
    anew = state.after(Resumed(ts_us=START_US, anew=True))
    assert allowed(decide(limits, anew, later, account_of(9_000))) == Decimal("0.90")


def test_trades_of_a_day_are_positions_entered_and_orders_on_their_way() -> None:
    limits = limits_of(day={"trades": 2})
    state = state_of(held("GBPUSD", "long", notional=1))
    waiting = Reserved(ts_us=START_US, intent_id="w", exposure=held("EURJPY", "long", notional=1))
    assert allowed(decide(limits, state, propose(), account_of())) > 0
    assert (
        refusal(limits, state.after(waiting)).detail == "2 positions were entered today. Expected at most 2"
    )
    next_day = state.on(START_US + 24 * HOUR_US)
    assert next_day.trades == 0


def test_a_losing_streak_makes_a_pause_and_a_winner_ends_it() -> None:
    limits = limits_of(streak={"losses": 2, "pause_minutes": 30})
    lost = [Closed(ts_us=START_US, intent_id="x", net=Decimal(-1))] * 2
    state = RiskState.of(lost)
    told = refusal(limits, state, propose(START_US + 29 * MINUTE_US))
    assert told.reason is Reason.LOSING_STREAK
    assert told.detail.endswith("It ends at 2024-01-17 12:30:00 UTC")
    assert allowed(decide(limits, state, propose(START_US + 30 * MINUTE_US), account_of())) > 0
    won = state.after(Closed(ts_us=START_US, intent_id="y", net=Decimal(0)))
    assert allowed(decide(limits, won, propose(), account_of())) > 0


def test_parts_of_a_position_are_one_trade() -> None:
    state = state_of(held("EURUSD", "long"))
    state = state.after(Closed(ts_us=START_US, intent_id="0", net=Decimal(-10), volume_left=Decimal("0.5")))
    assert (state.losses, state.held["0"].exposure.risk) == (0, Decimal(25))
    state = state.after(Closed(ts_us=START_US, intent_id="0", net=Decimal(8)))
    assert (state.losses, state.held) == (1, {})


def test_slippage_is_the_mean_of_the_newest_fills_that_are_not_too_old() -> None:
    limits = limits_of(slippage={"pips": 1, "fills": 2, "hours": 1})
    state = RiskState()
    for number, pips in enumerate(("9", "1.5", "0.7")):
        slipped = Decimal(pips)
        state = state.after(
            Filled(ts_us=START_US, intent_id=str(number), volume=Decimal(1), slippage_pips=slipped)
        )
    told = refusal(limits, state)
    assert told.reason is Reason.SLIPPAGE
    assert "slipped 1.10 pips on average" in told.detail
    assert allowed(decide(limits, state, propose(START_US + HOUR_US), account_of())) > 0


def test_the_spread_has_a_ceiling_of_its_own_symbol() -> None:
    limits = limits_of(trade={"spread_pips": Decimal("0.5")}, symbols={"EURUSD": {"spread_pips": 2}})
    assert allowed(decide(limits, state_of(), propose(spread_pips=2), account_of())) > 0
    assert refusal(limits, proposal=propose(spread_pips=2.1)).detail == (
        "The spread is 2.10 pips. Expected at most 2"
    )
    assert refusal(limits, proposal=propose(symbol="GBPUSD", spread_pips=0.6)).reason is Reason.SPREAD


def test_weekend_rollover_and_news() -> None:
    news = Window(kind="news", of=("USD",), start="2024-01-17T13:25", end="2024-01-17T13:45", note="claims")
    limits = Limits(windows=(news,), symbols=limits_of(symbols={"GBPUSD": {"weekend": "unlimited"}}).symbols)
    refused = {
        "2024-01-19T21:30": Reason.WEEKEND,
        "2024-01-21T22:29": Reason.WEEKEND,
        "2024-01-17T21:55": Reason.ROLLOVER,
        "2024-01-17T13:25": Reason.NEWS,
    }
    for moment, word in refused.items():
        assert refusal(limits, proposal=propose(at(moment))).reason is word
    for moment in ("2024-01-19T21:29", "2024-01-21T22:30", "2024-01-17T22:15", "2024-01-17T13:45"):
        assert allowed(decide(limits, state_of(), propose(at(moment)), account_of())) > 0
    assert allowed(decide(limits, state_of(), propose(at("2024-01-20T12:00"), "GBPUSD"), account_of())) > 0
    assert allowed(decide(limits, state_of(), propose(at("2024-01-17T13:30"), "EURJPY"), account_of())) > 0
    assert "(claims)" in refusal(limits, proposal=propose(at("2024-01-17T13:30"))).detail


def test_the_kill_switch_and_the_endpoint_say_why() -> None:
    killed = state_of().after(Killed(ts_us=START_US, reason="lunch"))
    told = refusal(limits_of(), killed)
    assert (told.reason, "lunch" in told.detail) == (Reason.KILLED, True)
    assert allowed(decide(limits_of(), killed.after(Resumed(ts_us=START_US)), propose(), account_of())) > 0
    told = refusal(limits_of(), proposal=propose(abstain=("breaker_open", "stale_quotes")))
    assert (told.reason, told.detail) == (
        Reason.ENDPOINT_ABSTAINS,
        "The endpoint abstains: breaker_open, stale_quotes",
    )


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"ask": float("nan")}, Reason.NO_PRICE),
        ({"stop": float("inf")}, Reason.NO_PRICE),
        ({"bid": 0.0}, Reason.NO_PRICE),
        ({"stop": 1.2}, Reason.NO_STOP),
        ({"stop": 1.09002}, Reason.NO_STOP),
    ],
)
def test_what_cannot_be_computed_with_is_refused(changes: dict[str, Any], word: Reason) -> None:
    assert refusal(limits_of(), proposal=propose(**changes)).reason is word


@pytest.mark.parametrize("equity", ["0", "-5", "NaN", "Infinity"])
def test_no_equity_trades_nothing(equity: str) -> None:
    assert refusal(limits_of(), account=account_of(equity)).reason is Reason.NO_EQUITY
