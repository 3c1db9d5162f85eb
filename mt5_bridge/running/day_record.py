"""The record of a day that a bridge ran, from its folder and its terminal; the bridge may run on meanwhile."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from mt5_bridge.append_log import LookedAtLog, Record
from mt5_bridge.attribution.documents import BridgeDay, Quotes
from mt5_bridge.attribution.record import Account, quotes_seen, record_day
from mt5_bridge.config import BridgeConfig
from mt5_bridge.errors import SetupError
from mt5_bridge.moments import us_of, wall_of
from mt5_bridge.running.opening import Market, open_session
from mt5_bridge.running.session import TerminalSession
from mt5_bridge.terminal.look import booked
from mt5_bridge.ticks.history import carry
from mt5_bridge.ticks.pieces import copy_rows
from mt5_bridge.trading.journal import JOURNAL_FILE, Journal
from mt5_bridge.trading.modes import Mode
from mt5_bridge.trading.words import Entry
from mt5_bridge.wire.contract import Tick

_BEFORE = timedelta(hours=1)
_SETTLING = timedelta(days=2)
"""After a day, in which its positions have closed and the broker's clock has passed it."""


def read_day_record(config: BridgeConfig, market: Market | None, symbol: str, day: date) -> BridgeDay:
    """Of a symbol's signals on a UTC day that is over; `market` is the terminal, None on paper.

    Raises SetupError without a journal, JournalError for a damaged one, and what the terminal raises.
    """
    if symbol not in config.symbols:
        raise SetupError(f"Expected a symbol of the configuration, {', '.join(config.symbols)}, was {symbol}")
    session, entries = read_journal(config.folder / JOURNAL_FILE)
    name = f"{session['login']} at {session['server']}"
    account, quotes = Account(config.mode, name), Quotes((), (), ())
    if market is not None and config.mode is not Mode.PAPER:
        with closing(open_session(config, market)) as terminal:
            terminal.connect()
            account, quotes = _of_terminal(config, account, terminal, symbol, day)
    return record_day(entries, symbol, day, account, terminal=quotes, trades_shadow=config.trade_shadow)


def read_journal(path: Path) -> tuple[Record, list[Entry]]:
    """Whose journal it is, and its intents; the bridge that writes it may be running."""
    if not path.exists():
        raise SetupError(f"{path}: Expected the journal of a bridge that ran, was none")
    log = LookedAtLog(path)
    return log.session, list(Journal(log).entries.values())


def _of_terminal(
    config: BridgeConfig, account: Account, terminal: TerminalSession, symbol: str, day: date
) -> tuple[Account, Quotes]:
    mt5, clock = terminal.mt5, config.terminal.clock
    start = datetime.combine(day, time(tzinfo=UTC))
    since, until = (clock.seconds(us_of(moment)) for moment in (start, start + _SETTLING))
    info, rows = booked(mt5, since, until)
    return replace(account, currency=info.currency, deals=rows), _quotes(config, terminal, symbol, start)


def _quotes(config: BridgeConfig, terminal: TerminalSession, symbol: str, start: datetime) -> Quotes:
    """What the terminal quoted from before the day on until its last position has closed."""
    clock, mt5 = config.terminal.clock, terminal.mt5
    first, last = (clock.wall(moment) for moment in (start - _BEFORE, start + _SETTLING))
    rows = copy_rows(mt5, config.broker_name(symbol), first, last, clock)
    times = clock.utc_times(wall_of(row.time_msc) for row in rows)
    ticks = (
        Tick(0, us_of(moment), quote.bid, quote.ask, None, None)
        for (moment, _), quote in zip(times, carry(mt5, rows), strict=True)
    )
    return quotes_seen(ticks)
