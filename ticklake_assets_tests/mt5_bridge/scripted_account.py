"""A stand-in for a terminal with one account: it does at once, and exactly, what a test's script says.

The simulated broker is the realistic one. This one is for what has to happen at a stated call: an answer, none, a fill
without an answer, rows that show late, a person at the same account.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, NamedTuple

from ticklake_assets_tests.mt5_bridge.scripted_mt5 import CLOCK, Constants

DONE, PARTIAL, PLACED = 10009, 10010, 10008
_SUCCESS = (1, "Success")


class Answer(NamedTuple):
    """What comes of one `order_send`."""

    retcode: int | None = DONE
    """None: the call gives None."""
    share: float = 1.0
    """Of the volume that is filled."""
    error: tuple[int, str] = _SUCCESS
    waits: bool = False
    """What is not filled stays as an order."""
    raises: BaseException | None = None
    """Thrown in the place of an answer."""


LOST = Answer(None, 0.0, (-10005, "IPC timeout"))
FILLED_UNSAID = Answer(None, 1.0, (-10005, "IPC timeout"))


class Row(SimpleNamespace):
    """A record, which can say its fields as the vendor's can."""

    def _asdict(self) -> dict[str, Any]:
        return dict(vars(self))


class Terminal(NamedTuple):
    connected: bool = True


