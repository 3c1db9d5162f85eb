from __future__ import annotations

from mt5_bridge.terminal.resolve import Inquiry, Patience


def _after(*seconds: float) -> Inquiry:
    inquiry = Inquiry(Patience(60, 4))
    for each in seconds:
        inquiry.without_trace(round((1000 + each) * 1e6))
    return inquiry


def test_time_and_number_are_both_waited_for() -> None:
    assert not _after(0, 20, 40).is_over
    assert _after(0, 20, 40, 60).is_over
    assert not _after(0, 100).is_over
    assert not _after(0, 100, 200).is_over
    assert _after(0, 100, 200, 300).is_over


def test_askings_at_one_moment_are_one() -> None:
    assert _after(0, 1, 2, 3, 4, 61).askings == 2
    assert not _after(*range(60)).is_over


def test_an_asking_without_an_answer_begins_it_anew() -> None:
    inquiry = _after(0, 20, 40)
    inquiry.without_answer()
    inquiry.without_trace(1_060_000_000)
    assert not inquiry.is_over
    assert inquiry.askings == 1
