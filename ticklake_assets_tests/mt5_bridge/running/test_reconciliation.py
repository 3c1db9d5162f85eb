"""Each difference alone, and what it stops."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from mt5_bridge.running.reconciliation import Kind, Reconciliation, reconcile
from mt5_bridge.terminal.records import BrokerOrder, BrokerPosition
from mt5_bridge.terminal.request import comment_of, magic_of
from mt5_bridge.trading.words import Entry, Fate, Fill, Intent, OrderState, Position
from ticklake_assets_tests.mt5_bridge.orders import make_order, make_signal

_INTENT = Intent.of(make_signal())
_NAMES = {"SYNEUR": "SYNEUR.m"}


def _entry(fate: Fate | OrderState = OrderState.OPEN) -> Entry:
    position = None
    if isinstance(fate, OrderState):
        position = Position(Fill(1, 0, 1.1), volume=Decimal("0.30"), left=Decimal("0.30"), ticket=5)
    return Entry(_INTENT, make_order(_INTENT.intent_id), fate, position=position)


def _position(**changes: Any) -> BrokerPosition:
    fields: dict[str, Any] = {
        "ticket": 5,
        "identifier": 5,
        "time_msc": 1,
        "type": 0,
        "magic": magic_of(_INTENT.intent_id),
        "volume": 0.3,
        "price_open": 1.1,
        "sl": 1.0999,
        "tp": 1.10012,
        "profit": 0.0,
        "swap": 0.0,
        "symbol": "SYNEUR.m",
        "comment": comment_of(_INTENT.intent_id),
    }
    return BrokerPosition(**fields | changes)


def _found(
    entry: Entry | None,
    *positions: BrokerPosition,
    is_netting: bool = False,
    orders: tuple[BrokerOrder, ...] = (),
) -> Reconciliation:
    return reconcile([] if entry is None else [entry], positions, orders, _NAMES, is_netting=is_netting)


@pytest.mark.parametrize("changes", [{}, {"magic": 0}, {"comment": "cut"}])
def test_a_position_is_known_by_its_number_or_its_comment(changes: dict[str, Any]) -> None:
    found = _found(_entry(), _position(**changes))
    assert (found.differences, found.agreed, found.is_clean) == ((), 1, True)


@pytest.mark.parametrize(
    ("entry", "changes", "kind"),
    [
        (_entry(), {"type": 1}, Kind.SIDE),
        (_entry(), {"volume": 0.2}, Kind.VOLUME),
        (_entry(), {"sl": 0.0}, Kind.UNPROTECTED),
        (_entry(OrderState.CLOSED), {}, Kind.LEFT_OPEN),
        (_entry(Fate.NEVER_ARRIVED), {}, Kind.LEFT_OPEN),
        (None, {}, Kind.UNJOURNALED),
    ],
)
def test_a_difference_in_what_is_ours_stops_its_symbol(
    entry: Entry | None, changes: dict[str, Any], kind: Kind
) -> None:
    found = _found(entry, _position(**changes))
    (difference,) = found.differences
    assert (difference.kind, difference.symbol, difference.halts) == (kind, "SYNEUR", True)
    assert found.halts == {"SYNEUR": f"{kind}: {difference.detail}"}
    assert found.agreed == 0


def test_a_position_that_is_gone_without_a_word_stops_its_symbol() -> None:
    (difference,) = _found(_entry()).differences
    assert (difference.kind, difference.ticket) == (Kind.MISSING, 5)
    closed = _entry(OrderState.CLOSED)
    assert closed.position is not None
    assert _found(closed).is_clean, "a close by hand is in the deals, and so in the journal"


@pytest.mark.parametrize(
    ("symbol", "kind", "halts"),
    [("SYNEUR.m", "hedging", ()), ("XAUUSD", "netting", ()), ("SYNEUR.m", "netting", ("SYNEUR",))],
)
def test_a_strangers_position_is_reported_and_stops_only_what_would_mix_with_it(
    symbol: str, kind: str, halts: tuple[str, ...]
) -> None:
    stranger = _position(magic=12, comment="mine", symbol=symbol, ticket=9)
    found = _found(None, stranger, is_netting=kind == "netting")
    (difference,) = found.differences
    assert (difference.kind, difference.ticket) == (Kind.FOREIGN, 9)
    assert tuple(found.halts) == halts


def test_an_order_that_may_have_arrived_is_unresolved_and_no_difference() -> None:
    found = _found(_entry(Fate.UNKNOWN))
    assert (found.differences, found.unresolved) == ((), (_INTENT.intent_id,))


def test_what_never_left_is_no_business_of_the_terminal() -> None:
    assert _found(_entry(Fate.INTENDED)) == _found(None)
    assert _found(_entry(Fate.INTENDED), _position()).differences[0].kind is Kind.UNJOURNALED
