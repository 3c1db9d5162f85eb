"""Bridges that the pages find in a home: folders as they leave them, of each mode."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from mt5_bridge.append_log import ChainedLog
from mt5_bridge.risk.facts import EquitySeen, LimitsChanged, fact_record
from mt5_bridge.risk.limits import Limits
from mt5_bridge.running.status import MoneyStatus, Status, write_status
from mt5_bridge.trading.journal import JOURNAL_FILE, Journal
from mt5_bridge.trading.words import Intent, Order

SYMBOL = "SYNEUR"


@contextmanager
def heard_of(folder: Path, mode: str = "paper", written: datetime | None = None) -> Iterator[Path]:
    """The folder of a bridge that was heard of then, or now, until the block ends; it has no journal yet."""
    folder.mkdir(parents=True)
    write_status(folder, _status(mode, written or datetime.now(UTC)))
    yield folder
    shutil.rmtree(folder)


def tell(folder: Path) -> str:
    """Journal an order that was meant, two signals that were refused, and what the rules saw; the order's comment."""
    now_us = int(datetime.now(UTC).timestamp() * 1e6)
    meant = _intent(0, now_us)
    order = Order(meant.intent_id, SYMBOL, "long", now_us, 1.1, 1.2, now_us + 1, now_us + 2)
    with ChainedLog(folder / JOURNAL_FILE, {"account": "tests"}) as log:
        journal = Journal(log)
        journal.fact(fact_record(LimitsChanged(ts_us=now_us, digest=Limits().digest, clock="utc")))
        journal.fact(fact_record(EquitySeen(ts_us=now_us, equity=Decimal("997.50"))))
        journal.intend(meant, order)
        journal.decline(_intent(1, now_us), "killed")
        journal.decline(_intent(2, now_us), "position_open")
    return f"tl-{meant.intent_id}"


def _intent(number: int, now_us: int) -> Intent:
    return Intent(f"{number:016x}", f"{number + 9:016x}", "e" * 64, SYMBOL, now_us, "long")


def _status(mode: str, now: datetime) -> Status:
    return Status(
        written=now,
        market_time=now,
        mode=mode,
        dry_run=False,
        account=f"7 at {mode.capitalize()}",
        state="trading",
        why=None,
        terminal_connected=True,
        terminal_ahead_seconds=0.0,
        endpoint_ahead_seconds=0.0,
        money=MoneyStatus(currency="EUR", balance="1000", equity="1000", margin="0", free_margin="1000"),
        symbols={},
    )
