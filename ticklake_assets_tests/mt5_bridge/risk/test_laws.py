"""Laws of the rules of risk, on accounts that hypothesis makes live."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mt5_bridge.risk.desk import RiskDesk
from mt5_bridge.risk.facts import (
    BalanceMoved,
    Closed,
    DayBegan,
    EquitySeen,
    Fact,
    Reserved,
    fact_record,
    read_fact,
)
from mt5_bridge.risk.limits import Limits
from mt5_bridge.risk.rules import decide
from mt5_bridge.risk.state import RiskState
from mt5_bridge.risk.words import Allowed, Exposure, Refused
from ticklake_assets_tests.mt5_bridge.risk.lives import START_US, Life, allowed, lives
from ticklake_assets_tests.mt5_bridge.risk.naive_rules import naive_volume


@settings(max_examples=50, deadline=None)
@given(lives())
def test_the_naive_rules_decide_the_same(life: Life) -> None:
    for before, proposal, account, verdict in life.asked:
        seen = life.facts[: before + _looks(life, before)]
        word, volume = naive_volume(_table(life.limits), seen, proposal, account)
        assert Fraction(allowed(verdict)) == volume
        assert word == (verdict.reason if isinstance(verdict, Refused) else "")


@settings(max_examples=50, deadline=None)
@given(lives(), st.data())
def test_a_tighter_limit_never_allows_more(life: Life, data: st.DataObject) -> None:
    names = ["trade.risk_percent", "trade.max_lots", "trade.spread_pips", "exposure.symbol_times",
             "exposure.total_times", "exposure.currency_times", "exposure.margin_percent",
             "exposure.open_risk_percent", "day.loss_percent", "day.trades", "drawdown.percent", "streak.losses",
             "slippage.pips", "groups.dollar.times"]  # fmt: skip
    *path, key = data.draw(st.sampled_from(names)).split(".")
    table = _table(life.limits)
    place: Any = table
    for each in path:
        place = place[each]
    least, top = (1, 100) if key in {"trades", "losses"} else (Decimal("0.01"), Decimal(10))
    now = top if place[key] == "unlimited" else place[key]
    place[key] = max(least, now * data.draw(st.integers(1, 10)) / 10 if isinstance(now, Decimal) else now - 1)
    tighter = Limits.model_validate(table)
    for before, proposal, account, _ in life.asked:
        state = RiskState.of(life.facts[:before])
        wide, tight = (decide(limits, state, proposal, account) for limits in (life.limits, tighter))
        assert allowed(tight) <= allowed(wide)


@settings(max_examples=50, deadline=None)
@given(lives(), st.data())
def test_a_fold_in_pieces_is_the_fold_in_one_and_a_restart_changes_nothing(
    life: Life, data: st.DataObject
) -> None:
    whole = RiskState.of(life.facts)
    assert RiskState.of(read_fact(fact_record(fact)) for fact in life.facts) == whole
    for before, proposal, account, verdict in life.asked:
        recorded: list[Fact] = []
        desk = RiskDesk(life.limits, START_US, life.facts[:before], recorded.append)
        assert desk.ask(proposal, account) == verdict
        assert recorded == life.facts[before : before + len(recorded)]
    cut = data.draw(st.integers(0, len(life.facts)))
    state = RiskState.of(life.facts[:cut])
    for fact in life.facts[cut:]:
        state = state.after(fact)
    assert state == whole


@settings(max_examples=50, deadline=None)
@given(lives(), st.sampled_from(["0.01", "0.5", "3", "160"]))
def test_another_account_currency_decides_the_same(life: Life, factor: str) -> None:
    by = Decimal(factor)
    facts = [_scaled(fact, by) for fact in life.facts]
    for before, proposal, account, _ in life.asked:
        one = decide(life.limits, RiskState.of(life.facts[:before]), proposal, account)
        rates = {name: rate * by for name, rate in {**account.rates, "USD": Decimal(1)}.items()}
        other = replace(
            account, currency="XXX", equity=account.equity * by, margin=account.margin * by, rates=rates
        )
        same = decide(life.limits, RiskState.of(facts[:before]), proposal, other)
        assert allowed(one) == allowed(same)
        assert type(one) is type(same)


@settings(max_examples=50, deadline=None)
@given(lives(), st.data())
def test_no_limit_is_passed_whatever_the_order_of_facts(life: Life, data: st.DataObject) -> None:
    for before, proposal, account, _ in life.asked:
        state = RiskState.of(data.draw(st.permutations(life.facts[:before])))
        verdict = decide(life.limits, state, proposal, account)
        if not isinstance(verdict, Allowed):
            continue
        limits, equity, mine = life.limits, account.equity, verdict.exposure
        terms = proposal.terms
        held = [each.exposure for name, each in state.held.items() if name != proposal.intent_id]
        every = [*held, mine]
        assert terms.volume_min <= mine.volume <= terms.volume_max
        assert mine.volume % terms.volume_step == 0
        assert mine.risk <= limits.trade.risk_percent * equity / 100
        assert _fits(mine.volume, limits.trade.max_lots)
        assert _fits(sum(each.risk for each in every) / equity * 100, limits.exposure.open_risk_percent)
        assert _fits(sum(each.notional for each in every) / equity, limits.exposure.total_times)
        of_symbol = sum(each.notional for each in every if each.symbol == mine.symbol)
        assert _fits(of_symbol / equity, limits.of_symbol(mine.symbol).times)
        short_usd = [each for each in every if _short_of(each) == "USD"]
        if mine in short_usd:
            assert _fits(sum(each.notional for each in short_usd) / equity, limits.exposure.currency_times)
        start = state.on(proposal.ts_us).day_start or equity
        assert _fits(
            (start - equity + sum(each.risk for each in every)) / start * 100, limits.day.loss_percent
        )
        peak = max(state.peak or equity, equity)
        assert _fits((peak - equity + sum(each.risk for each in every)) / peak * 100, limits.drawdown.percent)


def _fits(value: Any, most: Decimal | None) -> bool:
    return most is None or value <= most * (1 + Decimal("1e-20"))  # the test's own divisions are rounded


def _short_of(exposure: Exposure) -> str:
    return exposure.quote if exposure.side == "long" else exposure.base


def _looks(life: Life, before: int) -> int:
    """How many facts of seeing the account the question itself recorded: they are known to its answer."""
    after = life.facts[before : before + 1]
    return len(after) if after and isinstance(after[0], DayBegan | EquitySeen) else 0


def _table(limits: Limits) -> dict[str, Any]:
    """The limits as a file says them."""
    dumped = limits.model_dump(exclude={"windows", "calendar", "weekend", "rollover"})
    table: dict[str, Any] = _words(dumped)
    for own in table["symbols"].values():
        for name in [name for name, value in own.items() if value == "as all"]:
            del own[name]
    for name in ("trades", "losses", "fills", "pause_minutes"):
        for held in (table["day"], table["streak"], table["slippage"]):
            if isinstance(held.get(name), Decimal):
                held[name] = int(held[name])
    return table


def _words(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _words(each) for name, each in value.items()}
    return "unlimited" if value is None else value


def _scaled(fact: Fact, by: Decimal) -> Fact:
    """The fact of an account whose currency is worth less."""
    match fact:
        case DayBegan() | EquitySeen():
            return fact.model_copy(update={"equity": fact.equity * by})
        case BalanceMoved():
            return fact.model_copy(update={"amount": fact.amount * by})
        case Closed():
            return fact.model_copy(update={"net": fact.net * by})
        case Reserved():
            amounts = {name: getattr(fact.exposure, name) * by for name in ("notional", "margin", "risk")}
            return fact.model_copy(update={"exposure": fact.exposure.model_copy(update=amounts)})
        case _:
            return fact
