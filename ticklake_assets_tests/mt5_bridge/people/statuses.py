"""A bridge's status, made."""

from __future__ import annotations

from datetime import UTC, datetime

from mt5_bridge.running.status import (
    FeedStatus,
    MoneyStatus,
    PositionStatus,
    SignalStatus,
    Status,
    SymbolStatus,
)

WRITTEN = datetime(2024, 1, 17, 12, 0, 5, tzinfo=UTC)


def make_status(**changed: object) -> Status:
    """A demo bridge with one position, a halted symbol and a foreign position."""
    opened = datetime(2024, 1, 17, 11, 59, 1, tzinfo=UTC)
    feed = FeedStatus(
        ticks=1234, not_clean={"spread": 2, "late": 1}, last_tick=WRITTEN, bid=1.0853, ask=1.08535, linked=True,
        p50_ms=0.7, p99_ms=2.5,
    )  # fmt: skip
    position = PositionStatus(
        intent_id="00112233445566aa", side="long", volume=0.13, entry_price=1.0851, opened=opened, stop=1.0841,
        target=1.0861, profit=-12.5,
    )  # fmt: skip
    heard = SignalStatus(
        signals=7, last_signal=opened, passed_over={"no_side": 4, "signal_old": 1}, bundle="b" * 64
    )
    silent = SymbolStatus(
        feed=FeedStatus(
            ticks=0, not_clean={}, last_tick=None, bid=None, ask=None, linked=False, p50_ms=0, p99_ms=0
        ),
        signals=SignalStatus(signals=0, last_signal=None, passed_over={}, bundle=None),
        positions=[],
        orders={},
        halted="missing: 1 position",
    )
    held = SymbolStatus(
        feed=feed, signals=heard, positions=[position], orders={"closed": 2, "open": 1}, halted=None
    )
    made = Status(
        written=WRITTEN,
        market_time=WRITTEN,
        mode="demo",
        dry_run=False,
        account="demo account 7 at Broker-Demo",
        state="trading",
        why=None,
        terminal_connected=True,
        terminal_ahead_seconds=-0.2,
        endpoint_ahead_seconds=None,
        money=MoneyStatus(
            currency="EUR", balance="10000.00", equity="9987.50", margin="45.12", free_margin="9942.38"
        ),
        symbols={"EURUSD": held, "GBPJPY": silent},
        notes=["foreign: position 5 of GBPJPY"],
    )
    return made.model_copy(update=changed)
