from __future__ import annotations

import json
from math import isnan

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mt5_bridge.contract import Tick
from serving.endpoint.messages import Resume, Start, TickMessage, error_answer, read_message
from ticklake_assets.core.errors import DataError

_GOOD = {"seq": 1, "ts_us": 2, "bid": 1.5, "ask": 1.6, "bid_size": 1.0, "ask_size": 2.0}
_NUMBERS = st.none() | st.floats()


@given(st.integers(0, 2**62), st.none() | st.integers(-(2**62), 2**62), st.tuples(*[_NUMBERS] * 4))
def test_a_tick_of_the_bridge_arrives_to_the_bit(
    seq: int, ts_us: int | None, numbers: tuple[float | None, ...]
) -> None:
    read = read_message(Tick(seq, ts_us, *numbers).message())
    assert isinstance(read, TickMessage)
    assert read[:2] == (seq, ts_us)
    for sent, got in zip(numbers, read[2:], strict=True):
        if sent is not None and isnan(sent):
            assert got is not None
            assert isnan(got)
        else:
            assert repr(got) == repr(sent)


def test_whole_numbers_are_prices_too() -> None:
    tick = read_message(json.dumps(_GOOD | {"bid": 1, "ask": 2}))
    assert tick == TickMessage(1, 2, 1.0, 2.0, 1.0, 2.0)
    assert all(isinstance(value, float) for value in tick[2:])


def test_controls() -> None:
    assert read_message('{"type":"start","complete":true}') == Start(True)
    assert read_message('{"type":"start","complete":false}') == Start(False)
    assert isinstance(read_message('{"type":"resume"}'), Resume)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "Message: Expected JSON"),
        ("tick", "Message: Expected JSON .*was 'tick'"),
        ("[1,2]", "Message: Expected a JSON object, was '\\[1,2\\]'"),
        ("{}", "Field 'seq': Expected a whole number, 0 or more, was absent"),
        ('{"type":"stop"}', "Field 'type': Expected 'start' or 'resume'.*was 'stop'"),
        ('{"type":"start"}', "Field 'complete' of start: Expected true or false, was None"),
        ('{"type":"start","complete":1}', "Field 'complete' of start: Expected true or false, was 1"),
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
    with pytest.raises(DataError, match="Field 'volume': Expected only seq, ts_us, bid"):
        read_message(json.dumps(_GOOD | {"volume": 1}))


@pytest.mark.parametrize(
    ("text", "seq"), [('{"seq":7}', 7), ('{"seq":"7"}', None), ("[]", None), ("x", None), ("7", None)]
)
def test_an_error_names_the_tick_it_is_about(text: str, seq: int | None) -> None:
    answer = orjson.loads(error_answer(text, DataError("no")))
    assert answer == {"type": "error", "seq": seq, "error": "no"}


@given(
    st.text() | st.recursive(st.none() | st.integers() | st.floats() | st.text(), st.lists).map(json.dumps)
)
def test_garbage_is_refused_and_nothing_worse(text: str) -> None:
    with pytest.raises(DataError) as refusal:
        read_message(text)
    orjson.loads(error_answer(text, refusal.value))
