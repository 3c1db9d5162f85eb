"""The risk desk at a MetaTrader 5 account: its terms, money and rates as the terminal says them at the moment."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from mt5_bridge.clock import Clock
from mt5_bridge.errors import TerminalError
from mt5_bridge.exact import exact
from mt5_bridge.risk.desk import RiskDesk
from mt5_bridge.risk.facts import BalanceMoved, Closed, Filled, Released
from mt5_bridge.risk.state import Held
from mt5_bridge.risk.words import Account, Allowed, Exposure, Proposal, SymbolTerms
from mt5_bridge.running.vendor import RunningMt5
from mt5_bridge.trading.risk import Verdict
from mt5_bridge.trading.words import Cost, Entry, Fate, Fill, Order, OrderState, Position, Quote
from mt5_bridge.wire.contract import Signal

_NOTHING = Decimal(0)
_TRANSFERS = (2, 3, 5, 6)
"""`DEAL_TYPE_BALANCE`, `_CREDIT`, `_CORRECTION` and `_BONUS` of the vendor's package."""
_LATE_US = 3_600_000_000
"""By which a transfer may show late in the history."""
_WITHOUT_POSITION = {Fate.REFUSED, Fate.LAPSED, Fate.NEVER_ARRIVED, OrderState.NO_ENTRY}


