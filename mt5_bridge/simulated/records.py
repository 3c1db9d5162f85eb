"""The classes of what the vendor's functions return: names and order of the fields are the vendor's.

They behave as its classes do, which CPython calls struct sequences: tuples whose items have names, made from one
sequence of exactly so many items, with `_asdict()` and without what a `namedtuple` has beyond that.
"""

from __future__ import annotations

from collections.abc import Iterable
from operator import itemgetter
from typing import Any, ClassVar

import numpy as np


class Record(tuple[Any, ...]):
    """What the classes share; raises TypeError where there are too many or too few items."""

    __slots__ = ()
    __match_args__: ClassVar[tuple[str, ...]] = ()
    n_fields: ClassVar[int]
    n_sequence_fields: ClassVar[int]
    n_unnamed_fields: ClassVar[int] = 0

    def __new__(cls, sequence: Iterable[Any]) -> Record:
        try:
            items = tuple(sequence)
        except TypeError:
            raise TypeError("constructor requires a sequence") from None
        if len(items) != cls.n_fields:
            raise TypeError(f"{cls.__name__}() takes a {cls.n_fields}-sequence ({len(items)}-sequence given)")
        return super().__new__(cls, items)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self._asdict().items())})"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (tuple(self),)

    def _asdict(self) -> dict[str, Any]:
        return dict(zip(self.__match_args__, self, strict=True))


def _record(name: str, doc: str, fields: str) -> Any:
    """A class; its fields are known when the program runs, and no sooner."""
    names = tuple(fields.split())
    items = {field: property(itemgetter(position)) for position, field in enumerate(names)}
    counts = {"n_fields": len(names), "n_sequence_fields": len(names)}
    return type(
        name, (Record,), {"__slots__": (), "__doc__": doc, "__match_args__": names, **counts, **items}
    )


TerminalInfo = _record(
    "TerminalInfo",
    "The terminal's state.",
    "community_account community_connection connected dlls_allowed trade_allowed tradeapi_disabled email_enabled"
    " ftp_enabled notifications_enabled mqid build maxbars codepage ping_last community_balance retransmission"
    " company name language path data_path commondata_path",
)
AccountInfo = _record(
    "AccountInfo",
    "The account that is logged in.",
    "login trade_mode leverage limit_orders margin_so_mode trade_allowed trade_expert margin_mode currency_digits"
    " fifo_close balance credit profit equity margin margin_free margin_level margin_so_call margin_so_so"
    " margin_initial margin_maintenance assets liabilities commission_blocked name server currency company",
)
SymbolInfo = _record(
    "SymbolInfo",
    "A symbol's terms and newest prices.",
    "custom chart_mode select visible session_deals session_buy_orders session_sell_orders volume volumehigh"
    " volumelow time digits spread spread_float ticks_bookdepth trade_calc_mode trade_mode start_time"
    " expiration_time trade_stops_level trade_freeze_level trade_exemode swap_mode swap_rollover3days"
    " margin_hedged_use_leg expiration_mode filling_mode order_mode order_gtc_mode option_mode option_right bid"
    " bidhigh bidlow ask askhigh asklow last lasthigh lastlow volume_real volumehigh_real volumelow_real"
    " option_strike point trade_tick_value trade_tick_value_profit trade_tick_value_loss trade_tick_size"
    " trade_contract_size trade_accrued_interest trade_face_value trade_liquidity_rate volume_min volume_max"
    " volume_step volume_limit swap_long swap_short margin_initial margin_maintenance session_volume"
    " session_turnover session_interest session_buy_orders_volume session_sell_orders_volume session_open"
    " session_close session_aw session_price_settlement session_price_limit_min session_price_limit_max"
    " margin_hedged price_change price_volatility price_theoretical price_greeks_delta price_greeks_theta"
    " price_greeks_gamma price_greeks_vega price_greeks_rho price_greeks_omega price_sensitivity basis category"
    " currency_base currency_profit currency_margin bank description exchange formula isin name page path",
)
Tick = _record("Tick", "The newest quote.", "time bid ask last volume time_msc flags volume_real")
BookInfo = _record("BookInfo", "A line of the market book.", "type price volume volume_dbl")
TradePosition = _record(
    "TradePosition",
    "An open position.",
    "ticket time time_msc time_update time_update_msc type magic identifier reason volume price_open sl tp"
    " price_current swap profit symbol comment external_id",
)
TradeOrder = _record(
    "TradeOrder",
    "An order, open or of the history.",
    "ticket time_setup time_setup_msc time_done time_done_msc time_expiration type type_time type_filling state"
    " magic position_id position_by_id reason volume_initial volume_current price_open sl tp price_current"
    " price_stoplimit symbol comment external_id",
)
TradeDeal = _record(
    "TradeDeal",
    "A deal of the history.",
    "ticket order time time_msc type entry magic position_id reason volume price commission swap profit fee symbol"
    " comment external_id",
)
TradeRequest = _record(
    "TradeRequest",
    "A request as it was sent.",
    "action magic order symbol volume price stoplimit sl tp deviation type type_filling type_time expiration"
    " comment position position_by",
)
OrderSendResult = _record(
    "OrderSendResult",
    "What the broker answers.",
    "retcode deal order volume price bid ask comment request_id retcode_external request",
)
OrderCheckResult = _record(
    "OrderCheckResult",
    "The account after a request, were it executed.",
    "retcode balance equity profit margin margin_free margin_level comment request",
)

TICK_DTYPE = np.dtype([
    ("time", "<i8"), ("bid", "<f8"), ("ask", "<f8"), ("last", "<f8"), ("volume", "<u8"), ("time_msc", "<i8"),
    ("flags", "<u4"), ("volume_real", "<f8"),
])  # fmt: skip
RATE_DTYPE = np.dtype([
    ("time", "<i8"), ("open", "<f8"), ("high", "<f8"), ("low", "<f8"), ("close", "<f8"), ("tick_volume", "<u8"),
    ("spread", "<i4"), ("real_volume", "<u8"),
])  # fmt: skip
