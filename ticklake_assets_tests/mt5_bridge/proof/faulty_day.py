"""A day at the simulated broker, full of faults and of deaths, all of it drawn from a seed.

The market, the signals, what goes wrong between terminal and broker, and when the bridge dies depend on the seed alone.
A death is a kill -9: in the middle of a journal's line, behind one, before a call of the terminal or behind it; in half
of them the broker's process dies, too, and is rebuilt from its own log.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from mt5_bridge.append_log import ChainedLog
from mt5_bridge.errors import BridgeError
from mt5_bridge.simulated import constants as vendor
from mt5_bridge.simulated.broker import SimulatedBroker
from mt5_bridge.simulated.faults import Faults, Late, Outage, RequestFault
from mt5_bridge.simulated.module import SimulatedMt5
from mt5_bridge.simulated.server import Server
from mt5_bridge.terminal.mt5 import Mt5Terminal, OrderSettings, TradedSymbol
from mt5_bridge.ticks.broker_clock import MOST_BROKERS, BrokerClock
from mt5_bridge.trading.bridge import Bridge
from mt5_bridge.trading.journal import Journal
from mt5_bridge.trading.words import Quote
from mt5_bridge.wire.contract import Answer, Signal, Tick
from ticklake_assets_tests.mt5_bridge.orders import flat, make_signal
from ticklake_assets_tests.mt5_bridge.proof.auditor import Audit, audit

START_US = 1_705_482_000_000_000
"""Wednesday 2024-01-17, 09:00 UTC."""
QUOTES, QUIET = 700, 400
"""Of the day, and behind it, when all is well and what is open comes to its end."""
LOGIN = 1_000_001
NAME = "EURUSD.m"
_SYMBOLS = {"SYNEUR": TradedSymbol(NAME, flat(0.0))}
_LIFE_STEPS = 900


class Killed(BaseException):
    """The process dies here."""


class Life:
    """So many writes and calls, then death."""

    def __init__(self, steps: int | None) -> None:
        self.left = steps

    def step(self) -> bool:
        """Whether it dies now."""
        if self.left is None:
            return False
        self.left -= 1
        return self.left < 0


class Hands:
    """How the parts of a bridge are made; a test of the auditor makes worse ones."""

    settings = OrderSettings(patience_s=20, askings=4)

    def mt5(self, mt5: Any) -> Any:
        return mt5

    def journal(self, log: ChainedLog) -> Journal:
        return Journal(log)

    def terminal(self, *parts: Any) -> Mt5Terminal:
        return Mt5Terminal(*parts, self.settings)


@dataclass
class World:
    """What outlives the bridge: the market and the broker's log."""

    folder: Path
    random: Random
    broker: SimulatedBroker
    quotes: list[Quote]
    signals: Mapping[int, Signal]
    server: Server = field(init=False)

    def __post_init__(self) -> None:
        self.server = Server(self.broker, {"SYNEUR": self.quotes}, self.folder / "broker.jsonl")

    @property
    def shown(self) -> int:
        """Quotes that have happened."""
        return self.server.market.passed[NAME]

    def reopen(self, faults: Faults) -> None:
        """The broker's process dies and is started again; the time goes on."""
        now_us = self.server.market.now_us
        self.server.close()
        self.broker = self.broker.model_copy(update={"faults": faults})
        self.__post_init__()
        self.server.run_until(now_us)


class _DyingLog(ChainedLog):
    def __init__(self, path: Path, life: Life, random: Random) -> None:
        self._life = life
        self._random = random
        super().__init__(path, {"account": "proof"})

    def _write(self, line: bytes) -> None:
        if self._life.step():
            self._file.write(line[: self._random.randrange(len(line))])
            raise Killed
        super()._write(line)

    def _sync(self) -> None:
        if self._life.step():
            raise Killed  # the line is in the file: not the machine dies, the process does
        super()._sync()


class _DyingTerminal:
    """The module, whose calls the process may not survive."""

    def __init__(self, mt5: SimulatedMt5, life: Life) -> None:
        self._mt5 = mt5
        self._life = life

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._mt5, name)
        if not callable(found) or name[0].isupper():
            return found

        def call(*arguments: Any) -> Any:
            if self._life.step():
                raise Killed
            answer = found(*arguments)
            if self._life.step():
                raise Killed  # it has happened, and nobody has heard of it
            return answer

        return call


def play(folder: Path, seed: int, hands: Hands | None = None) -> tuple[Audit, int]:
    """One day; returns what the auditor found, and how often the bridge died."""
    world, hands, deaths = make_world(folder, seed), hands or Hands(), 0
    random = world.random
    for _ in range(random.randrange(6)):
        with suppress(Killed):
            live(world, Life(random.randrange(_LIFE_STEPS)), QUOTES, hands)
            break
        deaths += 1
        if random.random() < 0.5:
            world.reopen(world.broker.faults)
        for _ in range(random.choice([0, 0, 0, 2, 15])):  # until somebody starts it again
            world.server.step()
    live(world, Life(None), QUOTES, hands)
    world.reopen(Faults())
    live(world, Life(None), len(world.quotes), hands)
    world.server.close()
    return audited(folder), deaths


