"""Brings what is known of orders up to what the account shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from mt5_bridge.clock import Clock
from mt5_bridge.errors import OutcomeUnknown
from mt5_bridge.terminal.live import Live, TradedSymbol
from mt5_bridge.terminal.look import Look, Observer
from mt5_bridge.terminal.records import BrokerPosition
from mt5_bridge.terminal.trace import Tracer, is_ours
from mt5_bridge.trading.words import OrderReport, Position

_LOOKS_APART_US = 60_000_000
"""At the history, for an order that never arrived."""


class Watch:
    def __init__(
        self, observer: Observer, tracer: Tracer, clock: Clock, symbols: Mapping[str, TradedSymbol]
    ) -> None:
        self._observer = observer
        self._tracer = tracer
        self._clock = clock
        self._symbols = symbols

    def see(self, lives: Iterable[Live]) -> list[OrderReport]:
        """Say what changed; what the terminal does not answer stays as it was."""
        asked = [live for live in lives if not live.is_over]
        try:
            moved = [live for live in asked if live.is_alive and live.needs_look]
            if len(moved) < len(asked):
                rows = self._observer.positions()
                moved = [live for live in asked if live in moved or self._has_moved(live, rows)]
            if not moved:
                return []
            first_us = min(live.order.earliest_entry_us for live in moved)
            look = self._observer.look(first_us, self._clock.now_us())
        except OutcomeUnknown:
            for live in asked:
                live.inquiry.without_answer()
                if live.closing_inquiry is not None:
                    live.closing_inquiry.without_answer()
            return []
        return [report for live in moved if (report := self._take_in(live, look))]

    def _has_moved(self, live: Live, rows: list[BrokerPosition]) -> bool:
        """Whether its position is not as it was; a missing order is looked for in the history at times, too."""
        if live.is_missing:
            now_us = self._clock.now_us()
            is_due = now_us >= live.next_look_us
            live.next_look_us = now_us + _LOOKS_APART_US if is_due else live.next_look_us
            return is_due or any(is_ours(live.order.intent_id, row) for row in rows)
        assert live.row is not None
        row = self._tracer.row(live.order, {live.row.identifier}, rows)
        return row is None or (row.volume, row.sl, row.tp) != (live.row.volume, live.row.sl, live.row.tp)

    def _take_in(self, live: Live, look: Look) -> OrderReport | None:
        known = live.report.position if live.report else None
        cost = self._symbols[live.order.symbol].cost
        report = self._tracer.trace(live.order, look, cost, live.closing, known)
        now_us = self._clock.now_us()
        if report is None:
            live.inquiry.without_trace(now_us)
            return None
        live.is_acknowledged, live.is_missing = True, False
        live.waiting = tuple(row.ticket for row in self._tracer.waiting(live.order, look))
        position = report.position
        live.row = None
        if position is not None and position.ticket is not None:
            live.row = self._tracer.row(live.order, {position.ticket}, look.positions)
        if position is not None and live.closing_inquiry is not None:
            live.closing_inquiry.without_trace(now_us)
            if position.left < live.closing_volume:
                live.closing_inquiry = None
        before = live.report
        if before is not None and (report.state, report.position) == (before.state, before.position):
            return None
        live.report = _noted(live, known, report)
        return live.report


def _noted(live: Live, before: Position | None, report: OrderReport) -> OrderReport:
    """Say what somebody else did to a position; a stop or target that they moved is theirs from then on."""
    now = report.position
    if before is None or now is None or report.state.is_final:
        return report
    notes = []
    is_asked = now.stop is not None and now.stop == live.asked_stop
    if before.stop is not None and now.stop != before.stop and not is_asked:
        notes.append(f"its stop was moved from {before.stop} to {now.stop}")
    if before.target is not None and now.target != before.target:
        notes.append(f"its target was moved from {before.target} to {now.target}")
    now = replace(now, by_hand=now.by_hand or bool(notes))
    if now.left < before.left:
        notes.append(f"{before.left - now.left} of {before.left} lots were closed")
    return replace(report, position=now, note=", ".join(notes))
