"""The rules once more, slow and straight from the limits' words: every fact is read anew, every volume is tried.

It imports no rule: only the words and the facts. Numbers are fractions.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from itertools import chain
from typing import Any
from zoneinfo import ZoneInfo

from mt5_bridge.risk.facts import (
    BalanceMoved,
    Closed,
    DayBegan,
    EquitySeen,
    Fact,
    Filled,
    Killed,
    Released,
    Reserved,
    Resumed,
)
from mt5_bridge.risk.words import Account, Proposal

_NEW_YORK = ZoneInfo("America/New_York")


def naive_volume(
    table: dict[str, Any], facts: list[Fact], proposal: Proposal, account: Account
) -> tuple[str, Fraction]:
    """(word, lots): the refusal's word with none, or "" with the largest volume that breaks no limit."""
    word = _refusal(table, facts, proposal, account)
    if word:
        return word, Fraction(0)
    terms = proposal.terms
    step, least, volume = Fraction(terms.volume_step), Fraction(terms.volume_min), Fraction(0)
    while volume + step <= Fraction(terms.volume_max) and not _broken(
        table, facts, proposal, account, volume + step
    ):
        volume += step
    if volume < least:
        return _broken(table, facts, proposal, account, volume + step) or "broker_volume", Fraction(0)
    return "", volume