@dataclass
class ScriptedAccount(Constants):
    """Terminal, broker and clock in one; `EURUSD.m` is our SYNEUR."""

    hedging: bool = True
    answers: list[Answer] = field(default_factory=list)
    """Of the next requests; when they are used up, all is done."""
    checks: list[int] = field(default_factory=list)
    """Retcodes of the next `order_check`; then 0."""
    late_s: dict[str, float] = field(default_factory=dict)
    """By `positions`, `orders`, `history`, `deals`: how long after its time a row shows."""
    silent: set[str] = field(default_factory=set)
    """Functions that give None."""
    connected: bool = True
    symbol: dict[str, Any] = field(default_factory=dict)
    """What differs from an ordinary symbol."""
    drops_stops: bool = False
    """Whether entries lose their stop and target, as with some brokers."""
    requests: list[dict[str, Any]] = field(default_factory=list)
    answered: list[Answer] = field(default_factory=list)
    """Of each request, what came of it."""
    calls: list[str] = field(default_factory=list)
    at_each_call: Callable[[str], None] = lambda name: None
    now: int = 1_705_484_400_000_000
    """Wednesday 2024-01-17, 09:40 UTC."""
    login: int = 7
    bid: float = 1.1
    ask: float = 1.10002
    rows: dict[str, list[Any]] = field(
        default_factory=lambda: {"positions": [], "orders": [], "history": [], "deals": []}
    )
    error: tuple[int, str] = _SUCCESS
    last_ticket: int = 100

    # The clock.
    def now_us(self) -> int:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += round(seconds * 1e6)

    # What a test does to the market.
    def quote(self, seconds: float, bid: float, ask: float | None = None) -> None:
        """A quote so much later; stops and targets that it reaches are filled at it."""
        self.now += round(seconds * 1e6)
        self.bid, self.ask = bid, round(bid + 2e-5, 5) if ask is None else ask
        for row in list(self.rows["positions"]):
            price, sign = (self.bid, 1) if row.type == self.POSITION_TYPE_BUY else (self.ask, -1)
            if row.tp and sign * price >= sign * row.tp:
                self.close(row, row.volume, self.DEAL_REASON_TP)
            elif row.sl and sign * price <= sign * row.sl:
                self.close(row, row.volume, self.DEAL_REASON_SL)

    def close(
        self, row: Any, volume: float, reason: int, magic: int | None = None, comment: str = ""
    ) -> None:
        is_long = row.type == self.POSITION_TYPE_BUY
        price = self.bid if is_long else self.ask
        profit = round((price - row.price_open) * (1 if is_long else -1) * volume * 100_000, 2)
        kind = self.DEAL_TYPE_SELL if is_long else self.DEAL_TYPE_BUY
        self._deal(
            row.identifier,
            kind,
            1,
            volume,
            price,
            reason,
            row.magic if magic is None else magic,
            comment,
            profit,
        )
        row.volume = round(row.volume - volume, 8)
        if not row.volume:
            self.rows["positions"].remove(row)

    def open(
        self, side: int, volume: float, magic: int = 0, comment: str = "", reason: int = 0, **stops: float
    ) -> Any:
        """A position of somebody's, or of a request."""
        ticket = self._ticket()
        price = self.ask if side == self.POSITION_TYPE_BUY else self.bid
        same = [row for row in self.rows["positions"] if not self.hedging]
        identifier = same[0].identifier if same else ticket
        self._deal(identifier, side, 0, volume, price, reason, magic, comment, 0.0, order=ticket)
        if same:
            same[0].volume = round(same[0].volume + volume, 8)
            return same[0]
        row = Row(
            ticket=ticket,
            identifier=ticket,
            time_msc=self._wall_msc(),
            type=side,
            magic=magic,
            volume=volume,
            price_open=price,
            sl=stops.get("sl", 0.0),
            tp=stops.get("tp", 0.0),
            profit=0.0,
            swap=0.0,
            symbol="EURUSD.m",
            comment=comment,
            shown_us=self._shown("positions"),
        )
        self.rows["positions"].append(row)
        return row

    # The vendor's functions.
    def initialize(self) -> bool:
        return True

    def shutdown(self) -> None:
        pass

    def last_error(self) -> tuple[int, str]:
        return self.error

    def terminal_info(self) -> Terminal | None:
        return Terminal(self.connected) if self._works("terminal_info") else None

    def account_info(self) -> Any:
        if not self._works("account_info"):
            return None
        mode = self.ACCOUNT_MARGIN_MODE_RETAIL_HEDGING if self.hedging else 0
        return Row(
            login=self.login,
            server="Demo",
            trade_mode=0,
            margin_mode=mode,
            trade_allowed=True,
            trade_expert=True,
            currency="USD",
            currency_digits=2,
            balance=1e4,
            equity=1e4,
            margin=0.0,
            margin_free=1e4,
            leverage=30,
        )

    def symbol_select(self, symbol: str, enable: bool, /) -> bool:  # noqa: FBT001 - as the vendor has it
        return self._works("symbol_select")

    def symbol_info(self, symbol: str, /) -> Any:
        if not self._works("symbol_info"):
            return None
        usual = {
            "name": symbol,
            "visible": True,
            "digits": 5,
            "point": 1e-5,
            "trade_tick_size": 1e-5,
            "time": 0,
            "trade_contract_size": 1e5,
            "trade_mode": 4,
            "trade_exemode": 2,
            "filling_mode": 3,
            "trade_stops_level": 0,
            "trade_freeze_level": 0,
            "volume_min": 0.01,
            "volume_max": 50.0,
            "volume_step": 0.01,
            "volume_limit": 0.0,
            "currency_base": "EUR",
            "currency_profit": "USD",
            "currency_margin": "EUR",
        }
        return Row(**usual | self.symbol)

    def symbol_info_tick(self, symbol: str, /) -> Any:
        return (
            Row(time_msc=self._wall_msc(), bid=self.bid, ask=self.ask)
            if self._works("symbol_info_tick")
            else None
        )

    def copy_ticks_range(self, symbol: str, date_from: datetime, date_to: datetime, flags: int, /) -> Any:
        raise NotImplementedError

    def positions_get(self) -> tuple[Any, ...] | None:
        return self._rows("positions_get", "positions")

    def orders_get(self) -> tuple[Any, ...] | None:
        return self._rows("orders_get", "orders")

    def history_orders_get(self, date_from: int, date_to: int, /) -> tuple[Any, ...] | None:
        return self._rows("history_orders_get", "history")

    def history_deals_get(self, date_from: int, date_to: int, /) -> tuple[Any, ...] | None:
        rows = self._rows("history_deals_get", "deals")
        return (
            None
            if rows is None
            else tuple(row for row in rows if date_from <= row.time_msc // 1000 <= date_to)
        )

    def order_check(self, request: dict[str, Any], /) -> Any:
        if not self._works("order_check"):
            return None
        retcode = self.checks.pop(0) if self.checks else 0
        return Row(retcode=retcode, margin=0.0, comment="scripted")

    def order_send(self, request: dict[str, Any], /) -> Any:
        self._works("order_send")
        self.requests.append(request)
        answer = self.answers.pop(0) if self.answers else Answer()
        self.answered.append(answer)
        if answer.retcode is None or answer.retcode in {DONE, PARTIAL, PLACED} or answer.raises is not None:
            self._execute(request, answer)
        self.at_each_call("order_sent")
        if answer.raises is not None:
            raise answer.raises
        self.error = answer.error
        if answer.retcode is None:
            return None
        return Row(
            retcode=answer.retcode,
            deal=0,
            order=self.last_ticket,
            volume=request.get("volume", 0.0),
            price=0.0,
            comment="scripted",
        )

    # How.
    def _execute(self, request: dict[str, Any], answer: Answer) -> None:
        action = request["action"]
        if action == self.TRADE_ACTION_REMOVE:
            [order] = [row for row in self.rows["orders"] if row.ticket == request["order"]]
            self.rows["orders"].remove(order)
            order.state = self.ORDER_STATE_CANCELED
            self._past(order)
            return
        if action == self.TRADE_ACTION_CLOSE_BY:
            pair = [self._position(request[name]) for name in ("position", "position_by")]
            volume = min(row.volume for row in pair)
            for row in pair:
                self.close(row, volume, self.DEAL_REASON_EXPERT, request["magic"], request["comment"])
            return
        if action == self.TRADE_ACTION_SLTP:
            row = self._position(request["position"])
            row.sl, row.tp = request["sl"], request["tp"]
            return
        volume = round(request["volume"] * answer.share, 2)
        if "position" in request:
            if volume:
                row = self._position(request["position"])
                self.close(row, volume, self.DEAL_REASON_EXPERT, request["magic"], request["comment"])
            return
        if not volume and not answer.waits:
            return
        order = Row(
            ticket=self._ticket(),
            time_setup_msc=self._wall_msc(),
            type=request["type"],
            state=4,
            magic=request["magic"],
            position_id=0,
            volume_initial=request["volume"],
            volume_current=round(request["volume"] - volume, 2),
            symbol=request["symbol"],
            comment=request["comment"],
            shown_us=self._shown("orders"),
        )
        if answer.waits:
            self.rows["orders"].append(order)
        else:
            self._past(order)
        if volume:
            stops = {} if self.drops_stops else {"sl": request["sl"], "tp": request["tp"]}
            self.open(
                request["type"],
                volume,
                request["magic"],
                request["comment"],
                self.DEAL_REASON_EXPERT,
                **stops,
            )

    def _position(self, ticket: int) -> Any:
        [row] = [row for row in self.rows["positions"] if row.ticket == ticket]
        return row

    def _past(self, order: Any) -> None:
        order.shown_us = self._shown("history")
        self.rows["history"].append(order)

    def _deal(
        self,
        position: int,
        kind: int,
        entry: int,
        volume: float,
        price: float,
        reason: int,
        magic: int,
        comment: str,
        profit: float,
        order: int = 0,
    ) -> None:
        self.rows["deals"].append(
            Row(
                ticket=self._ticket(),
                order=order,
                time_msc=self._wall_msc(),
                type=kind,
                entry=entry,
                magic=magic,
                position_id=position,
                reason=reason,
                volume=volume,
                price=price,
                commission=-0.35,
                swap=0.0,
                profit=profit,
                fee=0.0,
                symbol="EURUSD.m",
                comment=comment,
                shown_us=self._shown("deals"),
            )
        )

    def _rows(self, function: str, kind: str) -> tuple[Any, ...] | None:
        if not self._works(function):
            return None
        return tuple(Row(**vars(row)) for row in self.rows[kind] if row.shown_us <= self.now)

    def _works(self, function: str) -> bool:
        self.calls.append(function)
        self.at_each_call(function)
        self.error = (-10004, "No IPC connection") if function in self.silent else _SUCCESS
        return function not in self.silent

    def _shown(self, kind: str) -> int:
        return self.now + round(self.late_s.get(kind, 0.0) * 1e6)

    def _wall_msc(self) -> int:
        return round(CLOCK.wall(datetime.fromtimestamp(self.now / 1e6, UTC)).timestamp() * 1000)

    def _ticket(self) -> int:
        self.last_ticket += 1
        return self.last_ticket
