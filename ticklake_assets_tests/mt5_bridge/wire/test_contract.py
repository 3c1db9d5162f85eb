from __future__ import annotations

import json

import pytest

from mt5_bridge.errors import EndpointError
from mt5_bridge.wire.contract import Resumed, Tick, parse_answer, parse_control
from ticklake_assets_tests.mt5_bridge.orders import make_signal


def test_a_tick_says_missing_and_not_finite_in_json() -> None:
    message = Tick(3, None, 1.5, None, float("nan"), float("-inf")).message()
    assert json.loads(message) == {
        "seq": 3,
        "ts_us": None,
        "bid": 1.5,
        "ask": None,
        "bid_size": "nan",
        "ask_size": "-inf",
    }


def test_an_answer_carries_its_signal() -> None:
    signal = make_signal()
    answer = parse_answer(
        json.dumps({"seq": 1, "status": "clean", "rule": None, "signal": signal.model_dump()})
    )
    assert answer == (1, "clean", None, signal)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (
            '{"type":"error","seq":1,"error":"Field \'bid\': Expected a number"}',
            "Field 'bid': Expected a number",
        ),
        ("[1]", "Expected a JSON object"),
        ("oops", "Expected JSON"),
        ('{"seq":1,"status":"clean"}', "breaks the wire contract"),
        ('{"seq":1,"status":"clean","rule":null,"signal":{"side":"up"}}', "breaks the wire contract"),
    ],
)
def test_what_is_no_answer_is_an_error(text: str, complaint: str) -> None:
    with pytest.raises(EndpointError, match=complaint):
        parse_answer(text)


def test_where_the_stream_stands() -> None:
    assert parse_control('{"type":"resumed","last_seq":7,"complete":true}', "resumed") == Resumed(7, True)
    with pytest.raises(EndpointError, match="Expected a message of type 'started'"):
        parse_control('{"type":"resumed","last_seq":7,"complete":true}', "started")