def audited(folder: Path) -> Audit:
    return audit(folder / "journal.jsonl", folder / "broker.jsonl", LOGIN)


def live(world: World, life: Life, until: int, hands: Hands) -> None:
    """A bridge from its start to so many quotes of the market, or to its death."""
    simulated = SimulatedMt5(world.server)
    mt5, clock = hands.mt5(_DyingTerminal(simulated, life)), simulated.clock
    log = _DyingLog(world.folder / "journal.jsonl", life, world.random)
    with log:
        journal = hands.journal(log)
        journal.hold_against(world.server)
        bridge: Bridge | None = None
        seen = world.shown
        while world.shown < until:
            try:
                if bridge is None or mt5.terminal_info() is None:
                    _connect(mt5)
                if bridge is None:
                    parts = (mt5, clock, BrokerClock.parse(MOST_BROKERS), _SYMBOLS, journal.request)
                    bridge = Bridge("SYNEUR", journal, hands.terminal(*parts), trade_shadow=False)
                while seen < world.shown:
                    seen += 1
                    _show(world, bridge, seen - 1)
                bridge.watch()
            except BridgeError:
                pass  # the terminal is away: the run loop waits for it, too
            if not world.random.randrange(150):
                _by_hand(world)
            clock.sleep(1)
        assert bridge is not None
        bridge.end_of_day()


def _connect(mt5: Any) -> None:
    """BridgeError while the terminal is away, or logged in to somebody else's account."""
    if not mt5.initialize() or (account := mt5.account_info()) is None or account.login != LOGIN:
        raise BridgeError("not our terminal now")


def _show(world: World, bridge: Bridge, at: int) -> None:
    quote = world.quotes[at]
    tick = Tick(at + 1, quote.ts_us, quote.bid, quote.ask, 1.0, 1.0)
    bridge.on_answer(tick, Answer(at + 1, "clean", None, world.signals.get(at)))


def _by_hand(world: World) -> None:
    """A person closes a position in the terminal."""
    held = list(world.server.accounts[LOGIN].ledger.positions.values())
    if held:
        position = world.random.choice(held)
        fields = {"symbol": NAME, "position": position.ticket, "volume": float(position.volume)}
        side = vendor.ORDER_TYPE_SELL if position.sign > 0 else vendor.ORDER_TYPE_BUY
        world.server.by_hand(LOGIN, action=vendor.TRADE_ACTION_DEAL, type=side, **fields)


def make_world(folder: Path, seed: int) -> World:
    """The day of a seed, as far as its files in the folder say."""
    folder.mkdir(parents=True, exist_ok=True)
    random = Random(seed)
    quotes, now_us, bid = list[Quote](), START_US, 110_000
    for seq in range(1, QUOTES + QUIET + 1):
        now_us += random.choice([100, 400, 700, 1000, 2500]) * 1000
        bid += random.choice([-2, -1, -1, 0, 0, 1, 1, 2])
        quotes.append(Quote(now_us, seq, bid / 1e5, (bid + random.choice([1, 2, 2, 3])) / 1e5))
    signals = {at: _signal(random, quotes[at]) for at in range(QUOTES - 20) if random.random() < 0.12}
    return World(folder, random, _broker(random, seed), quotes, signals)


def _broker(random: Random, seed: int) -> SimulatedBroker:
    faults = {
        "seed": seed,
        "requests": {fault: random.choice([0, 0.02, 0.05]) for fault in RequestFault},
        "late": {kind: random.choice([0, 0.1, 0.4]) for kind in Late},
        "outages": {outage: random.choice([0, 0.5, 1.0]) for outage in Outage},
        "late_seconds": (0.2, 6.0),
        "outage_seconds": (1.0, 45.0),
    }
    symbol = {
        "name": NAME,
        "recorded_as": "SYNEUR",
        "currency_base": "EUR",
        "currency_profit": "USD",
        "commission_per_lot": 3.5,
        "filling_mode": random.choice([1, 2, 3]),
    }
    own = {"login": LOGIN, "mode": random.choice(["hedging", "netting"]), "balance": 1_000_000}
    fields = {"symbols": [symbol], "accounts": [own, {"login": LOGIN + 1}], "faults": faults}
    return SimulatedBroker.model_validate({**fields, "execution": {"entry_latency_ms": 300}})


def _signal(random: Random, quote: Quote) -> Signal:
    side = random.choice(["long", "short"])
    sign, anchor = (1, quote.ask) if side == "long" else (-1, quote.bid)
    width = random.choice([4, 6, 10, 20]) / 1e5
    return make_signal(
        quote.ts_us,
        side=side,
        earliest_entry_us=quote.ts_us + 300_000,
        stop=round(anchor - sign * width, 5),
        target=round(anchor + sign * width, 5),
        horizon_end_us=quote.ts_us + random.choice([3, 8, 20]) * 1_000_000,
        day_end_us=START_US + 36_000_000_000,
    )
