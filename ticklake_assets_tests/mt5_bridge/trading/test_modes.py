"""Demo and live are held apart from both sides."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest

from mt5_bridge.errors import AccountChanged, ModeRefused, TerminalError
from mt5_bridge.trading.modes import (
    Account,
    AccountGuard,
    AccountKind,
    Asked,
    Mode,
    account_of,
    assert_champion_trades,
    assert_mode_fits,
    confirmation,
)
from mt5_bridge.wire.contract import ServedModel
from ticklake_assets_tests.mt5_bridge.orders import FACTS

_DEMO = Account(7, "Broker-Demo", AccountKind.DEMO)
_REAL = Account(8, "Broker-Live", AccountKind.REAL)
_LIVE = Asked(Mode.LIVE, True, 8, "Broker-Live", "LIVE 8 Broker-Live")
_NOW = datetime(2024, 1, 17, tzinfo=UTC)
_CHAMPION = ServedModel(
    digest="d" * 64,
    symbol="SYNEUR",
    mode="live",
    verdict="passed",
    expires=_NOW + timedelta(days=1),
    costs=FACTS.costs,
)


class Info(NamedTuple):
    login: int
    server: str
    trade_mode: int


class Terminal:
    def __init__(self, info: Info | None) -> None:
        self.info = info

    def account_info(self) -> Info | None:
        return self.info

    def last_error(self) -> tuple[int, str]:
        return (-10004, "No IPC connection")


def test_what_fits_may_start() -> None:
    assert_mode_fits(_LIVE, _REAL)
    assert_mode_fits(Asked(Mode.DEMO, False, None, None, None), _DEMO)
    assert_mode_fits(Asked(Mode.DEMO, False, 7, "Broker-Demo", None), _DEMO)
    assert_mode_fits(Asked(Mode.DEMO, False, None, None, None), replace(_DEMO, kind=AccountKind.CONTEST))
    assert_mode_fits(Asked(Mode.PAPER, False, None, None, None), _REAL)


@pytest.mark.parametrize(
    ("asked", "account", "complaint"),
    [
        (_LIVE, replace(_REAL, kind=AccountKind.DEMO), "Expected a real account, was the demo account 8"),
        (
            _LIVE,
            replace(_REAL, kind=AccountKind.CONTEST),
            "Expected a real account, was the contest account 8",
        ),
        (
            Asked(Mode.DEMO, False, 8, "Broker-Live", None),
            _REAL,
            "Expected a demo account, was the real account 8",
        ),
        (replace(_LIVE, live_flag=False), _REAL, "Expected --live with mode live alone, was no --live"),
        (
            Asked(Mode.DEMO, True, None, None, None),
            _DEMO,
            "mode is demo. Expected --live with mode live alone",
        ),
        (
            Asked(Mode.PAPER, True, None, None, None),
            _REAL,
            "mode is paper. Expected --live with mode live alone",
        ),
        (replace(_LIVE, login=None), _REAL, "Expected account.login in the configuration, was none"),
        (replace(_LIVE, server=None), _REAL, "Expected account.server in the configuration, was none"),
        (
            replace(_LIVE, login=9),
            _REAL,
            "Expected login 9 as configured, was the real account 8 at Broker-Live",
        ),
        (replace(_LIVE, server="Other"), _REAL, "Expected server Other as configured"),
        (Asked(Mode.DEMO, False, 9, None, None), _DEMO, "Expected login 9 as configured"),
        (replace(_LIVE, confirmed=None), _REAL, "Expected the confirmation 'LIVE 8 Broker-Live'"),
        (
            replace(_LIVE, confirmed="LIVE 7 Broker-Demo"),
            _REAL,
            "Expected the confirmation 'LIVE 8 Broker-Live'",
        ),
    ],
)
def test_what_does_not_fit_refuses_to_start(asked: Asked, account: Account, complaint: str) -> None:
    with pytest.raises(ModeRefused) as refused:
        assert_mode_fits(asked, account)
    assert complaint in str(refused.value)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"symbol": "EURUSD"}, "Expected a champion at the endpoint, was none"),
        ({"mode": "shadow"}, "Expected a champion at the endpoint, was the shadow dddddddddddd"),
        ({"verdict": "rejected"}, "Expected a gate record that passed, was 'rejected'"),
        ({"expires": _NOW}, "which expired at 2024-01-17 00:00 UTC"),
    ],
)
def test_a_model_that_may_not_trade_stops_a_live_start(changes: dict[str, object], complaint: str) -> None:
    with pytest.raises(ModeRefused) as refused:
        assert_champion_trades([_CHAMPION.model_copy(update=changes)], "SYNEUR", _NOW)
    assert complaint in str(refused.value)


def test_the_champion_is_the_first_of_its_symbol() -> None:
    shadow = _CHAMPION.model_copy(update={"mode": "shadow", "digest": "e" * 64})
    assert assert_champion_trades([_CHAMPION, shadow], "SYNEUR", _NOW) is _CHAMPION


def test_a_switched_account_is_noticed() -> None:
    terminal = Terminal(Info(8, "Broker-Live", 2))
    guard = AccountGuard(terminal, account_of(terminal))
    guard.check()
    for info in (Info(9, "Broker-Live", 2), Info(8, "Broker-Demo", 2), Info(8, "Broker-Live", 0)):
        terminal.info = info
        with pytest.raises(AccountChanged, match=r"The terminal was switched. Expected the real account 8"):
            guard.check()
    terminal.info = None
    with pytest.raises(TerminalError, match="logged in, was error -10004") as lost:
        guard.check()
    assert not isinstance(lost.value, AccountChanged)


def test_a_kind_of_account_that_nobody_knows_is_refused() -> None:
    with pytest.raises(TerminalError, match=r"Expected a trade mode of .0, 1, 2., was 3"):
        account_of(Terminal(Info(8, "Broker-Live", 3)))


def test_the_confirmation_names_the_account() -> None:
    assert confirmation(_REAL) != confirmation(replace(_REAL, login=9)) != confirmation(_DEMO)
