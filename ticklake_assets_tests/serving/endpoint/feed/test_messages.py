from __future__ import annotations

import json
from math import inf

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mt5_bridge.wire.contract import Tick as Sent
from serving.endpoint.feed.answers import error
from serving.endpoint.feed.messages import (
    MOST_TICKS,
    BackFill,
    BackFilled,
    Resume,
    Start,
    Tick,
    Ticks,
    read_message,
    seq_of,
)
from ticklake_assets.core import rule_kernel
from ticklake_assets.core.errors import DataError

_GOOD = {"seq": 1, "ts_us": 2, "bid": 1.5, "ask": 1.6, "bid_size": 1.0, "ask_size": 2.0}
_NUMBERS = st.none() | st.floats()


def _values(ticks: Ticks, row: int = 0) -> list[float | None]:
    """A tick's fields, None where it has none."""
    bits = (1, 2, 4, 8, 16)
    missing = int(ticks.columns.missing[row])
    fields = (column[row].item() for column in ticks.columns[:5])
    return [None if missing & bit else value for bit, value in zip(bits, fields, strict=True)]


@given(st.integers(0, 2**62), st.none() | st.integers(-(2**62), 2**62), st.tuples(*[_NUMBERS] * 4))
def test_a_tick_of_the_bridge_arrives_to_the_bit(
    seq: int, ts_us: int | None, numbers: tuple[float | None, ...]
) -> None:
    read = read_message(Sent(seq, ts_us, *numbers).message())
    assert isinstance(read, Tick)
    assert read.seq == seq
    assert [repr(value) for value in _values(read.as_ticks())] == [repr(value) for value in (ts_us, *numbers)]


_ROW = st.tuples(st.none() | st.integers(-(2**62), 2**62), *[_NUMBERS] * 4)


@given(st.lists(_ROW, min_size=1, max_size=5))
def test_columns_and_rows_say_the_same_as_single_ticks(rows: list[tuple[float | None, ...]]) -> None:
    wire = [
        [
            None if value is None else value if value == value and abs(value) != inf else str(value)
            for value in row
        ]
        for row in rows
    ]
    names = ("ts_us", "bid", "ask", "bid_size", "ask_size")
    columns = dict(zip(names, map(list, zip(*wire, strict=True)), strict=True))
    by_columns = read_message(orjson.dumps({"type": "ticks", "seq": 7, **columns}))
    by_rows = read_message(orjson.dumps({"type": "ticks", "seq": 7, "rows": wire}))
    assert isinstance(by_columns, Ticks)
    assert isinstance(by_rows, Ticks)
    assert by_columns.columns.as_bytes() == by_rows.columns.as_bytes()
    assert (by_rows.first_seq, by_rows.last_seq) == (7, 6 + len(rows))
    for at, row in enumerate(rows):
        assert [repr(value) for value in _values(by_rows, at)] == [repr(value) for value in row]


def test_whole_numbers_are_prices_too() -> None:
    tick = read_message(json.dumps(_GOOD | {"bid": 1, "ask": 2}))
    assert isinstance(tick, Tick)
    assert _values(tick.as_ticks()) == [2, 1.0, 2.0, 1.0, 2.0]


