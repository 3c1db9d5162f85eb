"""Paper, demo, live: which account may be traded, asked at the start and before everything that is sent.

A mode that does not fit its account refuses to start, in both directions. A terminal can be switched to another account
under a running bridge: an order would then be sent there, so the account is looked at again each time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Protocol

from mt5_bridge.errors import AccountChanged, ModeRefused, TerminalError
from mt5_bridge.wire.contract import ServedModel


class Mode(StrEnum):
    PAPER = "paper"
    """Quotes of the terminal, orders filled by the bridge itself; nothing is sent."""
    DEMO = "demo"
    LIVE = "live"


class AccountKind(IntEnum):
    """`ACCOUNT_TRADE_MODE_...` of the vendor's package."""

    DEMO = 0
    CONTEST = 1
    REAL = 2


class AccountInfo(Protocol):
    @property
    def login(self) -> int: ...
    @property
    def server(self) -> str: ...
    @property
    def trade_mode(self) -> int: ...


class HasAccount(Protocol):
    def account_info(self) -> AccountInfo | None: ...
    def last_error(self) -> tuple[int, str]: ...


@dataclass(frozen=True)
class Account:
    login: int
    server: str
    kind: AccountKind

    def __str__(self) -> str:
        return f"{self.kind.name.lower()} account {self.login} at {self.server}"


@dataclass(frozen=True)
class Asked:
    """What a person asked for, on the command line and in the configuration."""

    mode: Mode
    live_flag: bool
    login: int | None
    server: str | None
    confirmed: str | None
    """What was typed, or stands in the configuration."""


def account_of(mt5: HasAccount) -> Account:
    """The account that the terminal is logged in to; TerminalError where there is none or it is of an unknown kind."""
    info = mt5.account_info()
    if info is None:
        code, text = mt5.last_error()
        raise TerminalError(f"MetaTrader 5: Expected a terminal that is logged in, was error {code} ({text})")
    try:
        return Account(info.login, info.server, AccountKind(info.trade_mode))
    except ValueError as error:
        raise TerminalError(
            f"Account {info.login}: Expected a trade mode of {[int(kind) for kind in AccountKind]}, "
            f"was {info.trade_mode}"
        ) from error


def confirmation(account: Account) -> str:
    """The words by which a person allows real money.

    >>> confirmation(Account(7, "Broker-Live", AccountKind.REAL))
    'LIVE 7 Broker-Live'
    """
    return f"LIVE {account.login} {account.server}"


def assert_mode_fits(asked: Asked, account: Account) -> None:
    """Raises ModeRefused with the first reason why this account may not be traded in this mode."""
    mode = asked.mode
    if asked.live_flag != (mode is Mode.LIVE):
        given = "was --live" if asked.live_flag else "was no --live"
        raise ModeRefused(
            f"The configuration's mode is {mode}. Expected --live with mode live alone, {given}"
        )
    if mode is Mode.PAPER:
        return
    is_real = account.kind is AccountKind.REAL
    if is_real != (mode is Mode.LIVE):
        expected = "a real account" if mode is Mode.LIVE else "a demo account"
        raise ModeRefused(f"Mode {mode}: Expected {expected}, was the {account}")
    for name, wanted, found in (
        ("login", asked.login, account.login),
        ("server", asked.server, account.server),
    ):
        if wanted is None and mode is Mode.LIVE:
            raise ModeRefused(f"Mode live: Expected account.{name} in the configuration, was none")
        if wanted is not None and wanted != found:
            raise ModeRefused(f"Mode {mode}: Expected {name} {wanted} as configured, was the {account}")
    if mode is Mode.LIVE and asked.confirmed != confirmation(account):
        raise ModeRefused(
            f"Mode live: Expected the confirmation {confirmation(account)!r}, typed or as account.confirmed"
        )


def assert_champion_trades(models: Iterable[ServedModel], symbol: str, now: datetime) -> ServedModel:
    """The live model of a symbol with a gate record that passed and has not expired; else ModeRefused."""
    model = next((each for each in models if each.symbol == symbol), None)
    if model is None or model.mode != "live":
        found = "none" if model is None else f"the shadow {model.digest[:12]}"
        raise ModeRefused(f"Mode live, {symbol}: Expected a champion at the endpoint, was {found}")
    if model.verdict != "passed":
        raise ModeRefused(
            f"Mode live, {symbol}: Expected a gate record that passed, was {model.verdict!r} of {model.digest[:12]}"
        )
    if model.expires <= now:
        raise ModeRefused(
            f"Mode live, {symbol}: Expected a gate record that has not expired, was {model.digest[:12]}, "
            f"which expired at {model.expires:%Y-%m-%d %H:%M} UTC"
        )
    return model


class AccountGuard:
    """The account at the start; whatever asks the terminal for money afterwards asks this first."""

    def __init__(self, mt5: HasAccount, account: Account) -> None:
        self._mt5 = mt5
        self.account = account

    def check(self) -> None:
        """Raises AccountChanged where the terminal is logged in to another, TerminalError where it cannot say."""
        found = account_of(self._mt5)
        if found != self.account:
            raise AccountChanged(
                f"The terminal was switched. Expected the {self.account} as at the start, was the {found}: "
                "nothing is sent any more"
            )
