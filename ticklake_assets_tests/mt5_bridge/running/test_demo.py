"""Orders in an account: whole days in mode demo, people beside it, restarts, and demo and live held apart."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from mt5_bridge.append_log import ChainedLog
from mt5_bridge.errors import AccountChanged, JournalError, ModeRefused, SetupError
from mt5_bridge.running.events import Back, Halted, Lost, Released
from mt5_bridge.running.opening import read_reconciliation
from mt5_bridge.running.reconciliation import Kind
from mt5_bridge.running.status import read_status
from mt5_bridge.trading.journal import Journal
from mt5_bridge.trading.modes import Asked, Mode
from mt5_bridge.trading.words import Intent, OrderState, Outcome, Quote
from ticklake_assets_tests.mt5_bridge.orders import make_order, make_signal
from ticklake_assets_tests.mt5_bridge.running.days import DEMO, Day, config_of, trade
from ticklake_assets_tests.mt5_bridge.running.played_market import PlayedMarket
from ticklake_assets_tests.serving.running_endpoint import RunningEndpoint

_ANY_HOUR = 'weekend = "unlimited"\nrollover = "unlimited"\n[streak]\nlosses = "unlimited"\n[trade]\nspread_pips = 50\n'
_LIVE = Asked(Mode.LIVE, True, 7, "Demo", "LIVE 7 Demo")
_REAL = {"trade_mode": 2}
_FREE = {"symbols": {"SYNEUR": {"broker_name": "EURUSD.m", "commission_per_lot": 0.0}}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "limits.toml").write_text(_ANY_HOUR)
    return tmp_path


def _trade(
    played: PlayedMarket, endpoint: RunningEndpoint, folder: Path, day: Day | None = None, **more: Any
) -> Day:
    asked = {"asked": DEMO} | more
    return trade(played, endpoint.client, folder, day, limits=folder / "limits.toml", **asked)


def _first_open(day: Day, played: PlayedMarket, act: Any) -> None:
    """Do something at the first position."""
    done: list[int] = []

    def at(shown: int) -> None:
        if not done and any(entry.fate is OrderState.OPEN for entry in day.entries.values()):
            done.append(shown)
            act(played.rows["positions"][0])

    played.at = at


def test_a_whole_day(quotes: list[Quote], endpoint: RunningEndpoint, folder: Path) -> None:
    played = PlayedMarket(quotes=quotes)
    day = _trade(played, endpoint, folder)
    trades = day.trades()
    assert len(trades) > 8
    assert day.stopped == "the recorded market is over"
    assert not played.rows["positions"]
    assert day.reconciliation is not None
    assert day.reconciliation.is_clean
    entered = [request for request in played.requests if "position" not in request]
    assert len(entered) == len(trades), "one order an intent"
    assert len({request["magic"] for request in entered}) == len(trades)
    assert all(request["sl"] and request["tp"] for request in entered), "stop and target go with the entry"
    assert {position.outcome for position in trades.values()} >= {Outcome.STOP, Outcome.TARGET}
    booked = sum(deal.profit + deal.commission for deal in played.rows["deals"])
    assert sum(float(position.money or 0) for position in trades.values()) == pytest.approx(booked)
    assert all(position.volume > 0 for position in trades.values())
    spans = sorted((each.entry.ts_us, each.exit.ts_us) for each in trades.values() if each.exit is not None)
    assert all(end <= begin for (_, end), (begin, _) in pairwise(spans)), "one at a time"
    status = read_status(folder)
    assert (status.mode, status.state) == ("demo", "stopped")


def test_a_bridge_that_dies_takes_up_what_was_open(
    quotes: list[Quote], endpoint: RunningEndpoint, folder: Path
) -> None:
    played, day = PlayedMarket(quotes=quotes), Day(folder)

    def die(position: Any) -> None:
        raise KeyboardInterrupt

    _first_open(day, played, die)
    with pytest.raises(KeyboardInterrupt):
        _trade(played, endpoint, folder, day)
    ((name, entry),) = [each for each in day.entries.items() if each[1].fate is OrderState.OPEN]
    before = len(played.requests)
    played.at = lambda shown: None
    again = _trade(played, endpoint, folder)
    assert again.entries[name].fate is OrderState.CLOSED
    assert entry.order is not None
    numbers = [request.get("magic") for request in played.requests[before:] if "position" not in request]
    assert played.requests[before - 1]["magic"] not in numbers, "never sent again"
    assert len(again.trades()) > 3


def test_a_terminal_that_dies_with_a_position_open_tells_its_end_afterwards(
    quotes: list[Quote], endpoint: RunningEndpoint, folder: Path
) -> None:
    played, day = PlayedMarket(quotes=quotes), Day(folder)
    until: list[int] = []

    def die_till_the_broker_closed(shown: int) -> None:
        if played.is_dead:
            played.is_dead = bool(played.rows["positions"])
        elif not until and any(entry.fate is OrderState.OPEN for entry in day.entries.values()):
            until.append(shown)
            played.is_dead = True

    played.at = die_till_the_broker_closed
    _trade(played, endpoint, folder, day)
    (lost,), (back,) = day.of(Lost), day.of(Back)
    first = min(day.trades().values(), key=lambda each: each.entry.ts_us)
    assert first.exit is not None
    assert first.outcome in {Outcome.STOP, Outcome.TARGET}
    assert lost.ts_us <= first.exit.ts_us <= back.ts_us
    assert not day.of(Halted)
    assert len(day.trades()) > 3


def test_a_terminal_that_is_back_is_reconciled_before_anything_is_entered(
    quotes: list[Quote], endpoint: RunningEndpoint, folder: Path
) -> None:
    """Meanwhile somebody used our mark."""
    played = PlayedMarket(quotes=quotes[:120])

    def die_for_a_while(shown: int) -> None:
        played.is_dead = 30 <= shown < 40
        if shown == 35:
            played.open(played.POSITION_TYPE_BUY, 0.01, comment="tl-0123456789abcdef")

    played.at = die_for_a_while
    day = _trade(played, endpoint, folder)
    (halted,) = day.of(Halted)
    assert halted.reason.startswith("unjournaled: ")
    assert day.events.index(halted) < day.events.index(day.of(Back)[0])
    assert max(each.entry.ts_us for each in day.trades().values()) < halted.ts_us


def test_a_close_by_hand_is_journaled_and_respected(
    quotes: list[Quote], endpoint: RunningEndpoint, folder: Path
) -> None:
    played, day = PlayedMarket(quotes=quotes), Day(folder)
    _first_open(day, played, lambda row: played.close(row, row.volume, played.DEAL_REASON_CLIENT))
    _trade(played, endpoint, folder, day)
    outcomes = [position.outcome for position in day.trades().values()]
    assert outcomes.count(Outcome.MANUAL) == 1
    assert not day.of(Halted)
    assert len(outcomes) > 3


def test_a_strangers_position_is_left_alone_and_on_a_netting_account_stops_the_symbol(
    quotes: list[Quote], endpoint: RunningEndpoint, folder: Path
) -> None:
    played = PlayedMarket(quotes=quotes, hedging=False)
    opened: list[int] = []

    def stand_beside(shown: int) -> None:
        if shown == 130:
            played.close(played.rows["positions"][0], 0.5, played.DEAL_REASON_CLIENT)
        elif shown >= 30 and not opened and not played.rows["positions"]:
            opened.append(shown)
            played.open(played.POSITION_TYPE_BUY, 0.5)

    played.at = stand_beside
    day = _trade(played, endpoint, folder)
    (halted,), (released,) = day.of(Halted), day.of(Released)
    assert halted.reason.startswith("foreign: position ")
    assert not [each for each in day.trades().values() if halted.ts_us < each.entry.ts_us < released.ts_us]
    assert day.passed_over["difference"] + day.passed_over["foreign_position"] > 0
    notes = [line for line in (folder / "journal.jsonl").read_text().splitlines() if '"kind":"note"' in line]
    assert ["difference" in notes[0], "difference_gone" in notes[-1]] == [True, True]


def test_a_terminal_that_is_switched_gets_no_more_requests(
    quotes: list[Quote], endpoint: RunningEndpoint, folder: Path
) -> None:
    played, day = PlayedMarket(quotes=quotes), Day(folder)

    def switch(position: Any) -> None:
        played.identity = {"login": 8}

    _first_open(day, played, switch)
    with pytest.raises(AccountChanged):
        _trade(played, endpoint, folder, day)
    assert len(played.requests) == 1
    with pytest.raises(JournalError, match="Expected the file of"):
        _trade(PlayedMarket(quotes=quotes, identity={"login": 8}), endpoint, folder)


def test_an_account_switched_between_two_looks_gets_no_order(
    quotes: list[Quote], endpoint: RunningEndpoint, folder: Path
) -> None:
    played = PlayedMarket(quotes=quotes)

    def switch(function: str) -> None:
        if function == "order_check":
            played.identity = {"login": 8}

    played.at_each_call = switch
    with pytest.raises(AccountChanged):
        _trade(played, endpoint, folder)
    assert not played.requests


def test_a_dry_run_shows_each_request_and_sends_nothing(
    quotes: list[Quote], endpoint: RunningEndpoint, folder: Path
) -> None:
    played, shown = PlayedMarket(quotes=quotes[:120]), list[dict[str, Any]]()
    day = _trade(played, endpoint, folder, show=shown.append)
    assert len(shown) > 3
    assert not played.requests
    assert {entry.reason for entry in day.entries.values() if entry.fate == "refused"} == {"dry_run"}
    assert (folder / "dry-run" / "journal.jsonl").exists()
    assert not (folder / "journal.jsonl").exists()


def test_a_journal_is_held_against_the_terminal_by_command(
    quotes: list[Quote], endpoint: RunningEndpoint, folder: Path
) -> None:
    played = PlayedMarket(quotes=quotes[:60])
    day = Day(folder)

    def die(position: Any) -> None:
        raise KeyboardInterrupt

    _first_open(day, played, die)
    with pytest.raises(KeyboardInterrupt):
        _trade(played, endpoint, folder, day)
    config = config_of(folder, mode="demo")
    assert read_reconciliation(config, played.market).agreed == 1
    played.rows["positions"].clear()
    found = read_reconciliation(config, played.market)
    assert [each.kind for each in found.differences] == [Kind.MISSING]
    assert not found.is_clean


@pytest.mark.parametrize(
    ("asked", "played", "more", "complaint"),
    [
        (DEMO, {"identity": _REAL}, {}, "Mode demo: Expected a demo account, was the real account 7"),
        (_LIVE, {}, _FREE, "Mode live: Expected a real account, was the demo account 7"),
        (
            _LIVE,
            {"identity": {"trade_mode": 1}},
            _FREE,
            "Mode live: Expected a real account, was the contest",
        ),
        (replace(_LIVE, live_flag=False), {"identity": _REAL}, _FREE, "Expected --live with mode live alone"),
        (replace(_LIVE, confirmed=None), {"identity": _REAL}, _FREE, "Expected the confirmation"),
        (_LIVE, {"identity": _REAL}, {}, "SYNEUR: Expected commission_per_lot of the symbol"),
        (
            _LIVE,
            {"identity": _REAL, "symbol": {"swap_mode": 1, "swap_long": -9.0}},
            _FREE,
            "Expected a swap long of",
        ),
        (_LIVE, {"identity": _REAL}, {**_FREE, "trade_shadow": True}, "Expected no trade_shadow"),
    ],
)
def test_what_does_not_fit_sends_nothing(
    quotes: list[Quote],
    endpoint: RunningEndpoint,
    folder: Path,
    asked: Asked,
    played: dict[str, Any],
    more: dict[str, Any],
    complaint: str,
) -> None:
    market = PlayedMarket(quotes=quotes, **played)
    with pytest.raises(ModeRefused) as refused:
        _trade(market, endpoint, folder, asked=asked, **more)
    assert complaint in str(refused.value)
    assert not market.requests
    assert not (folder / "journal.jsonl").exists()


def test_live_trades_when_all_of_it_fits(
    quotes: list[Quote], endpoint: RunningEndpoint, folder: Path
) -> None:
    played = PlayedMarket(quotes=quotes[:150], identity=_REAL)
    day = _trade(played, endpoint, folder, asked=_LIVE, **_FREE)
    assert len(day.trades()) > 2
    late = [quote._replace(ts_us=quote.ts_us + 40 * 86_400_000_000) for quote in quotes]
    with pytest.raises(ModeRefused, match="which expired at 2024-02-16 00:00 UTC"):
        _trade(PlayedMarket(quotes=late, identity=_REAL), endpoint, folder, asked=_LIVE, **_FREE)


def test_a_status_that_cannot_be_written_stops_nothing(
    quotes: list[Quote], endpoint: RunningEndpoint, folder: Path
) -> None:
    """A full disk, or on Windows somebody who reads it just now."""
    (folder / "status.json").mkdir()
    day = _trade(PlayedMarket(quotes=quotes[:20]), endpoint, folder)
    assert day.stopped == "the recorded market is over"


def test_a_symbol_of_which_something_is_open_cannot_be_left_out(
    quotes: list[Quote], endpoint: RunningEndpoint, folder: Path
) -> None:
    intent = Intent.of(make_signal(symbol="SYNUSD"))
    whose = {"mode": "demo", "login": 7, "server": "Demo", "kind": "demo"}
    with ChainedLog(folder / "journal.jsonl", whose) as log:
        journal, order = Journal(log), make_order(intent.intent_id, symbol="SYNUSD")
        journal.intend(intent, order)
        journal.sending(order)
    with pytest.raises(SetupError, match="Expected SYNUSD among the symbols"):
        _trade(PlayedMarket(quotes=quotes[:20]), endpoint, folder)
