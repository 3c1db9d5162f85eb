"""A day as `model/tested` has it, for whoever holds an account's day against it: signals, trades, costs and terms.

day_as_tested(day, decisions_on(bundle, events), quotes, bundle.instrument, bundle.digest, rate_of)
"""

from __future__ import annotations

from collections.abc import Sequence

from mt5_bridge.attribution.documents import AccountTerms, TestedDay, TestedTrade, Wanted
from mt5_bridge.exact import exact
from ticklake_assets.core.instruments import Instrument
from ticklake_assets.core.labels import day_end_us
from ticklake_assets.core.orders import LONG
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import DayFeatures, Quotes
from ticklake_assets.modeling.deployed.bundle import Bundle
from ticklake_assets.modeling.deployed.decision import Decision, MarketEvent, decide
from ticklake_assets.modeling.judging.money import DayMoney, RateOf, day_money
from ticklake_assets.modeling.trading.simulation import Trade, simulate_day

OUTCOMES = ("no_entry", "target", "stop", "time", "day_end")
"""The order table's, by number."""
_WITHOUT_CENTS = frozenset({"JPY", "KRW", "HUF"})


def decisions_on(bundle: Bundle, events: DayFeatures) -> list[Decision]:
    """What a bundle says of each event, as the endpoint would."""
    instrument = bundle.instrument
    predictions = bundle.scorer().score_rows(events.features)
    return [
        decide(
            MarketEvent.at(int(events.ts_us[at]), events.context[at], instrument),
            prediction,
            bundle.thresholds,
            instrument,
        )
        for at, prediction in enumerate(predictions)
    ]


def day_as_tested(
    day: SymbolDay,
    decisions: Sequence[Decision],
    quotes: Quotes,
    instrument: Instrument,
    bundle: str,
    rate_of: RateOf | None,
) -> TestedDay:
    """Simulate decisions on a day's clean quotes as the test does; `bundle` names who made them."""
    trades = simulate_day(day, quotes, decisions, instrument).trades
    money = day_money(day.trading_day, quotes, trades, instrument, rate_of)
    end_us = day_end_us(day, instrument)
    found = {
        "symbol": day.symbol,
        "trading_day": day.trading_day,
        "bundle": bundle,
        "facts": instrument,  # what the endpoint tells a bridge of it, here at the costs that it was tested with
        "terms": _terms(instrument, money),
        "signals": tuple(_wanted(each, end_us) for each in decisions if each.is_order),
        "trades": tuple(_trade(each) for each in trades),
        "net_money": money.net,
    }
    return TestedDay.model_validate(found, from_attributes=True)


def _terms(instrument: Instrument, money: DayMoney) -> AccountTerms:
    account = instrument.costs.account
    is_own_price = account.currency == instrument.base
    return AccountTerms(
        currency=account.currency,
        digits=0 if account.currency in _WITHOUT_CENTS else 2,
        lots=exact(account.lots),
        units=exact(account.units),
        rate=None if is_own_price else exact(money.rate),
        rate_from=money.rate_from,
    )


def _wanted(decision: Decision, end_us: int) -> Wanted:
    return Wanted(
        signal_us=decision.ts_us,
        side="long" if decision.side == LONG else "short",
        earliest_entry_us=decision.earliest_entry_us,
        stop=decision.stop,
        target=decision.target,
        horizon_end_us=decision.horizon_end_us,
        day_end_us=end_us,
    )


def _trade(trade: Trade) -> TestedTrade:
    found = {
        **trade.model_dump(include={"signal_us", "entry_us", "entry", "exit_us", "exit"}),
        "side": "long" if trade.side == LONG else "short",
        "outcome": OUTCOMES[trade.outcome],
        "cost": trade.slippage + trade.commission + trade.markup + trade.swap,
    }
    return TestedTrade.model_validate(found)
