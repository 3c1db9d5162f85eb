"""The loop of a running bridge: one account, several symbols, one journal.

What is lost is waited for: the endpoint (nothing is entered, what is open keeps its exits) and the terminal (nothing
can be done but ask again). A terminal that was switched to another account ends the run.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import monotonic
from typing import Any

from mt5_bridge.clock import Clock
from mt5_bridge.errors import AccountChanged, EndpointError, TerminalError
from mt5_bridge.risk.kill_file import kill_reason
from mt5_bridge.running.desk import AccountRisk
from mt5_bridge.running.events import Back, EventStream, Halted, Lost, Part, Released, Started, Stopped
from mt5_bridge.running.gate import Gate
from mt5_bridge.running.reconciliation import Reconciliation, reconcile
from mt5_bridge.running.session import TerminalSession
from mt5_bridge.running.symbol import SymbolRun
from mt5_bridge.terminal.package import failure
from mt5_bridge.terminal.records import BrokerOrder, BrokerPosition, read
from mt5_bridge.trading.journal import Journal
from mt5_bridge.trading.modes import Account, Mode
from mt5_bridge.trading.words import OrderState
from mt5_bridge.wire.client import EndpointClient

_RETRY_US = 1_000_000
"""Between two attempts to find a lost terminal."""
_SKEW_SECONDS = 60.0
"""Between two looks at the endpoint's clock."""


@dataclass
class RunningBridge:
    """`desk` is None on paper; `is_over` is true at the end of a recorded market, where there is one."""

    mode: Mode
    account: Account
    folder: Path
    session: TerminalSession
    client: EndpointClient
    journal: Journal
    gate: Gate
    desk: AccountRisk | None
    runs: Sequence[SymbolRun]
    names: Mapping[str, str]
    clock: Clock
    events: EventStream
    poll_seconds: float
    watch_us: int
    """Between two looks after what is open where no quote comes, and two reconciliations."""
    is_over: Callable[[], bool] | None = None
    heartbeat: Callable[[RunningBridge], None] = lambda _: None
    """Called each second of the machine's time, and at the end."""
    reconciliation: Reconciliation | None = None
    lost: str | None = None
    """Why the terminal is waited for."""
    stopped: str | None = None
    _retry_us: int = 0
    _watched_us: int = 0
    _skew_at: float = field(default=-_SKEW_SECONDS)
    _beat_at: float = 0.0

    def stop(self, reason: str) -> None:
        """End after what is being done now; positions stay. Also from a signal handler."""
        if self.stopped is None:
            self.stopped = reason

    @property
    def open_positions(self) -> int:
        return sum(entry.fate is OrderState.OPEN for entry in self.journal.entries.values())

    async def run(self) -> None:
        """Trade until it is stopped or the recorded market is over; AccountChanged where the terminal was switched."""
        self.events.publish(Started(self.clock.now_us(), self.mode, str(self.account)))
        try:
            while self.stopped is None:
                has_moved = await self._turn()
                self._beat()
                await asyncio.sleep(0)  # the streams' pings
                if has_moved:  # an order takes time, in which quotes come
                    continue
                if self.is_over is not None and self.is_over():
                    for run in self.runs:
                        run.bridge.end_of_day()
                    self.stop("the recorded market is over")
                    break
                self.clock.sleep(self.poll_seconds)
        except BaseException as error:
            self.stopped = str(error) or type(error).__name__
            raise
        finally:
            for run in self.runs:
                await run.link.close()
            self.heartbeat(self)
            self.events.publish(Stopped(self.clock.now_us(), self.stopped or "", self.open_positions))

    async def _turn(self) -> bool:
        """Whether there was anything new."""
        if self.lost is not None and not self._found():
            return False
        try:
            self.session.check()
            self._hear()
            if self.clock.now_us() >= self._watched_us + self.watch_us:
                self._watch()  # before the first step: a deposit meanwhile is no profit
            has_moved = False
            for run in self.runs:
                has_moved |= await run.step()
        except AccountChanged:
            raise
        except TerminalError as error:
            self._lose(str(error))
            return False
        return has_moved

    def _hear(self) -> None:
        """The kill switch, and how far the clocks are apart."""
        killed = kill_reason(self.folder)
        if killed != self.gate.killed:
            self.gate.killed = killed
            now_us = self.clock.now_us()
            self.events.publish(Released(now_us, None) if killed is None else Halted(now_us, None, killed))
        if self.desk is not None:
            self.desk.desk.switch(killed, self.clock.now_us())
        if monotonic() - self._skew_at >= _SKEW_SECONDS:
            self._skew_at = monotonic()
            try:
                ahead = self.client.clock_ahead_seconds()
            except EndpointError:
                return  # its streams tell
            self.gate.clocks = replace(self.gate.clocks, endpoint=ahead)

    def _watch(self) -> None:
        self._watched_us = self.clock.now_us()
        self.gate.clocks = replace(self.gate.clocks, terminal=self.session.ahead_seconds())
        for run in self.runs:
            run.bridge.watch()
        if self.desk is not None:
            self.desk.note_transfers(self.session.deals_since(self.desk.transfers_since_us))
            self.desk.begin_day()
            self.reconcile()

    def reconcile(self) -> Reconciliation:
        """Hold the journal against the terminal, journal what is new, and halt what differs."""
        found = look(self.session, self.journal, self.names)
        before = () if self.reconciliation is None else self.reconciliation.differences
        for each in found.differences:
            if each not in before:
                self.journal.note("difference", {**vars(each)})
        for each in before:
            if each not in found.differences:
                self.journal.note("difference_gone", {**vars(each)})
        now_us = self.clock.now_us()
        for symbol, reason in found.halts.items():
            if symbol not in self.gate.halts:
                self.events.publish(Halted(now_us, symbol, reason))
        for symbol in self.gate.halts:
            if symbol not in found.halts:
                self.events.publish(Released(now_us, symbol))
        self.gate.halts = dict(found.halts)
        self.reconciliation = found
        return found

    def _lose(self, reason: str) -> None:
        self._retry_us = self.clock.now_us() + _RETRY_US
        if self.lost is None:
            self.events.publish(Lost(self.clock.now_us(), Part.TERMINAL, None, reason))
        self.lost = reason

    def _found(self) -> bool:
        """Whether the terminal is there again; asked once in a while. What was open is looked after first."""
        if self.clock.now_us() < self._retry_us:
            return False
        try:
            self.session.connect()
            self._watch()
        except AccountChanged:
            raise
        except TerminalError as error:
            self._lose(str(error))
            return False
        self.lost = None
        self.events.publish(Back(self.clock.now_us(), Part.TERMINAL, None))
        return True

    def _beat(self) -> None:
        if monotonic() - self._beat_at >= 1.0:
            self._beat_at = monotonic()
            self.heartbeat(self)


def look(session: TerminalSession, journal: Journal, names: Mapping[str, str]) -> Reconciliation:
    """Ask the terminal for its positions and orders, and hold them against the journal."""
    mt5 = session.mt5
    account: Any = mt5.account_info()
    positions, orders = mt5.positions_get(), mt5.orders_get()
    if account is None or positions is None or orders is None:
        raise failure(mt5, "account, positions and orders")
    return reconcile(
        journal.entries.values(),
        [read(BrokerPosition, each) for each in positions],
        [read(BrokerOrder, each) for each in orders],
        names,
        is_netting=account.margin_mode != mt5.ACCOUNT_MARGIN_MODE_RETAIL_HEDGING,
    )
