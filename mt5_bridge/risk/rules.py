"""Whether a proposal may become an order, and of what size: a pure function of limits, state, proposal and account."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal, localcontext
from math import isfinite

from mt5_bridge.exact import exact
from mt5_bridge.risk.limits import Limits
from mt5_bridge.risk.sizing import size
from mt5_bridge.risk.state import RiskState
from mt5_bridge.risk.words import ARITHMETIC, Account, Proposal, Reason, Refused, Verdict

_SECOND_US = 1_000_000
_MINUTE_US = 60 * _SECOND_US
_HOUR_US = 60 * _MINUTE_US


def decide(limits: Limits, state: RiskState, proposal: Proposal, account: Account) -> Verdict:
    """The first rule that refuses, else the largest volume that every limit has room for."""
    state = state.on(proposal.ts_us)
    with localcontext(ARITHMETIC):
        refusal = next(_refusals(limits, state, proposal, account), None)
        return refusal or size(limits, state, proposal, account)


def _refusals(limits: Limits, state: RiskState, proposal: Proposal, account: Account) -> Iterator[Refused]:
    if state.killed is not None:
        yield Refused(
            Reason.KILLED, f"The kill switch is on: {state.killed}. `ticklake-bridge resume` ends it"
        )
    if proposal.abstain:
        yield Refused(Reason.ENDPOINT_ABSTAINS, f"The endpoint abstains: {', '.join(proposal.abstain)}")
    yield from _unusable(proposal, account)
    yield from _closed_times(limits, proposal)
    yield from _markets(limits, state, proposal)
    yield from _habits(limits, state, proposal)


def _unusable(proposal: Proposal, account: Account) -> Iterator[Refused]:
    """What can't be computed with: later rules take numbers for numbers."""
    terms = proposal.terms
    prices = (proposal.bid, proposal.ask, proposal.stop)
    if not all(isfinite(each) and each > 0 for each in prices) or not isfinite(proposal.cost):
        yield Refused(
            Reason.NO_PRICE,
            f"Bid {proposal.bid}, ask {proposal.ask}, stop {proposal.stop}, cost {proposal.cost}. "
            "Expected numbers, prices above 0",
        )
        return
    if not account.equity.is_finite() or account.equity <= 0:
        yield Refused(Reason.NO_EQUITY, f"Equity is {account.equity} {account.currency}. Expected some")
    rate = account.rate(terms.quote)
    if rate is None or not rate.is_finite() or rate <= 0:
        yield Refused(
            Reason.NO_RATE,
            f"Expected the rate of {terms.quote} in {account.currency}, to size {terms.symbol}, was {rate}",
        )
    away = proposal.entry - proposal.stop if proposal.side == "long" else proposal.stop - proposal.entry
    if away <= 0:
        yield Refused(
            Reason.NO_STOP,
            f"Expected a stop on the losing side of {proposal.entry}, was {proposal.stop} for a {proposal.side}",
        )


def _closed_times(limits: Limits, proposal: Proposal) -> Iterator[Refused]:
    ts_us, terms = proposal.ts_us, proposal.terms
    weekend = limits.of_symbol(terms.symbol).weekend
    if weekend is not None and weekend.covers(ts_us):
        yield Refused(Reason.WEEKEND, f"{_at(ts_us)} is in the weekend, {weekend}")
    if limits.rollover is not None and limits.rollover.covers(ts_us):
        yield Refused(Reason.ROLLOVER, f"{_at(ts_us)} is in the rollover, {limits.rollover}")
    for window in limits.windows:
        if window.concerns(terms) and window.covers(ts_us):
            note = f" ({window.note})" if window.note else ""
            yield Refused(
                Reason(window.kind), f"{_at(ts_us)} is in a window of {window.kind}, {window}{note}"
            )


def _markets(limits: Limits, state: RiskState, proposal: Proposal) -> Iterator[Refused]:
    spread = (exact(proposal.ask) - exact(proposal.bid)) / proposal.terms.pip
    widest = limits.of_symbol(proposal.terms.symbol).spread_pips
    if widest is not None and spread > widest:
        yield Refused(Reason.SPREAD, f"The spread is {spread:.2f} pips. Expected at most {widest}")
    mean, most = mean_slippage(limits, state, proposal.ts_us), limits.slippage.pips
    if mean is not None and most is not None and mean > most:
        yield Refused(
            Reason.SLIPPAGE,
            f"The newest {limits.slippage.fills} fills slipped {mean:.2f} pips on average. Expected at most {most}",
        )


def _habits(limits: Limits, state: RiskState, proposal: Proposal) -> Iterator[Refused]:
    entered, most = trades_today(state, proposal.intent_id), limits.day.trades
    if most is not None and entered >= most:
        yield Refused(Reason.TRADES_A_DAY, f"{entered} positions were entered today. Expected at most {most}")
    streak = limits.streak
    over_us = state.last_loss_us + int(streak.pause_minutes * _MINUTE_US)
    if streak.losses is not None and state.losses >= streak.losses and proposal.ts_us < over_us:
        yield Refused(
            Reason.LOSING_STREAK,
            f"{state.losses} trades in a row lost, {streak.losses} make a pause of {streak.pause_minutes} minutes. "
            f"It ends at {_at(over_us)}",
        )


def trades_today(state: RiskState, besides: str = "") -> int:
    """Positions entered, and orders that may still become one."""
    waiting = (each for name, each in state.held.items() if name != besides and not each.is_filled)
    return state.trades + sum(1 for _ in waiting)


def mean_slippage(limits: Limits, state: RiskState, ts_us: int) -> Decimal | None:
    """Of the newest fills, pips; None while there are too few."""
    rule = limits.slippage
    since = ts_us - int(rule.hours * _HOUR_US)
    recent = [each.slippage_pips for each in state.fills if each.ts_us > since][-int(rule.fills) :]
    return sum(recent, Decimal(0)) / len(recent) if len(recent) == rule.fills else None


def _at(ts_us: int) -> str:
    return f"{datetime.fromtimestamp(ts_us // _SECOND_US, UTC):%Y-%m-%d %H:%M:%S} UTC"
