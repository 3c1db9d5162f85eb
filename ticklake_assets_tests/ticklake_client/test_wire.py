"""What the client sends is read by the endpoint to the bit, and what it would refuse is not sent."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.endpoint.feed.messages import Ticks, read_message
from ticklake_client import ContractError, Tick, TicksRefusedError
from ticklake_client.wire import parse, rows, text

_NUMBERS = st.none() | st.floats() | st.integers(-(2**53), 2**53)
_TICKS = st.builds(Tick, st.none() | st.integers(-(2**63), 2**63 - 1), *[_NUMBERS] * 4)


@given(st.lists(_TICKS, min_size=1, max_size=6))
def test_ticks_arrive_to_the_bit(ticks: list[Tick]) -> None:
    read = read_message(text({"type": "ticks", "seq": 1, "rows": rows(ticks)}))
    assert isinstance(read, Ticks)
    for at, tick in enumerate(ticks):
        for place, value in enumerate(tick):
            is_missing = bool(read.columns.missing[at] & (1 << place))
            assert is_missing == (value is None)
            if value is not None:
                wanted = value if place == 0 else float(value)
                assert repr(read.columns[place][at].item()) == repr(wanted)


@pytest.mark.parametrize(
    "tick",
    [
        Tick(1.0, 1.0, 2.0),  # type: ignore[arg-type]
        Tick(True, 1.0, 2.0),
        Tick(1, "1", 2.0),  # type: ignore[arg-type]
        Tick(1, 1.0, True),
        Tick(1, 1.0, [2.0]),  # type: ignore[arg-type]
        (1, 1.0, 2.0),
        (1, 1.0, 2.0, None, None, None),
    ],
)
def test_a_tick_of_wrong_types_is_named(tick: Tick) -> None:
    with pytest.raises(TicksRefusedError, match="Expected whole microseconds and four numbers") as refused:
        rows([Tick(1, 1.0, 2.0), tick], 7)
    assert refused.value.seq == 7


@pytest.mark.parametrize("answer", ["", "[]", "7", b"\x00"])
def test_an_answer_that_is_none_is_an_error(answer: str | bytes) -> None:
    with pytest.raises(ContractError, match=r"Expected (a )?JSON"):
        parse(answer)


def test_an_error_that_is_answered_is_raised_with_its_number() -> None:
    with pytest.raises(TicksRefusedError, match="no good") as refused:
        parse(json.dumps({"type": "error", "seq": 5, "error": "no good"}))
    assert refused.value.seq == 5
