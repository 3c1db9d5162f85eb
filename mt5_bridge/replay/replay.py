"""A recorded day through the live endpoint, tick by tick, traded on paper or at a simulated broker.

The endpoint cleans and scores as it would live; the terminal is shown only quotes that it called clean.
"""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from time import perf_counter

from mt5_bridge.attribution.documents import BridgeDay, TestedDay
from mt5_bridge.attribution.heard import HeardDay
from mt5_bridge.attribution.record import record_day
from mt5_bridge.attribution.waterfall import Attribution, explain
from mt5_bridge.attribution.worlds import Day
from mt5_bridge.errors import ConnectionLost, DayTaken, EndpointError
from mt5_bridge.replay.desk import Desk, PaperDesk, Simulation
from mt5_bridge.replay.session import Session
from mt5_bridge.replay.summary import Counts, Summary, summarise
from mt5_bridge.ticks.csv_feed import read_day
from mt5_bridge.trading.bridge import Bridge
from mt5_bridge.trading.journal import Journal
from mt5_bridge.wire.client import EndpointClient, Stream
from mt5_bridge.wire.contract import Answer, Resumed, SymbolFacts, Tick

Progress = Callable[[int, int], None]
"""Called with ticks done and ticks in all."""


@dataclass(frozen=True)
class Replay:
    """What to replay, and the folder of the journals, one a session."""

    csv: Path
    symbol: str
    trading_day: date
    journal_dir: Path
    simulation: Simulation | None = None
    """The broker that it is traded at, in mode demo; None: on paper."""
    tested: TestedDay | None = None
    """What it is explained against."""
    trade_shadow: bool = False
    reconnects: int = 5
    """Broken connections to survive, each after a pause that doubles from `pause_seconds`."""
    pause_seconds: float = 0.2


def run_replay(replay: Replay, client: EndpointClient, progress: Progress) -> Summary:
    """Stream the day; a broken stream is resumed, or replayed from the start where the endpoint forgot it.

    Running it again repeats no intent; another day, file or bundle is another session with its own journal.
    """
    ticks = read_day(replay.csv, replay.trading_day)
    facts = client.symbol_facts(replay.symbol)
    bundle = client.bundle_in_service(replay.symbol)
    session = Session.of(replay.symbol, replay.trading_day, replay.csv, bundle)
    with ExitStack() as opened:
        journal = Journal(opened.enter_context(session.journal_log(replay.journal_dir)))
        desk = _desk(replay, session, journal, facts, opened)
        bridge = Bridge(replay.symbol, journal, desk.terminal, trade_shadow=replay.trade_shadow)
        streaming = _Streaming(replay, session, client, bridge, desk, ticks, progress)
        began = perf_counter()
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(streaming.run())
        seconds = perf_counter() - began
        bridge.end_of_day()
        entries = list(journal.entries.values())
        account = desk.account()
        day = record_day(
            entries,
            replay.symbol,
            replay.trading_day,
            account,
            terminal=desk.quotes,
            trades_shadow=replay.trade_shadow,
        )
        summary = summarise(facts, streaming.counts, bridge.passed_over, entries, client.round_trips, seconds)
        explained = _explained(replay, streaming.heard, day)
        return summary.model_copy(update={"mode": account.mode, "attribution": explained})


def _desk(replay: Replay, session: Session, journal: Journal, facts: SymbolFacts, opened: ExitStack) -> Desk:
    if replay.simulation is None:
        return PaperDesk(opened.enter_context(session.terminal_log(replay.journal_dir)), journal, facts)
    from mt5_bridge.replay.simulated_desk import simulated_desk  # needs numpy

    log = session.broker_log(replay.journal_dir)
    return opened.enter_context(simulated_desk(replay.simulation, log, journal, facts))


def _explained(replay: Replay, heard: HeardDay, day: BridgeDay) -> Attribution | None:
    return None if replay.tested is None else explain(Day(replay.tested, heard.wanted, heard.quotes, day))


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """The loop of sockets alone: the one that Windows has by default speaks of a `signal wakeup fd` upon Ctrl-C."""
    return asyncio.SelectorEventLoop if sys.platform == "win32" else None


@dataclass
class _Streaming:
    """One day's stream across reconnects: each tick is acted on once, however often it is sent."""

    replay: Replay
    session: Session
    client: EndpointClient
    bridge: Bridge
    desk: Desk
    ticks: list[Tick]
    progress: Progress
    counts: Counts = field(default_factory=lambda: Counts(Counter(), Counter(), Counter()))
    heard: HeardDay = field(default_factory=HeardDay)
    done: int = 0
    """Ticks acted on; the first so many of `ticks`."""

    async def run(self) -> None:
        pause = self.replay.pause_seconds
        for _ in range(self.replay.reconnects):
            try:
                await self._stream()
            except ConnectionLost as error:
                if isinstance(error, DayTaken) and not self.done:
                    raise  # somebody else's: waiting would not make it ours
                await asyncio.sleep(pause)
                pause *= 2
            else:
                return
        await self._stream()

    async def _stream(self) -> None:
        opening = self.client.stream(self.replay.symbol, self.replay.trading_day.isoformat())
        async with opening as stream:
            for tick in self.ticks[await self._first(stream) :]:
                answer = await stream.ask(tick)
                if tick.seq > self.done:
                    self.done = tick.seq
                    self._act(tick, answer)

    async def _first(self, stream: Stream) -> int:
        """Position of the tick to go on with: after the last one acted on, or 0 to replay the day."""
        if self.done:
            stands: Resumed = await stream.resume()
            if stands.complete and stands.last_seq in {self.done, self.done + 1}:
                return self.done
        await stream.start()
        return 0

    def _act(self, tick: Tick, answer: Answer) -> None:
        if answer.signal is not None and answer.signal.bundle != self.session.bundle:
            raise EndpointError(
                f"Another model came into service. Expected signals of bundle {self.session.bundle}, "
                f"was {answer.signal.bundle}: replay the day again"
            )
        self.counts.add(answer)
        self.heard.add(tick, answer)
        self.desk.pass_on(tick, answer)
        self.bridge.on_answer(tick, answer)
        self.progress(self.done, len(self.ticks))
