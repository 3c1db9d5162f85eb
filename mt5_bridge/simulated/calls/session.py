"""The module's functions about the terminal itself."""

from __future__ import annotations

from typing import Any

from mt5_bridge.simulated import constants as mt5
from mt5_bridge.simulated.calls.base import SUCCESS, Terminal, asks, takes
from mt5_bridge.simulated.views.terminal import BUILD, account_record, terminal_record

_NO_PROCESS = (mt5.RES_E_INTERNAL_FAIL_INIT, "IPC initialize failed, Process create failed")
_NOT_AUTHORIZED = (mt5.RES_E_AUTH_FAILED, "Terminal: Authorization failed")


class SessionCalls(Terminal):
    @takes
    def initialize(
        self,
        path: str | None = None,  # noqa: ARG002 - nothing is installed anywhere
        *,
        login: int | None = None,
        password: str | None = None,
        server: str | None = None,
        timeout: int = 60_000,  # noqa: ARG002 - and nothing is waited for
        portable: bool = False,  # noqa: ARG002
    ) -> bool:
        self.clock.sync()
        self.error = SUCCESS
        if not self.link.open():
            self.error = _NO_PROCESS
            return False
        if login is not None and not self._log_in(login, password, server):
            self.link.close()
            return False
        return True

    @asks(without=False)
    def login(
        self,
        login: int,
        password: str | None = None,
        server: str | None = None,
        timeout: int = 60_000,  # noqa: ARG002
    ) -> bool:
        return self._log_in(login, password, server)

    @takes
    def shutdown(self) -> bool:
        """As the package's: always True, and the last error is gone."""
        self.link.close()
        self.error = SUCCESS
        return True

    @asks(without=(0, 0, ""))
    def version(self) -> Any:
        return 500, BUILD, "01 Jan 2026"

    @takes
    def last_error(self) -> tuple[int, str]:
        return self.error

    @asks()
    def terminal_info(self) -> Any:
        link = self.link
        return terminal_record(
            is_connected=link.is_connected, is_trading=link.is_trading, company=self.server.broker.company
        )

    @asks()
    def account_info(self) -> Any:
        return account_record(self.link.account, self.server.broker.server, self.server.broker.company)

    def _log_in(self, login: int, password: str | None, server: str | None) -> bool:
        account = self.server.accounts.get(login)
        is_right = (
            account is not None
            and password in {None, account.setup.password}
            and server in {None, self.server.broker.server}
        )
        if not is_right:
            self.error = _NOT_AUTHORIZED
            return False
        self.link.login = login
        return True
