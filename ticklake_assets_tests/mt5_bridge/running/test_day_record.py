"""A day that a bridge ran in an account, recorded from its journal and its terminal, and explained."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mt5_bridge.append_log import ChainedLog
from mt5_bridge.config import BridgeConfig
from mt5_bridge.errors import JournalError, SetupError
from mt5_bridge.running.day_record import read_day_record, read_journal
from mt5_bridge.trading.journal import JOURNAL_FILE
from mt5_bridge.trading.words import Quote
from ticklake_assets_tests.mt5_bridge.running.days import DEMO, config_of, trade
from ticklake_assets_tests.mt5_bridge.running.played_market import PlayedMarket
from ticklake_assets_tests.serving.running_endpoint import RunningEndpoint

_ANY_HOUR = 'weekend = "unlimited"\nrollover = "unlimited"\n[streak]\nlosses = "unlimited"\n[trade]\nspread_pips = 50\n'
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass
class WithHistory(PlayedMarket):
    """Keeps its ticks."""

    def copy_ticks_range(
        self, symbol: str, date_from: datetime, date_to: datetime, flags: int, /
    ) -> np.ndarray[Any, Any] | None:
        shown = self.ticks[: self.shown]
        times = shown["time_msc"]
        return shown[(times >= date_from.timestamp() * 1000) & (times <= date_to.timestamp() * 1000)]


def test_a_day_of_an_account(quotes: list[Quote], endpoint: RunningEndpoint, tmp_path: Path) -> None:
    (tmp_path / "limits.toml").write_text(_ANY_HOUR)
    played = WithHistory(quotes=quotes)
    ran = trade(played, endpoint.client, tmp_path, asked=DEMO, limits=tmp_path / "limits.toml")
    config = config_of(tmp_path, mode="demo")
    day = (_EPOCH + timedelta(microseconds=quotes[0].ts_us)).date()
    record = read_day_record(config, played.market, "SYNEUR", day)
    assert [each.intent_id for each in record.heard] == list(ran.entries)
    assert (record.mode, record.currency) == ("demo", "USD")
    positions = {each.intent_id: each.position for each in record.heard if each.position is not None}
    assert positions.keys() == ran.trades().keys()
    seen = {(quote.ts_us, quote.bid, quote.ask) for quote in quotes}
    for name, position in positions.items():
        assert position.booked is not None
        assert position.booked.profit is not None
        assert position.booked.money == ran.trades()[name].money
        for fill in (position.entry, position.exit):
            assert fill is not None
            assert fill.terminal is not None
            assert (fill.ts_us, fill.terminal.bid, fill.terminal.ask) in seen
    booked = sum(deal.profit + deal.commission for deal in played.rows["deals"])
    total = sum((each.booked.money for each in positions.values() if each.booked), Decimal(0))
    assert float(total) == pytest.approx(booked)


def _journal(folder: Path) -> Path:
    with ChainedLog(folder / JOURNAL_FILE, {"mode": "demo", "login": 7, "server": "Demo"}) as log:
        log.append({"kind": "note", "about": "test", "detail": {}}, durable=False)
    return folder / JOURNAL_FILE


def test_the_journal_of_a_bridge_that_runs_is_read_and_left_alone(tmp_path: Path) -> None:
    path = _journal(tmp_path)
    before = path.read_bytes()
    with ChainedLog(path, {"mode": "demo", "login": 7, "server": "Demo"}):
        session, entries = read_journal(path)
    assert (session["login"], entries) == (7, [])
    assert path.read_bytes() == before


def test_what_is_no_journal_is_refused(tmp_path: Path) -> None:
    config: BridgeConfig = config_of(tmp_path)
    day = datetime(2024, 1, 17, tzinfo=UTC).date()
    with pytest.raises(SetupError, match="Expected the journal of a bridge that ran, was none"):
        read_day_record(config, None, "SYNEUR", day)
    with pytest.raises(SetupError, match="Expected a symbol of the configuration, SYNEUR, was EURUSD"):
        read_day_record(config, None, "EURUSD", day)
    path = _journal(tmp_path)
    path.write_bytes(path.read_bytes().replace(b"test", b"tent"))
    path.write_bytes(path.read_bytes() + b'{"n":3,"prev":"","kind":"note"}\n')
    with pytest.raises(JournalError, match=rf"^{path}, line 3"):
        read_journal(path)
    path.write_bytes(b"nothing\n")
    with pytest.raises(JournalError, match="line 1: Expected a journal's first line"):
        read_journal(path)
