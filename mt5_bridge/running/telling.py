"""A running bridge as `status.json` has it."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from mt5_bridge.exact import exact
from mt5_bridge.moments import moment_of
from mt5_bridge.replay.summary import quantile
from mt5_bridge.running.loop import RunningBridge
from mt5_bridge.running.status import (
    FeedStatus,
    MoneyStatus,
    PositionStatus,
    SignalStatus,
    Status,
    SymbolStatus,
    write_status,
)
from mt5_bridge.running.symbol import SymbolRun
from mt5_bridge.trading.words import Entry, OrderState


class Heartbeat:
    """Writes the status of a bridge into a folder; where that fails the old one stays, and the bridge trades on.

    On Windows a file that somebody reads just now cannot be replaced.
    """

    def __init__(self, folder: Path, *, dry_run: bool) -> None:
        self._folder = folder
        self._dry_run = dry_run
        self.newest: Status | None = None

    def __call__(self, bridge: RunningBridge) -> None:
        self.newest = status_of(bridge, dry_run=self._dry_run)
        with suppress(OSError):
            write_status(self._folder, self.newest)


def status_of(bridge: RunningBridge, *, dry_run: bool) -> Status:
    state, why = _state(bridge)
    found = bridge.reconciliation
    is_there = bridge.lost is None and bridge.stopped is None
    return Status(
        written=datetime.now(UTC),
        market_time=moment_of(bridge.clock.now_us()),
        mode=bridge.mode,
        dry_run=dry_run,
        account=str(bridge.account),
        state=state,
        why=why,
        terminal_connected=bridge.lost is None,
        terminal_ahead_seconds=bridge.gate.clocks.terminal,
        endpoint_ahead_seconds=bridge.gate.clocks.endpoint,
        money=_money(bridge) if is_there else None,
        symbols={run.symbol: _symbol(bridge, run, ask=is_there) for run in bridge.runs},
        notes=[] if found is None else [f"{each.kind}: {each.detail}" for each in found.differences],
    )


def _state(bridge: RunningBridge) -> tuple[str, str | None]:
    if bridge.stopped is not None:
        return "stopped", bridge.stopped
    if bridge.lost is not None:
        return "waiting for the terminal", bridge.lost
    if bridge.gate.killed is not None:
        return "killed", bridge.gate.killed
    if all(run.is_lost for run in bridge.runs):
        return "waiting for the endpoint", "nothing is entered; what is open keeps its exits"
    return "trading", None


def _symbol(bridge: RunningBridge, run: SymbolRun, *, ask: bool) -> SymbolStatus:
    entries = [entry for entry in bridge.journal.entries.values() if entry.intent.symbol == run.symbol]
    profits = _profits(bridge) if ask else {}
    return SymbolStatus(
        feed=_feed(run),
        signals=SignalStatus(
            signals=run.signals,
            last_signal=None if run.last_signal is None else moment_of(run.last_signal.ts_us),
            passed_over=dict(+run.bridge.passed_over),
            bundle=None if run.last_signal is None else run.last_signal.bundle,
        ),
        positions=[_position(entry, profits) for entry in entries if entry.fate is OrderState.OPEN],
        orders=dict(Counter(str(entry.fate) for entry in entries)),
        halted=bridge.gate.halts.get(run.symbol),
    )


def _feed(run: SymbolRun) -> FeedStatus:
    tick, trips = run.last_tick, sorted(run.round_trips)
    return FeedStatus(
        ticks=run.ticks,
        not_clean=dict(run.not_clean),
        last_tick=None if tick is None or tick.ts_us is None else moment_of(tick.ts_us),
        bid=None if tick is None else tick.bid,
        ask=None if tick is None else tick.ask,
        linked=run.link.is_open,
        p50_ms=quantile(trips, 0.50) * 1e3,
        p99_ms=quantile(trips, 0.99) * 1e3,
    )


def _position(entry: Entry, profits: dict[int, float]) -> PositionStatus:
    held = entry.position
    assert held is not None
    stop, target = entry.barriers
    return PositionStatus(
        intent_id=entry.intent.intent_id,
        side=entry.intent.side,
        volume=float(held.left),
        entry_price=held.entry.price,
        opened=moment_of(held.entry.ts_us),
        stop=stop,
        target=target,
        profit=None if held.ticket is None else profits.get(held.ticket),
    )


def _profits(bridge: RunningBridge) -> dict[int, float]:
    """By ticket; empty where the terminal does not say."""
    return {each.ticket: each.profit for each in bridge.session.mt5.positions_get() or ()}


def _money(bridge: RunningBridge) -> MoneyStatus | None:
    info: Any = bridge.session.mt5.account_info()
    if info is None:
        return None
    cent = Decimal(1).scaleb(-info.currency_digits)
    amounts = (info.balance, info.equity, info.margin, info.margin_free)
    balance, equity, margin, free = (str(exact(each).quantize(cent)) for each in amounts)
    return MoneyStatus(
        currency=info.currency, balance=balance, equity=equity, margin=margin, free_margin=free
    )
