"""How much of each limit is used, by the facts so far: what a person looks at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import NamedTuple

from mt5_bridge.risk.limits import REASONS, UNLIMITED, Limits, numbers
from mt5_bridge.risk.rules import mean_slippage, trades_today
from mt5_bridge.risk.sizing import legs, points
from mt5_bridge.risk.state import RiskState
from mt5_bridge.risk.words import Exposure, Reason

_HUNDRED = Decimal(100)


class Usage(NamedTuple):
    """A line of the table."""

    name: str
    at_most: str
    used: str
    """Empty where only a signal can say."""
    reason: str
    """The word of its refusals; empty of what is no limit itself."""
    meaning: str


def usage(limits: Limits, state: RiskState, now_us: int) -> Iterator[Usage]:
    """Every number of the limits. Without an equity that was seen, no share of it is known."""
    used = _used(limits, state.on(now_us), now_us)
    for name, value, meaning in numbers(limits):
        reason = REASONS.get(name, "")
        yield Usage(
            name, UNLIMITED if value is None else str(value), used.get(name, ""), str(reason), meaning
        )
    for symbol, own in limits.symbols.items():
        for name, value in own.stated:
            yield Usage(f"symbols.{symbol}.{name}", value, "", "", "of this symbol, in place of that of all")
    for name, group in limits.groups.items():
        at_most = UNLIMITED if group.times is None else str(group.times)
        meaning = f"notional that points the same way among {', '.join(group.symbols)}, times the equity"
        yield Usage(f"groups.{name}.times", at_most, used.get(name, ""), str(Reason.GROUP_EXPOSURE), meaning)
    for name in ("weekend", "rollover"):
        span = getattr(limits, name)
        meaning = "nothing is entered in it"
        yield Usage(name, str(span) if span else UNLIMITED, "", str(REASONS[name]), meaning)


def _used(limits: Limits, state: RiskState, now_us: int) -> dict[str, str]:
    found = {"day.trades": str(trades_today(state)), "streak.losses": str(state.losses)}
    if (mean := mean_slippage(limits, state, now_us)) is not None:
        found["slippage.pips"] = _short(mean)
    equity, held = state.equity, [each.exposure for each in state.held.values()]
    if not equity:
        return found
    at_stake = sum((each.risk for each in held), Decimal(0))
    found |= {
        "exposure.open_risk_percent": _short(at_stake / equity * _HUNDRED),
        "exposure.margin_percent": _short(
            sum((each.margin for each in held), Decimal(0)) / equity * _HUNDRED
        ),
        "exposure.total_times": _short(sum((each.notional for each in held), Decimal(0)) / equity),
        "exposure.symbol_times": _largest([(each.symbol, each) for each in held], equity),
        "exposure.currency_times": _largest(
            [(_side(sign) + currency, each) for each in held for currency, sign in legs(each)], equity
        ),
    }
    for name, group in limits.groups.items():
        ways = [(_way(points(group.symbols, each)), each) for each in held if points(group.symbols, each)]
        found[name] = _largest(ways, equity)
    for name, mark in (("day.loss_percent", state.day_start), ("drawdown.percent", state.peak)):
        if mark:
            found[name] = _short(max(mark - equity + at_stake, Decimal(0)) / mark * _HUNDRED)
    return found


def _largest(named: Iterable[tuple[str, Exposure]], equity: Decimal) -> str:
    """The name with the most notional, as times of the equity."""
    sums: dict[str, Decimal] = {}
    for name, exposure in named:
        sums[name] = sums.get(name, Decimal(0)) + exposure.notional
    if not sums:
        return "0"
    name = max(sums, key=lambda each: sums[each])
    return f"{_short(sums[name] / equity)} ({name})"


def _way(sign: int) -> str:
    return "upwards" if sign > 0 else "downwards"


def _side(sign: int) -> str:
    return "long " if sign > 0 else "short "


def _short(value: Decimal) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