def _refusal(table: dict[str, Any], facts: list[Fact], proposal: Proposal, account: Account) -> str:
    switch = [fact for fact in facts if isinstance(fact, Killed | Resumed)]
    if switch and isinstance(switch[-1], Killed):
        return "killed"
    own = table.get("symbols", {}).get(proposal.terms.symbol, {})
    here = datetime.fromtimestamp(proposal.ts_us // 1_000_000, UTC).astimezone(_NEW_YORK)
    clock = here.hour * 60 + here.minute
    is_weekend = (
        here.weekday() == 5
        or (here.weekday() == 4 and clock >= 16 * 60 + 30)
        or (here.weekday() == 6 and clock < 17 * 60 + 30)
    )
    if is_weekend and "weekend" not in own:
        return "weekend"
    if 16 * 60 + 55 <= clock < 17 * 60 + 15:
        return "rollover"
    spread = (_of(proposal.ask) - _of(proposal.bid)) / Fraction(proposal.terms.pip)
    if _over(spread, table["trade"]["spread_pips"]):
        return "spread"
    fills = [
        Fraction(fact.slippage_pips)
        for fact in facts
        if isinstance(fact, Filled) and fact.ts_us > proposal.ts_us - 24 * 3_600_000_000
    ][-table["slippage"]["fills"] :]
    if len(fills) == table["slippage"]["fills"] and _over(sum(fills) / len(fills), table["slippage"]["pips"]):
        return "slippage"
    most = table["day"]["trades"]
    if most != "unlimited" and _trades(table, facts, proposal) >= most:
        return "trades_a_day"
    run, last = _losses(facts)
    streak = table["streak"]
    is_paused = proposal.ts_us < last + streak["pause_minutes"] * 60_000_000
    if streak["losses"] != "unlimited" and run >= streak["losses"] and is_paused:
        return "losing_streak"
    return ""


def _broken(
    table: dict[str, Any], facts: list[Fact], proposal: Proposal, account: Account, volume: Fraction
) -> str:
    """The limit that a volume would break, the one that breaks first first."""
    terms, equity = proposal.terms, Fraction(account.equity)
    rate = Fraction(account.rates[terms.quote]) if terms.quote != account.currency else Fraction(1)
    lot = Fraction(terms.units) * rate
    entry = _of(proposal.ask if proposal.side == "long" else proposal.bid)
    risk = (abs(entry - _of(proposal.stop)) + _of(proposal.cost)) * lot * volume
    notional = entry * lot * volume
    margin = notional * Fraction(terms.margin_rate)
    open_now = _open(facts, proposal.intent_id)
    at_stake = sum((each["risk"] for each in open_now), Fraction(0))
    start, peak = _start(table, facts, proposal, equity), _peak(facts, equity)
    waiting = sum((each["margin"] for each in open_now if not each["filled"]), Fraction(0))
    bought, sold = (terms.base, terms.quote) if proposal.side == "long" else (terms.quote, terms.base)
    way = _way(terms.symbol, proposal.side)
    own = table.get("symbols", {}).get(terms.symbol, {})
    e = table["exposure"]
    checks = [
        ("risk_a_trade", risk, _share(table["trade"]["risk_percent"], equity)),
        ("open_risk", at_stake + risk, _share(e["open_risk_percent"], equity)),
        ("daily_loss", start - equity + at_stake + risk, _share(table["day"]["loss_percent"], start)),
        ("drawdown", peak - equity + at_stake + risk, _share(table["drawdown"]["percent"], peak)),
        ("margin", Fraction(account.margin) + waiting + margin, _share(e["margin_percent"], equity)),
        ("symbol_exposure", _sum(each for each in open_now if each["symbol"] == terms.symbol) + notional,
         _times(own.get("times", e["symbol_times"]), equity)),
        ("total_exposure", _sum(open_now) + notional, _times(e["total_times"], equity)),
        ("currency_exposure", _sum(each for each in open_now if each["bought"] == bought) + notional,
         _times(e["currency_times"], equity)),
        ("currency_exposure", _sum(each for each in open_now if each["sold"] == sold) + notional,
         _times(e["currency_times"], equity)),
        ("group_exposure", (_sum(each for each in open_now if each["way"] == way) + notional) if way else Fraction(0),
         _times(table["groups"]["dollar"]["times"], equity)),
        ("max_lots", volume, _share(table["trade"]["max_lots"], Fraction(100))),
        ("broker_volume", sum((each["volume"] for each in open_now if (each["symbol"], each["side"])
         == (terms.symbol, proposal.side)), volume), _share(terms.volume_limit or "unlimited", Fraction(100))),
    ]  # fmt: skip
    return next((name for name, would_be, most in checks if most is not None and would_be > most), "")


def _open(facts: list[Fact], besides: str) -> list[dict[str, Any]]:
    """Orders and positions now, from the beginning."""
    found: dict[str, dict[str, Any]] = {}
    for fact in facts:
        if isinstance(fact, Reserved):
            e = fact.exposure
            bought, sold = (e.base, e.quote) if e.side == "long" else (e.quote, e.base)
            found[fact.intent_id] = {
                "symbol": e.symbol, "side": e.side, "volume": Fraction(e.volume), "notional": Fraction(e.notional),
                "risk": Fraction(e.risk), "margin": Fraction(e.margin), "bought": bought, "sold": sold,
                "way": _way(e.symbol, e.side), "filled": False,
            }  # fmt: skip
        elif isinstance(fact, Filled) and fact.intent_id in found:
            found[fact.intent_id]["filled"] = True
            if fact.is_complete:
                _scale(found[fact.intent_id], Fraction(fact.volume))
        elif isinstance(fact, Closed) and fact.intent_id in found and fact.volume_left > 0:
            _scale(found[fact.intent_id], Fraction(fact.volume_left))
        elif isinstance(fact, Closed | Released):
            found.pop(fact.intent_id, None)
    return [each for name, each in found.items() if name != besides]


def _scale(position: dict[str, Any], volume: Fraction) -> None:
    factor = volume / position["volume"]
    for name in ("volume", "notional", "risk", "margin"):
        position[name] *= factor


def _trades(table: dict[str, Any], facts: list[Fact], proposal: Proposal) -> int:
    today = _day(table, proposal.ts_us)
    first = {fact.intent_id: fact.ts_us for fact in reversed(facts) if isinstance(fact, Filled)}
    entered = sum(_day(table, ts_us) == today for ts_us in first.values())
    return entered + sum(not each["filled"] for each in _open(facts, proposal.intent_id))


def _losses(facts: list[Fact]) -> tuple[int, int]:
    """Losing trades in a row, and when the newest of all was."""
    run, last, nets = 0, 0, dict[str, Fraction]()
    for fact in facts:
        if isinstance(fact, Resumed) and fact.anew:
            run = 0
        if isinstance(fact, Closed):
            nets[fact.intent_id] = nets.get(fact.intent_id, Fraction(0)) + Fraction(fact.net)
            if fact.volume_left == 0:
                is_loss = nets.pop(fact.intent_id) < 0
                run, last = (run + 1, fact.ts_us) if is_loss else (0, last)
    return run, last


def _start(table: dict[str, Any], facts: list[Fact], proposal: Proposal, equity: Fraction) -> Fraction:
    """The day's first equity, with what was deposited since."""
    today = _day(table, proposal.ts_us)
    start = None
    for fact in facts:
        if _day(table, fact.ts_us) != today:
            continue
        if isinstance(fact, DayBegan | EquitySeen) and start is None:
            start = Fraction(fact.equity)
        elif isinstance(fact, BalanceMoved) and start is not None:
            start += Fraction(fact.amount)
    return equity if start is None else start


def _peak(facts: list[Fact], equity: Fraction) -> Fraction:
    peak = seen = None
    for fact in facts:
        if isinstance(fact, DayBegan | EquitySeen):
            seen = Fraction(fact.equity)
            peak = seen if peak is None else max(peak, seen)
        elif isinstance(fact, BalanceMoved) and peak is not None and seen is not None:
            peak, seen = peak + Fraction(fact.amount), seen + Fraction(fact.amount)
        elif isinstance(fact, Resumed) and fact.anew:
            peak = seen
    return max(chain([equity], [] if peak is None else [peak]))


def _day(table: dict[str, Any], ts_us: int) -> date:
    moment = datetime.fromtimestamp(ts_us // 1_000_000, UTC)
    if table["day"]["clock"] == "utc":
        return moment.date()
    return (moment.astimezone(_NEW_YORK).replace(tzinfo=None) + timedelta(hours=7)).date()


def _way(symbol: str, side: str) -> int:
    signs = {"EURUSD": 1, "GBPUSD": 1, "USDCHF": -1}
    return signs.get(symbol, 0) * (1 if side == "long" else -1)


def _sum(held: Iterable[dict[str, Any]]) -> Fraction:
    return sum((each["notional"] for each in held), Fraction(0))


def _share(percent: Any, of: Fraction) -> Fraction | None:
    return None if percent == "unlimited" else Fraction(percent) * of / 100


def _times(times: Any, equity: Fraction) -> Fraction | None:
    return None if times == "unlimited" else Fraction(times) * equity


def _over(value: Fraction, most: Any) -> bool:
    return most != "unlimited" and value > Fraction(most)


def _of(price: float) -> Fraction:
    return Fraction(repr(price))
