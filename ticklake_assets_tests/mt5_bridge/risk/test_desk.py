from __future__ import annotations

from dataclasses import replace
from decimal import Context, Decimal, localcontext

import pytest

from mt5_bridge.errors import JournalError
from mt5_bridge.risk.desk import RiskDesk
from mt5_bridge.risk.facts import Fact, Filled, LimitsChanged, Released, fact_record, read_fact
from mt5_bridge.risk.limits import Limits
from mt5_bridge.risk.words import Allowed, Refused
from ticklake_assets_tests.mt5_bridge.risk.lives import HOUR_US, START_US, account_of, propose


def names(facts: list[Fact]) -> list[str]:
    return [fact.fact for fact in facts]


def test_what_it_learns_and_allows_is_recorded_before_it_counts() -> None:
    facts: list[Fact] = []
    desk = RiskDesk(Limits(), START_US, record=facts.append)
    verdict = desk.ask(propose(), account_of())
    assert isinstance(verdict, Allowed)
    assert names(facts) == ["limits_changed", "day_began", "reserved"]
    desk.take(Released(ts_us=START_US, intent_id=propose().intent_id))
    desk.ask(propose(START_US + 1, stop_pips=-1), account_of(9_999))
    desk.ask(propose(START_US + 2, stop_pips=-1), account_of(9_999))
    desk.ask(propose(START_US + 24 * HOUR_US, stop_pips=-1), account_of(9_999))
    assert names(facts)[3:] == ["released", "equity_seen", "day_began"]


def test_a_disk_that_refuses_lets_nothing_count() -> None:
    def refuse(fact: Fact) -> None:
        raise JournalError("full")

    desk = RiskDesk(Limits(), START_US)
    broken = RiskDesk(
        Limits(), START_US, [LimitsChanged(ts_us=0, digest=Limits().digest, clock="utc")], refuse
    )
    before = broken.state
    with pytest.raises(JournalError, match="full"):
        broken.ask(propose(), account_of())
    assert broken.state == before
    assert isinstance(desk.ask(propose(), account_of()), Allowed)


def test_other_limits_hold_from_their_fact_on_and_what_was_allowed_stays() -> None:
    facts: list[Fact] = []
    desk = RiskDesk(Limits(), START_US, record=facts.append)
    desk.ask(propose(), account_of())
    tight = Limits.model_validate({"exposure": {"total_times": Decimal("0.5")}})
    again = RiskDesk(tight, START_US + 1, facts, facts.append)
    assert isinstance(facts[-1], LimitsChanged)
    assert again.state.held == desk.state.held
    refused = again.ask(propose(START_US + 2), account_of())
    assert isinstance(refused, Refused)
    assert refused.reason.value == "total_exposure"
    once_more = list(facts)
    RiskDesk(tight, START_US + 9, facts, once_more.append)
    assert once_more == facts


def test_the_kill_switch_is_a_fact_once() -> None:
    facts: list[Fact] = []
    desk = RiskDesk(Limits(), START_US, record=facts.append)
    for reason in ("lunch", "lunch", None, None):
        desk.switch(reason, START_US)
    assert names(facts) == ["limits_changed", "killed", "resumed"]


@pytest.mark.parametrize(
    "record", [{}, {"fact": "paid", "ts_us": 1}, {"fact": "killed", "ts_us": 1}, None,
               {"fact": "killed", "ts_us": 1, "reason": "x", "more": 1},
               {"fact": "equity_seen", "ts_us": 1, "equity": "NaN"}],
)  # fmt: skip
def test_a_record_that_is_no_fact_is_refused(record: object) -> None:
    with pytest.raises(JournalError, match="A fact of risk misfits at"):
        read_fact(record)


def test_the_callers_decimal_context_changes_nothing() -> None:
    proposal, fill = propose(stop_pips=7.3), Filled(ts_us=START_US, intent_id="i", volume=Decimal("0.37"))
    states = []
    for digits in (3, 28):
        with localcontext(Context(prec=digits)):
            desk = RiskDesk(Limits(), START_US)
            assert isinstance(desk.ask(replace(proposal, intent_id="i"), account_of()), Allowed)
            desk.take(fill)
            assert proposal.slippage_pips(1.09123) == Decimal("12.1")
            states.append(desk.state)
    assert states[0] == states[1]


def test_amounts_are_kept_as_they_were_written() -> None:
    fact = read_fact({"fact": "day_began", "ts_us": 5, "equity": "10000.10"})
    assert fact_record(fact) == {"fact": "day_began", "ts_us": 5, "equity": "10000.10"}