def test_controls() -> None:
    assert read_message('{"type":"start","complete":true}') == Start(True, True, False)
    assert read_message('{"type":"start","complete":false,"rolls":false,"pipelined":true}') == Start(
        False, False, True
    )
    assert read_message('{"type":"resume"}') == Resume(None, False)
    assert read_message('{"type":"resume","acknowledged":4}') == Resume(4, False)
    assert read_message('{"type":"backfilled"}') == BackFilled()
    filled = read_message('{"type":"backfill","rows":[[1,2,3,null,4]]}')
    assert isinstance(filled, BackFill)
    assert filled.columns.missing.tolist() == [rule_kernel.NO_BID_SIZE]


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({}, "Field 'ts_us': Expected a list with a value a tick, was 'None'"),
        ({"rows": [[1, 2, 3, 4]]}, "Field 'rows': Expected lists of ts_us, bid, ask, bid_size, ask_size"),
        ({"rows": 3}, "Field 'rows': Expected lists"),
        ({"rows": []}, "Expected 1 to 16384 ticks, were 0"),
        ({"rows": [[1, 2, 3, 4, 5]] * (MOST_TICKS + 1)}, "Expected 1 to 16384 ticks, were 16385"),
        ({"rows": [[1, 2, 3, 4, 5]], "bid": [1]}, "Field 'bid': Expected only rows, seq, type, was there"),
        (
            {"ts_us": [1, 2], "bid": [1], "ask": [1, 2], "bid_size": [1, 2], "ask_size": [1, 2]},
            "Field 'bid': Expected 2 values as in ts_us, were 1",
        ),
        ({"rows": [[1, "x", 3, 4, 5]]}, "Field 'bid': Expected a number.*was 'x'"),
        ({"rows": [[2**63, 1, 3, 4, 5]]}, "Field 'ts_us': Expected epoch microseconds"),
    ],
)
def test_a_wrong_batch_is_named(fields: dict[str, object], complaint: str) -> None:
    with pytest.raises(DataError, match=complaint):
        read_message(json.dumps({"type": "ticks", "seq": 1, **fields}))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "Message: Expected JSON"),
        ("tick", "Message: Expected JSON .*was 'tick'"),
        ("[1,2]", "Message: Expected a JSON object, was '\\[1,2\\]'"),
        ("{}", "Field 'seq': Expected a whole number, 0 or more, was absent"),
        ('{"type":"stop"}', "Field 'type': Expected 'ticks', 'start', 'resume'.*was 'stop'"),
        ('{"type":"start"}', "Field 'complete' of start: Expected true or false, was 'None'"),
        ('{"type":"start","complete":1}', "Field 'complete' of start: Expected true or false, was '1'"),
    ],
)
def test_what_is_no_message_is_named(text: str, complaint: str) -> None:
    with pytest.raises(DataError, match=complaint):
        read_message(text)


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("seq", -1, "a whole number, 0 or more, was '-1'"),
        ("seq", None, "a whole number, 0 or more, was 'None'"),
        ("seq", True, "a whole number, 0 or more, was 'True'"),
        ("seq", 1.0, "a whole number, 0 or more, was '1.0'"),
        ("ts_us", "2012-12-03", "epoch microseconds as a whole number, or null, was '2012-12-03'"),
        ("ts_us", 1.5, "epoch microseconds as a whole number, or null, was '1.5'"),
        ("ts_us", 2**63, "epoch microseconds as a whole number, or null"),
        ("bid", "1.5", "a number, null, 'nan', 'inf' or '-inf', was '1.5'"),
        ("ask", True, "a number, null, .*was 'True'"),
        ("bid_size", [], "a number, null, .*was '\\[\\]'"),
        ("ask_size", {}, "a number, null, .*was '{}'"),
    ],
)
def test_a_wrong_field_is_named_with_what_was_expected(field: str, value: object, expected: str) -> None:
    with pytest.raises(DataError, match=f"Field '{field}': Expected {expected}"):
        read_message(json.dumps(_GOOD | {field: value}))


@pytest.mark.parametrize("field", _GOOD)
def test_an_absent_field_is_not_a_missing_one(field: str) -> None:
    with pytest.raises(DataError, match=f"Field '{field}': Expected .* was absent"):
        read_message(json.dumps({name: value for name, value in _GOOD.items() if name != field}))


def test_a_field_too_many_is_named() -> None:
    with pytest.raises(DataError, match="Field 'volume': Expected only ask, ask_size, bid"):
        read_message(json.dumps(_GOOD | {"volume": 1}))


@pytest.mark.parametrize(
    ("text", "seq"), [('{"seq":7}', 7), ('{"seq":"7"}', None), ("[]", None), ("x", None), ("7", None)]
)
def test_an_error_names_the_tick_it_is_about(text: str, seq: int | None) -> None:
    answer = orjson.loads(error("no", seq_of(text)))
    assert answer == {"type": "error", "seq": seq, "error": "no"}


@given(
    st.text() | st.recursive(st.none() | st.integers() | st.floats() | st.text(), st.lists).map(json.dumps)
)
def test_garbage_is_refused_and_nothing_worse(text: str) -> None:
    with pytest.raises(DataError) as refusal:
        read_message(text)
    orjson.loads(error(str(refusal.value), seq_of(text)))