class AccountRisk:
    """`names` are the broker's by ours; `is_ours` tells a position that the desk holds from others'."""

    def __init__(
        self,
        desk: RiskDesk,
        book: RunningMt5,
        clock: Clock,
        cost: Callable[[str], Cost],
        pips: Mapping[str, float],
        names: Mapping[str, str],
        is_ours: Callable[[Any], bool],
        transferred_us: int,
    ) -> None:
        self.desk = desk
        self._book = book
        self._clock = clock
        self._cost = cost
        self._pips = pips
        self._names = names
        self._is_ours = is_ours
        self.transferred_us = transferred_us
        """Until when transfers are known."""
        self._heard_us = transferred_us
        """Until when the history was heard of, less `_LATE_US`."""
        self._proposed: dict[str, float] = {}
        """Prices at the signals of orders that were allowed."""

    def judge(self, order: Order, signal: Signal | None, quote: Quote) -> Verdict:
        proposal = Proposal(
            intent_id=order.intent_id,
            terms=self._terms(order.symbol, quote.ask),
            side="long" if order.side == "long" else "short",
            ts_us=quote.ts_us,
            bid=quote.bid,
            ask=quote.ask,
            stop=order.stop,
            cost=self._cost_at_stop(order, quote),
            abstain=() if signal is None else signal.abstain,
        )
        said = self.desk.ask(proposal, self.account(order.symbol))
        if isinstance(said, Allowed):
            self._proposed[order.intent_id] = proposal.entry
            return Verdict(said.volume, said.bound_by)
        return Verdict(_NOTHING, said.reason, said.detail)

    def learn(self, entry: Entry) -> None:
        """Take in what changed of an order that the desk holds; of others it has heard the end."""
        held = self.desk.state.held.get(entry.intent.intent_id)
        if held is None or entry.order is None:
            return
        if entry.fate in _WITHOUT_POSITION:
            self.desk.take(Released(ts_us=self._clock.now_us(), intent_id=entry.intent.intent_id))
        elif entry.position is not None:
            self._learn_position(entry.order, entry.position, held)

    def note_transfers(self, deals: Iterable[tuple[int, Any]]) -> None:
        """Take in the deposits and withdrawals among an account's deals, each once: neither is profit or loss."""
        for ts_us, deal in deals:
            if deal.type in _TRANSFERS and ts_us > self.transferred_us:
                self.desk.take(BalanceMoved(ts_us=ts_us, amount=exact(deal.profit)))
                self.transferred_us = ts_us
        self._heard_us = self._clock.now_us() - _LATE_US

    @property
    def transfers_since_us(self) -> int:
        """From when on the history has to be asked for them."""
        return max(self.transferred_us, self._heard_us)

    def begin_day(self) -> None:
        """Note what a new day begins with, before the first signal: a loss since midnight is one of today."""
        now_us = self._clock.now_us()
        if self.desk.state.on(now_us).day_start is None:
            info = self._account_info()
            self.desk.see(now_us, Account(info.currency, exact(info.equity)))

    def account(self, symbol: str) -> Account:
        info = self._account_info()
        terms = self._info(self._names[symbol])
        return Account(
            currency=info.currency,
            equity=exact(info.equity),
            margin=exact(info.margin),
            rates={terms.currency_profit: _rate(terms)},
            others=tuple(self._others()),
        )

    def _learn_position(self, order: Order, position: Position, held: Held) -> None:
        if not held.is_filled:
            self.desk.take(
                Filled(
                    ts_us=position.entry.ts_us,
                    intent_id=order.intent_id,
                    volume=position.volume,
                    slippage_pips=self._slippage_pips(order, position.entry.price),
                )
            )
            held = self.desk.state.held[order.intent_id]
        is_closed = position.exit is not None
        if is_closed or position.left < held.exposure.volume:
            money = position.money or _NOTHING
            leave_us = self._clock.now_us() if position.exit is None else position.exit.ts_us
            left = _NOTHING if is_closed else position.left
            net = money - held.net
            self.desk.take(Closed(ts_us=leave_us, intent_id=order.intent_id, net=net, volume_left=left))

    def _slippage_pips(self, order: Order, price: float) -> Decimal:
        """Against the price at the signal; 0 where an earlier process saw that."""
        asked = exact(self._proposed.pop(order.intent_id, price))
        worse = exact(price) - asked if order.side == "long" else asked - exact(price)
        return worse / exact(self._pips[order.symbol])

    def _others(self) -> Iterator[Exposure]:
        for position in self._book.positions_get() or ():
            if not self._is_ours(position):
                yield self._exposure(position)

    def _exposure(self, position: Any) -> Exposure:
        """A stranger's position; one without a stop puts at stake what it binds."""
        info = self._info(position.symbol)
        volume, rate = exact(position.volume), _rate(info)
        if rate <= 0:
            raise TerminalError(f"MetaTrader 5: Expected the worth of a tick of {position.symbol}, was none")
        lot = exact(info.trade_contract_size) * rate
        margin = self._margin(position.symbol, position.price_open) * volume
        away = abs(exact(position.price_open) - exact(position.sl)) if position.sl else None
        return Exposure(
            symbol=next(
                (ours for ours, name in self._names.items() if name == position.symbol), position.symbol
            ),
            side="long" if position.type == self._book.POSITION_TYPE_BUY else "short",
            base=info.currency_base,
            quote=info.currency_profit,
            volume=volume,
            notional=exact(position.price_open) * lot * volume,
            margin=margin,
            risk=margin if away is None else away * lot * volume,
        )

    def _terms(self, symbol: str, price: float) -> SymbolTerms:
        name = self._names[symbol]
        info = self._info(name)
        units = exact(info.trade_contract_size)
        notional = exact(price) * units * _rate(info)
        return SymbolTerms(
            symbol=symbol,
            base=info.currency_base,
            quote=info.currency_profit,
            pip=exact(self._pips[symbol]),
            units=units,
            margin_rate=self._margin(name, price) / notional if notional else _NOTHING,
            volume_min=exact(info.volume_min),
            volume_step=exact(info.volume_step),
            volume_max=exact(info.volume_max),
            volume_limit=exact(info.volume_limit) if info.volume_limit else None,
        )

    def _margin(self, name: str, price: float) -> Decimal:
        """Of a lot, account currency."""
        margin = self._book.order_calc_margin(self._book.ORDER_TYPE_BUY, name, 1.0, price)
        if margin is None:
            raise TerminalError(f"MetaTrader 5: Expected the margin of a lot of {name}, was none")
        return exact(margin)

    def _cost_at_stop(self, order: Order, quote: Quote) -> float:
        entry = Fill(quote.ts_us, quote.seq, quote.ask if order.side == "long" else quote.bid)
        return self._cost(order.symbol)(order.side, entry, Fill(quote.ts_us, quote.seq, order.stop))

    def _account_info(self) -> Any:
        info = self._book.account_info()
        if info is None:
            raise TerminalError("MetaTrader 5: Expected the account's state, was none")
        return info

    def _info(self, name: str) -> Any:
        info: Any = self._book.symbol_info(name)
        if info is None:
            raise TerminalError(f"MetaTrader 5: Expected the symbol {name}, was none")
        for field in ("trade_tick_size", "trade_contract_size", "volume_step"):
            if not getattr(info, field) > 0:
                raise TerminalError(
                    f"MetaTrader 5: Expected {field} of {name} above 0, was {getattr(info, field)}"
                )
        return info


def _rate(info: Any) -> Decimal:
    """Account currency for one unit of the quote currency, by what a tick of a lot is worth."""
    return exact(info.trade_tick_value) / (exact(info.trade_tick_size) * exact(info.trade_contract_size))
