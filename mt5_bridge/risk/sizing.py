"""How large an order may be: the largest multiple of the volume step that no limit forbids.

Every limit of money, exposure or size is a most that one lot takes a part of. The smallest of these mosts decides, and
is rounded down; what comes out below the broker's least volume is a refusal, never rounded up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import NamedTuple

from mt5_bridge.exact import exact
from mt5_bridge.risk.limits import Limits
from mt5_bridge.risk.state import RiskState
from mt5_bridge.risk.words import (
    Account,
    Allowed,
    Exposure,
    Proposal,
    Reason,
    Refused,
    SymbolTerms,
    Verdict,
)

_HUNDRED = Decimal(100)


class Room(NamedTuple):
    """What is left of one limit, and what a lot takes of it."""

    reason: Reason
    left: Decimal
    a_lot: Decimal

    def volume(self, step: Decimal) -> Decimal:
        """Lots that fit, rounded down to steps."""
        return (self.left // (self.a_lot * step)) * step if self.left > 0 else Decimal(0)


def size(limits: Limits, state: RiskState, proposal: Proposal, account: Account) -> Verdict:
    """The largest volume that fits, or the limit that leaves no room for the least one.

    For `rules.decide`, which sets the arithmetic and has seen that the account has equity and the quote currency's
    rate, and the proposal prices and a stop beyond its entry.
    """
    terms = proposal.terms
    one = one_lot(proposal, account)
    held = exposures(state, account, proposal.intent_id)
    rooms = list(rooms_for(limits, state, one, held, account, proposal))
    rooms += _of_broker(terms, one, held)
    tightest = min(rooms, key=lambda room: room.volume(terms.volume_step))  # the first of equal ones
    volume = tightest.volume(terms.volume_step)
    if volume < terms.volume_min:
        fits = tightest.left / tightest.a_lot if tightest.left > 0 else Decimal(0)
        return Refused(
            tightest.reason,
            f"{tightest.reason.replace('_', ' ')} leaves room for {fits:.6f} lots of {terms.symbol}. "
            f"Expected at least {terms.volume_min}, the broker's least",
        )
    return Allowed(one.of(volume), tightest.reason)


def one_lot(proposal: Proposal, account: Account) -> Exposure:
    """What a lot puts at stake, in account currency."""
    terms, entry = proposal.terms, exact(proposal.entry)
    rate = account.rate(terms.quote)
    assert rate is not None
    lot = terms.units * rate
    notional = entry * lot
    return Exposure(
        symbol=terms.symbol,
        side=proposal.side,
        base=terms.base,
        quote=terms.quote,
        volume=Decimal(1),
        notional=notional,
        margin=notional * terms.margin_rate,
        risk=(abs(entry - exact(proposal.stop)) + max(exact(proposal.cost), Decimal(0))) * lot,
    )


def exposures(state: RiskState, account: Account, besides: str) -> list[Exposure]:
    """Of every order and position but the intent's own, which may have been reserved before a restart."""
    own = [held.exposure for name, held in state.held.items() if name != besides]
    return [*own, *account.others]


def rooms_for(
    limits: Limits,
    state: RiskState,
    one: Exposure,
    held: list[Exposure],
    account: Account,
    proposal: Proposal,
) -> Iterator[Room]:
    """What each limit leaves, the widest questions last; an unlimited one is absent."""
    equity, exposure = account.equity, limits.exposure
    at_stake = _risk(held)
    yield Room(Reason.RISK_A_TRADE, limits.trade.risk_percent * equity / _HUNDRED, one.risk)
    if (percent := exposure.open_risk_percent) is not None:
        yield Room(Reason.OPEN_RISK, percent * equity / _HUNDRED - at_stake, one.risk)
    start, peak = marks(state, account)
    if (percent := limits.day.loss_percent) is not None:
        yield Room(Reason.DAILY_LOSS, percent * start / _HUNDRED - (start - equity) - at_stake, one.risk)
    if (percent := limits.drawdown.percent) is not None:
        yield Room(Reason.DRAWDOWN, percent * peak / _HUNDRED - (peak - equity) - at_stake, one.risk)
    if (percent := exposure.margin_percent) is not None and one.margin > 0:
        bound = margin_used(state, account, proposal.intent_id)
        yield Room(Reason.MARGIN, percent * equity / _HUNDRED - bound, one.margin)
    own = limits.of_symbol(one.symbol)
    if (times := own.times) is not None:
        of_symbol = _notional(each for each in held if each.symbol == one.symbol)
        yield Room(Reason.SYMBOL_EXPOSURE, times * equity - of_symbol, one.notional)
    if (times := exposure.total_times) is not None:
        yield Room(Reason.TOTAL_EXPOSURE, times * equity - _notional(held), one.notional)
    if (times := exposure.currency_times) is not None:
        for currency, sign in legs(one):
            same = _notional(each for each in held if (currency, sign) in legs(each))
            yield Room(Reason.CURRENCY_EXPOSURE, times * equity - same, one.notional)
    for group in limits.groups.values():
        if (way := points(group.symbols, one)) and group.times is not None:
            same = _notional(each for each in held if points(group.symbols, each) == way)
            yield Room(Reason.GROUP_EXPOSURE, group.times * equity - same, one.notional)
    if own.max_lots is not None:
        yield Room(Reason.MAX_LOTS, own.max_lots, one.volume)


def _of_broker(terms: SymbolTerms, one: Exposure, held: list[Exposure]) -> Iterator[Room]:
    yield Room(Reason.BROKER_VOLUME, terms.volume_max, one.volume)
    if terms.volume_limit is not None:
        same = (each for each in held if (each.symbol, each.side) == (one.symbol, one.side))
        yield Room(Reason.BROKER_VOLUME, terms.volume_limit - sum(each.volume for each in same), one.volume)


def marks(state: RiskState, account: Account) -> tuple[Decimal, Decimal]:
    """Equity that the day began with, and the highest so far."""
    start = account.equity if state.day_start is None else state.day_start
    return start, account.equity if state.peak is None else max(state.peak, account.equity)


def margin_used(state: RiskState, account: Account, besides: str) -> Decimal:
    """What the terminal says, and what orders will bind that it has not filled yet."""
    waiting = (each for name, each in state.held.items() if name != besides and not each.is_filled)
    return account.margin + sum(each.exposure.margin for each in waiting)


def legs(exposure: Exposure) -> tuple[tuple[str, int], tuple[str, int]]:
    """The currencies that a position is long (1) and short (-1) of: short USDCHF is short of USD, as is long EURUSD."""
    sign = 1 if exposure.side == "long" else -1
    return (exposure.base, sign), (exposure.quote, -sign)


def points(group: Iterable[str], exposure: Exposure) -> int:
    """1 or -1, the way that a position points in a group; 0 outside of it."""
    sign = 1 if exposure.side == "long" else -1
    names = set(group)
    if exposure.symbol in names:
        return sign
    return -sign if f"-{exposure.symbol}" in names else 0


def _notional(held: Iterable[Exposure]) -> Decimal:
    return sum((each.notional for each in held), Decimal(0))


def _risk(held: Iterable[Exposure]) -> Decimal:
    return sum((each.risk for each in held), Decimal(0))
