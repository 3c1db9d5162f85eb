from __future__ import annotations

import copy
import sys
from typing import Any

import pytest

from mt5_bridge.simulated import constants, records
from ticklake_assets_tests.mt5_bridge.scripted_mt5 import TICK_DTYPE
from ticklake_assets_tests.mt5_bridge.simulated.argument_calls import FITTING

CLASSES: list[Any] = [
    value for value in vars(records).values() if isinstance(value, type) and value.__base__ is records.Record
]
CONSTANTS = {name: value for name, value in vars(constants).items() if name.isupper()}
HELPERS = {"Buy", "Close", "Sell"}
TICK = records.Tick([1, 1.1, 1.2, 0.0, 0, 1000, 6, 0.0])


def test_a_record_is_a_tuple_with_names() -> None:
    assert TICK == (1, 1.1, 1.2, 0.0, 0, 1000, 6, 0.0)
    assert (TICK.ask, TICK[2], TICK[1:3]) == (1.2, 1.2, (1.1, 1.2))
    assert list(TICK._asdict().items())[1] == ("bid", 1.1)
    assert repr(TICK).startswith("Tick(time=1, bid=1.1, ")
    assert hash(copy.deepcopy(TICK)) == hash(tuple(TICK))


@pytest.mark.parametrize("name", ["bid", "unknown"])
def test_a_record_cannot_be_changed(name: str) -> None:
    with pytest.raises(AttributeError):
        setattr(TICK, name, 1.0)


@pytest.mark.parametrize(
    ("items", "complaint"),
    [
        (range(7), r"Tick\(\) takes a 8-sequence \(7-sequence given\)"),
        (range(9), r"Tick\(\) takes a 8-sequence \(9-sequence given\)"),
        (1, "constructor requires a sequence"),
    ],
)
def test_a_record_of_another_length_is_refused(items: Any, complaint: str) -> None:
    with pytest.raises(TypeError, match=complaint):
        records.Tick(items)


def test_the_sizes_are_the_vendors() -> None:
    assert {kind.__name__: kind.n_fields for kind in CLASSES} == {
        "TerminalInfo": 22, "AccountInfo": 28, "SymbolInfo": 96, "Tick": 8, "BookInfo": 4, "TradePosition": 19,
        "TradeOrder": 24, "TradeDeal": 18, "TradeRequest": 17, "OrderSendResult": 11, "OrderCheckResult": 9,
    }  # fmt: skip
    assert len(CONSTANTS) == 223
    assert records.TICK_DTYPE == TICK_DTYPE
    assert records.TICK_DTYPE.names == records.Tick.__match_args__


@pytest.mark.skipif(sys.platform != "win32", reason="the vendor's package is for Windows")
def test_the_surface_is_the_vendors() -> None:
    import MetaTrader5

    theirs = {name: value for name, value in vars(MetaTrader5).items() if not name.startswith("_")}
    assert {name: value for name, value in theirs.items() if isinstance(value, int)} == CONSTANTS
    functions = {name for name, value in theirs.items() if callable(value) and not isinstance(value, type)}
    assert functions == FITTING.keys() | HELPERS
    assert {name for name, value in theirs.items() if isinstance(value, type)} == {
        kind.__name__ for kind in CLASSES
    }


@pytest.mark.skipif(sys.platform != "win32", reason="the vendor's package is for Windows")
@pytest.mark.parametrize("kind", CLASSES)
def test_a_class_is_the_vendors(kind: Any) -> None:
    import MetaTrader5

    theirs = getattr(MetaTrader5, kind.__name__)
    items = range(theirs.n_fields)
    assert kind(items) == theirs(items)
    assert (repr(kind(items)), kind(items)._asdict()) == (repr(theirs(items)), theirs(items)._asdict())
    for name in ("__match_args__", "n_fields", "n_sequence_fields", "n_unnamed_fields"):
        assert getattr(kind, name) == getattr(theirs, name)
    for wrong in (range(theirs.n_fields - 1), range(theirs.n_fields + 1), 1, None):
        with pytest.raises(TypeError) as caught:
            theirs(wrong)
        with pytest.raises(TypeError) as ours:
            kind(wrong)
        assert str(ours.value) == str(caught.value)
