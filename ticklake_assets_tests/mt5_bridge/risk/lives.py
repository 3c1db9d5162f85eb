"""Accounts that live: random limits, proposals, and what became of them, as hypothesis draws them."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from mt5_bridge.risk.desk import RiskDesk
from mt5_bridge.risk.facts import BalanceMoved, Closed, EquitySeen, Fact, Filled, Killed, Released, Resumed
from mt5_bridge.risk.limits import Limits
from mt5_bridge.risk.words import Account, Allowed, Proposal, Side, SymbolTerms, Verdict

START_US = 1_705_492_800_000_000
"""Wednesday 2024-01-17, 12:00 UTC."""
HOUR_US = 3_600_000_000
RATES = {"EUR": Decimal("1.09"), "GBP": Decimal("1.27"), "CHF": Decimal("1.15"), "JPY": Decimal("0.0068")}
PRICES = {"EURUSD": 1.09, "GBPUSD": 1.27, "USDCHF": 0.87, "EURJPY": 160.0}


def terms_of(symbol: str = "EURUSD", **changes: Any) -> SymbolTerms:
    values: dict[str, Any] = {
        "symbol": symbol,
        "base": symbol[:3],
        "quote": symbol[3:],
        "pip": Decimal("0.01" if symbol.endswith("JPY") else "0.0001"),
        "units": Decimal(100_000),
        "margin_rate": Decimal("0.0333"),
        "volume_min": Decimal("0.01"),
        "volume_step": Decimal("0.01"),
        "volume_max": Decimal(50),
    }
    return SymbolTerms(**{**values, **changes})


def propose(
    ts_us: int = START_US,
    symbol: str = "EURUSD",
    side: Side = "long",
    stop_pips: float = 10.0,
    spread_pips: float = 0.2,
    **changes: Any,
) -> Proposal:
    terms = changes.pop("terms", None) or terms_of(symbol)
    pip, bid = float(terms.pip), PRICES[symbol]
    ask = round(bid + spread_pips * pip, 6)
    stop = round(ask - stop_pips * pip if side == "long" else bid + stop_pips * pip, 6)
    values: dict[str, Any] = {"intent_id": f"{symbol}{ts_us}", "bid": bid, "ask": ask, "stop": stop}
    return Proposal(terms=terms, side=side, ts_us=ts_us, **{**values, **changes})


def account_of(equity: Decimal | int | str = 10_000, **changes: Any) -> Account:
    return Account(**{"currency": "USD", "equity": Decimal(equity), "rates": RATES, **changes})


def _or_unlimited(numbers: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.just("unlimited"), numbers)


def _decimals(least: str, most: str) -> st.SearchStrategy[Decimal]:
    return st.decimals(Decimal(least), Decimal(most), places=2)


@st.composite
def limits_tables(draw: st.DrawFn) -> dict[str, Any]:
    """Tables of a limits file, tight enough to be met."""
    times = _or_unlimited(_decimals("0.5", "12"))
    percent = _or_unlimited(_decimals("0.1", "4"))
    table: dict[str, Any] = {
        "trade": {
            "risk_percent": draw(_decimals("0.05", "2")),
            "max_lots": draw(_or_unlimited(_decimals("0.01", "3"))),
            "spread_pips": draw(_or_unlimited(_decimals("0.8", "3"))),
        },
        "exposure": {
            "symbol_times": draw(times),
            "total_times": draw(times),
            "currency_times": draw(times),
            "margin_percent": draw(_or_unlimited(_decimals("1", "50"))),
            "open_risk_percent": draw(percent),
        },
        "day": {
            "clock": draw(st.sampled_from(["utc", "America/New_York+7"])),
            "loss_percent": draw(percent),
            "trades": draw(_or_unlimited(st.integers(2, 6))),
        },
        "drawdown": {"percent": draw(_or_unlimited(_decimals("0.1", "8")))},
        "streak": {
            "losses": draw(st.sampled_from([1, 1, 2, "unlimited"])),
            "pause_minutes": draw(st.integers(1, 600)),
        },
        "slippage": {"pips": draw(_or_unlimited(_decimals("0.1", "2"))), "fills": draw(st.integers(1, 4))},
        "groups": {"dollar": {"symbols": ["EURUSD", "GBPUSD", "-USDCHF"], "times": draw(times)}},
    }
    if draw(st.booleans()):
        table["symbols"] = {"EURUSD": {"times": draw(times), "weekend": "unlimited"}}
    return table


@st.composite
def proposals(draw: st.DrawFn, ts_us: int) -> Proposal:
    symbol = draw(st.sampled_from(sorted(PRICES)))
    limit = draw(st.sampled_from([None, Decimal(2)]))
    return propose(
        ts_us,
        symbol,
        draw(st.sampled_from(["long", "short"])),
        stop_pips=draw(st.integers(1, 400)) / 10,
        spread_pips=draw(st.integers(0, 12)) / 10,
        cost=draw(st.sampled_from([0.0, 0.00007])),
        terms=terms_of(
            symbol, volume_limit=limit, volume_step=draw(st.sampled_from(list(map(Decimal, ("0.01", "0.1")))))
        ),
    )


@dataclass
class Life:
    """What a desk was asked and told, and what it answered."""

    limits: Limits
    facts: list[Fact] = field(default_factory=list)
    asked: list[tuple[int, Proposal, Account, Verdict]] = field(default_factory=list)
    """(facts recorded before, proposal, account, answer)."""


@st.composite
def lives(draw: st.DrawFn, most: int = 14) -> Life:
    """A desk on its way: equity follows what is closed and wanders, days pass, orders end in every way."""
    life = Life(Limits.model_validate(draw(limits_tables())))
    desk = RiskDesk(life.limits, START_US, record=life.facts.append)
    ts_us, equity = START_US, Decimal(10_000)
    for _ in range(draw(st.integers(1, most))):
        ts_us += draw(st.sampled_from([0, 1_000_000, HOUR_US // 4, 3 * HOUR_US, 10 * HOUR_US]))
        equity += draw(st.sampled_from([0, 0, 0, 0, 35, -35, -90]))
        waiting = [name for name, held in desk.state.held.items() if not held.is_filled]
        filled = [name for name, held in desk.state.held.items() if held.is_filled]
        step = draw(
            st.sampled_from(["ask", "ask", "ask", "fill", "fill", "close", "close", "release", "other"])
        )
        if step == "fill" and waiting:
            name = draw(st.sampled_from(waiting))
            volume, share = desk.state.held[name].exposure.volume, draw(st.sampled_from([1, 1, 2]))
            slip = Decimal(draw(st.integers(-5, 25))) / 10
            done = draw(st.sampled_from([True, True, False]))
            fact: Fact = Filled(
                ts_us=ts_us, intent_id=name, volume=volume / share, slippage_pips=slip, is_complete=done
            )
            desk.take(fact)
        elif step == "close" and filled:
            name, net = draw(st.sampled_from(filled)), Decimal(draw(st.integers(-40, 20)))
            volume = desk.state.held[name].exposure.volume
            equity += net
            desk.take(
                Closed(
                    ts_us=ts_us,
                    intent_id=name,
                    net=net,
                    volume_left=volume * draw(st.sampled_from([0, 0, 1])) / 2,
                )
            )
        elif step == "release" and waiting:
            desk.take(Released(ts_us=ts_us, intent_id=draw(st.sampled_from(waiting))))
        elif step == "other":
            moved = draw(st.sampled_from([-500, 500]))
            other: Fact = draw(
                st.sampled_from([
                    EquitySeen(ts_us=ts_us, equity=equity),
                    BalanceMoved(ts_us=ts_us, amount=Decimal(moved)),
                    Killed(ts_us=ts_us, reason="a test"),
                    Resumed(ts_us=ts_us),
                    Resumed(ts_us=ts_us, anew=True),
                ])
            )  # fmt: skip
            equity += moved if isinstance(other, BalanceMoved) else 0
            desk.take(other)
        else:
            proposal = draw(proposals(ts_us))
            margin = sum((h.exposure.margin for h in desk.state.held.values() if h.is_filled), Decimal(0))
            account = account_of(equity, margin=margin)
            before = len(life.facts)
            life.asked.append((before, proposal, account, desk.ask(proposal, account)))
    return life


def allowed(verdict: Verdict) -> Decimal:
    """Lots; none where it was refused."""
    return verdict.volume if isinstance(verdict, Allowed) else Decimal(0)
