"""The broker's server: market, accounts and desk, and the log from which all of it is rebuilt.

Whatever one quote or one request changes is one line of the log, on the disk before anybody is told of it: a kill
at any moment leaves the broker before that line or after it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from mt5_bridge.simulated import constants as mt5
from mt5_bridge.simulated.account import Account
from mt5_bridge.simulated.broker import AccountSetup, SimulatedBroker
from mt5_bridge.simulated.checks.refusal import refusal
from mt5_bridge.simulated.checks.scene import Scene, is_exit
from mt5_bridge.simulated.execution import Desk, Slippage
from mt5_bridge.simulated.faults import RequestFault
from mt5_bridge.simulated.fills import Tickets
from mt5_bridge.simulated.ledger import Ledger
from mt5_bridge.simulated.market import Market
from mt5_bridge.simulated.money import Money
from mt5_bridge.simulated.request import Answer, Request
from mt5_bridge.simulated.rows import Deal
from mt5_bridge.simulated.server_log import ServerLog
from mt5_bridge.simulated.triggers import charge_swap, close_at_stops, stop_out, work_orders
from mt5_bridge.simulated.wall import Wall
from mt5_bridge.ticks.broker_clock import BrokerClock
from mt5_bridge.trading.words import Quote

Latency = Callable[[str, int], int]
"""Microseconds from sending an order of a symbol at a moment (epoch microseconds) to its arrival."""
_COMMENT = "tl-"
"""Before the intent's id in the comment of an order."""


