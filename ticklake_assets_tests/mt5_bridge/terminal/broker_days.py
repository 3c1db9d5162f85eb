"""Short days at the simulated broker: market and signals by seed, a bridge that trades them, and what has to hold."""

from __future__ import annotations

from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from mt5_bridge.simulated.broker import AccountSetup, SimulatedBroker
from mt5_bridge.simulated.faults import Faults
from mt5_bridge.simulated.module import SimulatedMt5
from mt5_bridge.simulated.server import Server
from mt5_bridge.simulated.specification import Specification
from mt5_bridge.terminal.mt5 import Mt5Terminal, OrderSettings, TradedSymbol
from mt5_bridge.ticks.broker_clock import MOST_BROKERS, BrokerClock
from mt5_bridge.trading.bridge import Bridge
from mt5_bridge.trading.journal import Journal
from mt5_bridge.trading.words import Entry, Fate, OrderState, Quote
from mt5_bridge.wire.contract import Answer, Signal, Tick
from ticklake_assets_tests.mt5_bridge.orders import flat, make_signal
from ticklake_assets_tests.mt5_bridge.terminal.deaths import DyingLog, Life

COST = flat(1e-5)
_START_US = 1_705_484_400_000_000
_SETTINGS = OrderSettings(patience_s=20, askings=5)


class Day(NamedTuple):
    quotes: list[Quote]
    signals: dict[int, Signal]
    """By the number of the quote that they come with."""


def draw_day(random: Random, count: int = 120) -> Day:
    """Few points a move and stops a few points off, so that all outcomes are common; no signal near the end."""
    ts_us, bid, quotes = _START_US, 110_000, list[Quote]()
    for seq in range(1, count + 1):
        ts_us += random.choice([1_000, 50_000, 200_000, 1_000_000])
        bid += random.randint(-4, 4)
        quotes.append(Quote(ts_us, seq, bid / 1e5, (bid + random.randint(0, 2)) / 1e5))
    signals = {
        quote.seq: _signal(random, quote, ts_us)
        for quote in quotes
        if quote.ts_us < ts_us - 13_000_000 and random.random() < 0.3
    }
    return Day(quotes, signals)


def _signal(random: Random, quote: Quote, last_us: int) -> Signal:
    side, width = random.choice(["long", "short"]), random.randint(3, 9)
    sign, anchor = (1, round(quote.ask * 1e5)) if side == "long" else (-1, round(quote.bid * 1e5))
    return make_signal(
        quote.ts_us,
        side=side,
        stop=(anchor - sign * width) / 1e5,
        target=(anchor + sign * width) / 1e5,
        horizon_end_us=quote.ts_us + random.choice([3_000_000, 5_000_000, 20_000_000]),
        day_end_us=last_us + random.choice([-10_000_000, 10**9]),
    )


def broker_of(mode: str, faults: Faults) -> SimulatedBroker:
    symbol = Specification(
        name="EURUSD.m",
        recorded_as="SYNEUR",
        currency_base="EUR",
        currency_profit="USD",
        commission_per_lot=Decimal("3.5"),
    )
    accounts = [AccountSetup(login=login, mode=mode, balance=Decimal(10**7)) for login in (1, 2)]  # type: ignore[arg-type]
    return SimulatedBroker(symbols=(symbol,), accounts=tuple(accounts), faults=faults)


class _Dying:
    """A terminal at which the bridge dies before or after a call."""

    def __init__(self, mt5: SimulatedMt5, life: Life) -> None:
        self._mt5 = mt5
        self._life = life

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._mt5, name)
        if not callable(value):
            return value

        def call(*arguments: Any) -> Any:
            self._life.step(name)
            answer = value(*arguments)
            self._life.step(f"after {name}")
            return answer

        return call


def show(bridge: Bridge, day: Day, quote: Quote) -> None:
    tick = Tick(quote.seq, quote.ts_us, quote.bid, quote.ask, 1.0, 1.0)
    bridge.on_answer(tick, Answer(quote.seq, "clean", None, day.signals.get(quote.seq)))


def trade(folder: Path, day: Day, broker: SimulatedBroker, life: Life) -> tuple[dict[str, Entry], Server]:
    """A bridge from its start to the end of the day, and until nothing is unknown; or to its death."""
    with ExitStack() as opened:
        server = Server(broker, {"SYNEUR": day.quotes}, folder / "server.jsonl")
        opened.callback(server.close)
        mt5 = SimulatedMt5(server)
        while not (server.market.standing and mt5.initialize() and _is_as_usual(mt5)):
            mt5.clock.sleep(1)
        journal = Journal(opened.enter_context(DyingLog(folder / "journal.jsonl", life)))
        journal.hold_against(server)
        terminal = Mt5Terminal(
            _Dying(mt5, life),  # type: ignore[arg-type]
            mt5.clock,
            BrokerClock.parse(MOST_BROKERS),
            {"SYNEUR": TradedSymbol("EURUSD.m", COST)},
            journal.request,
            _SETTINGS,
        )
        bridge = Bridge("SYNEUR", journal, terminal, trade_shadow=False)
        for quote in day.quotes:
            while mt5.clock.now_us() < quote.ts_us:
                mt5.clock.sleep(1)
            mt5.initialize()  # after an update of the terminal that is needed
            show(bridge, day, quote)
        bridge.end_of_day()
        for _ in range(60):
            mt5.clock.sleep(1)
            mt5.initialize()
            bridge.watch()
        return journal.entries, server


def _is_as_usual(mt5: SimulatedMt5) -> bool:
    account, terminal = mt5.account_info(), mt5.terminal_info()
    return account.login == 1 and terminal.connected


def assert_explained(entries: dict[str, Entry], server: Server) -> None:
    """Each position at the broker is one intent's, closed, and booked to the cent as the journal says."""
    ledger = server.accounts[1].ledger
    assert not ledger.positions
    assert not ledger.orders
    entered: dict[str, set[int]] = {}
    for deal in ledger.deals:
        if deal.entry == 0 and deal.comment:
            entered.setdefault(deal.comment.removeprefix("tl-"), set()).add(deal.position_id)
    assert entered.keys() == {each for each, entry in entries.items() if entry.fate is OrderState.CLOSED}
    for intent_id, tickets in entered.items():
        assert len(tickets) == 1, "more than one position of an intent"
        position = entries[intent_id].position
        assert position is not None
        assert position.money == sum(deal.total for deal in ledger.deals if deal.position_id in tickets)
    unfilled = {Fate.DECLINED, Fate.LAPSED, Fate.REFUSED, Fate.NEVER_ARRIVED, OrderState.NO_ENTRY}
    assert {entry.fate for entry in entries.values()} <= {OrderState.CLOSED, *unfilled}