class Server:
    """One broker, moved on by `step`, `run_until` and the requests that wait for their quote.

    `recordings` are quotes by the symbol's recorded name. Entries take `latency`, everything else the set-up's exit
    latency. Without a path nothing outlives the process. Not for several threads.
    """

    def __init__(
        self,
        broker: SimulatedBroker,
        recordings: Mapping[str, Sequence[Quote]],
        path: Path | None = None,
        *,
        latency: Latency | None = None,
        slippage: Slippage | None = None,
    ) -> None:
        self.broker = broker
        self.symbols = {symbol.name: symbol for symbol in broker.symbols}
        self.wall = Wall(BrokerClock.parse(broker.clock))
        self.market = Market(broker.symbols, recordings)
        self._latency = latency or _always(round(broker.execution.entry_latency_ms * 1_000))
        self._tickets = Tickets()
        slipped = slippage or _always(broker.execution.slippage_points)
        self._desk = Desk(self.symbols, self.market.standing, self._tickets, slipped)
        self._log = ServerLog(path, broker.identity)
        self.accounts = {setup.login: self._account(setup) for setup in broker.accounts}
        is_new = True
        for line in self._log.lines():
            is_new = False
            for login, row in line.entries:
                self.accounts[login].ledger.apply(row)
                self._tickets.seen(row)
            self.market.resume(line.place, line.now_us)
        self._midnight_us = self.wall.next_midnight_us(self.market.now_us)
        if is_new:
            with self._line():
                for account in self.accounts.values():
                    self._deposit(account)

    @property
    def head(self) -> str:
        """Hash of the newest line of the log; empty without one."""
        return self._log.head

    def holds(self, head: str) -> bool:
        """Whether one of the log's lines has this hash."""
        return self._log.holds(head)

    def order_ids(self) -> list[str]:
        """Intent ids of the orders that arrived, by their comments."""
        books = [account.ledger for account in self.accounts.values()]
        orders = [order for ledger in books for order in (*ledger.history.values(), *ledger.orders.values())]
        orders.sort(key=lambda order: order.ticket)
        return [
            order.comment.removeprefix(_COMMENT) for order in orders if order.comment.startswith(_COMMENT)
        ]

    def close(self) -> None:
        self._log.close()

    def step(self) -> bool:
        """Let the next quote happen, with all that it sets off; False after the last one."""
        name = self.market.step()
        if name is None:
            return False
        now_us = self.market.now_us
        symbol, quote = self.symbols[name], self.market.standing[name]
        busy = [each for each in self.accounts.values() if each.ledger.positions or each.ledger.orders]
        if busy or now_us >= self._midnight_us:
            with self._line():
                self._end_days(now_us)
                for account in busy:
                    if self.wall.is_open(symbol, now_us):
                        close_at_stops(account, self._desk, symbol, quote, now_us)
                        work_orders(self._scene(account), self._desk, symbol, quote)
                    stop_out(self._scene(account), self._desk)
        return True

    def run_until(self, moment_us: int, *, inclusive: bool = True) -> None:
        """Let all quotes up to a moment happen, the moment's own too or not, and the time pass."""
        last_us = moment_us if inclusive else moment_us - 1
        while self.market.next_us <= last_us:
            self.step()
        self.market.wait_until(moment_us)

    def send(
        self, login: int, request: Request, fault: RequestFault | None = None, *, delay_us: int = 0
    ) -> Answer:
        """Execute a request after its latency: a market order at the quote that the set-up says."""
        account = self.accounts[login]
        symbol, sent_us = self._symbol_of(account, request), self.market.now_us
        latency_us = round(self.broker.execution.exit_latency_ms * 1_000)
        if not is_exit(account, request):
            latency_us = self._latency(symbol, sent_us)
        arrival_us = sent_us + latency_us + delay_us
        is_next = self.broker.execution.fills_at == "next" and request.action == mt5.TRADE_ACTION_DEAL
        self.run_until(arrival_us, inclusive=not is_next)
        if is_next and not self._await_quote(symbol, arrival_us):
            return Answer(mt5.TRADE_RETCODE_PRICE_OFF)
        with self._line():
            self._end_days(self.market.now_us)
            return self._desk.execute(self._scene(account), request, fault)

    def check(self, login: int, request: Request) -> int:
        """What would be answered now: TRADE_RETCODE_* of a refusal, or 0."""
        return refusal(self._scene(self.accounts[login]), request)

    def by_hand(self, login: int, **fields: Any) -> Answer:
        """A request of a person in the terminal, at the standing quote."""
        request = Request.of(fields, reason=mt5.ORDER_REASON_CLIENT)
        with self._line():
            self._end_days(self.market.now_us)
            return self._desk.execute(self._scene(self.accounts[login]), request)

    def _await_quote(self, symbol: str, arrival_us: int) -> bool:
        """Run to the symbol's first quote at or after a moment; not a step where the session is over by then."""
        if symbol not in self.symbols or not self.wall.is_open(self.symbols[symbol], arrival_us):
            self.market.wait_until(arrival_us)
            return True
        while (quote := self.market.standing.get(symbol)) is None or quote.ts_us < arrival_us:
            if not self.step():
                self.market.wait_until(arrival_us)
                return False
        return True

    def _symbol_of(self, account: Account, request: Request) -> str:
        """Requests that name a position or an order may leave the symbol out."""
        books = account.ledger
        named = books.positions.get(request.position) or books.orders.get(request.order)
        return request.symbol if named is None else named.symbol

    def _end_days(self, now_us: int) -> None:
        """Let the nights before now be paid, in the line of what comes first after them: no restart looks back."""
        while now_us >= self._midnight_us:
            weekday = self.wall.weekday(self._midnight_us - 1)
            for account in self.accounts.values():
                charge_swap(account, self.symbols, weekday, now_us)
            self._midnight_us = self.wall.next_midnight_us(self._midnight_us)

    def _scene(self, account: Account) -> Scene:
        return Scene(account, self.symbols, self.market.standing, self.wall, self.market.now_us)

    def _account(self, setup: AccountSetup) -> Account:
        money = Money(self.broker, setup, self.market.standing)
        return Account(
            setup, Ledger(setup.login, self._log.unwritten), money, self.symbols, self.market.standing
        )

    def _line(self) -> AbstractContextManager[None]:
        return self._log.line(self.market)

    def _deposit(self, account: Account) -> None:
        account.ledger.put(
            Deal(
                ticket=self._tickets.deal(),
                order=0,
                symbol="",
                type=mt5.DEAL_TYPE_BALANCE,
                entry=mt5.DEAL_ENTRY_IN,
                time_us=self.market.now_us,
                reason=mt5.DEAL_REASON_CLIENT,
                profit=account.setup.balance,
            )
        )


def _always(number: int) -> Callable[[str, int], int]:
    def same(symbol: str, now_us: int) -> int:  # noqa: ARG001 - for every symbol, at all times
        return number

    return same
